"""Functions that rename axes, and insert, drop, split or merge them: reshapes and transpositions."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array._gathering import gather
from dualrev.primitives.array.layout import empty_alike
from dualrev.primitives.array.rule import composite, from_the_end, plain
from dualrev.primitives.array.shaping import copied, in_fortran_order


@composite(np.ravel)
def ravel(a: Any, order: Any = "C") -> Any:
    """Flatten. Unlike reshape, ravel copies whatever does not lie in one piece."""
    if order == "K":
        return _in_memory_order(a)
    fortran = in_fortran_order(a, order)
    vector = np.reshape(a, -1, order="F" if fortran else "C")
    flags = plain(a).flags
    shared = flags.f_contiguous if fortran else flags.c_contiguous
    return vector if shared or plain(vector).base is None else np.copy(vector, order="C")


def _in_memory_order(a: Any) -> Any:
    """Flatten an array in the order in which its elements lie in memory, as NumPy itself tells it."""
    value = plain(a)
    if value.flags.forc:
        return np.ravel(a, order="A")
    numbers = empty_alike(value, np.intp)
    numbers[...] = np.arange(value.size).reshape(value.shape)
    places = numbers.ravel(order="K")
    if np.may_share_memory(places, numbers):
        axes = sorted(range(a.ndim), key=lambda n: -abs(value.strides[n]))
        return np.reshape(np.transpose(a, axes), -1)
    return gather(a, places)


@composite(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Drop axes of length 1."""
    gone = (
        from_the_end(axis, a.ndim) if axis is not None else tuple(n - a.ndim for n in range(a.ndim) if a.shape[n] == 1)
    )
    if any(a.shape[n] != 1 for n in gone):
        raise ValueError(f"cannot squeeze axes {axis} of shape {a.shape}: their length is not 1")
    return a.reshape(tuple(a.shape[n] for n in range(a.ndim) if n - a.ndim not in gone))


@composite(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """Insert axes of length 1."""
    axes = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    ndim = a.ndim + len(axes)
    new = {n % ndim for n in from_the_end(axes, ndim)}
    old = iter(a.shape)
    return a.reshape(tuple(1 if n in new else next(old) for n in range(ndim)))


@composite(np.permute_dims)
def permute_dims(a: Any, axes: Any = None) -> Any:
    """Permute the axes."""
    return np.transpose(a, axes)


@composite(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """Swap the last two axes."""
    if x.ndim < 2:
        raise ValueError(f"a matrix transpose of shape {x.shape}; expected at least two axes")
    return swapaxes(x, -1, -2)


@composite(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Swap two axes."""
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return np.transpose(a, order)


def _moved(function: Any, a: Any, *places: Any) -> Any:
    """Permute the axes as NumPy does those of an array whose lengths number them."""
    order = function(np.broadcast_to(np.int8(0), tuple(range(1, a.ndim + 1))), *places).shape
    return np.transpose(a, [n - 1 for n in order])


@composite(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Move axes to new places."""
    return _moved(np.moveaxis, a, source, destination)


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Move an axis before another."""
    return _moved(np.rollaxis, a, axis, start)


def at_least(array: Any, ndim: int) -> Any:
    """Insert axes in front until there are so many."""
    return np.reshape(array, (1,) * (ndim - np.ndim(array)) + np.shape(array)) if np.ndim(array) < ndim else array


def _each(function: Any, arrays: Any) -> Any:
    results = tuple(function(np.asarray(a) if plain(a) is a else a) for a in arrays)
    return results[0] if len(results) == 1 else results


@composite(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Give a number an axis."""
    return _each(lambda a: at_least(a, 1), arys)


@composite(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Make a vector a row."""
    return _each(lambda a: at_least(a, 2), arys)


@composite(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Insert axes until there are three, the last one behind."""
    return _each(lambda a: np.reshape(at_least(a, 2), (*at_least(a, 2).shape, 1)) if a.ndim < 3 else a, arys)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """Repeat each array to the shape that they have together; where all have it, they are returned themselves."""
    shape = np.broadcast_shapes(*map(np.shape, args))
    if all(np.shape(a) == shape for a in args):
        return tuple(np.asarray(a) if isinstance(a, list | tuple) else a for a in args)
    return tuple(np.broadcast_to(a, shape) for a in args)


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Lay each vector along an axis of its own."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"np.meshgrid(indexing={indexing!r}); expected 'xy' or 'ij'")
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = [1, 0]
    grids = [np.reshape(x, [-1 if n == order[k] else 1 for n in range(len(xi))]) for k, x in enumerate(xi)]
    laid = tuple(grids) if sparse else np.broadcast_arrays(*grids)
    return tuple(np.copy(grid, order="C") for grid in laid) if copy else laid


@composite(np.ix_)
def ix_(*args: Any) -> Any:
    """Lay each vector along an axis of its own, in order."""
    return meshgrid(*args, copy=False, sparse=True, indexing="ij")


@composite(np.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    """Copy an array; a number stays as it is, since nobody writes to it."""
    return copied(a, order) if isinstance(plain(a), np.ndarray) else a


@composite(np.astype)
def to_type(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """Convert to another type."""
    return x.astype(dtype, copy=copy)
