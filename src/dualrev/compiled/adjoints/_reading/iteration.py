"""Loops of `for`: over ranges, arrays, tuples and grids, and `enumerate` and `zip` of them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading import grids
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Entry, Listed, Tuple, integer
from dualrev.compiled.adjoints._reading.indexing import flat, item_within, taken, whole_view
from dualrev.compiled.adjoints._reading.loops import Range, loop
from dualrev.compiled.adjoints._reading.reader import Reader, known
from dualrev.compiled.adjoints._reading.shapes import length
from dualrev.compiled.adjoints._reading.targets import assign


@dataclass(frozen=True)
class Iteration:
    """A range, and what each of its numbers stands for."""

    range: Range
    element: Callable[[Value], Entry]


def for_statement(reader: Reader, node: ast.For) -> None:
    """Read `for`."""
    line = reader.line
    over = _over(reader, node.iter)
    reader.line = line
    if isinstance(over, Tuple) and getattr(node, "flag", None) is None:
        for item in over.items:
            assign(reader, node.target, item)
            reader.statements(node.body)
        return None
    # A loop that is left before its end stays a loop.
    numbered = _items(reader, over) if isinstance(over, Tuple) else over

    def begin(variable: Value | None) -> None:
        assert variable is not None
        assign(reader, node.target, numbered.element(variable))

    return loop(reader, node, numbered.range, begin)


def _over(reader: Reader, node: ast.expr) -> Iteration | Tuple:
    if isinstance(node, ast.Call):
        function = known(reader.expression(node.func))
        if function in (builtins.range, numba.prange):
            return _range(reader, node)
        if function is np.nditer and len(node.args) == 1 and not node.keywords:
            whole = reader.expression(node.args[0])
            return elements(reader, flat(reader, whole) if isinstance(whole, Array) else whole)
        if function is np.ndindex:
            axes = grids.lengths(reader, node)
            return Iteration(grids.grid(reader, axes), lambda number: Tuple(tuple(grids.place(reader, number, axes))))
        if function is np.ndenumerate and len(node.args) == 1 and not node.keywords:
            return _enumerated(reader, reader.expression(node.args[0]))
        if function in (builtins.enumerate, builtins.zip):
            return _enumerate(reader, node) if function is builtins.enumerate else _zip(reader, node)
    found = reader.expression(node)
    return found if isinstance(found, Tuple) else elements(reader, found)


def _enumerated(reader: Reader, found: Entry) -> Iteration:
    if not isinstance(found, Array):
        return reader.refuse("calls ndenumerate with what is no array")
    array = whole_view(reader, found) if reader.exchanges else found
    axes = [length(reader, array, axis) for axis in range(array.type.ndim)]

    def element(number: Value) -> Tuple:
        where = grids.place(reader, number, axes)
        return Tuple((Tuple(tuple(where)), taken(reader, array, where)))

    return Iteration(grids.grid(reader, axes), element)


def elements(reader: Reader, found: Entry) -> Iteration:
    """Return the iteration over an array's elements, or over its rows."""
    found = found.array if isinstance(found, Listed) else found
    if not isinstance(found, Array):
        return reader.refuse("loops over what is no range, array or tuple")
    # The loop goes on over the memory that it began with, whatever the name stands for in later iterations.
    found = whole_view(reader, found) if reader.exchanges else found
    count = length(reader, found, 0)
    return Iteration(Range(integer(0), count, integer(1), types.intp), lambda index: taken(reader, found, [index]))


def _items(reader: Reader, found: Tuple) -> Iteration:
    count = integer(len(found.items))
    return Iteration(Range(integer(0), count, integer(1), types.intp), lambda index: item_within(reader, found, index))


def _range(reader: Reader, node: ast.Call) -> Iteration:
    if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
        reader.refuse("calls range with keywords")
    parts = [reader.whole(each) for each in node.args]
    found = reader.typing.call(builtins.range, [each.type for each in parts])
    if found is None:
        reader.refuse("calls range with what Numba does not take")
    start, stop, step = {1: [integer(0), *parts, integer(1)], 2: [*parts, integer(1)], 3: parts}[len(parts)]
    return Iteration(Range(start, stop, step, found.iterator_type.yield_type), lambda index: index)


def counted(reader: Reader, node: ast.expr) -> Iteration:
    """Return an iteration as one over a range from 0."""
    found = _over(reader, node)
    if isinstance(found, Tuple):
        return _items(reader, found)
    over, element = found.range, found.element
    if _is(over.start, 0) and _is(over.step, 1):
        return found
    if _is(over.step, 1):
        count = binary(reader, ast.Sub, over.stop, over.start)
    else:
        count = reader.operation("len(range({0}, {1}, {2}))", [over.start, over.stop, over.step], types.intp)

    def nth(index: Value) -> Value:
        passed = index if _is(over.step, 1) else binary(reader, ast.Mult, index, over.step)
        return _value(reader, binary(reader, ast.Add, over.start, passed))

    return Iteration(Range(integer(0), count, integer(1), over.type), lambda index: element(nth(index)))


def _value(reader: Reader, found: Operand) -> Value:
    return found if isinstance(found, Value) else reader.operation("{0}", [found], found.type)


def _is(operand: Operand, value: int) -> bool:
    return isinstance(operand, Constant) and operand.value == value


def _zip(reader: Reader, node: ast.Call) -> Iteration:
    parts = [counted(reader, each) for each in node.args]
    stop = parts[0].range.stop
    for each in parts[1:]:
        of = reader.typing.call(builtins.min, [stop.type, each.range.stop.type])
        stop = reader.operation("min({0}, {1})", [stop, each.range.stop], of)
    return Iteration(
        Range(integer(0), stop, integer(1), types.intp),
        lambda index: Tuple(tuple(each.element(index) for each in parts)),
    )


def _enumerate(reader: Reader, node: ast.Call) -> Iteration:
    if node.keywords or len(node.args) > 2:
        reader.refuse("calls enumerate with keywords")
    found = counted(reader, node.args[0])
    start = reader.whole(node.args[1]) if len(node.args) > 1 else integer(0)

    def element(index: Value) -> Tuple:
        number = index if _is(start, 0) else _value(reader, binary(reader, ast.Add, start, index))
        return Tuple((number, found.element(index)))

    return Iteration(found.range, element)
