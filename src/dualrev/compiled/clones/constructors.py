"""NumPy's constructors as clones call them: arrays of floats are made such that they can hold active numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.sequences import rows_of
from dualrev.compiled._array_functions.table import lifting, owner_inside
from dualrev.compiled._seeding import widened
from dualrev.kernels.numba_arrays import empty_array, zero_array
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import element, is_active, owner_of


def holds_active(dtype: Any) -> bool:
    """Whether an array made with this dtype argument is to hold active numbers: floats are, integers are not."""
    if dtype is None or isinstance(dtype, types.NoneType | types.Omitted):
        return True
    of = getattr(dtype, "dtype", getattr(dtype, "instance_type", dtype))
    return (
        isinstance(of, types.Float) or is_active(of) or getattr(dtype, "literal_value", None) in ("float64", "float32")
    )


def _floats(like: Any) -> bool:
    return isinstance(element(like), types.Float) or is_active(element(like))


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
    @compiled_only
    def stand_in(shape: Any, dtype: Any = None) -> Callable[..., Any]:
        if not holds_active(dtype):
            return lambda shape, dtype=None: function(shape, dtype)
        if filling is None:
            return lambda shape, dtype=None: zero_array(number, shape)

        def filled(shape, dtype=None):  # type: ignore[no-untyped-def]
            array = empty_array(number, shape)
            array[...] = filling
            return array

        return filled

    return stand_in


def _of_array(number: Any, function: Any, filling: float | None) -> Any:
    @compiled_only
    def stand_in(a: Any, dtype: Any = None) -> Callable[..., Any]:
        given = not (dtype is None or isinstance(dtype, types.NoneType | types.Omitted))
        if not (holds_active(dtype) if given else _floats(a)):
            return (lambda a, dtype=None: function(a, dtype)) if given else (lambda a, dtype=None: function(a))

        def made(a, dtype=None):  # type: ignore[no-untyped-def]
            array = zero_array(number, np.shape(a))
            if filling is not None:
                array[...] = filling
            return array

        return made

    return stand_in


def _full(number: Any) -> Any:
    @compiled_only
    def stand_in(shape: Any, fill_value: Any, dtype: Any = None) -> Callable[..., Any]:
        given = not (dtype is None or isinstance(dtype, types.NoneType | types.Omitted))
        if not (holds_active(dtype) if given else _floats(fill_value)):
            if given:
                return lambda shape, fill_value, dtype=None: np.full(shape, fill_value, dtype)
            return lambda shape, fill_value, dtype=None: np.full(shape, fill_value)

        def filled(shape, fill_value, dtype=None):  # type: ignore[no-untyped-def]
            array = empty_array(number, shape)
            array[...] = fill_value
            return array

        return filled

    return stand_in


def _full_like(number: Any) -> Any:
    @compiled_only
    def stand_in(a: Any, fill_value: Any) -> Callable[..., Any]:
        if not _floats(a):
            return lambda a, fill_value: np.full_like(a, fill_value)

        def filled(a, fill_value):  # type: ignore[no-untyped-def]
            array = empty_array(number, a.shape)
            array[...] = fill_value
            return array

        return filled

    return stand_in


def _array(function: Any, number: Any = None) -> Any:
    @compiled_only
    def stand_in(object: Any, dtype: Any = None) -> Callable[..., Any] | None:
        owner = owner_inside(object)
        if owner is None:
            given = not (dtype is None or isinstance(dtype, types.NoneType | types.Omitted))
            if number is not None:
                if given:
                    return lambda object, dtype=None: widened(number, function(object, dtype))
                return lambda object, dtype=None: widened(number, function(object))
            if given:
                return lambda object, dtype=None: function(object, dtype)
            return lambda object, dtype=None: function(object)
        if not holds_active(dtype):
            return None
        if isinstance(object, types.Array):
            if function is np.asarray:
                return lambda object, dtype=None: object
            return lambda object, dtype=None: object.copy()
        if is_active(object):

            def scalar(object, dtype=None):  # type: ignore[no-untyped-def]
                array = empty_array(owner, ())
                array[()] = object
                return array

            return scalar
        return rows_of(object, owner, stand_in)

    return stand_in


@compiled_only
def _contiguous(a: Any) -> Callable[..., Any]:
    if owner_of([a]) is None:
        return lambda a: np.ascontiguousarray(a)
    if a.layout == "C":
        return lambda a: a
    return lambda a: a.copy()
