"""Functions of arrays whose options are active: written so that each option is an operand of another function.

The rules of these functions take their options for constants. Where one is active, `OPTIONED` has the function in
terms of others, and the array itself may then be plain.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dualrev.primitives.array._ordering import positions, ranked
from dualrev.primitives.array.rule import OPTIONED, composite, from_the_end, plain

_optioned = partial(composite, table=OPTIONED)


@_optioned(np.sum)
def _sum(a: Any, initial: Any = 0, **options: Any) -> Any:
    """Add what the sum begins with."""
    return np.sum(a, **options) + initial


@_optioned(np.prod)
def _prod(a: Any, initial: Any = 1, **options: Any) -> Any:
    """Multiply by what the product begins with."""
    return np.prod(a, **options) * initial


def _enter_extremum(function: Any, worst: float) -> None:
    @_optioned(function)
    def extremum(a: Any, initial: Any, axis: Any = None, keepdims: bool = False, where: Any = True) -> Any:
        """Take the first number for one more element, so that it shares ties as elements do."""
        a = a if where is True else np.where(where, a, np.asarray(worst, a.dtype))
        axes = from_the_end(axis, a.ndim)
        rest = [n for n in range(-a.ndim, 0) if n not in axes]
        rows = np.reshape(np.transpose(a, (*rest, *axes)), (*[a.shape[n] for n in rest], -1))
        more = np.broadcast_to(initial, (*rows.shape[:-1], 1))
        result = function(np.concatenate([rows, more.astype(a.dtype)], axis=-1), axis=-1)
        return np.expand_dims(result, tuple(n % a.ndim for n in axes)) if keepdims else result


for _extreme, _worst in ((np.max, -np.inf), (np.min, np.inf)):
    _enter_extremum(_extreme, _worst)


@_optioned(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, period: Any = 6.283185307179586) -> Any:
    """Add whole numbers of periods, which are constant where the result is continuous."""
    constants = {"discont": plain(discont), "axis": axis, "period": plain(period)}
    turns = np.rint((np.unwrap(plain(p), **constants) - plain(p)) / plain(period))
    return p + turns * period


_PLACES = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""Of the methods that are continuous in the level, the two numbers by which they place it among the ranks."""


def _enter_quantile(function: Any, whole: float) -> None:
    @_optioned(function)
    def quantile(a: Any, q: Any = 0.5, axis: Any = None, weights: Any = None, **options: Any) -> Any:
        """Move between two neighbours in order as the level moves; with weights, and by some methods, it jumps."""
        constants = {key: value for key, value in options.items() if key in ("method", "keepdims")}
        level = np.asarray(plain(q), np.float64)
        given = {"weights": plain(weights)} if weights is not None else {}
        value = function(a, level[()], axis=axis, **constants, **given)
        places = _PLACES.get(constants.pop("method", "linear"))
        if places is None or plain(q) is q:
            return value
        alpha, beta = places
        ranks, found = ranked(a, axis)
        number = np.sum(~np.isnan(ranks), axis=axis, **constants)
        part = np.reshape(level, level.shape + (1,) * np.ndim(number)) / whole
        rank = number * part + alpha + part * (1.0 - alpha - beta) - 1.0
        within = (rank >= 0.0) & (rank <= number - 1)
        low = np.clip(np.floor(rank).astype(np.intp), 0, np.maximum(number - 2, 0))
        here, after = (np.take(a, positions(found, n)) for n in (low, np.minimum(low + 1, found.shape[1] - 1)))
        slope = np.where(within, number + 1.0 - alpha - beta, 0.0).astype(value.dtype) / whole
        away = np.reshape(q - level, np.shape(part))
        most = np.finfo(value.dtype).max  # times nothing it is nothing, as the level has not moved
        return value + np.clip(after - here, -most, most) * (slope * away)


for _function, _whole in ((np.quantile, 1.0), (np.nanquantile, 1.0), (np.percentile, 100.0), (np.nanpercentile, 100.0)):
    _enter_quantile(_function, _whole)
