"""Linear functions that turn, shift, repeat and select parts of an array."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualrev.primitives.array._gathering import numbered
from dualrev.primitives.array.indexing import scatter
from dualrev.primitives.array.rule import Shape, along, array_rule, composite, from_the_end, leading, linear
from dualrev.primitives.array.shaping import pad_axes, sum_to


@array_rule(np.flip)
def flip(y: Any, m: Any, /, axis: Any = None) -> Any:
    """Turn axes round, which is its own transpose."""
    axes = from_the_end(axis, m.ndim)
    back = (Ellipsis, *[slice(None, None, -1 if n in axes else None) for n in range(-m.ndim, 0)])
    return linear(lambda t: t[back], lambda w: w[back])


@composite(np.fliplr)
def fliplr(m: Any) -> Any:
    """Turn the second axis round."""
    return m[:, ::-1]


@composite(np.flipud)
def flipud(m: Any) -> Any:
    """Turn the first axis round."""
    return m[::-1]


def _shifted(array: Any, axis: int, shift: int) -> Any:
    """Shift around on an axis counted from the end."""
    size = array.shape[axis]
    cut = -shift % size if size else 0
    if not cut:
        return array
    return np.concatenate((array[along(axis, slice(cut, None))], array[along(axis, slice(None, cut))]), axis=axis)


@array_rule(np.roll)
def roll(y: Any, a: Any, /, shift: Any = 0, axis: Any = None) -> Any:
    """Shift around; the transpose shifts back."""
    shape: Shape = a.shape
    axes: Shape
    line: Shape
    if axis is None:
        axes, line = (-1,), (math.prod(shape),)
    else:
        axes, line = from_the_end(tuple(axis) if isinstance(axis, list) else axis, a.ndim), shape
    if type(shift) is int:
        shifts = [(n, shift) for n in axes]
    else:
        shifts = [(int(n), int(by)) for by, n in np.broadcast(shift if axis is not None else np.sum(shift), axes)]

    def rolled(array: Any, sign: int) -> Any:
        whole = array.shape
        array = array.reshape(leading(array, len(shape)) + line)
        for n, by in shifts:
            array = _shifted(array, n, sign * by)
        return array.reshape(whole)

    return linear(lambda t: rolled(t, 1), lambda w: rolled(w, -1))


@array_rule(np.tile)
def tile(y: Any, A: Any, /, reps: Any = 1) -> Any:
    """Repeat the whole along axes; the transpose adds the copies up."""
    times = tuple(reps) if isinstance(reps, tuple | list | np.ndarray) else (reps,)
    ndim, shape, result = y.ndim, A.shape, y.shape
    times = (1,) * (ndim - len(times)) + tuple([int(n) for n in times])
    padded = (1,) * (ndim - len(shape)) + shape
    single = tuple([s for size in padded for s in (1, size)])
    copies = tuple([s for pair in zip(times, padded, strict=True) for s in pair])
    axes = tuple(range(-2 * ndim, 0, 2))

    def push(t: Any) -> Any:
        ahead = leading(t, len(shape))
        return np.broadcast_to(t.reshape(ahead + single), ahead + copies).reshape(ahead + result)

    def pull(w: Any) -> Any:
        ahead = leading(w, ndim)
        return np.sum(w.reshape(ahead + copies), axis=axes).reshape(ahead + shape)

    return linear(push, pull)


@array_rule(np.repeat)
def repeat(y: Any, a: Any, /, repeats: Any = 1, axis: Any = None) -> Any:
    """Repeat elements; the transpose adds the copies up."""
    shape, result = a.shape, y.shape
    (place,) = (-1,) if axis is None else from_the_end(axis, a.ndim)
    line = (math.prod(shape),) if axis is None else shape
    times = np.asarray(repeats).reshape(-1)
    if times.size == 1:
        cut = len(line) + place + 1
        split = (*line[:cut], int(times[0]), *line[cut:])

    def push(t: Any) -> Any:
        ahead = leading(t, len(shape))
        return np.repeat(t.reshape(ahead + line), repeats, axis=place)

    def pull(w: Any) -> Any:
        ahead = leading(w, len(result))
        if times.size == 1:
            return np.sum(w.reshape(ahead + split), axis=place).reshape(ahead + shape)
        moved = np.moveaxis(w, place, -1)
        places = np.repeat(np.arange(line[place]), times)
        return np.moveaxis(scatter(moved, (line[place],), places, 1), -1, place).reshape(ahead + shape)

    return linear(push, pull)


def _triangle(y: Any, m: Any, keep: Any) -> Any:
    before, after = m.shape, y.shape
    zero = np.zeros((), y.dtype)
    return linear(
        lambda t: np.where(keep, pad_axes(t, len(before), len(after)), zero),
        lambda w: sum_to(np.where(keep, w, zero), before, len(after)),
    )


@array_rule(np.tril)
def tril(y: Any, m: Any, /, k: int = 0) -> Any:
    """Keep the lower triangle."""
    return _triangle(y, m, np.tri(y.shape[-2], y.shape[-1], k, dtype=bool))


@array_rule(np.triu)
def triu(y: Any, m: Any, /, k: int = 0) -> Any:
    """Keep the upper triangle."""
    return _triangle(y, m, ~np.tri(y.shape[-2], y.shape[-1], k - 1, dtype=bool))


@array_rule(np.trace)
def trace(y: Any, a: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """Add up diagonals; the transpose puts the number on each place of the diagonal."""
    first, second = from_the_end((axis1, axis2), a.ndim)
    ones = np.eye(a.shape[first], a.shape[second], offset, dtype=a.dtype)
    rest = y.ndim

    def pull(w: Any) -> Any:
        ahead = leading(w, rest)
        return np.moveaxis(w.reshape((*w.shape, 1, 1)) * ones, (-2, -1), (first, second)).reshape(ahead + a_shape)

    a_shape = a.shape
    return linear(lambda t: np.trace(t, offset, first, second, dtype=dtype), pull)


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """Make a matrix of its diagonal, or select the diagonal of a matrix."""
    if v.ndim == 2:
        return np.diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"np.diag of shape {v.shape}; expected a vector or a matrix")
    size = v.shape[0] + abs(k)
    places = np.diagonal(numbered((size, size)), k)
    return np.reshape(scatter(v, (size * size,), places, 1), (size, size))


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """Make a matrix of its diagonal."""
    return diag(np.reshape(v, -1), k)
