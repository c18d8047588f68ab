"""Arrays that are made: their memory outside all loops, what they hold at first where the user makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import types
from numba.np.numpy_support import from_dtype

from dualrev.compiled.adjoints._form import Array, Block, Constant, Fill, Make, Operand, Operation, Root, Value
from dualrev.compiled.adjoints._reading.entries import Alone, Entry, Known, Tuple, without_array, zero
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.indexing import transposed
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.rooms import made_in_room
from dualrev.compiled.adjoints._reading.shapes import is_length, length
from dualrev.compiled.adjoints._reading.typing import NUMBERS
from dualrev.compiled.adjoints.refusal import Refused


def make(reader: Reader, lengths: Sequence[Operand], dtype: Any, name: str = "made") -> Array:
    """Return an array that is made, of whose elements nothing is known.

    It is made in the function's own block, before the loop or the branch that it stands in: in a loop, it is the same
    memory in each iteration. In a branch outside of loops it may be made where it stands. In a loop that sets its
    shape, it is a part of memory that grows.
    """
    if not isinstance(dtype, NUMBERS):
        reader.refuse(f"makes an array of {dtype}")
    if not lengths:
        reader.refuse("makes an array of no axes")
    block, shape = reader.body, tuple(lengths)
    if reader.block is not block:
        try:
            shape = tuple(_hoisted(reader, each, block) for each in lengths)
        except Refused:
            if reader.block.loops():
                return made_in_room(reader, lengths, dtype)
            block = reader.block
    name = reader.names.new(name)
    array = Array(name, types.Array(dtype, len(shape), "C"), Root(name, "made"), block)
    array.made_by = Make(block, reader.line, array, shape)
    block.statements.append(array.made_by)
    reader.unnamed.add(array)
    reader.made_in[array] = tuple(reader.block.loops())
    return array


def _hoisted(reader: Reader, operand: Operand, block: Block) -> Operand:
    """Return a length of an array that is made before a loop; one below 0 is an error only where the user has it."""
    found = _before(reader, operand, block)
    if isinstance(found, Constant) and found.value >= 0:
        return found
    if is_length(found):
        return found
    negative = reader.operation("{0} < 0", [operand], types.boolean)
    raise_if(reader, negative, "ValueError('negative dimensions not allowed')")
    return _added(reader, Operation(block, reader.line, _of(reader, block), "max({0}, 0)", (found,)))


def _of(reader: Reader, block: Block) -> Value:
    return reader.value("n", types.intp, block)


def _added(reader: Reader, operation: Operation) -> Value:
    operation.result.made_by = operation
    reader.add(operation)
    return operation.result


def _before(reader: Reader, operand: Operand, block: Block) -> Operand:
    """Return a number as it is before a loop, computed there if it is computed in it."""
    if isinstance(operand, Constant) or operand.block in block.around():
        return operand
    made = operand.made_by
    if isinstance(made, Operation) and isinstance(operand.type, types.Integer) and _is_total(made.text):
        arrays = [each for each in made.operands if isinstance(each, Array)]
        if all(each.block in block.around() for each in arrays) and not (arrays and reader.reshapes):
            moved = tuple(each if isinstance(each, Array) else _before(reader, each, block) for each in made.operands)
            return _added(reader, Operation(block, reader.line, _of(reader, block), made.text, moved))
    return reader.refuse("makes an array in a loop or a branch, whose shape is not known before it")


def _is_total(text: str) -> bool:
    """Whether a text of integers never raises an error."""
    return not any(each in text for each in ("divided", "remainder", "raised", "/", "%", "**"))


def fill(reader: Reader, array: Array, value: Operand) -> None:
    """Write a number to all elements of an array."""
    if isinstance(value, Constant):
        kind = {types.Float: float, types.Boolean: bool}.get(type(array.type.dtype), int)
        reader.add(Fill(reader.block, reader.line, array, Constant(kind(value.value), array.type.dtype)))
    else:
        each_element(reader, array, lambda indices: value)


def lengths_of_shape(reader: Reader, shape: Entry) -> list[Operand]:
    """Return the lengths of a shape, a tuple or one number."""
    items = shape.items if isinstance(shape, Tuple) else (shape,)
    found = [reader.as_number(each) for each in items]
    if not all(isinstance(each.type, types.Integer) for each in found):
        reader.refuse("makes an array of a shape that is no integer's")
    return list(found)


def dtype_of(reader: Reader, dtype: Entry | None) -> Any:
    """Return Numba's type of the elements that a dtype asks for."""
    if dtype is None:
        return types.float64
    value = dtype.value if isinstance(dtype, Known) else None
    if value in (int, float, bool) or isinstance(value, np.dtype | str):
        return from_dtype(np.dtype(value))
    if isinstance(value, type) and issubclass(value, np.generic):
        return from_dtype(np.dtype(value))
    if isinstance(value, types.Number | types.Boolean):
        return value
    return value.dtype if isinstance(value, types.NumberClass) else reader.refuse("makes an array of no known dtype")


def _new(value: Any) -> Callable[..., Entry]:
    def read(reader: Reader, shape: Entry, dtype: Entry | None = None) -> Entry:
        if isinstance(shape, Tuple) and not shape.items:
            return Alone(converted(reader, Constant(value or 0, types.intp), dtype_of(reader, dtype)))
        return _filled(reader, make(reader, lengths_of_shape(reader, shape), dtype_of(reader, dtype)), value)

    return read


def _like(value: Any) -> Callable[..., Entry]:
    def read(reader: Reader, of: Entry, dtype: Entry | None = None) -> Entry:
        if not isinstance(of, Array):
            return reader.refuse("makes an array like what is none")
        kind = of.type.dtype if dtype is None else dtype_of(reader, dtype)
        lengths = [length(reader, of, axis) for axis in range(of.type.ndim)]
        if of.type.layout == "F" and of.type.ndim > 1:
            return transposed(reader, _filled(reader, make(reader, lengths[::-1], kind), value))
        return _filled(reader, make(reader, lengths, kind), value)

    return read


def _filled(reader: Reader, array: Array, value: Any) -> Array:
    # What `np.empty` holds is nobody's; zeros make each call the same.
    fill(reader, array, zero(array.type.dtype) if value is None else Constant(value, types.intp))
    return array


def _full(reader: Reader, shape: Entry, value: Entry, dtype: Entry | None = None) -> Entry:
    number = reader.as_number(value)
    if isinstance(shape, Tuple) and not shape.items:
        return Alone(number if dtype is None else converted(reader, number, dtype_of(reader, dtype)))
    array = make(reader, lengths_of_shape(reader, shape), number.type if dtype is None else dtype_of(reader, dtype))
    fill(reader, array, converted(reader, number, array.type.dtype))
    return array


def _full_like(reader: Reader, of: Entry, value: Entry, dtype: Entry | None = None) -> Entry:
    if isinstance(of, Value | Constant | Alone):
        kind = reader.as_number(without_array(of)).type if dtype is None else dtype_of(reader, dtype)
        return Alone(converted(reader, reader.as_number(value), kind))
    array = _like(0)(reader, of, dtype)
    assert isinstance(array, Array)
    fill(reader, array, converted(reader, reader.as_number(value), array.type.dtype))
    return array


MAKERS: dict[Any, Callable[..., Entry]] = {
    np.empty: _new(None),
    np.zeros: _new(0),
    np.ones: _new(1),
    np.full: _full,
    np.empty_like: _like(None),
    np.zeros_like: _like(0),
    np.ones_like: _like(1),
    np.full_like: _full_like,
}
"""NumPy's functions that make arrays, and their reading."""
