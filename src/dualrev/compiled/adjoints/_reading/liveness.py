"""The names that are read later, in a function without jumps."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from dualrev.compiled.adjoints._reading.jumps import RESULT

Names = frozenset[str]

_SCOPES = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
"""Expressions that have names of their own."""


def read_by(*nodes: ast.AST | None) -> Names:
    """Return the names that are read in nodes."""
    found = (each for node in nodes if node is not None for each in ast.walk(node))
    return frozenset(each.id for each in found if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load))


def assigned_by(*nodes: ast.AST) -> list[str]:
    """Return the names that are assigned in nodes, each once."""
    found: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        elif not isinstance(node, _SCOPES):
            found |= dict.fromkeys(assigned_by(*ast.iter_child_nodes(node)))
    return list(found)


def captured_by(*nodes: ast.AST) -> Names:
    """Return the names that functions inside nodes read, whenever they are called."""
    found = (each for node in nodes for each in ast.walk(node))
    return read_by(*(each for each in found if isinstance(each, ast.FunctionDef | ast.Lambda)))


class Liveness:
    """The names that are read after each branch and loop, and those that an iteration reads before it assigns them.

    Attributes
    ----------
    after
        From a branch or a loop to the names that are read after it.
    heads
        From a loop to the names that an iteration finds.
    """

    def __init__(self, body: list[ast.stmt]) -> None:
        self.after: dict[ast.stmt, Names] = {}
        self.heads: dict[ast.stmt, Names] = {}
        self._always = captured_by(*body)
        self.before = self._block(body, frozenset({RESULT}) | self._always)

    def _block(self, statements: Iterable[ast.stmt], after: Names) -> Names:
        for statement in reversed(list(statements)):
            after = self._statement(statement, after)
        return after

    def _statement(self, statement: ast.stmt, after: Names) -> Names:
        if isinstance(statement, ast.If):
            self.after[statement] = after
            sides = self._block(statement.body, after) | self._block(statement.orelse, after)
            return sides | read_by(statement.test)
        if isinstance(statement, ast.For | ast.While):
            return self._loop(statement, after)
        if isinstance(statement, ast.Raise):
            return read_by(statement) | self._always
        if isinstance(statement, ast.AugAssign):
            return after | read_by(statement) | frozenset(assigned_by(statement))
        return (after - (frozenset(assigned_by(statement)) - self._always)) | read_by(statement)

    def _loop(self, loop: ast.For | ast.While, after: Names) -> Names:
        self.after[loop] = after
        flag: str | None = loop.flag  # type: ignore[union-attr]
        target = frozenset(assigned_by(loop.target)) if isinstance(loop, ast.For) else frozenset()
        head: Names = frozenset()
        while True:
            found = self._block(loop.body, after | head | ({flag} if flag is not None else frozenset())) - target
            if found <= head:
                break
            head |= found
        self.heads[loop] = head
        # A subscript of the target is read anew in each iteration.
        read = read_by(loop.iter, loop.target) if isinstance(loop, ast.For) else frozenset()
        return after | head | read
