"""Branches, and the meaning of names behind them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from numba.core import types

from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Choice,
    Constant,
    If,
    Merge,
    Operand,
    Operation,
    Root,
    Value,
)
from dualrev.compiled.adjoints._reading.entries import UNSET, Entry, Known, Tuple, Unreadable, same_known, zero
from dualrev.compiled.adjoints._reading.exchanges import exchanged
from dualrev.compiled.adjoints._reading.jumps import RESULT
from dualrev.compiled.adjoints._reading.reader import Reader, ended
from dualrev.compiled.adjoints._reading.shapes import note_chosen
from dualrev.compiled.adjoints._reading.typing import NUMBERS

Way = Callable[[], None]


def truth(reader: Reader, entry: Entry) -> Operand:
    """Return whether an entry counts as true, as a boolean."""
    if isinstance(entry, Constant):
        return Constant(bool(entry.value), types.boolean)
    if isinstance(entry, Value):
        return entry if entry.type == types.boolean else reader.operation("bool({0})", [entry], types.boolean)
    if isinstance(entry, Known) and (entry.value is None or isinstance(entry.value, str)):
        return Constant(bool(entry.value), types.boolean)
    if isinstance(entry, Tuple):
        return Constant(bool(entry.items), types.boolean)
    return reader.refuse("has a condition that is no number")


def branch(reader: Reader, condition: Operand, then: Way, otherwise: Way, live: frozenset[str]) -> None:
    """Read both ways of a branch, or the one that a constant condition leaves; `live` names are read afterwards."""
    if isinstance(condition, Constant):
        return (then if condition.value else otherwise)()
    outer, before = reader.block, reader.frame.bound
    statement = If(outer, reader.line, condition, Block(outer), Block(outer))
    ways: list[dict[str, Entry]] = []
    for block, way in ((statement.then, then), (statement.otherwise, otherwise)):
        block.owner = statement
        with reader.inside(block, before):
            way()
            ways.append(reader.frame.bound)
    reader.add(statement)
    meeting = Meeting(reader, statement)
    first, second = (meeting.exchange(n, way, before, live) for n, way in enumerate(ways))
    bound: dict[str, Entry] = {}
    for name in dict.fromkeys((*first, *second)):
        a, b = first.get(name), second.get(name)
        if a is b and a is not None:
            bound[name] = a
        elif name in live:
            bound[name] = meeting.merged(name, a, b)
    reader.frame.bound = bound
    return None


class Meeting:
    """The join of a branch's two ways, where a name may stand for either of two entries."""

    def __init__(self, reader: Reader, statement: If) -> None:
        self.reader, self.statement = reader, statement
        self.raised = ended(statement.then), ended(statement.otherwise)

    def exchange(
        self, number: int, way: dict[str, Entry], before: Mapping[str, Entry], live: frozenset[str]
    ) -> dict[str, Entry]:
        """Let names stand for the arrays that they stood for before the branch, which take each other's memory."""
        changed = {}
        for name, found in way.items():
            start = before.get(name)
            if name in live and isinstance(start, Array) and isinstance(found, Array) and found is not start:
                changed[name] = start, found
        others = [entry for name, entry in way.items() if name in live and name not in changed]
        block = (self.statement.then, self.statement.otherwise)[number]
        if self.raised[number] or not changed or not exchanged(self.reader, block, changed, others):
            return way
        return way | {name: start for name, (start, _) in changed.items()}

    def merged(self, name: str, a: Entry | None, b: Entry | None) -> Entry:
        """Return what a name stands for that two ways set; None where one does not set it."""
        a, b = (None if each is UNSET else each for each in (a, b))
        if self.raised[0] and not isinstance(b, Value | Tuple | None):
            return b
        if self.raised[1] and not isinstance(a, Value | Tuple | None):
            return a
        if isinstance(a, Tuple) or isinstance(b, Tuple):
            return self._tuple(name, a, b)
        if isinstance(a, Known) and (b is None or same_known(a, b)):
            return a
        if isinstance(b, Known) and a is None:
            return b
        if isinstance(a, Array) and isinstance(b, Array | None):
            return a if b is None else self._array(name, a, b)
        if isinstance(b, Array) and a is None:
            return b
        if not isinstance(a, Value | Constant | None) or not isinstance(b, Value | Constant | None):
            return Unreadable(f"reads {_shown(name)}, which a branch chooses, and it is no number")
        return self._number(name, a, b)

    def _tuple(self, name: str, a: Entry | None, b: Entry | None) -> Entry:
        like = a if isinstance(a, Tuple) else b
        assert isinstance(like, Tuple)
        sides = []
        for each in (a, b):
            if each is not None and (not isinstance(each, Tuple) or len(each.items) != len(like.items)):
                return Unreadable(f"reads {_shown(name)}, a tuple that a branch chooses")
            sides.append([None] * len(like.items) if each is None else each.items)
        items = tuple(
            one if one is other and one is not None else self.merged(name, one, other)
            for one, other in zip(*sides, strict=True)
        )
        return Tuple(items, like.kind)

    def _array(self, name: str, a: Array, b: Array) -> Entry:
        of = self.reader.typing.unified(a.type, b.type)
        if of is None:
            return Unreadable(f"reads {_shown(name)}, which has no one type")
        if (a.root.origin == "global") != (b.root.origin == "global"):
            return Unreadable(f"reads {_shown(name)}, which a branch chooses, and which may be a global")
        result = Array(self.reader.names.new(name), of, Root(name, a.root.origin), self.statement.block, self.statement)
        for each in (a, b):
            self.reader.moved.unite(result.root, each.root)
        self.statement.choices.append(Choice(result, a, b))
        note_chosen(self.reader, result, a, b)
        return result

    def _number(self, name: str, a: Operand | None, b: Operand | None) -> Entry:
        of = a.type if b is None else b.type if a is None else None  # type: ignore[union-attr]
        if a is not None and b is not None:
            if self.raised[0] or self.raised[1]:
                of = (b if self.raised[0] else a).type
                a, b = (None, b) if self.raised[0] else (a, None)
            elif isinstance(a, Constant) and isinstance(b, Constant) and _same(a, b):
                return a
            else:
                of = self.reader.typing.unified(a.type, b.type)
        if of is None:
            return Unreadable(f"reads {_shown(name)}, which has no one type")
        if not isinstance(of, NUMBERS):
            return Unreadable(f"reads {_shown(name)}, which a branch chooses, and it is no number")
        result = self.reader.value(name, of, self.statement.block, self.statement)
        self.statement.merges.append(Merge(result, a or zero(of), b or zero(of)))
        return result


def _shown(name: str) -> str:
    return "an expression" if name.startswith(_CHOICE) else "the result" if name == RESULT else name


def _same(a: Constant, b: Constant) -> bool:
    return a.type == b.type and repr(a.value) == repr(b.value)


_CHOICE = "choice "


def choice(reader: Reader, condition: Operand, first: Callable[[], Entry], second: Callable[[], Entry]) -> Entry:
    """Return one of two expressions, of which only the one is computed."""
    reader.choices += 1
    name = f"{_CHOICE}{reader.choices}"

    def set_to(expression: Callable[[], Entry]) -> None:
        # An expression may hold a branch, behind which names stand for others.
        entry = expression()
        reader.frame.bound[name] = entry

    branch(
        reader,
        condition,
        partial(set_to, first),
        partial(set_to, second),
        frozenset({name}) | frozenset(reader.frame.bound),
    )
    found = reader.frame.bound.pop(name)
    return reader.refuse(found.reason) if isinstance(found, Unreadable) else found


def if_statement(reader: Reader, node: ast.If) -> None:
    """Read `if`."""
    condition = truth(reader, reader.expression(node.test))
    live = reader.frame.source.live.after[node]
    branch(reader, condition, lambda: reader.statements(node.body), lambda: reader.statements(node.orelse), live)


def if_expression(reader: Reader, node: ast.IfExp) -> Entry:
    """Read `a if c else b`."""
    condition = truth(reader, reader.expression(node.test))
    return choice(reader, condition, lambda: reader.expression(node.body), lambda: reader.expression(node.orelse))


def both_or_either(reader: Reader, node: ast.BoolOp) -> Entry:
    """Read `and` or `or`."""
    return joined(reader, isinstance(node.op, ast.And), [partial(reader.expression, each) for each in node.values])


def joined(reader: Reader, conjunction: bool, parts: Sequence[Callable[[], Entry]]) -> Entry:
    """Return the first part that is false, or with `or` true; the others are not computed, as in Python."""
    found = parts[0]()
    for part in parts[1:]:
        found = _of_two(reader, conjunction, found, part)
    return found


# Where the second part is made of comparisons alone, nothing tells whether it was computed: no branch is needed.
def _of_two(reader: Reader, conjunction: bool, first: Entry, second: Callable[[], Entry]) -> Entry:
    condition = truth(reader, first)
    if isinstance(condition, Constant):
        return second() if condition.value == conjunction else first
    aside = Block(reader.block)
    with reader.inside(aside, reader.frame.bound):
        other = second()
    plain = all(isinstance(each, Operation) and "(" not in each.text for each in aside.statements)
    if plain and isinstance(other, Value | Constant) and other.type == types.boolean and first is condition:
        for each in aside.statements:
            each.block = reader.block
            each.result.block = reader.block  # type: ignore[attr-defined]
            reader.add(each)
        return reader.operation(f"{{0}} {'and' if conjunction else 'or'} {{1}}", [condition, other], types.boolean)
    ways = (second, lambda: first) if conjunction else (lambda: first, second)
    return choice(reader, condition, *ways)
