"""Tests of types in the user's code, which an active number answers as no array and no float does."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from dualrev.callers import LIBRARIES, Step, package_of

_TYPES = frozenset(
    {"ndarray", "float", "int", "complex", "floating", "inexact", "number", "generic", "float64", "float32"}
    | {"Real", "Number", "Complex", "Integral", "integer", "ScalarType", "list", "tuple", "Sequence", "Iterable"}
)


def misled(steps: Sequence[Step], active: type) -> str:
    """Return a sentence about the first test of an active number's type in the functions of some steps, or "".

    Parameters
    ----------
    steps
        Where an error was raised, the innermost first, up to the operator.
    active
        The class of active numbers.
    """
    for frame, _ in steps:
        code = frame.f_code
        if code.co_qualname == "Point.call":
            break
        if package_of(frame) == "dualrev" or package_of(frame) in LIBRARIES:
            continue
        for name, test, line in _tests(code):
            if isinstance(frame.f_locals.get(name), active):
                return (
                    f"line {line} of {code.co_name} asks {test}, which is False for active numbers: they are no "
                    f"instances of NumPy's and Python's types. Ask np.ndim({name}) or hasattr({name}, 'shape') instead"
                )
    return ""


def _tests(code: Any) -> Iterator[tuple[str, str, int]]:
    """Return the tests of types in a function: the variable, the test as it is written, its line."""
    try:
        lines, first = inspect.getsourcelines(code)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError, IndexError):
        return  # no source, or a lambda in the midst of an expression
    for node in ast.walk(tree):
        name = _tested(node)
        if name:
            yield name, ast.unparse(node), first + node.lineno - 1  # type: ignore[attr-defined]


def _tested(node: ast.AST) -> str:
    """Return the name of the variable whose type an expression tests, "" if it tests none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        subject, types = node.args[0], node.args[1:]
    elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Call) and len(node.left.args) == 1:
        if not (isinstance(node.left.func, ast.Name) and node.left.func.id == "type"):
            return ""
        subject, types = node.left.args[0], node.comparators
    else:
        return ""
    names = {getattr(each, "id", getattr(each, "attr", "")) for kind in types for each in ast.walk(kind)}
    return subject.id if isinstance(subject, ast.Name) and names & _TYPES else ""
