"""Texts that identify a compiled function: its code, that of all it calls, and the values that it looks up.

Derivatives on disk are found by it, so an edit of any of these finds none.
"""

from __future__ import annotations

import hashlib
import inspect
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba.core import types as nbtypes
from numba.core.dispatcher import Dispatcher
from numba.experimental.jitclass.base import JitClassType

from dualrev.compiled._marks import MADE_OF
from dualrev.compiled._rebinding import home, names_in

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), slice, range)


_COPIED_BYTES = 10**6
_VERSIONED = ("numpy", "math", "numba")
"""Modules whose functions change with their version only."""


# An unknown value is no fingerprint rather than a weak one: machine code that is found although something changed
# would be a wrong derivative without an error.
class Unknown(Exception):
    """A value was met whose changes could not be seen."""


def fingerprint(dispatcher: Dispatcher) -> list[str] | None:
    """Return the texts that a compiled function is made of, or None where it cannot be told by them.

    Where its source stands does not matter: in a file, in a cell of a notebook, or in a text that was executed. The
    name of its module does, because Numba imports it with the machine code.
    """
    try:
        return [_package(), *_of_value(dispatcher, {})]
    except Unknown:
        return None


def stays_in_place(array: np.ndarray) -> bool:
    """Whether compiled code refers to a global array where it is: Numba copies only small contiguous ones into it."""
    return array.nbytes > _COPIED_BYTES or not (array.flags.c_contiguous or array.flags.f_contiguous)


@cache
def _package() -> str:
    """Return dualrev's own source: the table, and what writes the code."""
    files = sorted(Path(__file__).parents[2].rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _of_value(value: Any, seen: dict[int, bool]) -> Iterator[str]:
    if isinstance(value, Dispatcher):
        function, question = getattr(value.py_func, MADE_OF, (None, ""))
        if function is not None:
            yield str(question)
            yield from _of_value(function, seen)
            return
        # Options such as `fastmath` change the code, and stand nowhere in it.
        yield f"options {sorted(value.targetoptions.items(), key=str)}"
        yield from _of_function(value.py_func, seen)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        if stays_in_place(value):
            raise Unknown
        yield f"array {value.dtype} {value.shape} {value.tobytes().hex()}"
    elif isinstance(value, np.generic):
        yield f"number {value.dtype} {value.tobytes().hex()}"
    elif isinstance(value, tuple | list | frozenset):
        yield f"{type(value).__name__} of {len(value)}"
        for each in value:
            yield from _of_value(each, seen)
    elif isinstance(value, _PLAIN):
        yield repr(value)
    elif isinstance(value, types.ModuleType):
        yield f"module {value.__name__} {getattr(value, '__version__', '')}"
    elif hasattr(value, "made_of"):
        yield from _of_value(value.made_of, seen)
    elif getattr(value, "compiled", None) is not None:
        yield from _of_value(value.compiled.dispatcher, seen)
    elif isinstance(value, types.FunctionType) and _top(value) in (*_VERSIONED, "dualrev"):
        yield from _of_function(value, seen)
    elif isinstance(value, nbtypes.Type):
        yield f"type {value}"
    elif isinstance(value, JitClassType):
        raise Unknown
    elif inspect.isclass(value) or inspect.isbuiltin(value) or isinstance(value, np.ufunc):
        yield f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value.__name__)}"
    else:
        name = getattr(value, "__name__", None)
        if not (callable(value) and name and type(value).__module__.startswith(("numpy", "dualrev"))):
            raise Unknown  # a function that Numba knows from elsewhere: an overload, a ufunc, an intrinsic
        yield f"{type(value).__module__} {name}"


def _top(function: types.FunctionType) -> str:
    """Return the package of a function; one that was made by `exec` need not have any."""
    return (function.__module__ or "").partition(".")[0]


def _of_function(function: types.FunctionType, seen: dict[int, bool]) -> Iterator[str]:
    if id(function) in seen:
        # Functions that call each other find each other by addresses, which Numba's machine code on disk has lost: the
        # next process would call what lies there.
        if not seen[id(function)]:
            raise Unknown
        return
    seen[id(function)] = False
    yield f"of {home(function)}"
    yield from _of_code(function.__code__)
    yield from _of_value(function.__defaults__ or (), seen)
    for name in sorted(names_in(function.__code__)):
        if name in function.__globals__:
            yield name
            value = function.__globals__[name]
            yield from _of_value(value, seen)
            if isinstance(value, types.ModuleType):
                yield from _of_attributes(value, function.__code__, seen)
    for cell in function.__closure__ or ():
        yield from _of_value(cell.cell_contents, seen)
    seen[id(function)] = True


# `constants.g` is looked up when Numba compiles, and its value goes into the code.
def _of_attributes(module: types.ModuleType, code: types.CodeType, seen: dict[int, bool]) -> Iterator[str]:
    if module.__name__.partition(".")[0] in _VERSIONED or id(module) in seen:
        return
    for name in sorted(names_in(code)):
        if hasattr(module, name):
            value = getattr(module, name)
            yield name
            yield from _of_value(value, seen)
            if isinstance(value, types.ModuleType):
                yield from _of_attributes(value, code, seen | {id(module): True})


# Bytecode and not source text, so that comments and the place in a file do not matter.
def _of_code(code: types.CodeType) -> Iterator[str]:
    yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {code.co_freevars}"
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _of_code(constant)
        else:
            yield repr(constant)
