"""Methods of arrays, and NumPy's functions of the same names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dualrev.compiled.adjoints._form import Array, Operand
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Method, Tuple
from dualrev.compiled.adjoints._reading.indexing import transposed
from dualrev.compiled.adjoints._reading.making import fill
from dualrev.compiled.adjoints._reading.parts import copy
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import size


def method(reader: Reader, called: Method, args: Sequence[Entry], keywords: Mapping[str, Entry]) -> Entry:
    """Read the call of a method."""
    read = METHODS.get(called.name)
    if read is None or keywords:
        return reader.refuse(f"calls the method {called.name}")
    return read(reader, called.of, *args)


def _array(reader: Reader, x: Entry) -> Array:
    return x if isinstance(x, Array) else reader.refuse("has something else where an array is expected")


def _copy(reader: Reader, x: Entry) -> Entry:
    of = _array(reader, x)
    if of.type.layout == "F" and of.type.ndim > 1:
        return reader.refuse("copies an array in Fortran's order")
    return copy(reader, of)


def _transpose(reader: Reader, x: Entry) -> Entry:
    return transposed(reader, _array(reader, x))


def _reshape(reader: Reader, x: Entry, *shape: Entry) -> Entry:
    array = _array(reader, x)
    if array.type.layout != "C":
        return reader.refuse("gives an array another shape that is not contiguous")
    lengths = shape[0].items if len(shape) == 1 and isinstance(shape[0], Tuple) else shape
    operands: list[Operand] = [reader.as_number(each) for each in lengths]
    text = "".join(f"{{{n}}}, " for n in range(len(operands)))
    return reader.view(array, f"{{source}}.reshape(({text}))", operands, array.type.copy(ndim=len(operands)))


def _ravel(reader: Reader, x: Entry) -> Entry:
    array = _array(reader, x)
    if array.type.layout != "C":
        return reader.refuse("flattens an array that is not contiguous")
    if array.type.ndim == 1:
        return array
    return reader.view(array, "{source}.reshape(({0},))", [size(reader, array)], array.type.copy(ndim=1))


def _flatten(reader: Reader, x: Entry) -> Entry:
    return copy(reader, _array(reader, _ravel(reader, x)))


def _fill(reader: Reader, x: Entry, value: Entry) -> Entry:
    fill(reader, _array(reader, x), reader.as_number(value))
    return Known(None)


METHODS: dict[str, Callable[..., Entry]] = {
    "copy": _copy,
    "fill": _fill,
    "flatten": _flatten,
    "ravel": _ravel,
    "reshape": _reshape,
    "transpose": _transpose,
}
"""Methods, and their reading."""

FUNCTIONS: dict[Any, Callable[..., Entry]] = {
    np.copy: _copy,
    np.ravel: _ravel,
    np.reshape: _reshape,
    np.transpose: _transpose,
}
"""NumPy's functions that are methods, too."""
