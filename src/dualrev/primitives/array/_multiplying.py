"""Products of the elements of an array. They are exact with zeros, of which there may be several."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from dualrev.primitives.array.reduction import backwards, kept, weighed
from dualrev.primitives.array.rule import array_rule, composite, from_the_end, leading, linear, plain
from dualrev.primitives.chain_rule import chain_product


@cache
def _normal(dtype: Any) -> tuple[float, float]:
    """Return the least and the largest number of full precision."""
    limits = np.finfo(dtype)
    return float(limits.tiny), float(limits.max)


def _divides(y: Any) -> bool:
    """Whether products can be divided by their factors: none is zero or NaN, and none over- or underflowed."""
    size = abs(plain(y))
    least, largest = _normal(size.dtype)
    return bool(least <= size.min() and size.max() <= largest)


def _others(a: Any, axes: tuple[int, ...]) -> Any:
    """Return, for each element, the product of the others along the axes: those before times those after."""
    places = tuple(n % a.ndim for n in axes)
    order = (*(n for n in range(a.ndim) if n not in places), *places)
    turned = np.transpose(a, order)
    rest = turned.shape[: a.ndim - len(axes)]
    rows = turned.reshape((*rest, math.prod(turned.shape[len(rest) :])))
    one = np.ones((*rest, 1), a.dtype)
    before = np.concatenate([one, np.cumprod(rows[..., :-1], axis=-1)], axis=-1)
    after = np.concatenate([np.cumprod(rows[..., :0:-1], axis=-1)[..., ::-1], one], axis=-1)
    return np.transpose(chain_product(before, after).reshape(turned.shape), [order.index(n) for n in range(a.ndim)])


@array_rule(np.prod)
def prod(
    y: Any, a: Any, /, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = 1, where: Any = True
) -> Any:
    """Multiply; the partial is the product of the others."""
    axes, shape = from_the_end(axis, a.ndim), a.shape
    factors = a if where is True else np.where(where, a, np.ones((), a.dtype))
    if not a.size:
        partial = factors
    elif initial and y.size and _divides(y):
        partial = kept(y, axes, shape, keepdims) / factors
    else:
        partial = _others(factors, axes) * initial
    if where is not True:
        partial = np.where(where, partial, np.zeros((), a.dtype))
    return weighed(partial, axes, shape, keepdims, dtype)


def _recurrence(factors: Any, terms: Any) -> Any:
    """Solve s[k] = terms[k] + factors[k] s[k - 1] along the last axis, by doubling, without a division."""
    step = 1
    while step < factors.shape[-1]:
        grown = terms[..., step:] + chain_product(factors[..., step:], terms[..., :-step])
        terms = np.concatenate([terms[..., :step], grown], axis=-1)
        grown = chain_product(factors[..., step:], factors[..., :-step])
        factors = np.concatenate([factors[..., :step], grown], axis=-1)
        step *= 2
    return terms


@array_rule(np.cumprod)
def cumprod(y: Any, a: Any, /, axis: Any = None, dtype: Any = None) -> Any:
    """Multiply so far. With zeros, tangents and cotangents follow the recurrence y[k] = a[k] y[k - 1]."""
    (along,) = (-1,) if axis is None else from_the_end(axis, a.ndim)
    shape, result = a.shape, y.shape
    factors = a.reshape(result)
    back = backwards(along)
    if not a.size:
        return linear(lambda t: t.reshape(leading(t, len(shape)) + result), lambda w: w.reshape(leading(w, 1) + shape))
    if _divides(y):

        def scanned(t: Any) -> Any:
            return y * np.cumsum(t / factors, axis=along)

        def scanned_back(w: Any) -> Any:
            return np.cumsum((w * y)[back], axis=along)[back] / factors

    else:
        rows = np.swapaxes(factors, along, -1)
        one = np.ones((*rows.shape[:-1], 1), a.dtype)
        before = np.concatenate([one, np.cumprod(rows[..., :-1], axis=-1)], axis=-1)
        after = np.concatenate([one, rows[..., :0:-1]], axis=-1)

        def scanned(t: Any) -> Any:
            return np.swapaxes(_recurrence(rows, chain_product(before, np.swapaxes(t, along, -1))), along, -1)

        def scanned_back(w: Any) -> Any:
            adjoints = _recurrence(after, np.swapaxes(w, along, -1)[..., ::-1])[..., ::-1]
            return np.swapaxes(chain_product(before, adjoints), along, -1)

    return linear(
        lambda t: scanned(t.reshape(leading(t, len(shape)) + result)),
        lambda w: scanned_back(w).reshape(leading(w, len(result)) + shape),
    )


def _from(start: float, scanned: Any, axis: int) -> Any:
    """Put a number before the first element along an axis."""
    shape = list(scanned.shape)
    shape[axis] = 1
    return np.concatenate([np.full(shape, start, scanned.dtype), scanned], axis=axis)


def _the_axis(x: Any, axis: Any) -> int:
    if axis is None and x.ndim != 1:
        raise ValueError(f"an array of shape {x.shape} needs `axis`; it is left out for vectors alone")
    return -1 if axis is None else int(axis)


def _enter_cumulative(function: Any, scan: Any, start: float) -> None:
    @composite(function)
    def cumulative(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
        """Add up or multiply so far, from 0 or 1 if the initial value is included."""
        along = _the_axis(x, axis)
        scanned = scan(x, axis=along, dtype=dtype)
        return _from(start, scanned, along) if include_initial else scanned


_enter_cumulative(np.cumulative_sum, np.cumsum, 0.0)
_enter_cumulative(np.cumulative_prod, np.cumprod, 1.0)
