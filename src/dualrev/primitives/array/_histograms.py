"""Histograms of plain numbers whose weights are differentiated: each weight adds to the bin of its number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array.indexing import index, scatter
from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.protocol_function import ProtocolFunction

_COUNTS = (
    "numpy.{0} has no derivative rule: it counts, and counts have no derivative; in the weights it has one. Take a "
    "sum of smooth functions of x for a count, or give the call a rule with dualrev.custom_rule. See docs/coverage.md"
)
_COUNTED = (
    "numpy.{0}(..., bins=...) was given an active number: it counts the bins, and counts have no derivative. "
    "Pass it as an argument that argnums does not name"
)


totals = ProtocolFunction("histogram_totals", lambda weights, function, places: function(weights))


def _one_by_one(weights: Any, function: Any, places: Any) -> Any:
    """Add up the weights of each bin, in the order in which they come."""
    inside, bins, shape = places
    return scatter(index(weights, inside), (math.prod(shape),), bins, 1).reshape(shape)


@array_rule(totals, definition=_one_by_one)
def totals_rule(y: Any, weights: Any, /, function: Any = None, places: Any = None) -> Any:
    """Add up the weights of each bin, as NumPy does; the transpose gives each weight what its bin has."""
    inside, bins, shape = places
    size = math.prod(shape)

    def push(t: Any) -> Any:
        ahead = t.shape[:-1]
        return scatter(index(t, (Ellipsis, inside)), (size,), bins, 1).reshape(ahead + shape)

    def pull(w: Any) -> Any:
        ahead = w.shape[: w.ndim - len(shape)]
        return scatter(w.reshape((*ahead, size))[..., bins], weights.shape, inside, 1)

    return linear(push, pull)


def _places(sample: Sequence[Any], edges: Sequence[Any]) -> tuple[Any, Any, tuple[int, ...]]:
    """Return which points lie in a bin, in which of all bins in a row, and how many bins there are along each axis.

    The last edge belongs to the last bin.
    """
    at = []
    for x, edge in zip(sample, edges, strict=True):
        found = np.searchsorted(edge, x, "right") - 1
        at.append(np.where(x == edge[-1], len(edge) - 2, found))
    counts = [len(edge) - 1 for edge in edges]
    inside = np.flatnonzero(np.all([(n >= 0) & (n < count) for n, count in zip(at, counts, strict=True)], axis=0))
    return inside, np.ravel_multi_index([n[inside] for n in at], counts), tuple(counts)


def _active(x: Any) -> bool:
    return plain(x) is not x


def _flat(x: Any) -> Any:
    """Return nested lists of plain and active numbers with plain ones alone."""
    return [_flat(each) for each in x] if isinstance(x, list | tuple) else plain(x)


def _edge(found: Any, bins: Any, ends: Any) -> Any:
    """Return the edges that NumPy found along an axis, active where they were given so or lie between active ends."""
    if isinstance(bins, list | tuple) or np.ndim(bins):
        given = np.asarray(bins) if isinstance(bins, list | tuple) else bins
        return given if _active(given) else found
    if ends is None or not (_active(ends) or any(map(_active, ends))):
        return found
    return np.linspace(ends[0], ends[1], len(found))


def _weighed(function: Callable[[Any], Any], sample: Sequence[Any], edges: Any, weights: Any, density: Any) -> Any:
    """Return the totals of the bins, which NumPy's function gives of plain weights, or their density."""
    if _active(weights):
        places = _places([np.ravel(x) for x in sample], [plain(edge) for edge in edges])
        found = totals(np.reshape(weights, -1), function=function, places=places)
    else:
        found = function(weights)
    if not density:
        return found
    total = np.sum(found)
    for n, edge in enumerate(edges):
        found = found / np.reshape(np.diff(edge), [-1 if m == n else 1 for m in range(len(edges))])
    return found / total


def _several(name: str, points: Sequence[Any], given: Any, bins: Any, ends: Any, weights: Any, density: Any) -> Any:
    """Return the totals in bins along several axes, and the edges; `given` is what NumPy's function takes."""
    if any(map(_active, points)):
        raise MissingRuleError(_COUNTS.format(name))
    count = len(points)
    each_bins = bins if isinstance(bins, list | tuple) or np.ndim(bins) else [bins] * count
    if any(_active(each) and not np.ndim(each) for each in each_bins):
        raise MissingRuleError(_COUNTED.format(name))
    each_ends = [None] * count if ends is None else ends

    def function(w: Any) -> Any:
        return np.histogramdd(given, _flat(bins), _flat(ends), weights=w)[0]

    found = np.histogramdd(given, _flat(bins), _flat(ends))[1]
    edges = [_edge(*each) for each in zip(found, each_bins, each_ends, strict=True)]
    return _weighed(function, points, edges, weights, density), edges


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Add up the weights of the numbers in each bin."""
    if _active(a):
        raise MissingRuleError(_COUNTS.format("histogram"))
    if _active(bins) and not np.ndim(bins):
        raise MissingRuleError(_COUNTED.format("histogram"))
    a = np.asarray(a)
    if _active(weights) and np.shape(weights) != a.shape:
        raise ValueError("weights should have the same shape as a.")

    def function(w: Any) -> Any:
        return np.histogram(np.ravel(a), _flat(bins), _flat(range), weights=None if w is None else np.ravel(w))[0]

    found = np.histogram(a, _flat(bins), _flat(range), weights=plain(weights))[1]
    edges = _edge(found, bins, range)
    return _weighed(function, [a], [edges], weights, density), edges


@composite(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Add up the weights of the points in each bin."""
    points = np.atleast_2d(np.asarray(sample)) if isinstance(sample, list | tuple) else np.atleast_2d(sample.T)
    return _several("histogramdd", list(points), sample, bins, range, weights, density)


@composite(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Add up the weights of the points in each bin."""
    pair = isinstance(bins, list | tuple) and len(bins) == 2
    own = bins if pair or not (isinstance(bins, list | tuple) or np.ndim(bins)) else [bins, bins]
    points = [x, y] if _active(x) or _active(y) else [np.asarray(each) for each in (x, y)]
    found, edges = _several("histogram2d", points, [x, y], own, range, weights, density)
    return found, edges[0], edges[1]
