"""Plain values as derivatives take them."""

from __future__ import annotations

from dataclasses import is_dataclass
from numbers import Rational
from typing import Any

import numpy as np

import dualrev.active._in_place  # noqa: F401 - lets active arrays be written to
from dualrev.active.array_operands import as_array, as_float, take_up
from dualrev.active.number import Active
from dualrev.active.ownership import private
from dualrev.errors import ComplexInputError, InputTypeError, ObjectArrayError, ShapeMismatchError


def own_value(x: Any) -> Any:
    """Return a number or array as a NumPy scalar or array of floats; an active one as it is.

    Nobody else can write to the array, which is read-only.

    Raises
    ------
    ComplexInputError
        For complex numbers.
    ObjectArrayError
        For an object array that holds anything but active numbers and plain ones.
    InputTypeError
        For anything else that is not a number.
    """
    if isinstance(x, Active):
        x = x.snapshot()
        if isinstance(x, Active):
            return x
    if type(x) is float:
        return np.float64(x)
    array = x if type(x) is np.ndarray else as_array(x)
    kind = array.dtype.kind
    if kind == "f":
        return _read_only(private(array)) if array.ndim else array[()]
    if kind in "iub":
        return _read_only(array.astype(np.float64)) if array.ndim else np.float64(array)
    if kind == "c":
        raise ComplexInputError(f"a complex value of shape {array.shape} was given; only real numbers are supported")
    if kind == "O" and isinstance(x, np.ndarray):
        return take_up(array)
    if isinstance(x, Rational):  # beyond 64 bits, or a fraction
        return np.float64(as_float(x))
    if kind == "O":
        as_dict = "; dataclasses.asdict(x) is such a dict" if is_dataclass(x) else ""
        raise ObjectArrayError(
            f"a {type(x).__name__} was given; expected a number or an array of real numbers, or a container of them: a "
            f"tuple, list, dict or named tuple{as_dict}"
        )
    raise InputTypeError(f"a {type(x).__name__} was given; expected a number or an array of real numbers")


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def own_value_like(x: Active, value: Any, what: str) -> Any:
    """Return a value as `own_value` does, in the shape and dtype of an active number.

    Raises
    ------
    ShapeMismatchError
        If the value has another shape.
    """
    given = own_value(value)
    if given.shape != x.shape:
        raise ShapeMismatchError(f"the {what} has shape {given.shape}; expected this {type(x).__name__}'s {x.shape}")
    return given if isinstance(given, Active) or given.dtype == x.dtype else given.astype(x.dtype)
