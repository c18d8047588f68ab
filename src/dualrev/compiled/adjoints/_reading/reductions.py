"""Sums, products and extremes of arrays, as loops."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Elements, Entry, integer
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.indexing import flat
from dualrev.compiled.adjoints._reading.nests import fold
from dualrev.compiled.adjoints._reading.products import product
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import length
from dualrev.compiled.adjoints._reading.whole import elements_of, is_whole, lengths_of, settled
from dualrev.primitives.scalar import TABLE
from dualrev.primitives.scalar.selection import BUILTINS


def _accumulated(operation: type[ast.operator], initial: int, function: Any) -> Callable[..., Entry]:
    def read(reader: Reader, x: Entry) -> Entry:
        if not is_whole(x):
            return reader.refuse(f"calls {function.__name__} of what is no array")
        whole = elements_of(reader, x)
        of = reader.typing.call(function, [types.Array(whole.dtype, len(whole.axes), "C")])
        if not isinstance(of, types.Integer | types.Float):
            return reader.refuse(f"calls {function.__name__} of an array of {whole.dtype}")

        def body(indices: list[Value], so_far: Sequence[Operand]) -> Sequence[Operand]:
            return [binary(reader, operation, so_far[0], converted(reader, whole.at(indices), of))]

        start = Constant(float(initial) if isinstance(of, types.Float) else initial, of)
        return fold(reader, lengths_of(reader, whole), [start], body)[0]

    return read


_sum = _accumulated(ast.Add, 0, np.sum)


def _mean(reader: Reader, x: Entry) -> Entry:
    if not is_whole(x):
        return reader.refuse("calls mean of what is no array")
    whole = elements_of(reader, x)
    of = reader.typing.call(np.mean, [types.Array(whole.dtype, len(whole.axes), "C")])
    as_floats = Elements(whole.axes, of, lambda indices: converted(reader, whole.at(indices), of), whole.leaves)
    total = reader.as_number(_sum(reader, as_floats))
    count: Operand = integer(1)
    for each in lengths_of(reader, whole):
        count = binary(reader, ast.Mult, count, each)
    quotient = reader.typing.call(operator.truediv, [of, types.intp])
    return converted(reader, reader.operation("{0} / {1}", [total, count], quotient, TABLE["divide"]), of)


def _extreme(name: str, sign: str, word: str) -> Callable[..., Entry]:
    """Return the reading of `np.max` or `np.min`: a NaN is the result, and elements that tie share the derivative."""

    def read(reader: Reader, x: Entry) -> Entry:
        if not is_whole(x):
            return reader.refuse(f"calls {name} of what is no array")
        array = flat(reader, _array(reader, x))
        whole = elements_of(reader, array)
        count = length(reader, array, 0)
        empty = reader.operation("{0} == 0", [count], types.boolean)
        message = f"'zero-size array to reduction operation {word} which has no identity'"
        raise_if(reader, empty, f"ValueError({message})")
        of = whole.dtype
        row = BUILTINS[name] if isinstance(of, types.Float) else None

        def body(indices: list[Value], so_far: Sequence[Operand]) -> Sequence[Operand]:
            best, ties = so_far
            each = reader.load(array, indices)
            text = f"{{1}} if {{1}} {sign} {{0}} or {{1}} != {{1}} else {{0}}"
            better = reader.operation(text, [best, each, ties, integer(1)][: 2 if row is None else 4], of, row)
            counted = f"{{2}} + 1 if {{0}} == {{1}} else 1 if {{0}} {sign} {{1}} else {{2}}"
            return better, reader.operation(counted, [each, best, ties], types.intp)

        first = reader.load(array, [integer(0)])
        return fold(reader, [count], [first, integer(1)], body, start=1)[0]

    return read


def _array(reader: Reader, x: Entry) -> Array:
    found = settled(reader, x)
    return found if isinstance(found, Array) else reader.refuse("looks for the extreme of what is no array")


REDUCTIONS: dict[str, Callable[..., Entry]] = {
    "sum": _sum,
    "prod": _accumulated(ast.Mult, 1, np.prod),
    "mean": _mean,
    "max": _extreme("max", ">", "maximum"),
    "min": _extreme("min", "<", "minimum"),
    "dot": product,
}
"""Methods that make numbers of arrays."""

FUNCTIONS: dict[Any, Callable[..., Entry]] = {
    **{getattr(np, name): read for name, read in REDUCTIONS.items()},
    np.amax: REDUCTIONS["max"],
    np.amin: REDUCTIONS["min"],
}
"""NumPy's functions that make numbers of arrays."""
