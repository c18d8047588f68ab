"""Arrays that meet active numbers, as operations take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active.number import Active
from dualrev.errors import InputTypeError, ObjectArrayError

_OWN_ARITHMETIC = (np.matrix, np.ma.MaskedArray)


def as_array(x: Any) -> Any:
    """Return a plain number or array as an array, an array itself.

    Raises
    ------
    InputTypeError
        For arrays whose arithmetic is not that of arrays, which an active number would go without, and sparse ones.
    """
    if type(x) is np.ndarray:
        return x
    if isinstance(x, _OWN_ARITHMETIC):
        instead = "np.asarray(x)" if isinstance(x, np.matrix) else "its data and np.where(mask, 0.0, x)"
        raise InputTypeError(f"a {type(x).__name__} was given, which has an arithmetic of its own; use {instead}")
    array = np.asarray(x)
    if array.dtype.kind == "O" and hasattr(x, "toarray"):
        raise _sparse(x)
    return array


def _sparse(x: Any) -> InputTypeError:
    return InputTypeError(
        f"a {type(x).__name__} was given; use its toarray(), or give the product a rule with dualrev.custom_rule"
    )


def as_float(x: Any) -> float:
    """Return a whole or rational number of any size as a float.

    Raises
    ------
    InputTypeError
        If it is larger than floats are.
    """
    try:
        return float(x)
    except OverflowError as error:
        bits = f"{int(x).bit_length():,} bits"
        raise InputTypeError(
            f"an integer of {bits} was given; numbers are followed as float64, which ends at 1.8e308"
        ) from error


def take_up(array: np.ndarray) -> Any:
    """Return an object array of active and plain numbers as one active array."""
    elements: list[Any] = list(array.flat)
    wrong = next(
        (e for e in elements if not isinstance(e, Active | int | float | np.number | np.bool_) or np.shape(e)), None
    )
    if hasattr(wrong, "toarray"):
        raise _sparse(wrong)
    if wrong is not None:
        raise ObjectArrayError(
            f"an object array of shape {array.shape} holds a {type(wrong).__name__}; expected active numbers of "
            "shape () and plain numbers. Join arrays with np.stack or np.concatenate"
        )
    if not any(isinstance(e, Active) for e in elements):
        return np.array([as_float(e) for e in elements], np.float64).reshape(array.shape)
    stacked = np.stack(elements)
    return stacked if array.ndim == 1 else stacked.reshape(array.shape)


def holds_active(x: Any) -> bool:
    """Whether something is an active number, or a list, a tuple or an array that holds one."""
    if isinstance(x, Active):
        return True
    if isinstance(x, tuple | list):
        return any(isinstance(each, Active | tuple | list | np.ndarray) and holds_active(each) for each in x)
    return isinstance(x, np.ndarray) and x.dtype.kind == "O" and any(isinstance(each, Active) for each in x.flat)


def joined(x: Any) -> Any:
    """Return nested lists of active and plain numbers, or an array of such, as one active array; others as they are."""
    if not isinstance(x, tuple | list | np.ndarray) or not holds_active(x):
        return x
    if isinstance(x, np.ndarray):
        return take_up(x)
    parts = [joined(each) for each in x]
    return np.stack(parts) if len({np.shape(part) for part in parts}) == 1 else x
