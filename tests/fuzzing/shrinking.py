"""Smaller programs that fail as a program does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator


def _blocks(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield the lists of statements in a tree, as a node and its field."""
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            if isinstance(getattr(node, field, None), list) and not isinstance(node, ast.Module):
                yield node, field


def _shorter(text: str) -> Iterator[str]:
    """Yield the text without a statement, or with what stands inside a statement instead of it."""
    for number, (node, field) in enumerate(_blocks(ast.parse(text))):
        for place in range(len(getattr(node, field))):
            for way in ("", "body", "orelse"):
                tree = ast.parse(text)
                block = getattr(*list(_blocks(tree))[number])
                if way and not getattr(block[place], way, None):
                    continue
                block[place : place + 1] = getattr(block[place], way) if way else []
                if block or field == "orelse":
                    yield ast.unparse(ast.fix_missing_locations(tree))
    for place in range(len(ast.parse(text).body)):  # whole functions
        tree = ast.parse(text)
        if tree.body[place].name != "f":  # type: ignore[attr-defined]
            del tree.body[place]
            yield ast.unparse(tree)


class _Replacing(ast.NodeTransformer):
    """Puts a part of an expression, or a number, in the place of the expression that comes at a number."""

    def __init__(self, number: int, part: int) -> None:
        self.left, self.part, self.done = number, part, False

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.BinOp | ast.Call | ast.IfExp | ast.BoolOp | ast.UnaryOp) and not self.done:
            if not self.left:
                self.done = True
                parts = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
                return (parts + [ast.Constant(0.5)] * 5)[self.part]
            self.left -= 1
        return self.generic_visit(node)


def _simpler(text: str) -> Iterator[str]:
    """Yield the text with an expression replaced by a part of it."""
    count = sum(isinstance(node, ast.expr) for node in ast.walk(ast.parse(text)))
    for number in range(count):
        for part in range(4):
            yield ast.unparse(ast.fix_missing_locations(_Replacing(number, part).visit(ast.parse(text))))


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """Return a text that fails too, from which nothing can be taken away.

    `fails` is asked for texts that may be no program.
    """
    text, found = ast.unparse(ast.parse(text)), True
    while found:
        found = False
        for candidates in (_shorter, _simpler):
            for candidate in candidates(text):
                if len(candidate) < len(text) and fails(candidate):
                    text, found = candidate, True
                    break
            if found:
                break
    return text
