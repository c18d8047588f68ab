"""NumPy's functions that make an array like an active one, and those that write to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active._in_place.stand_ins import stacked
from dualrev.active._in_place.writing import seen_through
from dualrev.active._in_place.written import CREATORS, WRITERS, again
from dualrev.active.number import Active, primal
from dualrev.active.numpy_protocol import operand
from dualrev.active.refusals import write_refused
from dualrev.primitives.array import COMPOSITES
from dualrev.primitives.array.choosing import nan_to_num
from dualrev.primitives.array.grids import windows

_LIKE = (np.zeros_like, np.ones_like, np.empty_like)
_MADE = (np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.arange)
_JOINED = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")


def _like(function: Any) -> Any:
    def create(a: Any, *args: Any, **kwargs: Any) -> Any:
        return again(function(primal(a), *args, **kwargs))

    return create


def _made(function: Any) -> Any:
    return lambda *args, **kwargs: again(function(*args, **kwargs))


def _filled(out: Any, value: Any) -> Any:
    out = again(out)
    out[...] = primal(value) if out.dtype.kind in "biu" and not isinstance(value, Active) else value
    return out


def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    return _filled(np.empty_like(primal(a), dtype, order, subok, shape), fill_value)


def _full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", **options: Any) -> Any:
    if dtype is None:
        dtype = (operand(fill_value) if isinstance(fill_value, Active) else np.asarray(fill_value)).dtype
    return _filled(np.empty(shape, dtype, order), fill_value)


def _shared(function: Any) -> Any:
    """Return what `function(x, like=y)` does: of an active array without a choice of type, what it does without y."""

    def create(object: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
        array = stacked(object) if isinstance(object, list | tuple) else object
        if isinstance(array, Active):
            if dtype not in (None, array.dtype):
                array = array.astype(np.dtype(dtype))
            return function(array, None, *args, **options)
        return again(function.stands_in_for(array, dtype, *args, **options))

    return create


# NumPy writes the numbers of the values into an array of integers. Its rules for masks, wrapping, repetition and
# broadcasting are thereby its own, in every version.
def _by_numbers(function: Any, a: Any, values: Any, write: Callable[[Any, Any], Any]) -> None:
    """Write values where NumPy writes their numbers."""
    if not isinstance(a, Active):
        raise write_refused(function, "Make the array by np.zeros(n, like=x) or np.zeros_like(x)")
    v = operand(values)
    numbers = np.full(a.shape, -1)
    write(numbers, np.arange(np.size(v)).reshape(np.shape(v)))
    there = numbers >= 0
    a[there] = np.reshape(v, -1)[numbers[there]]


def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    v = operand(src)
    if isinstance(dst, Active) and not np.can_cast(v.dtype if hasattr(v, "dtype") else type(v), dst.dtype, casting):
        np.copyto(np.empty(dst.shape, dst.dtype), primal(v), casting)  # NumPy's own error
    _by_numbers(np.copyto, dst, v, lambda a, n: np.copyto(a, n, where=primal(where)))


def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    _by_numbers(np.put, a, v, lambda a, n: np.put(a, primal(ind), n, mode))


def _place(arr: Any, mask: Any, vals: Any) -> None:
    _by_numbers(np.place, arr, vals, lambda a, n: np.place(a, primal(mask), n))


def _putmask(a: Any, mask: Any, values: Any) -> None:
    _by_numbers(np.putmask, a, values, lambda a, n: np.putmask(a, primal(mask), n))


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    _by_numbers(np.put_along_axis, arr, values, lambda a, n: np.put_along_axis(a, primal(indices), n, axis))


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    _by_numbers(np.fill_diagonal, a, val, lambda a, n: np.fill_diagonal(a, n, wrap))


def _nan_to_num(x: Any, copy: bool = True, *args: Any, **options: Any) -> Any:
    """Put numbers in place of NaN and infinities, in the array itself where no copy is asked for."""
    numbers = nan_to_num(x, True, *args, **options)
    if copy or not isinstance(primal(x), np.ndarray):
        return numbers
    x[...] = numbers
    return x


def _windows(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    """View every window, for writing too where this is asked for."""
    if not (writeable and isinstance(x, Active)):
        return windows(x, window_shape, axis)
    return seen_through(x, lambda a: np.lib.stride_tricks.sliding_window_view(a, window_shape, axis, writeable=True))


def enter() -> None:
    """Enter the functions among those that active numbers answer."""
    creators: dict[Any, Any] = {function: _like(function) for function in _LIKE}
    creators |= {function: _made(function) for function in _MADE}
    creators |= {function: _shared(function) for function in (getattr(np, name) for name in _JOINED)}
    creators |= {np.full_like: _full_like, np.full: _full}
    writers: dict[Any, Any] = {np.copyto: _copyto, np.put: _put, np.place: _place, np.putmask: _putmask}
    writers |= {np.put_along_axis: _put_along_axis, np.fill_diagonal: _fill_diagonal}
    COMPOSITES.update(creators | writers)
    COMPOSITES.update({np.nan_to_num: _nan_to_num, np.lib.stride_tricks.sliding_window_view: _windows})
    CREATORS.update(creators)
    WRITERS.update(writers)
