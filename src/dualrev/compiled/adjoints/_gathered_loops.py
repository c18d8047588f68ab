"""Loops that add to several neighbours of an element, as loops over the elements that are added to.

`w[i] = f(u[i - 1], u[i], u[i + 1])` is reversed as three additions, to `u_b[i - 1]`, `u_b[i]` and `u_b[i + 1]`: three
passes over `u_b`. Every inner element of it gets all three in one pass, each from an iteration of its own. At both ends
of the range some of these iterations do not exist.

That is right if, in one iteration, the subscripts of what is added to are the loop's variable plus constants, since
each of those then meets an element in one iteration only; if none is negative, since `u_b[-1]` would be another name of
the last one; and if the lines read nothing that the loop writes.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._form import Constant, Load, Loop, Operand, Store
from dualrev.compiled.adjoints._lines import Line
from dualrev.compiled.adjoints._primal_text import written
from dualrev.compiled.adjoints._tags import Added, Total

FEWEST = 3
"""Neighbours for which it is worth the code of both ends."""


class Headed(NamedTuple):
    """A loop of the text: its lines, and the one that it begins with, if that is not the loop's own."""

    lines: list[Line]
    head: str = ""


class _Neighbour(NamedTuple):
    """An element that lines add to: the axis of the loop's variable, the number added to that, the other subscripts."""

    tag: Added
    axis: int
    offset: int
    others: tuple[Hashable, ...]


def with_gathered(loop: Loop, parts: list[list[Line]], facts: Facts) -> list[Headed]:
    """Return the loops that a loop's parts are written as, each of which adds to one element."""
    if any(isinstance(line.tag, Total) for part in parts for line in part) or not _is_of_ones(loop):
        return [Headed(part) for part in parts]
    rows: dict[Hashable, list[tuple[_Neighbour | None, list[Line]]]] = {}
    for n, part in enumerate(parts):
        found = _neighbour(next((line.tag for line in part if isinstance(line.tag, Added)), None), loop, facts)
        rows.setdefault(n if found is None else (found.tag.array, found.axis, found.others), []).append((found, part))
    unsigned = _unsigned(loop, facts)
    loops: list[Headed] = []
    for row in rows.values():
        if len(row) >= FEWEST:
            loops += _Writer(loop, row, unsigned).loops()
        else:
            loops += [Headed(part) for _, part in row]
    return loops


def _is_of_ones(loop: Loop) -> bool:
    return isinstance(loop.step, Constant) and bool(loop.step.value == 1)


def _neighbour(tag: Added | None, loop: Loop, facts: Facts) -> _Neighbour | None:
    """Return what is added to, if it is the only element in its row that the iteration adds to by that line."""
    if tag is None or not facts.one_name_within(tag.array.root, loop):
        return None
    if any(isinstance(each, Store) and each.array.root is tag.array.root for each in facts.within[loop]):
        return None
    axes = [n for n, each in enumerate(tag.indices) if not facts.outside(each, loop)]
    if len(axes) != 1:
        return None
    base, offset = facts.split(tag.indices[axes[0]])
    if base is not loop.variable or not _is_known(loop, facts, offset):
        return None
    others = tuple(facts.number(each) for n, each in enumerate(tag.indices) if n != axes[0])
    return _Neighbour(tag, axes[0], offset, others)


def _is_known(loop: Loop, facts: Facts, offset: int) -> bool:
    """Whether the loop's variable plus a number is never negative."""
    assert loop.start is not None
    if isinstance(loop.start, Constant):
        return bool(loop.start.value + offset >= 0)
    return offset >= 0 and facts.never_negative(loop.start)


# What the compiler knows of a range's variable it does not know of what is computed from another one.
def _unsigned(loop: Loop, facts: Facts) -> set[str]:
    """Return the subscripts of a loop that are its variable plus a number, and never negative."""
    indices: list[Operand] = []
    for statement in facts.within[loop]:
        if isinstance(statement, Load | Store):
            indices += statement.indices
    found = set()
    for each in indices:
        base, offset = facts.split(each)
        if base is not None and base is loop.variable and _is_known(loop, facts, offset):
            found.add(written(each))
    return found


class _Writer:
    """Writes the loops for the parts that add to the neighbours in one row."""

    def __init__(self, loop: Loop, row: Sequence[tuple[_Neighbour | None, list[Line]]], unsigned: set[str]) -> None:
        assert loop.variable is not None
        assert loop.start is not None
        assert loop.stop is not None
        self.parts, self.unsigned = [part for _, part in row], unsigned
        neighbours = [each for each, _ in row if each is not None]
        self.offsets = [each.offset for each in neighbours]
        self.variable, self.start, self.stop = loop.variable.name, written(loop.start), written(loop.stop)
        self.at = f"into_{self.variable}"
        tag, axis = neighbours[0].tag, neighbours[0].axis
        places = [f"uint64({self.at})" if n == axis else written(each) for n, each in enumerate(tag.indices)]
        self.element = f"{tag.array.name}_b[{', '.join(places)}]"
        self.first, self.last = min(self.offsets), max(self.offsets)

    def loops(self) -> list[Headed]:
        """Return the loops over what comes before, over all inner elements, and over what comes behind."""
        width = self.last - self.first
        begin, end = _sum(self.start, self.last), _sum(self.stop, self.first)
        head = f"range({self.start}, min({self.stop}, {_sum(self.start, width)})):"
        tail = f"range(max({self.start}, {_sum(self.stop, -width)}), {self.stop}):"
        return [
            Headed(self._ends(f"{{0}} < {begin}"), f"for {self.variable} in {head}"),
            Headed(self._inner(), f"for {self.at} in range({begin}, {end}):"),
            Headed(self._ends(f"{{0}} >= max({begin}, {end})"), f"for {self.variable} in {tail}"),
        ]

    def _ends(self, condition: str) -> list[Line]:
        lines = []
        for part, offset in zip(self.parts, self.offsets, strict=True):
            for line in part:
                if not isinstance(line.tag, Added):
                    lines.append(line)
                    continue
                place = _sum(self.variable, offset)
                lines.append(Line(line.depth, f"if {condition.format(place)}:", place=line.place))
                lines.append(Line(line.depth + 1, line.text, place=line.place))
        return lines

    def _inner(self) -> list[Line]:
        depth, total = self.parts[0][0].depth, f"sum_{self.at}"
        lines = [Line(depth, f"{total} = {self.element}")]
        for part, offset in zip(self.parts, self.offsets, strict=True):
            lines.append(Line(depth, f"{self.variable} = {_sum(self.at, -offset)}"))
            for line in part:
                text = re.sub(r"\[([^\[\]]+)\]", self._subscript, line.text)
                if isinstance(line.tag, Added):
                    text = f"{total} = plus({total}, {text.partition(' += ')[2]})"
                lines.append(Line(depth, text, place=line.place))
        return [*lines, Line(depth, f"{self.element} = {total}")]

    def _subscript(self, match: re.Match[str]) -> str:
        parts = [f"uint64({each})" if each in self.unsigned else each for each in match[1].split(", ")]
        return f"[{', '.join(parts)}]"


def _sum(text: str, number: int) -> str:
    if text.lstrip("-").isdigit():
        return str(int(text) + number)
    return text if number == 0 else f"{text} + {number}" if number > 0 else f"{text} - {-number}"
