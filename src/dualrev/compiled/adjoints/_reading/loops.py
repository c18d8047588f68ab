"""Loops: names whose values iterations hand to each other, and those that they leave behind the loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Block, Carried, Constant, Loop, Operand, Value
from dualrev.compiled.adjoints._reading.entries import (
    UNSET,
    Entry,
    Known,
    Tuple,
    Unreadable,
    arrays_in,
    same_known,
    zero,
)
from dualrev.compiled.adjoints._reading.exchanges import Shared, exchanged
from dualrev.compiled.adjoints._reading.handing import Handed, Handing, hand_over
from dualrev.compiled.adjoints._reading.jumps import RESULT
from dualrev.compiled.adjoints._reading.liveness import assigned_by
from dualrev.compiled.adjoints._reading.loop_copies import copies
from dualrev.compiled.adjoints._reading.reader import Reader, ended

Widths = dict[str, Any]
"""From names to the types that iterations hand on: of a number Numba's, of a tuple its class and those of its items."""

_ARRAY = "array"
"""The width of an array in a tuple, which is the same in all iterations."""


@dataclass(frozen=True)
class Range:
    """A range of numbers, and the type of the variable that runs over it."""

    start: Operand
    stop: Operand
    step: Operand
    type: Any


def endless(reader: Reader, node: ast.While) -> None:
    """Read a loop that a flag stops."""
    loop(reader, node, None, lambda variable: None)


def loop(reader: Reader, node: ast.For | ast.While, over: Range | None, begin: Callable[[Value | None], None]) -> None:
    """Read a loop of the user's; `begin` binds what an iteration begins with, given the loop's variable."""
    source = reader.frame.source
    names = [name for name in assigned_by(node) if name in source.live.after[node] | source.live.heads[node]]
    repeat(reader, node, over, begin, lambda: reader.statements(node.body), names)


def repeat(
    reader: Reader,
    node: ast.For | ast.While,
    over: Range | None,
    begin: Callable[[Value | None], None],
    body: Callable[[], None],
    names: list[str],
) -> None:
    """Read a body again and again until the types of what its iterations hand on are those that they begin with."""
    key = (node, *((each.source, each.site) for each in reader.frame.path()))
    widths = reader.widths.setdefault(key, {})
    before = Snapshot(reader)
    owned: dict[str, Array] = {}
    visible = False
    handed: tuple[str, ...] = ()
    while True:
        shared = tuple(owned)
        try:
            if _Attempt(reader, node, over, names, widths, handed).read(begin, body):
                return
        except Shared as found:
            if any(name not in before.bound or name in handed for name in found.names):
                reader.refuse("sets a name to another array in a loop")
            if any(name in owned for name in found.names):
                shared, handed = _without(shared, found.names), (*handed, *found.names)
            else:
                shared, visible = (*owned, *found.names), visible or found.visible
        except Handed as found:
            if any(name in handed for name in found.names):
                reader.refuse("sets a name to another array in a loop")
            shared, handed = _without(shared, found.names), (*handed, *found.names)
        before.restore(reader)
        arrays = {name: reader.frame.bound[name] for name in shared}
        owned = copies(reader, {name: each for name, each in arrays.items() if isinstance(each, Array)}, visible)
        reader.frame.bound |= owned


def _without(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)


class Snapshot:
    """The state before an attempt to read a loop, which undoes it."""

    def __init__(self, reader: Reader) -> None:
        self.line = reader.line
        self.lengths = [(block, len(block.statements)) for block in reader.block.around()]
        self.bound = dict(reader.frame.bound)
        self.taken, self.counts = set(reader.names.taken), dict(reader.names.counts)
        self.named = len(reader.named)
        self.moved = len(reader.moved.pairs), len(reader.moved.united)

    def restore(self, reader: Reader) -> None:
        for block, length in self.lengths:
            del block.statements[length:]
        reader.frame.bound, reader.line = dict(self.bound), self.line
        reader.moved.undo(*self.moved)
        # What was there before the attempt keeps the name that it got in it, as do objects that texts call.
        kept = {each.name for each in reader.named[self.named :] if each.made_by in each.block.statements}
        reader.names.taken, reader.names.counts = self.taken | set(reader.scope) | kept, dict(self.counts)


class _Attempt:
    def __init__(
        self,
        reader: Reader,
        node: ast.For | ast.While,
        over: Range | None,
        names: list[str],
        widths: Widths,
        handed: tuple[str, ...],
    ) -> None:
        self.reader, self.node, self.names, self.widths = reader, node, names, widths
        self.outer = reader.block
        self.before = dict(reader.frame.bound)
        self.statement = Loop(self.outer, reader.line, Block(self.outer))
        self.body = self.statement.body
        self.body.owner = self.statement
        if over is not None:
            target = getattr(node, "target", None)
            name = target.id if isinstance(target, ast.Name) else "i"
            variable = reader.value(name, over.type, self.body, self.statement)
            self.statement.variable = variable
            self.statement.start, self.statement.stop, self.statement.step = over.start, over.stop, over.step
        self.handed = {name: Handing(reader, name, self._start(name), self.statement) for name in handed}

    def _start(self, name: str) -> Array:
        start = self.before.get(name)
        return start if isinstance(start, Array) else self.reader.refuse(f"sets {name} to another array in a loop")

    def read(self, begin: Callable[[Value | None], None], body: Callable[[], None]) -> bool:
        """Read the body, and say whether the types were right."""
        reader, flag = self.reader, getattr(self.node, "flag", None)
        wider = False
        for name in self.names:
            wider |= self._widen(name, self.before.get(name))
        inside = {
            name: self._inside(self.widths[name], self.before.get(name), name)
            for name in self.names
            if name in self.widths
        }
        with reader.inside(self.body, self.before | inside):
            reader.frame.bound |= {name: each.begin() for name, each in self.handed.items()}
            begin(self.statement.variable)
            body()
            after = reader.frame.bound
            if self.handed and not ended(self.body):
                self._hand_over(after)
        wider = False
        for name in self.names:
            wider |= self._widen(name, after.get(name))
        if wider:
            return False
        self._close(inside, after, flag)
        return True

    def _widen(self, name: str, entry: Entry | None) -> bool:
        """Take note of the type of what a name stands for; say whether that is news."""
        known = self.widths.get(name)
        found = known
        if isinstance(entry, Value | Constant | Tuple):
            found = self._wide(known, entry)
            if found is None or isinstance(found, types.UnicodeType):
                self.reader.refuse(f"has a loop that hands on {name} in values of no one type")
        self.widths.update({} if found is None else {name: found})
        return bool(found != known)

    def _wide(self, known: Any, entry: Entry) -> Any:
        if isinstance(entry, Value | Constant):
            if known is None:
                return entry.type
            return None if isinstance(known, tuple) else self.reader.typing.unified(known, entry.type)
        if entry is UNSET or (isinstance(entry, Array) and known in (None, _ARRAY)):
            return known or _ARRAY
        if not isinstance(entry, Tuple):
            return None
        items = (entry.kind, [None] * len(entry.items)) if known is None else known
        if not isinstance(items, tuple) or len(items[1]) != len(entry.items) or items[0] is not entry.kind:
            return None
        wide = [self._wide(*pair) for pair in zip(items[1], entry.items, strict=True)]
        return None if None in wide else (entry.kind, wide)

    def _inside(self, width: Any, start: Entry | None, name: str) -> Entry:
        """Return what an iteration begins with; an array in a tuple is the same in all."""
        if isinstance(width, tuple):
            starts = start.items if isinstance(start, Tuple) else (None,) * len(width[1])
            return Tuple(tuple(self._inside(*each, name) for each in zip(width[1], starts, strict=True)), width[0])
        if width is _ARRAY:
            return start if isinstance(start, Array) else UNSET
        return self.reader.value(name, width, self.body, self.statement)

    def _close(self, inside: Mapping[str, Entry], after: Mapping[str, Entry], flag: str | None) -> None:
        reader, statement = self.reader, self.statement
        if flag is not None:
            stopped = after[flag]
            assert isinstance(stopped, Value | Constant)
            statement.stopped = None if isinstance(stopped, Constant) and not stopped.value else stopped
        reader.add(statement)
        if statement.stopped is not None or statement.variable is None:
            statement.trips = reader.value("trips", types.intp, self.outer, statement)
        bound = dict(self.before)
        self._exchange(after)
        for name in self.names:
            found, start = after.get(name), self.before.get(name)
            if name in self.handed:
                bound[name] = self.handed[name].end()
            elif name in inside and not (start is None or isinstance(start, Value | Constant | Tuple)):
                bound[name] = self._of_another_kind(name)
            elif name in inside:
                bound[name] = self._carried(name, inside[name], start, found)
            elif start is None and found is not None and self._is_left(name, found):
                bound[name] = found
            elif not (
                found is start or same_known(start, found) or (isinstance(start, Array) and isinstance(found, Array))
            ):
                bound[name] = self._of_another_kind(name)
        reader.frame.bound = bound

    def _hand_over(self, after: Mapping[str, Entry]) -> None:
        ends = []
        for name in self.handed:
            found = after.get(name)
            ends.append(found if isinstance(found, Array) else self._start(f"{name} "))
        hand_over(self.reader, list(self.handed.values()), ends, [*self._read(after, self.handed)])

    def _read(self, after: Mapping[str, Entry], but: Iterable[str]) -> Iterator[Array]:
        """Yield the arrays at an iteration's end that other names stand for which are read later."""
        live = self.reader.frame.source.live
        for name in (live.after[self.node] | live.heads[self.node]).difference(but):
            yield from arrays_in(after.get(name))
        for frame in self.reader.frame.path():
            for entry in frame.bound.values() if frame is not self.reader.frame else ():
                yield from arrays_in(entry)

    def _is_left(self, name: str, entry: Entry | None) -> bool:
        """Whether what an iteration sets for the first time is behind the loop what it was there, and is no number."""
        if isinstance(entry, Known):
            return True
        if not isinstance(entry, Array) or self.body in entry.block.around():
            return False
        # Other iterations use the memory of what is made in them again, but nothing runs after a return.
        return name == RESULT or self.statement not in self.reader.made_in.get(entry, ())

    def _exchange(self, after: Mapping[str, Entry]) -> None:
        pairs = [(name, self.before.get(name), after.get(name)) for name in self.names]
        changed = {
            name: (start, found)
            for name, start, found in pairs
            if isinstance(start, Array) and isinstance(found, Array) and found is not start and name not in self.handed
        }
        live = self.reader.frame.source.live
        read = live.after[self.node] | live.heads[self.node]
        others = [entry for name, entry in after.items() if name in read and name not in changed]
        if changed and not exchanged(self.reader, self.body, changed, others, self.statement):
            raise Handed(changed)

    def _of_another_kind(self, name: str) -> Entry:
        if name in self.reader.frame.source.live.heads[self.node]:
            self.reader.refuse(f"has a loop that sets {name} to another array, or to what is no number")
        return Unreadable(f"reads {name}, which a loop before it sets to an array, or to what is no number")

    def _carried(self, name: str, inside: Entry, start: Entry | None, found: Entry | None) -> Entry:
        if isinstance(inside, Tuple):
            starts = start.items if isinstance(start, Tuple) else (None,) * len(inside.items)
            ends = found.items if isinstance(found, Tuple) else (None,) * len(inside.items)
            items = zip(inside.items, starts, ends, strict=True)
            return Tuple(tuple(self._carried(name, *each) for each in items), inside.kind)
        if not isinstance(inside, Value):
            left = found is inside or (inside is UNSET and self._is_left(name, found))
            return found if found is not None and left else self._of_another_kind(name)
        if not isinstance(start, Value | Constant | None) or not isinstance(found, Value | Constant | None):
            return Unreadable(f"reads {name}, which a loop sets to numbers and to others")
        after = self.reader.value(name, inside.type, self.outer, self.statement)
        of_type = inside.type
        self.statement.carried.append(Carried(inside, start or zero(of_type), found or inside, after))
        return after
