"""Arrays that are put together from others, and matrices of a form."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Elements, Entry, Tuple, zero
from dualrev.compiled.adjoints._reading.errors import require_equal
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.handing import copied_or_itself
from dualrev.compiled.adjoints._reading.making import fill, make
from dualrev.compiled.adjoints._reading.nests import nest
from dualrev.compiled.adjoints._reading.parts import copy, copy_in_columns
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import length


def _arrays(reader: Reader, x: Entry, ndim: Sequence[int]) -> list[Array]:
    items = x.items if isinstance(x, Tuple) else ()
    found = [each for each in items if isinstance(each, Array) and each.type.ndim in ndim]
    if not found or len(found) < len(items):
        reader.refuse("joins what are no arrays, or arrays of many axes")
    return found


def _dtype(reader: Reader, arrays: Sequence[Array]) -> Any:
    of = arrays[0].type.dtype
    for each in arrays[1:]:
        of = reader.typing.unified(of, each.type.dtype)
    return reader.refuse("joins arrays of different types") if of is None else of


def _axis(reader: Reader, axis: Entry | None, ndim: int) -> int:
    if axis is None:
        return 0
    if isinstance(axis, Constant) and -ndim <= axis.value < ndim:
        return int(axis.value) % ndim
    return reader.refuse("joins arrays along an axis that is not known")


def _concatenated(reader: Reader, x: Entry, axis: Entry | None = None) -> Entry:
    arrays = _arrays(reader, x, (1, 2))
    if _axis(reader, axis, arrays[0].type.ndim) or any(each.type.ndim != arrays[0].type.ndim for each in arrays):
        return reader.refuse("joins arrays along another axis than the first")
    if arrays[0].type.ndim > 1 and all(each.type.layout == "F" for each in arrays):
        return reader.refuse("joins arrays in Fortran's order")
    total: Operand = Constant(0, types.intp)
    starts = []
    for each in arrays:
        starts.append(total)
        total = binary(reader, ast.Add, total, length(reader, each, 0))
    others = [length(reader, arrays[0], 1)] if arrays[0].type.ndim == 2 else []
    made = make(reader, [total, *others], _dtype(reader, arrays))
    for start, each in zip(starts, arrays, strict=True):
        for axis_of in range(1, each.type.ndim):
            require_equal(reader, (each, axis_of), (arrays[0], axis_of))

        def body(n: list[Value], start: Operand = start, each: Array = each) -> None:
            reader.store(made, [binary(reader, ast.Add, start, n[0]), *n[1:]], reader.load(each, n))

        nest(reader, [length(reader, each, k) for k in range(each.type.ndim)], body)
    return made


def _side_by_side(reader: Reader, x: Entry) -> Entry:
    return _concatenated(reader, Tuple(tuple(_arrays(reader, x, (1,)))))


def _stacked(reader: Reader, x: Entry, axis: Entry | None = None) -> Entry:
    arrays = _arrays(reader, x, (1,))
    along = _axis(reader, axis, 2)
    count = length(reader, arrays[0], 0)
    lengths: list[Operand] = [Constant(len(arrays), types.intp), count]
    made = make(reader, lengths if along == 0 else lengths[::-1], _dtype(reader, arrays))
    for k, each in enumerate(arrays):
        require_equal(reader, (each, 0), (arrays[0], 0))
        row = Constant(k, types.intp)

        def body(n: list[Value], row: Constant = row, each: Array = each) -> None:
            reader.store(made, [row, *n] if along == 0 else [*n, row], reader.load(each, n))

        nest(reader, [count], body)
    return made


def _as_columns(reader: Reader, x: Entry) -> Entry:
    return _stacked(reader, x, Constant(1, types.intp))


def _diagonal(reader: Reader, x: Entry) -> Entry:
    """Read `np.diag` of a vector or a matrix."""
    if not isinstance(x, Array) or x.type.ndim > 2:
        return reader.refuse("calls diag of what is no vector and no matrix")
    count = length(reader, x, 0)
    if x.type.ndim == 2:
        shorter = reader.operation("min({0}, {1})", [count, length(reader, x, 1)], types.intp)
        made = make(reader, [shorter], x.type.dtype)
        nest(reader, [shorter], lambda n: reader.store(made, n, reader.load(x, [n[0], n[0]])))
        return made
    made = make(reader, [count, count], x.type.dtype)
    fill(reader, made, zero(x.type.dtype))
    nest(reader, [count], lambda n: reader.store(made, [n[0], n[0]], reader.load(x, n)))
    return made


def _eye(reader: Reader, n: Entry) -> Entry:
    count = reader.as_number(n)
    if not isinstance(count.type, types.Integer):
        return reader.refuse("makes a matrix of a shape that is no integer's")
    made = make(reader, [count, count], types.float64)
    fill(reader, made, zero(types.float64))
    nest(reader, [count], lambda k: reader.store(made, [k[0], k[0]], Constant(1.0, types.float64)))
    return made


def _outer(reader: Reader, x: Entry, y: Entry) -> Entry:
    if not isinstance(x, Array) or not isinstance(y, Array) or x.type.ndim != 1 or y.type.ndim != 1:
        return reader.refuse("calls outer of what are no vectors")
    of = _dtype(reader, [x, y])

    def at(n: Sequence[Operand]) -> Operand:
        product = binary(reader, ast.Mult, reader.load(x, [n[0]]), reader.load(y, [n[1]]))
        return converted(reader, product, of)

    return Elements(((x, 0), (y, 0)), of, at, (x, y))


def _contiguous(reader: Reader, x: Entry) -> Entry:
    if not isinstance(x, Array):
        return reader.refuse("makes contiguous what is no array")
    if x.type.layout == "C" or (x.type.ndim == 1 and x.type.layout == "F"):
        return x
    return copy(reader, x) if x.type.layout == "F" else copied_or_itself(reader, x, copy)


def _in_columns(reader: Reader, x: Entry) -> Entry:
    """Read `np.asfortranarray`."""
    if not isinstance(x, Array) or x.type.ndim < 2:
        return reader.refuse("gives Fortran's order to what has no columns")
    if x.type.layout == "F":
        return x
    return copy_in_columns(reader, x) if x.type.layout == "C" else copied_or_itself(reader, x, copy_in_columns)


def _real(reader: Reader, x: Entry) -> Entry:
    return x if isinstance(x, Array) else reader.as_number(x)


JOINS: dict[Any, Callable[..., Entry]] = {
    np.ascontiguousarray: _contiguous,
    np.asfortranarray: _in_columns,
    np.column_stack: _as_columns,
    np.concatenate: _concatenated,
    np.diag: _diagonal,
    np.eye: _eye,
    np.hstack: _side_by_side,
    np.identity: _eye,
    np.outer: _outer,
    np.real: _real,
    np.stack: _stacked,
    np.vstack: _stacked,
}
"""NumPy's functions that put arrays together, and their reading."""
