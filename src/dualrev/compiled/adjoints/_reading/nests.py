"""Nests of loops over the elements of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Block, Carried, Loop, Operand, Value
from dualrev.compiled.adjoints._reading.entries import integer
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import length

Body = Callable[[list[Value], Sequence[Operand]], Sequence[Operand]]
"""The body of a fold: from the subscripts, and the numbers that an iteration begins with, to those that it hands on."""


def each_element(reader: Reader, array: Array, element: Callable[[list[Value]], Operand], sign: str = "") -> None:
    """Write to each element of an array what `element` says, given its subscripts; add it with a sign."""
    lengths = [length(reader, array, axis) for axis in range(array.type.ndim)]
    nest(reader, lengths, lambda indices: reader.store(array, indices, element(indices), sign))


def nest(reader: Reader, lengths: Sequence[Operand], body: Callable[[list[Value]], None]) -> None:
    """Add loops over ranges of these lengths, the last one innermost, with a body that is given their variables."""

    def without_numbers(indices: list[Value], before: Sequence[Operand]) -> Sequence[Operand]:
        body(indices)
        return before

    fold(reader, lengths, [], without_numbers)


def fold(
    reader: Reader, lengths: Sequence[Operand], initial: Sequence[Operand], body: Body, start: int = 0
) -> list[Operand]:
    """Add loops over ranges up to these lengths, which hand on numbers; return what is left of those behind them."""

    def within(outer: list[Value], before: Sequence[Operand]) -> Sequence[Operand]:
        if len(outer) == len(lengths):
            return body(outer, before)
        loop = Loop(reader.block, reader.line, Block(reader.block))
        loop.body.owner = loop
        loop.variable = reader.value("i", types.intp, loop.body, loop)
        loop.start, loop.stop, loop.step = integer(start), lengths[len(outer)], integer(1)
        inside = [reader.value("s", each.type, loop.body, loop) for each in before]
        with reader.inside(loop.body, reader.frame.bound):
            following = within([*outer, loop.variable], inside)
        reader.add(loop)
        after = [reader.value("s", each.type, loop.block, loop) for each in before]
        loop.carried += [Carried(*each) for each in zip(inside, before, following, after, strict=True)]
        return after

    return list(within([], initial))
