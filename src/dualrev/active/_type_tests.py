"""Tests of types in the user's code, which an active number answers as no array and no float does."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType

from dualrev.active._callers import LIBRARIES, Step, package_of

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


def _tests(code: CodeType) -> Iterator[tuple[str, str, int]]:
    """Return the tests of types in a function: the variable, the test as it is written, its line."""
    numbers = [line for _, _, line in code.co_lines() if line is not None]
    for found in _tests_of("".join(linecache.getlines(code.co_filename))):
        if min(numbers) <= found[2] <= max(numbers):
            yield found


# A file is parsed once: a function that is refused in a loop is refused in the same file each time.
@lru_cache(maxsize=8)
def _tests_of(text: str) -> tuple[tuple[str, str, int], ...]:
    """Return the tests of types in a file, in the order of their lines."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Compare | ast.Match) and _tested(node)]
    return tuple((_tested(node), _written(node), node.lineno) for node in sorted(nodes, key=lambda node: node.lineno))


def _written(node: ast.AST) -> str:
    """Return a test as it is written; of a `match` what stands there without the bodies."""
    if isinstance(node, ast.Match):
        cases = " ".join(f"case {ast.unparse(case.pattern)}:" for case in node.cases)
        return f"match {ast.unparse(node.subject)}: {cases}"
    return ast.unparse(node)


def _tested(node: ast.AST) -> str:
    """Return the name of the variable whose type an expression or a `match` tests, "" if it tests none."""
    types: Sequence[ast.AST]
    if isinstance(node, ast.Match):
        subject = node.subject
        types = [each.cls for case in node.cases for each in ast.walk(case.pattern) if isinstance(each, ast.MatchClass)]
    elif isinstance(node, ast.Call) and _called(node) in ("isinstance", "issubclass", "isscalar") and node.args:
        subject, types = node.args[0], node.args[1:]
        if _called(node) == "issubclass":
            subject = _type_of(subject)
    elif isinstance(node, ast.Compare):
        subject, types = _type_of(node.left), node.comparators
    else:
        return ""
    if not isinstance(subject, ast.Name):
        return ""
    names = {getattr(each, "id", getattr(each, "attr", "")) for kind in types for each in ast.walk(kind)}
    return subject.id if names & _TYPES or (isinstance(node, ast.Call) and _called(node) == "isscalar") else ""


def _called(node: ast.Call) -> str:
    """Return the last name of a function that is called."""
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _type_of(node: ast.expr) -> ast.expr:
    """Return x of type(x) or x.__class__, and what is neither as a constant."""
    if isinstance(node, ast.Call) and _called(node) == "type" and len(node.args) == 1:
        return node.args[0]
    return node.value if isinstance(node, ast.Attribute) and node.attr == "__class__" else ast.Constant(None)
