"""NumPy's constructors as clones call them: arrays of floats are made such that they can hold active numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba.core import errors, types

from dualrev.compiled._array_functions.sequences import rows_of
from dualrev.compiled._array_functions.table import absent, lifting, owner_inside, replacing
from dualrev.kernels.numba_arrays import filled_array, filled_like, zero_array, zero_like
from dualrev.kernels.numba_types import element, is_active, owner_of


# Users write np.zeros(n, dtype=np.float64), and mean the kind of number that the function computes with.
def holds_active(dtype: Any) -> bool:
    """Whether an array made with this dtype argument is to hold active numbers: floats are, integers are not."""
    if absent(dtype):
        return True
    of = getattr(dtype, "dtype", getattr(dtype, "instance_type", dtype))
    return (
        isinstance(of, types.Float) or is_active(of) or getattr(dtype, "literal_value", None) in ("float64", "float32")
    )


def _holds_active_like(dtype: Any, like: Any) -> bool:
    """Whether an array made with a dtype argument, or without one with numbers like these, is to hold active ones."""
    return isinstance(element(like), types.Float) or is_active(element(like)) if absent(dtype) else holds_active(dtype)


@cache
def constructors(number: Any) -> dict[Any, Any]:
    """Return per function of NumPy's its replacement in clones for a type of active numbers."""
    # `np.empty` is zeroed, too: what happens to stand in new memory would be taken for an index on a tape.
    made: dict[Any, Any] = {}
    for name, filling in (("empty", None), ("zeros", None), ("ones", 1.0)):
        function, like = getattr(np, name), getattr(np, f"{name}_like")
        made[function] = _of_shape(number, function, filling)
        made[like] = _of_array(number, like, filling)
    made[np.full] = _full(number)
    made[np.full_like] = _full_like(number)
    made[np.array], made[np.asarray] = _array(np.array), _array(np.asarray)
    made[np.ascontiguousarray] = _contiguous
    return made


_LIFTED: dict[Any, Callable[..., Any]] = {
    np.linspace: lambda start, stop, num=50: None,
    np.arange: lambda start, stop=None, step=None, dtype=None: None,
    np.eye: lambda N, M=None, k=0, dtype=None: None,
    np.identity: lambda n, dtype=None: None,
    np.copy: lambda a: None,
}
"""Functions that make arrays of constants, with their parameters."""


# The second attempt, where types did not fit: an array of constants that holds active numbers takes several times the
# memory, so that it is not the first.
@cache
def thorough_constructors(number: Any) -> dict[Any, Any]:
    """Return the replacements where constant arrays are written to later: they hold active numbers from the start."""
    made = dict(constructors(number))
    for function, parameters in _LIFTED.items():
        made[function] = lifting(number, function, parameters)
    made[np.array], made[np.asarray] = _array(np.array, number), _array(np.asarray, number)
    return made


def _of_shape(number: Any, function: Any, filling: float | None) -> Any:
    @replacing(function)
    def stand_in(shape: Any, dtype: Any = None) -> Callable[..., Any] | None:
        if not holds_active(dtype):
            return None
        if filling is None:
            return lambda shape, dtype=None: zero_array(number, shape)
        return lambda shape, dtype=None: filled_array(number, shape, filling)

    return stand_in


def _of_array(number: Any, function: Any, filling: float | None) -> Any:
    @replacing(function)
    def stand_in(a: Any, dtype: Any = None) -> Callable[..., Any] | None:
        if not _holds_active_like(dtype, a):
            return None
        if filling is None:
            return lambda a, dtype=None: zero_like(number, a)
        return lambda a, dtype=None: filled_like(number, a, filling)

    return stand_in


def _full(number: Any) -> Any:
    @replacing(np.full)
    def stand_in(shape: Any, fill_value: Any, dtype: Any = None) -> Callable[..., Any] | None:
        if not _holds_active_like(dtype, fill_value):
            return None
        return lambda shape, fill_value, dtype=None: filled_array(number, shape, fill_value)

    return stand_in


def _full_like(number: Any) -> Any:
    @replacing(np.full_like)
    def stand_in(a: Any, fill_value: Any) -> Callable[..., Any] | None:
        if not _holds_active_like(None, a):
            return None
        return lambda a, fill_value: filled_like(number, a, fill_value)

    return stand_in


def _array(function: Any, number: Any = None) -> Any:
    lifted = lifting(number, function, lambda object, dtype=None: None)

    @replacing(function)
    def stand_in(object: Any, dtype: Any = None) -> Callable[..., Any] | None:
        owner = owner_inside(object)
        if owner is None:
            return None if number is None else lambda object, dtype=None: lifted(object, dtype)
        if not holds_active(dtype):
            raise errors.TypingError(f"an array of active numbers holds floats, and {dtype} was asked for")
        if isinstance(object, types.Array):
            return (
                (lambda object, dtype=None: object)
                if function is np.asarray
                else lambda object, dtype=None: object.copy()
            )
        if is_active(object):
            return lambda object, dtype=None: filled_array(owner, (), object)
        return rows_of(object, owner, stand_in)

    return stand_in


@replacing(np.ascontiguousarray)
def _contiguous(a: Any) -> Callable[..., Any] | None:
    if owner_of([a]) is None:
        return None
    return (lambda a: a) if a.layout == "C" else (lambda a: a.copy())
