"""Functions that choose between elements, and that call others on parts of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import composite, plain
from dualrev.primitives.array.shaping import laid, laid_like


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Put numbers in place of NaN and infinities; there the derivative is 0."""
    value = plain(x)
    limits = np.finfo(x.dtype)
    high, low = (limits.max if posinf is None else posinf), (limits.min if neginf is None else neginf)
    replaced = np.where(np.isnan(value), _as(nan, x.dtype), x)
    replaced = np.where(np.isposinf(value), _as(high, x.dtype), replaced)
    return np.where(np.isneginf(value), _as(low, x.dtype), replaced)


def _as(number: Any, dtype: Any) -> Any:
    return np.asarray(number, dtype) if plain(number) is number else number.astype(dtype)


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Take the first choice whose condition holds."""
    if len(condlist) != len(choicelist) or len(condlist) == 0:
        raise ValueError("np.select takes as many choices as conditions, and one at least")
    result = np.where(plain(condlist[-1]), choicelist[-1], default)
    for n in range(len(condlist) - 2, -1, -1):
        result = np.where(plain(condlist[n]), choicelist[n], result)
    return laid(result, "C")


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Call each function on the elements where its condition holds, the last one that does."""
    x = np.asarray(x)
    conditions = _conditions(plain(condlist), np.ndim(x))
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(funclist) != len(conditions):
        raise ValueError(f"np.piecewise of {len(conditions)} conditions and {len(funclist)} functions")
    source = np.zeros(np.shape(x), np.intp)
    parts, start = [np.zeros(1, x.dtype)], 1
    for condition, function in zip(conditions, funclist, strict=True):
        count = int(np.sum(condition))
        if not count:
            continue
        part = function(x[condition], *args, **kw) if callable(function) else function
        parts.append(np.broadcast_to(part, (count,)))
        source[condition] = np.arange(start, start + count)
        start += count
    return laid_like(np.take(np.concatenate(parts), source).astype(x.dtype), x)


def _conditions(given: Any, ndim: int) -> list[Any]:
    if (
        not isinstance(given, list | tuple | np.ndarray)
        or (ndim and np.ndim(given) == ndim and not _nested(given))
        or (ndim == 0 and np.ndim(given) == 0)
    ):
        given = [given]
    return [np.asarray(plain(condition), bool) for condition in given]


def _nested(given: Any) -> bool:
    return isinstance(given, list | tuple) and np.ndim(given[0]) > 0


@composite(np.divmod)
def divmod_(x1: Any, x2: Any, /) -> Any:
    """Return quotient and remainder."""
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@composite(np.modf)
def modf(x: Any, /) -> Any:
    """Return the fractional part, which has the derivative 1, and the whole part."""
    whole = np.trunc(plain(x))
    return np.where(np.isinf(plain(x)), 0.0 * np.sign(plain(x)), x - np.where(np.isinf(whole), 0.0, whole)), whole


@composite(np.ldexp)
def ldexp(x1: Any, x2: Any, /) -> Any:
    """Multiply by a power of two."""
    powers = np.ldexp(np.ones((), np.asarray(plain(x1)).dtype), plain(x2))
    return x1 * powers


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a function of vectors on each line along an axis."""
    axis = axis % arr.ndim
    lines = np.moveaxis(arr, axis, -1)
    ahead = lines.shape[:-1]
    rows = np.reshape(lines, (-1, lines.shape[-1]))
    results = [func1d(row, *args, **kwargs) for row in rows]
    whole = np.stack(results)
    shape = whole.shape[1:]
    whole = np.reshape(whole, ahead + shape)
    order = [*range(axis), *range(len(ahead), len(ahead) + len(shape)), *range(axis, len(ahead))]
    return np.transpose(whole, order)


@composite(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """Call a function of an array and an axis for each of the axes, keeping the number of axes."""
    for axis in np.atleast_1d(axes):
        axis = int(axis) % a.ndim
        result = func(a, axis)
        a = result if result.ndim == a.ndim else np.expand_dims(result, axis)
    return a
