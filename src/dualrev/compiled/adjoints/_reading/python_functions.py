"""Python's own functions: conversions, extremes, lengths and questions about types."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import types
from numba.np.numpy_support import as_dtype, from_dtype

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Listed, Number, Tuple, integer
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.nests import fold
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import length
from dualrev.primitives.scalar import TABLE
from dualrev.primitives.scalar.selection import BUILTINS


def _int(reader: Reader, x: Entry) -> Entry:
    number = reader.as_number(x)
    return reader.operation("int({0})", [number], reader.typing.call(int, [number.type]))


def _power(reader: Reader, x: Entry, y: Entry) -> Entry:
    return binary(reader, ast.Pow, reader.as_number(x), reader.as_number(y))


def _divmod(reader: Reader, x: Entry, y: Entry) -> Entry:
    a, b = reader.as_number(x), reader.as_number(y)
    return Tuple((binary(reader, ast.FloorDiv, a, b), binary(reader, ast.Mod, a, b)))


def _float(reader: Reader, x: Entry) -> Entry:
    number = reader.as_number(x)
    return converted(reader, number, reader.typing.call(float, [number.type]))


def _bool(reader: Reader, x: Entry) -> Entry:
    number = reader.as_number(x)
    return reader.operation("bool({0})", [number], types.boolean)


def _len(reader: Reader, x: Entry) -> Entry:
    if isinstance(x, Tuple):
        return Constant(len(x.items), types.intp)
    x = x.array if isinstance(x, Listed) else x
    return length(reader, x, 0) if isinstance(x, Array) else reader.refuse("takes the length of what is no array")


def _round(reader: Reader, x: Entry, digits: Entry | None = None) -> Entry:
    number = reader.as_number(x)
    operands = [number.type] if digits is None else [number.type, types.intp]
    if digits is not None and not (isinstance(digits, Constant) and digits.type == types.intp):
        return reader.refuse("rounds to a number of digits that is not known")
    text = "round({0})" if digits is None else f"round({{0}}, {digits.value})"
    return reader.operation(text, [number], reader.typing.call(round, operands), TABLE["rint"])


def _extreme(function: Callable[..., Any], sign: str) -> Callable[..., Entry]:
    """Return the reading of `max` or `min`; numbers that tie share the derivative equally, so that they are counted."""

    def read(reader: Reader, *args: Entry) -> Entry:
        if len(args) == 1 and isinstance(args[0], Array | Listed):
            return of_many(reader, args[0])
        items = args[0].items if len(args) == 1 and isinstance(args[0], Tuple) else args
        if len(items) < 2:
            return reader.refuse(f"calls {function.__name__} of one")
        best, *others = (reader.as_number(each) for each in items)
        ties: Number = Constant(1, types.intp)
        for n, each in enumerate(others):
            of = reader.typing.unified(best.type, each.type)
            row = BUILTINS[function.__name__] if isinstance(of, types.Float) else None
            operands = [best, each, ties, Constant(1, types.intp)][: 2 if row is None else 4]
            before, best = best, reader.operation(f"{function.__name__}({{0}}, {{1}})", operands, of, row)
            if row is not None and n < len(others) - 1:
                text = f"{{2}} + 1 if {{0}} == {{1}} else 1 if {{0}} {sign} {{1}} else {{2}}"
                ties = reader.operation(text, [each, before, ties], types.intp)
        return best

    def of_many(reader: Reader, entry: Array | Listed) -> Entry:
        array = _numbers(reader, entry)
        count, of = length(reader, array, 0), array.type.dtype
        raise_if(reader, reader.operation("{0} == 0", [count], types.boolean), "StopIteration()")
        row = BUILTINS[function.__name__] if isinstance(of, types.Float) else None

        def body(indices: list[Value], so_far: Sequence[Operand]) -> Sequence[Operand]:
            each, (best, ties) = reader.load(array, indices), so_far
            operands = [best, each, ties, integer(1)][: 2 if row is None else 4]
            better = reader.operation(f"{{1}} if {{1}} {sign} {{0}} else {{0}}", operands, of, row)
            text = f"{{2}} + 1 if {{0}} == {{1}} else 1 if {{0}} {sign} {{1}} else {{2}}"
            return better, reader.operation(text, [each, best, ties], types.intp)

        return fold(reader, [count], [reader.load(array, [integer(0)]), integer(1)], body, start=1)[0]

    return read


def _numbers(reader: Reader, entry: Array | Listed) -> Array:
    array = entry.array if isinstance(entry, Listed) else entry
    return array if array.type.ndim == 1 else reader.refuse("goes through an array of several axes")


def _sum(reader: Reader, x: Entry, start: Entry | None = None) -> Entry:
    """Read Python's sum, which adds to an integer at first."""
    total = integer(0) if start is None else reader.as_number(start)
    if isinstance(x, Tuple):
        for each in x.items:
            total = binary(reader, ast.Add, total, reader.as_number(each))
        return total
    if not isinstance(x, Array | Listed):
        return reader.refuse("adds up what is no tuple, list or array")
    array = _numbers(reader, x)
    of = reader.typing.call(operator.add, [total.type, array.type.dtype])
    of = reader.typing.unified(total.type, of)

    def body(indices: list[Value], so_far: Sequence[Operand]) -> Sequence[Operand]:
        return [converted(reader, binary(reader, ast.Add, so_far[0], reader.load(array, indices)), of)]

    return fold(reader, [length(reader, array, 0)], [converted(reader, total, of)], body)[0]


_KINDS: dict[Any, Any] = {
    int: types.Integer,
    float: types.Float,
    bool: types.Boolean,
    tuple: types.BaseTuple,
    np.ndarray: types.Array,
}


def _isinstance(reader: Reader, x: Entry, kinds: Entry) -> Entry:
    asked = [each.value if isinstance(each, Known) else None for each in _items(kinds)]
    if any(each not in _KINDS and not _is_number_class(each) for each in asked):
        return reader.refuse("asks whether something is of a type that is not taken")
    of = types.none if isinstance(x, Known) and x.value is None else reader.type_of(x)
    found = [isinstance(of, _KINDS[each]) if each in _KINDS else of == from_dtype(np.dtype(each)) for each in asked]
    return Constant(any(found), types.boolean)


def _is_number_class(kind: Any) -> bool:
    return kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)


def _type(reader: Reader, x: Entry) -> Entry:
    return Known(as_dtype(reader.as_number(x).type).type)


def _items(entry: Entry) -> Sequence[Entry]:
    return entry.items if isinstance(entry, Tuple) else [entry]


def _tuple(reader: Reader, x: Entry | None = None) -> Entry:
    if x is not None and not isinstance(x, Tuple):
        return reader.refuse("makes a tuple of what is none")
    return Tuple(() if x is None else x.items)


PYTHONS: dict[Any, Callable[..., Entry]] = {
    builtins.int: _int,
    builtins.float: _float,
    builtins.bool: _bool,
    builtins.len: _len,
    builtins.pow: _power,
    builtins.divmod: _divmod,
    builtins.round: _round,
    builtins.sum: _sum,
    builtins.max: _extreme(max, ">"),
    builtins.min: _extreme(min, "<"),
    builtins.isinstance: _isinstance,
    builtins.type: _type,
    builtins.tuple: _tuple,
}
"""The functions, and their reading."""
