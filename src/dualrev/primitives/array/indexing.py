"""Indexing and its transpose, scattering."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import array_rule, leading, linear
from dualrev.primitives.protocol_function import ProtocolFunction

_USUAL = frozenset({int, slice, type(None), type(Ellipsis)})
_BASIC = (int, slice, type(None), type(Ellipsis), np.integer)


def _scatter(w: Any, shape: tuple[int, ...], index: Any, ndim: int) -> Any:
    """Return zeros of the shape, after the leading axes of `w`, with `w` added at the index of the last axes."""
    out = np.zeros(leading(w, ndim) + shape, w.dtype)
    scatter_add(out, w, index, ndim)
    return out


index = ProtocolFunction("index", lambda x, index: x[index])
scatter = ProtocolFunction("scatter", _scatter)


def scatter_add(out: Any, w: Any, at: Any, ndim: int) -> None:
    """Add `w`, whose last `ndim` axes are those of the indexed array, to a plain array in place."""
    ahead = np.ndim(w) - ndim
    if is_basic(at):
        out[(slice(None),) * ahead + _tuple(at)] += w
        return
    shape = out.shape[ahead:]
    flat = out.reshape(-1)
    starts = np.arange(math.prod(out.shape[:ahead]))[:, None] * math.prod(shape)
    # NumPy adds several times faster along one axis.
    np.add.at(flat, (starts + positions(shape, at).reshape(-1)).reshape(-1), w.reshape(-1))
    if not np.may_share_memory(flat, out):  # a view that does not lie in one piece was copied
        out[...] = flat.reshape(out.shape)


def is_basic(at: Any) -> bool:
    """Whether an index selects each element at most once, by numbers and slices alone."""
    kind = type(at)
    if kind in _USUAL or (kind is tuple and _USUAL.issuperset(map(type, at))):
        return True
    return all(isinstance(part, _BASIC) and not isinstance(part, bool) for part in _tuple(at))


def positions(shape: tuple[int, ...], at: Any) -> Any:
    """Return the positions, in the flattened array, of the elements that an index selects."""
    return np.arange(math.prod(shape)).reshape(shape)[at]


def _tuple(at: Any) -> tuple[Any, ...]:
    return at if isinstance(at, tuple) else (at,)


def _gather(array: Any, ndim: int, shape: tuple[int, ...], at: Any) -> Any:
    """Index the last `ndim` axes, whose shape is `shape`."""
    ahead = leading(array, ndim)
    if not ahead:
        return array[at]
    if is_basic(at):
        return array[(slice(None),) * len(ahead) + _tuple(at)]
    return array.reshape((*ahead, math.prod(shape)))[..., positions(shape, at)]


class Selection:
    """The linearization of indexing. Its transpose can also add to an array that is there.

    By numbers and slices, an array is selected as a view, and the adjoint of the view is the `view` of the adjoint.
    """

    def __init__(self, shape: tuple[int, ...], at: Any, ndim: int) -> None:
        self.shape, self.at, self.ndim = shape, at, ndim
        self.basic = is_basic(at)

    def view(self, adjoint: np.ndarray) -> np.ndarray:
        """Select from an array, after its leading axes, what can be added to in place."""
        at = _tuple(self.at)
        end = () if Ellipsis in at else (Ellipsis,)
        view: np.ndarray = adjoint[(slice(None),) * (adjoint.ndim - len(self.shape)) + at + end]
        return view

    def push(self, tangents: Sequence[Any]) -> Any:
        """Select from the tangent."""
        return _gather(tangents[0], len(self.shape), self.shape, self.at)

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Put the cotangent back where the elements were."""
        return scatter(cotangent, self.shape, self.at, self.ndim)

    def accumulate(self, adjoint: np.ndarray, cotangent: Any) -> None:
        """Add the cotangent, in place, where the elements were."""
        scatter_add(adjoint, cotangent, self.at, self.ndim)


@array_rule(index, itself=True)
def index_rule(y: Any, x: Any, /, index: Any = None) -> Selection:
    """Select elements; the transpose puts them back where they were."""
    return Selection(x.shape, index, y.ndim)


@array_rule(scatter)
def scatter_rule(y: Any, w: Any, /, shape: Any = None, index: Any = None, ndim: int = 0) -> Any:
    """Put elements at their places; the transpose selects them."""
    return linear(lambda t: scatter(t, shape, index, ndim), lambda c: _gather(c, len(shape), shape, index))
