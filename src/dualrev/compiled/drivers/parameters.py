"""The names of a derivative's parameters: those of the function, and what it takes beside them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from dualrev.compiled._marks import TAKES_OUT
from dualrev.errors import CompilationError

TANGENT, COTANGENT, OUT = "tangent_of_", "cotangent_of_output", "out"


def parameters(dispatcher: Any) -> list[str]:
    """Return the names of a compiled function's parameters; of a derivative, those of the function."""
    given = inspect.signature(dispatcher.py_func).parameters
    if any(each.kind is each.VAR_POSITIONAL for each in given.values()):
        raise CompilationError(
            f"{dispatcher.py_func.__name__} takes any number of arguments, *args; compiled derivatives need a "
            "parameter for each: give them names, or pass backend='numpy' to differentiate the function interpreted"
        )
    names = list(given)
    return names[:-1] if getattr(dispatcher.py_func, TAKES_OUT, False) else names


def further_parameters(of: list[str], question: Any) -> tuple[list[str], bool]:
    """Return the names of a derivative's parameters beside the function's, and whether `out` is the one."""
    if question.carriers:
        return [cotangent_name(of)], False
    if question.kind == "pushforward":
        numbers = (question.argnums,) if isinstance(question.argnums, int) else question.argnums
        return [f"{tangent_prefix(of)}{of[n]}" for n in numbers], False
    if question.kind == "pullback":
        return [cotangent_name(of)], False
    return ([], False) if OUT in of else ([OUT], True)


def tangent_prefix(of: Sequence[str]) -> str:
    """Return a prefix that makes a new name of each parameter's: a pushforward may be of a pushforward."""
    prefix = TANGENT
    while any(f"{prefix}{name}" in of for name in of):
        prefix += TANGENT
    return prefix


def cotangent_name(of: Sequence[str]) -> str:
    """Return a name for a cotangent that no parameter has."""
    name = COTANGENT
    while name in of:
        name += "_"
    return name
