"""Functions whose result holds elements of the operand, told by their positions in it."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.primitives.array.indexing import index, scatter
from dualrev.primitives.array.rule import Shape, array_rule, composite, leading, plain
from dualrev.primitives.array.shaping import laid_by


def numbered(shape: Shape) -> Any:
    """Return the positions of the elements of an array of this shape, in an array like it."""
    return np.arange(math.prod(shape)).reshape(shape)


class Gathered:
    """The linearization of a function that returns the elements at `positions` of the flattened operand.

    `distinct` tells that no position is there twice.
    """

    def __init__(self, shape: Shape, positions: Any, distinct: bool) -> None:
        self.shape, self.positions, self.distinct = shape, np.asarray(positions), distinct

    def push(self, tangents: Sequence[Any]) -> Any:
        """Take the tangents of the elements."""
        t = tangents[0]
        flat = t.reshape((*leading(t, len(self.shape)), math.prod(self.shape)))
        if type(flat) is np.ndarray:
            return flat.take(self.positions, axis=-1)
        return index(flat, (Ellipsis, self.positions))

    def pull(self, operand: int, w: Any) -> Any:
        """Put the cotangents back where the elements were, adding up those of one element."""
        ahead = leading(w, self.positions.ndim)
        size = math.prod(self.shape)
        if isinstance(w, np.ndarray | np.generic):
            out = np.zeros((*ahead, size), w.dtype)
            if self.distinct:
                out[..., self.positions] = w
            else:
                np.add.at(out, (Ellipsis, self.positions), w)  # type: ignore[arg-type]
        else:
            out = scatter(w, (size,), self.positions, self.positions.ndim)
        return out.reshape(ahead + self.shape)


def gather(a: Any, positions: Any) -> Any:
    """Return the elements at positions of the flattened array."""
    return np.take(np.reshape(a, -1), positions)


@array_rule(np.take)
def take(y: Any, a: Any, /, indices: Any = None, axis: Any = None, mode: str = "raise") -> Any:
    """Take elements along an axis, or of the flattened array."""
    indices = plain(indices)
    if axis is None or a.ndim == 1:
        positions = (
            np.asarray(indices) if a.ndim == 1 and mode == "raise" else numbered(a.shape).take(indices, mode=mode)
        )
        return Gathered(a.shape, positions, False)
    return Gathered(a.shape, numbered(a.shape).take(indices, axis=axis, mode=mode), False)


@array_rule(np.take_along_axis)
def take_along_axis(y: Any, arr: Any, /, indices: Any = None, axis: Any = -1) -> Any:
    """Take one element of each line."""
    return Gathered(arr.shape, np.take_along_axis(numbered(arr.shape), indices, axis), False)


@array_rule(np.delete)
def delete(y: Any, arr: Any, /, obj: Any = None, axis: Any = None) -> Any:
    """Leave elements out."""
    return Gathered(arr.shape, np.delete(numbered(arr.shape), obj, axis), True)


@array_rule(np.resize)
def resize(y: Any, a: Any, /, new_shape: Any = None) -> Any:
    """Repeat the elements until the shape is full."""
    return Gathered(a.shape, np.resize(numbered(a.shape), new_shape), False)


@array_rule(np.diagonal)
def diagonal(y: Any, a: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Select diagonals."""
    return Gathered(a.shape, np.diagonal(numbered(a.shape), offset, axis1, axis2), True)


@array_rule(np.rot90)
def rot90(y: Any, m: Any, /, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turn by right angles."""
    return Gathered(m.shape, np.rot90(numbered(m.shape), k, axes), True)


def _one_of(sequence: Any) -> Any:
    """Return arrays joined as vectors, and the arrays of positions of the elements there."""
    sizes = [math.prod(np.shape(a)) for a in sequence]
    starts = np.cumsum([0, *sizes])
    numbers = [numbered(np.shape(a)) + int(start) for a, start in zip(sequence, starts, strict=False)]
    return np.concatenate([np.reshape(a, -1) for a in sequence]), numbers


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """Put values between the elements; NumPy says where, of positions."""
    axis = None if axis is None else operator.index(axis)
    arr, values = (np.asarray(each) if isinstance(each, list | tuple) else each for each in (arr, values))
    joined, (own, new) = _one_of((arr, values))
    return laid_by(np.take(joined.astype(np.asarray(plain(arr)).dtype), np.insert(own, plain(obj), new, axis)), arr)


@composite(np.choose)
def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """Take each element from one of several arrays."""
    arrays = np.broadcast_arrays(*choices)
    joined, numbers = _one_of(arrays)
    return np.take(joined, np.choose(plain(a), numbers, mode=mode))  # type: ignore[call-overload]


@composite(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: None = None) -> Any:
    """Take the elements where the condition holds."""
    return np.take(a, np.flatnonzero(plain(condition)), axis=axis)


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """Take the elements where the condition holds, of the flattened array."""
    return np.take(np.reshape(arr, -1), np.flatnonzero(plain(condition)))


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Leave out the zeros at the ends."""
    if isinstance(filt, list | tuple):
        filt = np.stack(filt)
    ends = np.nonzero(plain(filt))
    axes = range(filt.ndim) if axis is None else [n % filt.ndim for n in np.atleast_1d(axis)]
    at = [slice(None)] * filt.ndim
    for n in axes:
        if not ends[n].size:
            at[n] = slice(0, 0)
            continue
        first, last = int(ends[n].min()), int(ends[n].max()) + 1
        at[n] = slice(first if "f" in trim.lower() else None, last if "b" in trim.lower() else None)
    return filt[tuple(at)]


@composite(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Take the first of each value, in order."""
    find: Any = np.unique
    axis = None if axis is None else operator.index(axis)
    found = find(plain(ar), True, bool(return_inverse), bool(return_counts), axis, equal_nan=bool(equal_nan))
    values = gather(ar, found[1]) if axis is None else np.take(ar, found[1], axis=axis)
    rest = tuple(found[1:] if return_index else found[2:])
    return (values, *rest) if rest else values


@composite(np.unique_values)
def unique_values(x: Any, /) -> Any:
    """Take the first of each value, in order."""
    return unique(x, equal_nan=False)
