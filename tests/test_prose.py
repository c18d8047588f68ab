"""Docstrings begin with a noun or a verb that says what stands there: none has to be solved like a riddle."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

import dualrev as dr

SOURCE = Path(dr.__file__).parent
RIDDLE = re.compile(
    r"^(Do the same|Do so|What |Whether these|Which )|\blikewise\b|\bcome by\b|if there is such|do the same",
    re.IGNORECASE,
)


def first_lines(text: str) -> list[tuple[str, str]]:
    """Return the name of each module, class, function and constant of a text, and the first line of its docstring."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            found.append((getattr(node, "name", "module"), ast.get_docstring(node) or ""))
            found += [(ast.unparse(one), of_constant(other)) for one, other in pairwise(node.body) if assigns(one)]
    return [(name, docstring.partition("\n")[0]) for name, docstring in found]


def assigns(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)


def of_constant(after: ast.stmt) -> str:
    """Return the text that stands below an assignment, or nothing."""
    text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
    return text if isinstance(text, str) else ""


def riddles(text: str) -> list[str]:
    return [f"{name}: {line}" for name, line in first_lines(text) if RIDDLE.search(line)]


def test_docstrings_are_no_riddles() -> None:
    found = {str(path): riddles(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line", ["What is to happen to an adjoint.", "Do the same in memory that is there.", "Copy likewise."]
)
def test_riddles_are_found(line: str) -> None:
    assert riddles(f'def f():\n    """{line}"""\n') == [f"f: {line}"]
    assert riddles(f'A = 1\n"""{line}"""\n') == [f"A = 1: {line}"]
