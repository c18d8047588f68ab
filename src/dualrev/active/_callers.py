"""The function that the user's code had called when something failed in it: found from the frames, for messages.

The user's frame is the innermost one that belongs neither to dualrev nor to a library of numbers. Its position in the
source shows the call as it is written, of functions in C too, which have no frame of their own.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

NUMBERS = ("numpy", "scipy", "pandas", "sklearn", "statsmodels", "sympy", "mpmath", "numba", "xarray", "matplotlib")
_STANDARD = ("math", "cmath", "statistics", "random", "fractions", "decimal", "functools", "contextlib", "copy", "abc")
LIBRARIES = frozenset((*NUMBERS, *_STANDARD, "array", "struct", "numbers", "operator", "optree", "networkx"))
"""Packages whose own code is not what a user can mend."""

Step = tuple[FrameType, int]
"""A frame, and the instruction at which it stands."""


class Call(NamedTuple):
    """A call in the user's code.

    Attributes
    ----------
    name
        The function's public name, as "scipy.linalg.expm"; "" if what stands there is no call.
    text
        The expression as it is written.
    place
        The user's function, file and line.
    foreign
        Whether the function is known to be a library's, or Python's own.
    entered
        The frame of the library's function, None if it has none.
    caller
        The user's frame, None where an operator calls a library's function itself.
    """

    name: str
    text: str
    place: str
    foreign: bool
    entered: FrameType | None = None
    caller: FrameType | None = None


def stack() -> Iterator[Step]:
    """Return the steps of the running thread, the innermost first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame, frame.f_lasti
        frame = frame.f_back  # type: ignore[assignment]


def raised_at(error: BaseException) -> list[Step]:
    """Return the steps in which an exception was raised, the innermost first."""
    steps = []
    trace = error.__traceback__
    while trace is not None:
        steps.append((trace.tb_frame, trace.tb_lasti))
        trace = trace.tb_next
    return steps[::-1]


def called(steps: Iterable[Step]) -> Call | None:
    """Return the call in the user's code that led to a step, None if there is no such code."""
    entered: FrameType | None = None
    for frame, at in steps:
        if frame.f_code.co_qualname == "Point.call":
            # What an operator differentiates is itself a library's function.
            f = frame.f_locals["self"].f
            return Call(public_name(f), "", "", True, entered) if package(f) in LIBRARIES else None
        part = package_of(frame)
        if part == "dualrev":
            entered = None  # a rule of ours called the library
        elif part in LIBRARIES:
            entered = frame
        else:
            return _call(frame, at, entered)
    return None


def package_of(frame: FrameType) -> str:
    """Return the name of the package to which a frame's code belongs."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def package(f: Any) -> str:
    """Return the name of the package that a function, or the class of an object, comes from."""
    return _top(public_name(f))


def _top(name: str) -> str:
    head = name.partition(".")[0]
    return "numpy" if head == "np" else head


def _call(frame: FrameType, at: int, entered: FrameType | None) -> Call:
    text = source_of(frame, at)
    name, thing = _named(text, frame)
    if not name and entered is not None:
        name, thing = _of_frame(entered), None
    foreign = entered is not None or _top(name) in LIBRARIES or getattr(thing, "__module__", None) == "builtins"
    return Call(name, text, place(frame, at), foreign, entered, frame)


def place(frame: FrameType, at: int) -> str:
    """Return the function, file and line of a step, for messages."""
    line = line_of(frame.f_code, at) or frame.f_lineno
    return f"{frame.f_code.co_name}, line {line} of {os.path.basename(frame.f_code.co_filename)}"


def line_of(code: CodeType, at: int) -> int | None:
    """Return the line of an instruction."""
    return next(islice(code.co_positions(), at // 2, None), (None,))[0]


def source_of(frame: FrameType, at: int) -> str:
    """Return the expression that a frame evaluates, "" if its source is not there."""
    first, last, start, end = next(islice(frame.f_code.co_positions(), at // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None:
        return ""
    filename = frame.f_code.co_filename
    lines = [linecache.getline(filename, n, frame.f_globals).encode() for n in range(first, last + 1)]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return b"".join(lines).decode(errors="replace").strip()


def parsed(text: str) -> Any:
    """Return the expression that a text is, None if it is none."""
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _named(text: str, frame: FrameType) -> tuple[str, Any]:
    node = parsed(text)
    if not isinstance(node, ast.Call):
        return "", None
    thing, name = _resolved(node.func, frame)
    return name, thing


def _resolved(node: ast.expr, frame: FrameType) -> tuple[Any, str]:
    """Return what an expression of names and attributes stands for, and its public name. Nothing is evaluated."""
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, vars(builtins)):
            if node.id in names:
                thing = names[node.id]
                return thing, public_name(thing, str(frame.f_globals.get("__name__", "")), node.id)
        return None, node.id
    if isinstance(node, ast.Attribute):
        base, name = _resolved(node.value, frame)
        if isinstance(base, ModuleType):
            thing = vars(base).get(node.attr)
            return thing, f"{name}.{node.attr}"
        return getattr(type(base), node.attr, None), f"{name}.{node.attr}"
    if isinstance(node, ast.Call):
        return None, _resolved(node.func, frame)[1] + "(...)"
    return None, ast.unparse(node)


def public_name(thing: Any, home: str = "", text: str = "") -> str:
    """Return the name under which users know a function, a module, or the class of an object."""
    if isinstance(thing, ModuleType):
        return _short(thing.__name__)
    name = getattr(thing, "__name__", None)
    if not isinstance(name, str):
        thing = type(thing)
        name = thing.__name__
    own = str(getattr(thing, "__module__", None) or "")
    parts = own.split(".")
    private = next((n for n, part in enumerate(parts) if part.startswith("_")), len(parts))
    modules = [".".join(parts[:n]) for n in range(private, 0, -1)]
    for module in (*modules, "numpy", "scipy.special"):
        found = getattr(sys.modules.get(module), name, None)
        if found is thing or getattr(found, "stands_in_for", None) is thing:
            return name if module == "builtins" else _short(f"{module}.{name}")
    if own == "builtins":
        return text or name
    return ".".join([part for part in parts if part and not part.startswith("_")] + [name]) if own else f"{home}.{name}"


def _short(name: str) -> str:
    return "np" + name[5:] if name == "numpy" or name.startswith("numpy.") else name


def _of_frame(frame: FrameType) -> str:
    """Return the public name of the function that a library's frame runs."""
    code = frame.f_code
    owner = frame.f_locals.get("self") if code.co_varnames[:1] == ("self",) else None
    if owner is not None:
        return f"{public_name(type(owner))}.{code.co_name}"
    module = str(frame.f_globals.get("__name__", ""))
    public = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return _short(f"{public}.{code.co_name}")
