"""Methods of arrays, and NumPy's functions of the same names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand
from dualrev.compiled.adjoints._reading.entries import Elements, Entry, Known, Listed, Method, Tuple
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.gathering import gathered
from dualrev.compiled.adjoints._reading.indexing import flat, transposed, view
from dualrev.compiled.adjoints._reading.making import dtype_of, fill, make
from dualrev.compiled.adjoints._reading.parts import copy, copy_in_columns
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.reductions import REDUCTIONS
from dualrev.compiled.adjoints._reading.shapes import NEW, WHOLE
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


def _array(reader: Reader, x: Entry) -> Array:
    return x if isinstance(x, Array) else reader.refuse("has something else where an array is expected")


def _copy(reader: Reader, x: Entry) -> Entry:
    """Read the method, which copies to C's order."""
    return copy(reader, _array(reader, x))


def _copy_in_order(reader: Reader, x: Entry) -> Entry:
    """Read `np.copy`, which keeps Fortran's."""
    of = _array(reader, x)
    if of.type.layout == "F" and of.type.ndim > 1:
        return copy_in_columns(reader, of)
    return copy(reader, of)


def _astype(reader: Reader, x: Entry, dtype: Entry) -> Entry:
    of = dtype_of(reader, dtype)
    whole = elements_of(reader, _array(reader, x))
    layout = "F" if whole.layout == "F" else "C"
    return settled(reader, Elements(whole.axes, of, lambda n: converted(reader, whole.at(n), of), whole.leaves, layout))


def _transpose(reader: Reader, x: Entry) -> Entry:
    return transposed(reader, _array(reader, x))


def _reshape(reader: Reader, x: Entry, *shape: Entry) -> Entry:
    array = _array(reader, x)
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
    array = _array(reader, x)
    return flat(reader, array if array.type.layout == "C" else copy(reader, array))


def _flatten(reader: Reader, x: Entry) -> Entry:
    return flat(reader, copy(reader, _array(reader, x)))


def _stacked(reader: Reader, x: Entry, dtype: Entry | None = None) -> Entry:
    """Read `np.array` of numbers, or of lists of numbers."""
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


def _expanded(reader: Reader, x: Entry, axis: Entry) -> Entry:
    array, place = _array(reader, x), axis
    if not isinstance(place, Constant) or not -array.type.ndim - 1 <= place.value <= array.type.ndim:
        return reader.refuse("adds an axis in a place that is not known")
    before = place.value if place.value >= 0 else place.value + array.type.ndim + 1
    return view(reader, array, [*[WHOLE] * before, NEW])


def _flipped(reader: Reader, x: Entry) -> Entry:
    array = _array(reader, x)
    return view(reader, array, [(None, None, Constant(-1, types.intp))] * array.type.ndim)


def _taken(reader: Reader, x: Entry, places: Entry) -> Entry:
    """Read `np.take` of a vector."""
    array = _array(reader, x)
    right = isinstance(places, Array) and places.type.ndim == 1 and isinstance(places.type.dtype, types.Integer)
    if array.type.ndim > 1 or not isinstance(places, Array) or not right:
        return reader.refuse("takes elements that are not those of a vector in places of a vector")
    return settled(reader, gathered(reader, array, [places]))


def _sort(reader: Reader, x: Entry) -> Entry:
    """Read the method, which sorts in place."""
    array = _array(reader, x)
    write(reader, array, step(reader, np.sort, [array], {}))
    return Known(None)


def _fill(reader: Reader, x: Entry, value: Entry) -> Entry:
    fill(reader, _array(reader, x), reader.as_number(value))
    return Known(None)


METHODS: dict[str, Callable[..., Entry]] = {
    "astype": _astype,
    "copy": _copy,
    "fill": _fill,
    "flatten": _flatten,
    "ravel": _ravel,
    "reshape": _reshape,
    "sort": _sort,
    "take": _taken,
    "transpose": _transpose,
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
    np.expand_dims: _expanded,
    np.flip: _flipped,
    np.ravel: _ravel,
    np.reshape: _reshape,
    np.take: _taken,
    np.transpose: _transpose,
}
"""NumPy's functions that are methods, too."""
