"""Functions of the order of elements: sorting, medians and quantiles. At ties the stable permutation counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.primitives.array._gathering import Gathered, numbered
from dualrev.primitives.array.rule import Linearization, array_rule, from_the_end, plain
from dualrev.primitives.chain_rule import chain_product


def _sorting(a: Any, axis: Any) -> tuple[Any, int]:
    """Return the positions of the elements in stable order, and the axis."""
    values = plain(a)
    if axis is None:
        return np.argsort(values.reshape(-1), kind="stable"), -1
    order = np.argsort(values, axis=axis, kind="stable")
    if a.ndim == 1:
        return order, -1
    return np.take_along_axis(numbered(a.shape), order, axis), axis


def _plain_sort(a: Any, axis: Any = -1, **options: Any) -> Any:
    return np.take(np.reshape(a, -1), _sorting(a, axis)[0])


@array_rule(np.sort, definition=_plain_sort)
def sort(y: Any, a: Any, /, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Any:
    """Put the elements in order."""
    return Gathered(a.shape, _sorting(a, axis)[0], True)


def _plain_partition(a: Any, kth: Any = 0, axis: Any = -1, **options: Any) -> Any:
    return np.take(np.reshape(a, -1), _partitioning(np.partition(plain(a), kth, axis, **options), a, axis))


@array_rule(np.partition, definition=_plain_partition)
def partition(y: Any, a: Any, /, kth: Any = 0, axis: Any = -1, kind: Any = None, order: Any = None) -> Any:
    """Put the elements in order around some of them."""
    return Gathered(a.shape, _partitioning(plain(y), a, axis), True)


def _partitioning(y: Any, a: Any, axis: Any) -> Any:
    """Return where the elements of a partition came from: the smallest from the smallest, and so on."""
    positions, along = _sorting(a, axis)
    ranks = np.argsort(y, axis=along, kind="stable")
    places = np.empty_like(positions)
    np.put_along_axis(places, ranks, positions, along)
    return places


class _Between:
    """The linearization of a weighted mean of two elements of an array."""

    def __init__(self, low: Gathered, high: Gathered, share: Any) -> None:
        self.low, self.high, self.share = low, high, share

    def push(self, tangents: Sequence[Any]) -> Any:
        """Average the tangents of the two."""
        lower, upper = self.low.push(tangents), self.high.push(tangents)
        return chain_product(1 - self.share, lower) + chain_product(self.share, upper)

    def pull(self, operand: int, w: Any) -> Any:
        """Divide the cotangent between the two."""
        lower = self.low.pull(operand, chain_product(1 - self.share, w))
        return lower + self.high.pull(operand, chain_product(self.share, w))


def ranked(a: Any, axis: Any) -> tuple[Any, Any]:
    """Return the rank of each element along the axes, NaN for NaN, and the positions in order, in rows of one rank."""
    values = plain(a)
    axes = tuple(n % a.ndim for n in from_the_end(tuple(axis) if isinstance(axis, list) else axis, a.ndim))
    order = [*(n for n in range(a.ndim) if n not in axes), *axes]
    turned = np.transpose(numbered(a.shape), order)
    rows = turned.reshape((math.prod(turned.shape[: a.ndim - len(axes)]), -1))
    found = np.take_along_axis(rows, np.argsort(values.reshape(-1)[rows], axis=-1, kind="stable"), axis=-1)
    ranks = np.empty(a.shape)
    ranks.reshape(-1)[found] = np.arange(found.shape[1], dtype=np.float64)
    ranks[np.isnan(values)] = np.nan
    return ranks, found


def _at_rank(function: Any, a: Any, axis: Any, rest: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return, per element of a quantile of `a`, the positions of the two elements between which it is, and how far.

    Every method of NumPy's returns an element or a mean of two neighbours in order; of the ranks themselves it returns
    which.
    """
    ranks, found = ranked(a, axis)
    rank = np.asarray(function(ranks, *rest, axis=axis, **options))
    number = np.where(np.isnan(rank), 0.0, rank)
    low = np.minimum(np.floor(number).astype(np.intp), found.shape[1] - 1)
    high = np.minimum(low + 1, found.shape[1] - 1)
    share = np.where(np.isnan(rank), np.nan, number - low).astype(a.dtype)
    return positions(found, low), positions(found, high), share[()]


def positions(found: Any, ranks: Any) -> Any:
    """Return the positions of the elements of some ranks, whole numbers: what `ranked` found, row by row."""
    rows = np.arange(found.shape[0])
    return found[rows, ranks.reshape((-1, found.shape[0]))].reshape(ranks.shape)


def _between(function: Any, a: Any, axis: Any, rest: tuple[Any, ...], options: dict[str, Any]) -> Linearization:
    low, high, share = _at_rank(function, a, axis, rest, options)
    return _Between(Gathered(a.shape, low, False), Gathered(a.shape, high, False), share)


def _plain_quantile(function: Any) -> Any:
    def definition(a: Any, q: Any = None, axis: Any = None, **options: Any) -> Any:
        low, high, share = _at_rank(function, a, axis, () if q is None else (q,), options)
        flat = np.reshape(a, -1)
        return np.take(flat, low) * (1 - share) + np.take(flat, high) * share

    return definition


def _enter_median(function: Any) -> None:
    @array_rule(function, definition=_plain_quantile(function))
    def median(y: Any, a: Any, /, axis: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
        """Take the middle element, or the mean of the two in the middle."""
        return _between(function, a, axis, (), {"keepdims": keepdims})


def _enter_quantile(function: Any) -> None:
    @array_rule(function, definition=_plain_quantile(function))
    def quantile(
        y: Any,
        a: Any,
        /,
        q: Any = 0.5,
        axis: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        weights: Any = None,
    ) -> Any:
        """Take the element of a rank, or a mean of two neighbours."""
        return _between(function, a, axis, (q,), {"method": method, "keepdims": keepdims, "weights": weights})


for _function in (np.median, np.nanmedian):
    _enter_median(_function)
for _quantile in (np.quantile, np.percentile, np.nanquantile, np.nanpercentile):
    _enter_quantile(_quantile)
