"""Which tests have Numba compile something: those that reach a compiled function, or that say so."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import numba
from numba.core.dispatcher import Dispatcher
from numba.np.ufunc.dufunc import DUFunc

MAKERS = {numba.njit, numba.jit, numba.vectorize, numba.guvectorize}
DEPTH = 12
"""Steps from a test to what it compiles: functions that call functions, and containers of them."""


_KNOWN: dict[int, tuple[Any, bool]] = {}
"""What was found out about functions, by identity: thousands of tests share them."""


def reaches_compiled_code(function: Any, *parameters: Any) -> bool:
    """Whether a test, or one of its parameters, refers to a function that Numba compiles, or to what makes one."""
    return any(_compiles(each, function.__globals__, set(), DEPTH) for each in (function, *parameters))


def _compiles(value: Any, scope: dict[str, Any], seen: set[int], depth: int) -> bool:
    if isinstance(value, Dispatcher | DUFunc):
        return True
    if id(value) in seen or not depth:
        return False
    seen.add(id(value))
    if not isinstance(value, types.FunctionType):
        return _any(value, scope, seen, depth)
    if id(value) not in _KNOWN:
        _KNOWN[id(value)] = value, value in MAKERS or _any(value, scope, seen, depth)
    return _KNOWN[id(value)][1]


def _any(value: Any, scope: dict[str, Any], seen: set[int], depth: int) -> bool:
    return any(_compiles(each, scope, seen, depth - 1) for each in _parts(value, scope))


def _parts(value: Any, scope: dict[str, Any]) -> Iterator[Any]:
    """Return what a value refers to: of functions those of the tests alone, not of libraries."""
    if isinstance(value, types.MethodType | staticmethod):
        yield value.__func__
    elif isinstance(value, types.FunctionType):
        module = value.__globals__.get("__file__", "")
        if value.__globals__ is scope or "/tests/" in module.replace("\\", "/"):
            yield from _of_code(value.__code__, value.__globals__)
            yield from (cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType())
            yield from value.__defaults__ or ()
    elif isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif hasattr(value, "__wrapped__"):
        yield value.__wrapped__
    elif hasattr(value, "f") and not isinstance(value, type):
        yield value.f


def _of_code(code: types.CodeType, scope: dict[str, Any]) -> Iterator[Any]:
    for name in code.co_names:
        if name in scope:
            yield scope[name]
        if name in ("njit", "jit", "vectorize", "guvectorize"):
            yield getattr(numba, name)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _of_code(constant, scope)
