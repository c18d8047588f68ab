"""Errors that the program raises where a condition holds, or where lengths differ."""

from __future__ import annotations

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Block, Constant, If, Operand, Raise
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import extent, length


def raise_if(reader: Reader, condition: Operand, error: str, to_tape: bool = False) -> None:
    """Raise an error in the program where a condition holds; adjoints leave it `to_tape` if asked."""
    if isinstance(condition, Constant):
        if condition.value:
            reader.add(Raise(reader.block, reader.line, error, to_tape=to_tape))
        return
    statement = If(reader.block, reader.line, condition, Block(reader.block), Block(reader.block))
    statement.then.owner = statement.otherwise.owner = statement
    statement.then.statements.append(Raise(statement.then, reader.line, error, to_tape=to_tape))
    reader.add(statement)


# An axis of length 1 is repeated where that is known. Else it is left to the tape: code for both would be too much.
def require_equal(reader: Reader, first: tuple[Array, int], second: tuple[Array, int]) -> None:
    """Raise an error in the program where two axes are not of one length, unless they are by construction."""
    if extent(reader, *first) == extent(reader, *second):
        return
    lengths = [length(reader, *first), length(reader, *second)]
    differ = reader.operation("{0} != {1}", lengths, types.boolean)
    raise_if(reader, differ, "ValueError('arrays of different shapes')", to_tape=True)
