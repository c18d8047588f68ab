"""Numba's refusals, in a few lines: where, what, and what to do."""

from __future__ import annotations

import re
import traceback
import types
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core import ir
from numba.core import types as nbtypes
from numba.core.errors import NumbaError

from dualrev.environment import install
from dualrev.errors import CompilationError, CompilationFault, MissingExtraError
from dualrev.kernels.numba_types import is_active

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r'(?:File "(?P<file>[^"]+)", line |at (?P<path>\S+) \()(?P<line>\d+)[:)]')
_FUNCTION = re.compile(r"Function\(<(?:built-in )?function (\w+)(?: at 0x[0-9a-f]+)?>\)")
_ACTIVE = re.compile(r"(?:Plain)?(?:Dual|Var)\((float\d+)(?:, \d+)+\)")
_OWN_FOLDER = str(Path(__file__).parents[2])
_NUMBA_FOLDER = str(Path(numba.__file__).parent)
_WITHOUT_SCIPY = "is required for linear algebra"
_POINTER = "mismatch of argument types: active"

# Which attempt failed for what: an error that the next attempt was made to cure says nothing that the next one's does
# not say better.
_CURED = (
    re.compile(r"setitem\((?:readonly )?array\(float|unify (?:readonly )?array\(float|and array\(float"),
    re.compile(r"list\(float|ListType\[float|DictType\[\w+,float|DictType\[.*float"),
)
"""Patterns of the failures that the next attempt is made for; its own failure then says more."""


_FAULTS = tuple(
    f"{name}Error:" for name in ("Attribute", "Key", "Index", "Assertion", "Type", "Value", "Name", "Internal")
)
"""Errors that no overload raises on purpose."""


class _Place(NamedTuple):
    """A line of the user's, and the function that it stands in."""

    function: str
    file: str
    line: int


def informative(failures: Sequence[Exception]) -> Exception:
    """Return the failure that tells most, of attempts of which each was made for some failures of the one before."""
    for failure, cured in zip(failures, _CURED, strict=False):
        if not cured.search(str(failure)):
            return failure
    return failures[-1]


def expect_linear_algebra(dispatcher: Any, error: Exception) -> None:
    """Raise `MissingExtraError` if a function failed for want of SciPy, whose linear algebra Numba calls."""
    if _WITHOUT_SCIPY in str(error):
        name = dispatcher.py_func.__name__
        raise MissingExtraError(
            f"{name} calls np.linalg, np.dot or @, for which Numba needs SciPy, which is not installed; "
            f"{install('scipy')}"
        ) from error


def refusal(dispatcher: Any, error: Exception, functions: Sequence[Any], note: str = "") -> CompilationError:
    """Return the error to raise for a function that Numba could not compile for active numbers.

    Parameters
    ----------
    dispatcher
        The function that was to be differentiated.
    error
        What Numba raised, or what was raised inside it.
    functions
        All compiled functions of the user's that were looked at.
    note
        A sentence to add.
    """
    text = _ACTIVE.sub(r"active \1", _COLOR.sub("", str(error)))
    lines = _lines(text)
    place = _place(text, error, [dispatcher, *functions])
    name = dispatcher.py_func.__name__
    at = ""
    if place is not None:
        within = "" if place.function == name else f": {place.function}, which it calls,"
        at = f"{within} at line {place.line} of {place.file}"
    told = _told(lines)
    fault = told.startswith(_FAULTS) or (not isinstance(error, NumbaError) and _is_fault(error, text))
    if fault:
        what = told or f"{type(error).__name__}: {lines[0] if lines else ''}"
        return CompilationFault(
            f"{name} cannot be differentiated{at}: {what}. This is a fault in dualrev or Numba, not in the function "
            f"({_raised_at(error)}); please report it. Until it is mended, write that line in another way, or pass "
            "backend='numpy' to differentiate the function interpreted"
        )
    cure = "Write that line with operations that have a rule (`dualrev primitives` lists them)"
    reason = told.partition(": ")[2].rstrip(".") or _reason(lines) or f"Numba fails with {type(error).__name__}"
    if _POINTER in text:
        reason = f"a function pointer was called with active numbers: {reason}"
        cure = "Give what is called a rule with dualrev.custom_rule, or take a function of dualrev.special"
    return CompilationError(
        f"{name} cannot be differentiated{at}: {reason}. {cure}, or pass backend='numpy' to differentiate the function "
        f"interpreted{note}"
    )


def reason_of(error: Exception) -> str:
    """Return what Numba says of the reason of an error, in one line."""
    return _reason(_lines(_COLOR.sub("", str(error))))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _told(lines: Sequence[str]) -> str:
    """Return the error of an overload that Numba asked; it says more than Numba, which sees no implementation."""
    for one, place in pairwise(lines):
        if place.startswith("raised from") and _NUMBA_FOLDER not in place and "Error: " in one:
            return one if _OWN_FOLDER in place or not one.startswith(_FAULTS) else f"Typing{one}"
    return ""


def _reason(lines: Sequence[str]) -> str:
    """Return what Numba says of the reason."""
    reason = next((line for line in lines if not line.startswith(("Failed in", "- Resolution", "During"))), "")
    signature = next((line[4:] for line in lines if line.startswith(">>> ")), "")
    reason = _FUNCTION.sub(r"\1", reason).replace("function implementation found", "function found")
    return f"{reason.rstrip(':')} {signature}".strip()


# A refusal asks the user to change the function, a fault asks for a report. An error that comes from Numba's or our
# own files, and is none that Numba raises on purpose, is no statement about the user's code.
def _is_fault(error: Exception, text: str) -> bool:
    """Whether an exception that is not Numba's own was raised inside Numba or here."""
    if isinstance(error, NotImplementedError) or _POINTER in text:
        return False
    frames = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return not frames or frames[-1].startswith((_OWN_FOLDER, _NUMBA_FOLDER, "<"))


def _raised_at(error: Exception) -> str:
    """Return where an exception was raised, inside dualrev or Numba."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        for folder in (_OWN_FOLDER, _NUMBA_FOLDER):
            if frame.f_code.co_filename.startswith(folder):
                return f"{Path(folder).name}{frame.f_code.co_filename.removeprefix(folder)}, line {line}"
    return "raised inside"


def _place(text: str, error: Exception, functions: Sequence[Any]) -> _Place | None:
    """Return the innermost line of the user's that an error names, or that was looked at when it was raised."""
    named = [(match["file"] or match["path"], int(match["line"])) for match in _PLACE.finditer(text)]
    # An error from Numba's lowering names no line. The place is then in the local variables of its frames: the
    # statement at which the compiler was.
    looked_at: list[tuple[str, int]] = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for local in list(frame.f_locals.values()):
            loc = local if isinstance(local, ir.Loc) else getattr(local, "loc", None) if _has_loc(local) else None
            if isinstance(loc, ir.Loc):
                looked_at.insert(0, (str(loc.filename), int(loc.line)))
    for file, line in [*named, *looked_at]:
        for function in functions:
            code = function.py_func.__code__
            if Path(file).name == Path(code.co_filename).name and code.co_firstlineno <= line <= _last_line(code):
                return _Place(function.py_func.__name__, file, line)
    return None


def _has_loc(local: Any) -> bool:
    """Whether an object is one of Numba's that stands for a place in a function."""
    return type(local).__module__.startswith("numba.core.") and not isinstance(local, type)


def _last_line(code: types.CodeType) -> int:
    lines = [line for _, _, line in code.co_lines() if line is not None]
    inner = [_last_line(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return max([*lines, *inner, code.co_firstlineno])


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


# Numba freezes globals when it compiles; cloning reads them again. Where they differ, the function and its derivative
# would be of two different functions.
def expect_same_globals(functions: Sequence[Any]) -> None:
    """Raise an error if one of some functions was compiled with values of globals that are others by now.

    Numba keeps the values that it met; a derivative takes those of now, and would be another function's.
    """
    for dispatcher in functions:
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
