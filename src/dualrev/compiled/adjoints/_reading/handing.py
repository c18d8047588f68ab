"""Arrays that an iteration hands to the next by copying them, since nothing else is known of their memory or shape.

The function gives a name another array. A copy of that is as good where nobody writes to either while both are read.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from numba.core import types

from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Carried,
    Exchange,
    Fill,
    If,
    Loop,
    Operand,
    Root,
    Statement,
    Store,
    Value,
    statements,
)
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.moved import Copied
from dualrev.compiled.adjoints._reading.nests import nest
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.rooms import count_of, grow, part_of, room_of
from dualrev.compiled.adjoints._reading.shapes import length


class Handed(Exception):
    """A loop gives names other arrays, which its iterations must hand on by copying them."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__()
        self.names = tuple(names)


class Handing:
    """The memory of one name in a loop, which holds what an iteration begins with."""

    def __init__(self, reader: Reader, name: str, start: Array, loop: Loop) -> None:
        self.reader, self.name, self.start, self.loop = reader, name, start, loop
        if start.type.layout != "C":
            reader.refuse(f"has a loop that sets {name} to another array, in an order of its own")
        self.room, self.spare = room_of(reader, start.type.dtype), room_of(reader, start.type.dtype)
        self.initial = self._move(start, self.room)
        self.carried: list[Carried] = []
        self.inside: Array | None = None

    def begin(self) -> Array:
        """Return what an iteration begins with."""
        lengths = [self._length(self.loop.body) for _ in self.initial]
        pairs = zip(lengths, self.initial, strict=True)
        self.carried = [Carried(n, m, n, self._length(self.loop.block)) for n, m in pairs]
        self.inside = part_of(self.reader, self.room, lengths, self.name)
        self.reader.moved.begun.add(self.inside)
        return self.inside

    def _length(self, block: Block) -> Value:
        return self.reader.value(f"{self.name}_length", types.intp, block, self.loop)

    def put_aside(self, found: Array) -> None:
        """Copy what the next iteration begins with, at the end of one."""
        if found is self.inside:
            return
        if found.type.copy(readonly=False) != self.room.type.copy(ndim=self.start.type.ndim):
            self.reader.refuse(f"has a loop that sets {self.name} to an array of another type")
        for each, of in zip(self.carried, self._move(found, self.spare), strict=True):
            each.following = of

    def take_over(self, found: Array) -> None:
        """Copy it to where the next iteration finds it, when all that others need is put aside."""
        if found is not self.inside:
            count = count_of(self.reader, [each.following for each in self.carried])
            grow(self.reader, self.room, count)
            self._write([count], lambda n: self.reader.store(self.room, n, self.reader.load(self.spare, n)))

    def end(self) -> Array:
        """Return what is left behind the loop, which is in the program."""
        self.loop.carried += self.carried
        return part_of(self.reader, self.room, [each.after for each in self.carried], self.name)

    def _move(self, array: Array, room: Array) -> list[Operand]:
        """Copy an array to the beginning of memory, and return its lengths."""
        reader = self.reader
        lengths = [length(reader, array, axis) for axis in range(array.type.ndim)]
        grow(reader, room, count_of(reader, lengths))
        self._write(lengths, lambda n: reader.store(room, [_flat(reader, n, lengths)], reader.load(array, n)))
        return lengths

    def _write(self, lengths: Sequence[Operand], body: Callable[[list[Value]], None]) -> None:
        before = len(self.reader.block.statements)
        nest(self.reader, lengths, body)
        self.reader.moved.by.update(statements(Block(statements=self.reader.block.statements[before:])))


def _flat(reader: Reader, places: Sequence[Operand], lengths: Sequence[Operand]) -> Operand:
    """Return the place of an element among all."""
    place = places[0]
    for each, count in zip(places[1:], lengths[1:], strict=True):
        place = binary(reader, ast.Add, binary(reader, ast.Mult, place, count), each)
    return place


def hand_over(reader: Reader, handings: Sequence[Handing], ends: Sequence[Array], others: Sequence[Array]) -> None:
    """Add the copying that ends an iteration. `others` are the arrays that other names stand for which are read."""
    pairs = list(zip(handings, ends, strict=True))
    for each, found in pairs:
        each.put_aside(found)
    for each, found in pairs:
        each.take_over(found)
    starts = [each.start for each in handings]
    memory = Memory(made for block in reader.block.around() for made in statements(block))
    free = _before(reader)
    for each, found in pairs:
        if memory.shared(each.room, others):
            reader.refuse(f"has a loop that sets {each.name} to another array, which has more names")
        for array, alike in ((each.start, starts), (found, ends)):
            seen = [*others, *reader.given, *reader.globals.values(), *(one for one in alike if one is not array)]
            if array is not each.inside and (memory.shared(array, seen) or alike.count(array) > 1):
                does = "has a loop that sets a name to another array"
                reader.moved.pairs.append(Copied(reader.line, does, (array, each.room), free))


def copied_or_itself(
    reader: Reader, array: Array, copy: Callable[[Reader, Array], Array], does: str = "makes an array contiguous"
) -> Array:
    """Return a copy of what the function leaves as it is, or copies as it finds when it runs."""
    before = len(reader.block.statements)
    made = copy(reader, array)
    reader.moved.by.update(statements(Block(statements=reader.block.statements[before:])))
    reader.moved.pairs.append(Copied(reader.line, does, (array, made), _before(reader)))
    return made


def _before(reader: Reader) -> set[Statement]:
    """Return the statements that never run again."""
    return {made for block in reader.block.around() if not block.loops() for made in statements(block)}


def expect_unwritten(reader: Reader) -> None:
    """Refuse a function that writes to an array, or to its copy, where the function has them as one."""
    memory = Memory(statements(reader.body))
    for each in reader.moved.pairs:
        for made in statements(reader.body):
            if not isinstance(made, Store | Fill) or made in each.free or made in reader.moved.by:
                continue
            if memory.shared(made.array, each.arrays):
                reader.line = each.line
                reader.refuse(f"{each.does}, and writes to what has more names")


class Memory:
    """The memory that names may mean, where statements choose between arrays and exchange them."""

    def __init__(self, made: Iterable[Statement]) -> None:
        self._next: dict[Root, set[Root]] = {}
        for each in made:
            if isinstance(each, If):
                for choice in each.choices:
                    self._next.setdefault(choice.result.root, set()).update((choice.first.root, choice.second.root))
            elif isinstance(each, Exchange):
                for target in each.targets:
                    self._next.setdefault(target.root, set()).update(source.root for source in each.sources)

    def _of(self, array: Array) -> set[Root]:
        found: set[Root] = set()
        pending = [array.root]
        while pending:
            root = pending.pop()
            if root not in found:
                found.add(root)
                pending += self._next.get(root, ())
        return found

    def shared(self, array: Array, others: Iterable[Array]) -> bool:
        """Whether an array may have the memory of one of some others."""
        own = self._of(array)
        return any(not own.isdisjoint(self._of(each)) for each in others)
