"""By what an error shows that active numbers caused it: what it says, and what the function had in hand."""

from __future__ import annotations

from types import FrameType, ModuleType
from typing import Any

import numpy as np

from dualrev.active._callers import Call, package_of

_OBJECTS = (
    *("not supported for the input types", "no callable", "Cannot cast ufunc", "must be real number", "ObjectDType"),
    *("input type 'object' not supported", "object arrays", "dtype object", "dtype('O')", "unsupported data types in"),
    *("NPY_ITER_REFS_OK", "iterator write flag"),
    *("not a proper array of floats", "does not have an identity", "array type object", "from object"),
    "coordinate array data type not supported",
    *("object dtype", "real dtype", "dtype='O'", "'object'", "must be scalar"),
)
"""Phrases of libraries' errors about objects where they want numbers."""


def says_objects(error: Exception, active: type) -> bool:
    """Whether a library's error speaks of objects where it wants numbers."""
    text = str(error)
    return any(phrase in text for phrase in _OBJECTS) or says_kind(text, active)


def says_kind(text: str, active: type) -> bool:
    """Whether a text names a class of active numbers."""
    kinds: list[type] = active.__subclasses__()
    for kind in kinds:
        name = kind.__name__
        if f"'{name}'" in text or f"not {name}" in text or f"{name}(" in text or says_kind(text, kind):
            return True
    return False


def took(call: Call, error: Exception, active: type) -> bool:
    """Whether a library's function was entered with active numbers, and could not make sense of them."""
    if call.entered is None:
        return False
    inside = error.__traceback__
    while inside is not None and inside.tb_next is not None:
        inside = inside.tb_next
    of_values = isinstance(error, ValueError) and inside is not None and package_of(inside.tb_frame) == "scipy"
    if not of_values and not isinstance(error, TypeError | AttributeError | NotImplementedError):
        return False
    return at_hand(call.entered, active)


def at_hand(frame: FrameType | None, active: type) -> bool:
    """Whether a function has active numbers among its variables, or in the attributes of one."""
    if frame is None:
        return True
    found = [x for x in frame.f_locals.values() if not isinstance(x, ModuleType)]
    return any(_holds(x, active) or _holds(getattr(x, "__dict__", None), active) for x in found)


def _holds(x: Any, active: type, depth: int = 4) -> bool:
    """Whether something is an active number or holds one, a few containers deep: containers may hold themselves."""
    if isinstance(x, np.ndarray):
        return x.dtype.kind == "O" and any(isinstance(element, active) for element in x.flat)
    if isinstance(x, list | tuple | dict) and depth:
        return any(_holds(each, active, depth - 1) for each in (x.values() if isinstance(x, dict) else x))
    return isinstance(x, active)
