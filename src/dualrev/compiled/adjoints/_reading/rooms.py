"""Arrays whose length the code itself decides in a loop: parts of memory that is made before all loops, and grows."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Make, Operand, Root
from dualrev.compiled.adjoints._growth import Grow
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import integer
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import is_length


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def grown(room: Any, size: int) -> Any:
    """Return an array of one axis that begins with the elements of another and has room for more."""
    larger = np.empty(max(size, 2 * room.shape[0]), room.dtype)
    larger[: room.shape[0]] = room
    return larger


def room_of(reader: Reader, dtype: Any) -> Array:
    """Return memory of one axis, made where the function begins, that has no element yet."""
    name = reader.names.new("room")
    room = Array(name, types.Array(dtype, 1, "C"), Root(name, "made"), reader.body)
    room.made_by = Make(reader.body, reader.line, room, (integer(0),))
    reader.body.statements.append(room.made_by)
    return room


def grow(reader: Reader, room: Array, size: Operand) -> None:
    """Let memory have room for so many elements."""
    reader.add(Grow(reader.block, reader.line, room, size, reader.scoped("grown", grown)))


def count_of(reader: Reader, lengths: Sequence[Operand]) -> Operand:
    """Return the number of elements of an array with axes of these lengths."""
    count = lengths[0]
    for each in lengths[1:]:
        count = binary(reader, ast.Mult, count, each)
    return count


def part_of(reader: Reader, room: Array, lengths: Sequence[Operand], name: str = "") -> Array:
    """Return an array with axes of these lengths, which begins where its memory does."""
    text = "{source}[:{0}]"
    if len(lengths) > 1:
        text += f".reshape(({', '.join(f'{{{n + 1}}}' for n in range(len(lengths)))}))"
    operands = [count_of(reader, lengths), *(lengths if len(lengths) > 1 else ())]
    part = reader.view(room, text, operands, room.type.copy(ndim=len(lengths)))
    part.name = reader.names.new(name or part.name)
    reader.axes[part] = dict(enumerate(lengths))
    return part


def made_in_room(reader: Reader, lengths: Sequence[Operand], dtype: Any) -> Array:
    """Return an array that is made in a loop, with the shape that it has in this iteration."""
    known = [_not_negative(reader, each) for each in lengths]
    room = room_of(reader, dtype)
    grow(reader, room, count_of(reader, known))
    part = part_of(reader, room, known)
    reader.made_in[part] = tuple(reader.block.loops())
    return part


def _not_negative(reader: Reader, length: Operand) -> Operand:
    if is_length(length) or (isinstance(length, Constant) and length.value >= 0):
        return length
    negative = reader.operation("{0} < 0", [length], types.boolean)
    raise_if(reader, negative, "ValueError('negative dimensions not allowed')")
    return converted(reader, length, types.intp)
