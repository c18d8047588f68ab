"""Common subexpressions eliminated: equal values become one, and so do two reads of an element.

Each value has an adjoint to add up, and may have to be kept, so that fewer of them are less of both.
"""

from __future__ import annotations

import re
from typing import Any

from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Constant,
    Exchange,
    Fill,
    If,
    Load,
    Loop,
    Make,
    Operation,
    Program,
    Raise,
    Root,
    Statement,
    Store,
    Value,
    View,
    statements,
)
from dualrev.compiled.adjoints._growth import Grow
from dualrev.compiled.adjoints._steps import Step

_NAMELESS = re.compile(r"t(_\d+)?")


def with_common_values(program: Program) -> None:
    """Replace values of a program by earlier ones that are the same."""
    common = _Common()
    common.block(program.body, {})
    program.result = common.now(program.result)
    for step in (each for each in statements(program.body) if isinstance(each, Step)):
        # They are read behind the step.
        step.lengths = {array: common.now(each) for array, each in step.lengths.items()}


class _Common:
    def __init__(self) -> None:
        self.instead: dict[Value, Value] = {}
        self.versions: dict[Root, int] = {}
        self.exchanges: dict[Root, int] = {}

    def now(self, of: Any) -> Any:
        """Return what stands for a value; of tuples, what stands for their items."""
        if isinstance(of, tuple):
            return tuple(map(self.now, of))
        return self.instead.get(of, of) if isinstance(of, Value) else of

    def block(self, block: Block, known: dict[Any, Value]) -> None:
        """Go through a block; what it makes is known in the blocks inside it."""
        left: list[Statement] = []
        for statement in block.statements:
            self._rewrite(statement)
            key = self._key(statement)
            if key is None:
                self._enter(statement, known)
                left.append(statement)
            elif key in known:
                self._replace(statement.result, known[key])  # type: ignore[attr-defined]
            else:
                known[key] = statement.result  # type: ignore[attr-defined]
                left.append(statement)
        block.statements = left

    def _replace(self, value: Value, by: Value) -> None:
        self.instead[value] = by
        if _NAMELESS.fullmatch(by.name) and not _NAMELESS.fullmatch(value.name):
            by.name, value.name = value.name, by.name

    def _key(self, statement: Statement) -> Any:
        if isinstance(statement, Operation) and (statement.row is not None or "(" not in statement.text):
            # An array that is exchanged has another shape behind that.
            arrays = [each for each in statement.operands if isinstance(each, Array)]
            exchanges = tuple(self.exchanges.get(each.root.group, 0) for each in arrays)
            return statement.text, statement.result.type, tuple(map(_operand_key, statement.operands)), exchanges
        if isinstance(statement, Load):
            version = self.versions.get(statement.array.root.group, 0)
            return "element", statement.array, version, tuple(map(_operand_key, statement.indices))
        return None

    def _enter(self, statement: Statement, known: dict[Any, Value]) -> None:
        """Go into the blocks of a statement, and take note of the memory that it changes."""
        changed, exchanged = _changed(statement), _exchanged(statement)
        if isinstance(statement, Loop):
            # Whatever an iteration changes may have been changed by an earlier one.
            self._changes(changed, exchanged)
            self.block(statement.body, dict(known))
            for each in statement.carried:
                each.following = self.now(each.following)
            statement.stopped = self.now(statement.stopped)
        elif isinstance(statement, If):
            self.block(statement.then, dict(known))
            self._changes(changed, exchanged)
            self.block(statement.otherwise, dict(known))
            for merge in statement.merges:
                merge.first, merge.second = self.now(merge.first), self.now(merge.second)
        self._changes(changed, exchanged)

    def _changes(self, roots: set[Root], exchanged: set[Root]) -> None:
        for versions, those in ((self.versions, roots | exchanged), (self.exchanges, exchanged)):
            for root in those:
                versions[root] = versions.get(root, 0) + 1

    def _rewrite(self, statement: Statement) -> None:
        """Put the values that stand for others into what a statement reads."""
        if isinstance(statement, Operation | View | Raise | Step):
            statement.operands = self.now(statement.operands)
        elif isinstance(statement, Load):
            statement.indices = self.now(statement.indices)
        elif isinstance(statement, Store):
            statement.indices, statement.value = self.now(statement.indices), self.now(statement.value)
        elif isinstance(statement, Make):
            statement.shape = self.now(statement.shape)
        elif isinstance(statement, Grow):
            statement.size = self.now(statement.size)
        elif isinstance(statement, If):
            statement.condition = self.now(statement.condition)
        elif isinstance(statement, Loop):
            statement.start, statement.stop, statement.step = map(
                self.now, (statement.start, statement.stop, statement.step)
            )
            for each in statement.carried:
                each.initial = self.now(each.initial)


def _inside(statement: Statement) -> list[Statement]:
    inside = [statement]
    if isinstance(statement, Loop):
        inside += statements(statement.body)
    elif isinstance(statement, If):
        inside += [*statements(statement.then), *statements(statement.otherwise)]
    return inside


def _exchanged(statement: Statement) -> set[Root]:
    """Return the memory that a statement exchanges, with what is in it."""
    exchanges = [each for each in _inside(statement) if isinstance(each, Exchange)]
    return {array.root.group for each in exchanges for array in each.targets}


def _changed(statement: Statement) -> set[Root]:
    """Return the memory that a statement writes to, with what is in it."""
    inside = _inside(statement)
    arrays = [each.array for each in inside if isinstance(each, Store | Fill)]
    arrays += [each for step in inside if isinstance(step, Step) for each in step.results if isinstance(each, Array)]
    return {array.root.group for array in arrays}


def _operand_key(of: Value | Constant | Array) -> Any:
    """Return a key of an operand. Zeros of both signs are two numbers."""
    return (repr(of.value), of.type) if isinstance(of, Constant) else of
