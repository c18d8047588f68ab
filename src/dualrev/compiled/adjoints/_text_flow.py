"""Reaching definitions in a generated function: the assignments that may give a name the value that is read.

The text is structured: assignments, loops over ranges, `while True` with `break`, branches, `raise` and `return`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(eq=False)
class Setting:
    """A name that a statement sets.

    Attributes
    ----------
    number
        Which of the statement's targets it is.
    reads
        The names in the text that may get their value from here.
    """

    name: str
    statement: ast.stmt
    number: int
    reads: list[ast.Name] = field(default_factory=list)

    @property
    def value(self) -> ast.expr | None:
        """The expression that the name is set to; None for the variable of a loop."""
        found = pairs(self.statement)
        return found[self.number][1] if found else None


class Spot(NamedTuple):
    """Where a statement stands: in a list, at a number, and the list in a branch or loop, or in none."""

    within: list[ast.stmt]
    number: int
    owner: ast.stmt | None


State = dict[str, frozenset[Setting | None]]
"""The settings that each name may have its value from; None among them stands for what was before the text."""

_OUTSIDE: frozenset[Setting | None] = frozenset([None])


def pairs(statement: ast.stmt) -> list[tuple[ast.expr, ast.expr]]:
    """Return the targets of an assignment, each with what is assigned to it."""
    if not isinstance(statement, ast.Assign):
        return []
    (target,), value = statement.targets, statement.value
    if not isinstance(target, ast.Tuple):
        return [(target, value)]
    assert isinstance(value, ast.Tuple), "a tuple is assigned to names"
    return list(zip(target.elts, value.elts, strict=True))


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Return the lists of statements in a branch or loop."""
    if isinstance(statement, ast.If):
        return [statement.body, statement.orelse]
    return [statement.body] if isinstance(statement, ast.For | ast.While) else []


def expressions(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of a statement, or of the head of a branch or loop."""
    match statement:
        case ast.Assign():
            return [*statement.targets, statement.value]
        case ast.AugAssign():
            return [statement.target, statement.value]
        case ast.For():
            return [statement.iter]
        case ast.If():
            return [statement.test]
        case ast.Return() | ast.Expr():
            return [] if statement.value is None else [statement.value]
        case ast.Raise():
            return [] if statement.exc is None else [statement.exc]
        case ast.While(test=ast.Constant(value=True)) | ast.Break() | ast.Pass():
            return []
    raise AssertionError(f"a statement that generated text does not have: {ast.unparse(statement)}")


_PARTS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Name: (),
    ast.Constant: (),
    ast.Attribute: ("value",),
    ast.UnaryOp: ("operand",),
    ast.BinOp: ("left", "right"),
    ast.Compare: ("left", "comparators"),
    ast.BoolOp: ("values",),
    ast.IfExp: ("test", "body", "orelse"),
    ast.Call: ("func", "args", "keywords"),
    ast.keyword: ("value",),
    ast.Subscript: ("value", "slice"),
    ast.Tuple: ("elts",),
}
"""The expressions in the most frequent kinds of expressions."""


# `ast.walk` looks at every field of every node, which took a third of the time to tidy a text.
def nodes(*expressions: ast.AST) -> list[ast.AST]:
    """Return expressions and all that they hold."""
    found = list(expressions)
    for each in found:  # it grows
        parts = _PARTS.get(type(each))
        if parts is None:
            found += ast.iter_child_nodes(each)
            continue
        for name in parts:
            part = getattr(each, name)
            if isinstance(part, list):
                found += part
            else:
                found.append(part)
    return found


def names_read(*expressions: ast.expr) -> list[ast.Name]:
    """Return the names that expressions read."""
    return [each for each in nodes(*expressions) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]


class Flow:
    """The flow of values through a text.

    Attributes
    ----------
    statements
        All statements, in the order of the text.
    spot
        Where each of them stands.
    home
        The statement that each name which is read stands in.
    sources
        The settings that it may get its value from.
    settings
        What each statement sets.
    """

    def __init__(self, body: list[ast.stmt]) -> None:
        self.statements: list[ast.stmt] = []
        self.spot: dict[ast.stmt, Spot] = {}
        self.home: dict[ast.Name, ast.stmt] = {}
        self.sources: dict[ast.Name, set[Setting | None]] = {}
        self.settings: dict[ast.stmt, list[Setting]] = {}
        self._read: dict[ast.stmt, list[ast.Name]] = {}
        self._left: list[list[State]] = []
        self._enter(body, None)
        self._block(body, {})
        for node, sources in self.sources.items():
            for source in sources - {None}:
                assert source is not None
                source.reads.append(node)

    def _enter(self, body: list[ast.stmt], owner: ast.stmt | None) -> None:
        for number, each in enumerate(body):
            self.statements.append(each)
            self.spot[each] = Spot(body, number, owner)
            self._read[each] = names_read(*expressions(each))
            self.home.update(dict.fromkeys(self._read[each], each))
            targets = [each.target] if isinstance(each, ast.For) else [target for target, _ in pairs(each)]
            self.settings[each] = [
                Setting(target.id, each, n) for n, target in enumerate(targets) if isinstance(target, ast.Name)
            ]
            for inner in blocks(each):
                self._enter(inner, each)

    def _block(self, body: list[ast.stmt], state: State | None) -> State | None:
        for each in body:
            if state is None:
                break
            state = self._statement(each, state)
        return state

    def _statement(self, each: ast.stmt, state: State) -> State | None:
        """Return what names have their values from behind a statement; None where nothing runs behind it."""
        for node in self._read[each]:
            self.sources.setdefault(node, set()).update(state.get(node.id, _OUTSIDE))
        match each:
            case ast.If():
                return _joined(self._block(each.body, dict(state)), self._block(each.orelse, dict(state)))
            case ast.For() | ast.While():
                return self._loop(each, state)
            case ast.Break():
                self._left[-1].append(state)
                return None
            case ast.Return() | ast.Raise():
                return None
        for setting in self.settings[each]:
            state[setting.name] = frozenset([setting])
        return state

    def _loop(self, loop: ast.For | ast.While, state: State) -> State | None:
        first: State | None = state
        while True:
            assert first is not None
            self._left.append([])
            begin = dict(first)
            for setting in self.settings[loop]:
                begin[setting.name] = frozenset([setting])
            again = _joined(first, self._block(loop.body, begin))
            left = self._left.pop()
            if again == first:
                break
            first = again
        behind = first if isinstance(loop, ast.For) else None
        for each in left:
            behind = _joined(behind, each)
        return behind


def _joined(a: State | None, b: State | None) -> State | None:
    if a is None or b is None:
        return b if a is None else a
    return {name: a.get(name, _OUTSIDE) | b.get(name, _OUTSIDE) for name in {**a, **b}}
