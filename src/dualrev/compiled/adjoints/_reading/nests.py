"""Nests of loops over the elements of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Block, Constant, Loop, Operand, Value
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import length


def each_element(reader: Reader, array: Array, element: Callable[[list[Value]], Operand], sign: str = "") -> None:
    """Write to each element of an array what `element` says, given its subscripts; add it with a sign."""
    lengths = [length(reader, array, axis) for axis in range(array.type.ndim)]
    nest(reader, lengths, lambda indices: reader.store(array, indices, element(indices), sign))


def nest(reader: Reader, lengths: Sequence[Operand], body: Callable[[list[Value]], None]) -> None:
    """Add loops over ranges of these lengths, the last one innermost, with a body that is given their variables."""

    def within(outer: list[Value]) -> None:
        if len(outer) == len(lengths):
            return body(outer)
        loop = Loop(reader.block, reader.line, Block(reader.block))
        loop.body.owner = loop
        loop.variable = reader.value("i", types.intp, loop.body, loop)
        loop.start, loop.stop, loop.step = _integer(0), lengths[len(outer)], _integer(1)
        with reader.inside(loop.body, reader.frame.bound):
            within([*outer, loop.variable])
        reader.add(loop)
        return None

    within([])


def _integer(value: int) -> Constant:
    return Constant(value, types.intp)
