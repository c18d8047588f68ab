"""Numba's refusals, in a few lines: where, what, and what to do."""

from __future__ import annotations

import re
import types
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numba.core import ir
from numba.core import types as nbtypes

from dualrev.errors import CompilationError, MissingExtraError
from dualrev.extras import install
from dualrev.kernels.active_types import is_active

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r'(?:File "(?P<file>[^"]+)", line |at (?P<path>\S+) \()(?P<line>\d+)[:)]')
_FUNCTION = re.compile(r"Function\(<(?:built-in )?function (\w+)(?: at 0x[0-9a-f]+)?>\)")
_WITHOUT_SCIPY = "is required for linear algebra"
_OWN_FOLDER = str(Path(__file__).parents[1])
_ACTIVE = re.compile(r"(?:Dual|Var)\((float\d+)(?:, \d+)+\)")


def expect_linear_algebra(dispatcher: Any, error: Exception) -> None:
    """Raise `MissingExtraError` if a function failed for want of SciPy, whose linear algebra Numba calls."""
    if _WITHOUT_SCIPY in str(error):
        name = dispatcher.py_func.__name__
        raise MissingExtraError(
            f"{name} calls np.linalg, np.dot or @, for which Numba needs SciPy, which is not installed; "
            f"{install('scipy')}"
        ) from error


def refusal(dispatcher: Any, error: Exception) -> CompilationError:
    """Return the error to raise for a function that Numba could not compile for active numbers."""
    text = _ACTIVE.sub(r"active \1", _COLOR.sub("", str(error)))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reason = next((line for line in lines if not line.startswith(("Failed in", "- Resolution", "During"))), "")
    reason = reason or f"Numba fails with {type(error).__name__}"
    reason = _FUNCTION.sub(r"\1", reason)
    signature = next((line[4:] for line in lines if line.startswith(">>> ")), "")
    ours = [one for one, place in pairwise(lines) if place.startswith("raised from") and _OWN_FOLDER in place]
    if ours:  # it says more than Numba, which sees that there is no implementation
        reason, signature = ours[0].partition(": ")[2], ""
    places = [(match["file"] or match["path"], match["line"]) for match in _PLACE.finditer(text)]
    file, line = next((place for place in places if place[0].endswith(_own_file(dispatcher))), ("", ""))
    place = f" at line {line} of {file}" if line else ""
    return CompilationError(
        f"{dispatcher.py_func.__name__} cannot be differentiated{place}: {reason.rstrip(':')} {signature}".rstrip()
        + ". Write that line with operations that have a rule (`dualrev primitives` lists them), or pass "
        "backend='numpy' to differentiate the function interpreted"
    )


def _own_file(dispatcher: Any) -> str:
    return str(dispatcher.py_func.__code__.co_filename).rpartition("/")[2]


def expect_no_python(cloner: Any) -> None:
    """Raise an error if a clone, which has been compiled, hands active numbers to code that Python runs."""
    for clone in cloner.clones:
        for compiled in clone.overloads.values():
            typed = compiled.type_annotation
            for statement in (each for block in typed.blocks.values() for each in block.body):
                value = statement.value if isinstance(statement, ir.Assign) else None
                if not (isinstance(value, ir.Expr) and value.op == "call"):
                    continue
                given = [typed.typemap[each.name] for each in value.args]
                python = isinstance(typed.typemap[value.func.name], nbtypes.ObjModeDispatcher)
                if python and any(is_active(getattr(each, "dtype", each)) or is_active(each) for each in given):
                    raise CompilationError(
                        f"{clone.py_func.__name__} cannot be differentiated at line {statement.loc.line} of "
                        f"{_own_file(clone)}: objmode hands active numbers to Python, which knows no derivative of "
                        "what it does with them. Take that block out of the function, or pass backend='numpy'"
                    )


def expect_same_globals(cloner: Any) -> None:
    """Raise an error if a function was compiled with values of globals that are others by now.

    Numba keeps the values that it met; a derivative takes those of now, and would be another function's.
    """
    for dispatcher in cloner.originals:
        scope = dispatcher.py_func.__globals__
        for compiled in dispatcher.overloads.values():
            for block in getattr(compiled.type_annotation, "blocks", {}).values():
                for statement in block.body:
                    met = statement.value if isinstance(statement, ir.Assign) else None
                    if isinstance(met, ir.Global) and met.name in scope and not _same(scope[met.name], met.value):
                        raise CompilationError(
                            f"{dispatcher.py_func.__name__} was compiled when the global {met.name} had another value, "
                            "which Numba keeps; its derivative would take the value of now. Define the function anew, "
                            f"call {dispatcher.py_func.__name__}.recompile(), or pass {met.name} as an argument"
                        )


def _same(now: Any, before: Any) -> bool:
    if now is before or isinstance(now, types.ModuleType) or callable(now):
        return now is before
    if isinstance(now, np.ndarray) and isinstance(before, np.ndarray):
        return bool(now.shape == before.shape and np.array_equal(now, before, equal_nan=now.dtype.kind == "f"))
    return type(now) is type(before) and bool(now == before or now != now)
