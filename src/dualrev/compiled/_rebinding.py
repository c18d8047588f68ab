"""Copies of functions that find other things under the names that they use: stand-ins for functions of NumPy's."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from typing import Any


def home(function: types.FunctionType) -> str:
    """Return the name of a function's module, or ours if it has none that can be imported.

    Numba imports it when it reads the machine code again. A function that was made by `exec` need not have one.
    """
    name = function.__module__
    return name if name in sys.modules else __name__


class StandIn(types.ModuleType):
    """A module in which some functions are replaced.

    Its name is its own: Numba has plans of its own for calls of `numpy.array`.
    """

    def __init__(self, module: types.ModuleType, mapped: Callable[[Any], Any]) -> None:
        super().__init__(f"stand_in_for_{module.__name__}")
        self._module, self._mapped = module, mapped

    def __getattr__(self, name: str) -> Any:
        # Mapped when it is looked up, and kept: a module has thousands of names, and a function uses a few.
        value = self._mapped(getattr(self._module, name))
        setattr(self, name, value)
        return value


def names_in(code: types.CodeType) -> set[str]:
    """Return the names that a code object, or one inside it, looks up."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= names_in(constant)
    return names


def copied(function: types.FunctionType) -> types.FunctionType:
    """Return a function with the same code, which finds nothing under any name until `bind` tells it."""
    # Closures are cells that a function shares with the one around it, so that the copy has its own.
    cells = tuple(types.CellType() for _ in function.__closure__ or ())
    scope: dict[str, Any] = {"__name__": home(function), "__builtins__": function.__builtins__}
    copy = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, function.__qualname__
    return copy


def bind(
    copy: types.FunctionType, function: types.FunctionType, mapped: Callable[[Any], Any], builtins: Mapping[str, Any]
) -> None:
    """Let a copy find what stands for the things that the function finds, and some built-in functions by name."""
    for name in names_in(function.__code__):
        if name in function.__globals__:
            copy.__globals__[name] = mapped(function.__globals__[name])
        elif name in builtins:
            copy.__globals__[name] = builtins[name]
    for cell, original in zip(copy.__closure__ or (), function.__closure__ or (), strict=True):
        cell.cell_contents = mapped(original.cell_contents)
