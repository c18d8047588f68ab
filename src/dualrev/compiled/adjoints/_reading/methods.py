"""Methods of arrays, and NumPy's functions of the same names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.axes import AXES, array_of
from dualrev.compiled.adjoints._reading.entries import (
    Alone,
    Elements,
    Entry,
    Known,
    Listed,
    Method,
    Tuple,
    integer,
    without_array,
)
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.gathering import gathered
from dualrev.compiled.adjoints._reading.indexing import flat, taken
from dualrev.compiled.adjoints._reading.making import dtype_of, fill, make
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.parts import copy, copy_in_columns
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.reductions import REDUCTIONS
from dualrev.compiled.adjoints._reading.shapes import WHOLE, length, size
from dualrev.compiled.adjoints._reading.steps import step
from dualrev.compiled.adjoints._reading.whole import elements_of, settled, write


def method(reader: Reader, called: Method, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Read the call of a method."""
    if keywords or not reads(called.name, len(args)):
        return reader.refuse(f"calls the method {called.name}")
    return (METHODS | REDUCTIONS)[called.name](reader, called.of, *args)


def reads(name: str, count: int) -> bool:
    """Whether a method is read here, with so many arguments."""
    read = (METHODS | REDUCTIONS).get(name)
    return read is not None and takes(read, count + 2)


def takes(read: Callable[..., Entry], count: int) -> bool:
    """Whether a reading takes so many arguments."""
    try:
        inspect.signature(read).bind(*range(count))
    except TypeError:
        return False
    return True


def _copy(reader: Reader, x: Entry) -> Entry:
    """Read the method, which copies to C's order."""
    return copy(reader, array_of(reader, x))


def _copy_in_order(reader: Reader, x: Entry) -> Entry:
    """Read `np.copy`, which keeps Fortran's."""
    of = array_of(reader, x)
    if of.type.layout == "F" and of.type.ndim > 1:
        return copy_in_columns(reader, of)
    return copy(reader, of)


def _astype(reader: Reader, x: Entry, dtype: Entry) -> Entry:
    of = dtype_of(reader, dtype)
    whole = elements_of(reader, array_of(reader, x))
    layout = "F" if whole.layout == "F" else "C"
    return settled(reader, Elements(whole.axes, of, lambda n: converted(reader, whole.at(n), of), whole.leaves, layout))


def _reshape(reader: Reader, x: Entry, *shape: Entry) -> Entry:
    array = array_of(reader, x)
    if array.type.layout != "C":
        return reader.refuse("gives an array another shape that is not contiguous")
    lengths = shape[0].items if len(shape) == 1 and isinstance(shape[0], Tuple) else shape
    operands: list[Operand] = [reader.as_number(each) for each in lengths]
    text = "".join(f"{{{n}}}, " for n in range(len(operands)))
    result = reader.view(array, f"{{source}}.reshape(({text}))", operands, array.type.copy(ndim=len(operands)))
    reader.axes[result] = {n: each for n, each in enumerate(operands) if not _is_rest(each)}
    return result


def _is_rest(length: Operand) -> bool:
    """Whether a length may be -1, which stands for what the others leave."""
    return not isinstance(length, Constant) or length.value < 0


def _ravel(reader: Reader, x: Entry) -> Entry:
    array = array_of(reader, x)
    return flat(reader, array if array.type.layout == "C" else copy(reader, array))


def _flatten(reader: Reader, x: Entry) -> Entry:
    return flat(reader, copy(reader, array_of(reader, x)))


def _stacked(reader: Reader, x: Entry, dtype: Entry | None = None) -> Entry:
    """Read `np.array` of numbers, or of lists of numbers."""
    if isinstance(x, Value | Constant | Alone):
        number = reader.as_number(without_array(x))
        return Alone(number if dtype is None else converted(reader, number, dtype_of(reader, dtype)))
    if isinstance(x, Array | Listed):
        array = x.array if isinstance(x, Listed) else x
        return copy(reader, array) if dtype is None else _astype(reader, array, dtype)
    rows = x.items if isinstance(x, Tuple) else ()
    table = [each.items for each in rows if isinstance(each, Tuple)]
    numbers = [reader.as_number(each) for row in (table or [rows]) for each in row]
    if not numbers or (table and any(len(row) != len(table[0]) for row in (*table, *[()] * (len(rows) - len(table))))):
        return reader.refuse("makes an array of what are no numbers")
    of = numbers[0].type
    for each in numbers:
        of = reader.typing.unified(of, each.type)
    shape = (len(table), len(table[0])) if table else (len(numbers),)
    made = make(reader, [Constant(each, types.intp) for each in shape], dtype_of(reader, dtype) if dtype else of)
    for place, number in zip(np.ndindex(*shape), numbers, strict=True):
        reader.store(made, [Constant(each, types.intp) for each in place], number)
    return made


def _taken(reader: Reader, x: Entry, places: Entry, axis: Entry | None = None) -> Entry:
    """Read `np.take`, which tests subscripts of the elements in a row, and none of those along an axis."""
    array = array_of(reader, x)
    of = places.type if isinstance(places, Array | Value | Constant) else None
    if not isinstance(of.dtype if isinstance(of, types.Array) else of, types.Integer):
        return reader.refuse("takes elements in places that are no integers")
    if axis is not None:
        if not isinstance(axis, Constant) or not -array.type.ndim <= axis.value < array.type.ndim:
            return reader.refuse("takes elements along an axis that is not known, or that the array has not")
        subscripts = [WHOLE] * (axis.value % array.type.ndim)
        if isinstance(places, Array):
            one = places.type.ndim == 1
            return (
                settled(reader, gathered(reader, array, [*subscripts, places]))
                if one
                else reader.refuse("takes elements along an axis in places of several axes")
            )
        found = taken(reader, array, [*subscripts, reader.as_number(places)])
        return copy(reader, found) if isinstance(found, Array) else found
    row = _ravel(reader, array)
    assert isinstance(row, Array)

    def at(place: Operand) -> Operand:
        outside = reader.operation("not -{1} <= {0} < {1}", [place, length(reader, row, 0)], types.boolean)
        raise_if(reader, outside, "IndexError('Index out of bounds')")
        return reader.load(row, [place])

    if not isinstance(places, Array):
        return at(reader.as_number(places))
    made = make(reader, [length(reader, places, n) for n in range(places.type.ndim)], array.type.dtype)
    each_element(reader, made, lambda n: at(reader.load(places, n)))
    return made


def _item(reader: Reader, x: Entry) -> Entry:
    """Read the method that returns the only element."""
    array = array_of(reader, x)
    several = reader.operation("{0} != 1", [size(reader, array)], types.boolean)
    raise_if(reader, several, "ValueError('item(): cannot convert array to Python scalar')")
    return reader.load(array, [integer(0)] * array.type.ndim)


def _sort(reader: Reader, x: Entry) -> Entry:
    """Read the method, which sorts in place."""
    array = array_of(reader, x)
    write(reader, array, step(reader, np.sort, [array], {}))
    return Known(None)


def _fill(reader: Reader, x: Entry, value: Entry) -> Entry:
    fill(reader, array_of(reader, x), reader.as_number(value))
    return Known(None)


METHODS: dict[str, Callable[..., Entry]] = {
    "astype": _astype,
    "copy": _copy,
    "fill": _fill,
    "flatten": _flatten,
    "item": _item,
    "ravel": _ravel,
    "reshape": _reshape,
    "sort": _sort,
    "transpose": AXES[np.transpose],
}
"""Methods, and their reading."""


def _as_array(reader: Reader, x: Entry, dtype: Entry | None = None) -> Entry:
    """Read `np.asarray`, which makes no copy of an array."""
    if not isinstance(x, Array):
        return _stacked(reader, x, dtype)
    same = dtype is None or dtype_of(reader, dtype) == x.type.dtype
    return x if same else reader.refuse("makes an array of another type of what is one")


FUNCTIONS: dict[Any, Callable[..., Entry]] = {
    np.array: _stacked,
    np.asarray: _as_array,
    np.copy: _copy_in_order,
    np.ravel: _ravel,
    np.reshape: _reshape,
    np.take: _taken,
}
"""NumPy's functions that are methods, too."""
