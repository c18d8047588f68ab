"""Functions whose constants are of single precision, so that they do not widen what they meet."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

_SMALL = 1 << 15


def single_constants(function: Any) -> Any:
    """Return a copy of a function of numbers: floats are float32, and integers are too short to make a double."""
    return _copy(function, _single)


def single_floats(function: Any) -> Any:
    """Return a copy of a function in which floats are float32, and integers, which may be indices, what they are."""
    return _copy(function, _single_float)


def _copy(function: Any, convert: Callable[[Any], Any]) -> Any:
    f = function
    copy = types.FunctionType(_converted(f.__code__, convert), f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__, copy.__qualname__ = f.__kwdefaults__, f.__qualname__
    return copy


# Constants of a compiled function stand in its code object, those of functions inside it in theirs.
def _converted(code: types.CodeType, convert: Callable[[Any], Any]) -> types.CodeType:
    return code.replace(co_consts=tuple(convert(each) for each in code.co_consts))


def _single_float(constant: Any) -> Any:
    if type(constant) is float:
        return np.float32(constant)
    if isinstance(constant, tuple):
        return tuple(_single_float(each) for each in constant)
    return _converted(constant, _single_float) if isinstance(constant, types.CodeType) else constant


def _single(constant: Any) -> Any:
    if type(constant) is int:
        # Numba makes a double of a float32 and an integer of 32 or 64 bits, and a float32 of one of 16.
        return np.int16(constant) if abs(constant) < _SMALL else np.float32(constant)
    return _single_float(constant)
