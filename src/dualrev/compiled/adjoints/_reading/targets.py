"""Assignments."""

from __future__ import annotations

import ast
from functools import partial

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Block, Constant, Exchange, Fill, Statement, Store, statements
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Alone, Entry, Tuple
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.gathering import gathers, scatter, scatter_changed
from dualrev.compiled.adjoints._reading.indexing import all_of, element, expect_within, indices, is_element, taken, view
from dualrev.compiled.adjoints._reading.jumps import RESULT
from dualrev.compiled.adjoints._reading.operators import combined
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.returning import returned
from dualrev.compiled.adjoints._reading.shapes import length
from dualrev.compiled.adjoints._reading.whole import add_in_place, settled, write


def assignment(reader: Reader, node: ast.Assign) -> None:
    """Read an assignment."""
    parts = len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript)
    found = reader.unsettled(node.value) if parts else reader.expression(node.value)
    for target in node.targets:
        result = isinstance(target, ast.Name) and target.id == RESULT
        assign(reader, target, returned(reader, found) if result else found)


def annotated(reader: Reader, node: ast.AnnAssign) -> None:
    """Read an assignment with an annotation, which Numba does not read."""
    if node.value is not None:
        assign(reader, node.target, reader.expression(node.value))


def assign(reader: Reader, target: ast.expr, entry: Entry) -> None:
    """Let a target stand for what was read, or write it to an array's elements."""
    if isinstance(target, ast.Name):
        reader.bind(target.id, _as_declared(reader, target.id, entry))
    elif isinstance(target, ast.Tuple | ast.List):
        entry = _taken_apart(reader, entry, len(target.elts)) if isinstance(entry, Array) else entry
        if not isinstance(entry, Tuple):
            reader.refuse("takes apart what is no tuple")
        if any(isinstance(each, ast.Starred) for each in target.elts) or len(entry.items) != len(target.elts):
            reader.refuse("takes a tuple apart into another number of names")
        for each, item in zip(target.elts, entry.items, strict=True):
            assign(reader, each, item)
    elif isinstance(target, ast.Subscript):
        _assign_element(reader, target, entry)
    else:
        reader.refuse("assigns to what is no name and no element")


def _as_declared(reader: Reader, name: str, entry: Entry) -> Entry:
    """Return what a variable stands for: a number of the type that it was declared with, if it was."""
    of = reader.frame.declared.get(name)
    return entry if of is None else converted(reader, reader.as_number(entry), of)


def _taken_apart(reader: Reader, array: Array, count: int) -> Tuple:
    """Return the items of an array, after a test that there are so many."""
    differ = reader.operation(f"{{0}} != {count}", [length(reader, array, 0)], types.boolean)
    raise_if(reader, differ, "ValueError('another number of values to unpack')")
    return Tuple(tuple(taken(reader, array, [Constant(n, types.intp)]) for n in range(count)))


def _array(reader: Reader, target: ast.Subscript) -> Array:
    array = reader.expression(target.value)
    return array if isinstance(array, Array) else reader.refuse("writes to an element of what is no array")


def _assign_element(reader: Reader, target: ast.Subscript, entry: Entry) -> None:
    array = _array(reader, target)
    places = indices(reader, target.slice)
    expect_within(reader, array, places)
    if is_element(array, places):
        reader.store(*element(reader, array, places), reader.as_number(entry))
    elif gathers(places):
        scatter(reader, array, places, entry)
    else:
        write(reader, array if all_of(places) else view(reader, array, places), entry)


def augmented(reader: Reader, node: ast.AugAssign) -> None:
    """Read an assignment in place, `x += y`."""
    if isinstance(node.target, ast.Name):
        old = reader.lookup(node.target.id)
        if isinstance(old, Alone):
            reader.refuse("writes to an array of no axes")
        if isinstance(old, Array):
            _augment_array(reader, node, old)
        else:
            found = settled(reader, combined(reader, type(node.op), old, reader.unsettled(node.value)))
            reader.bind(node.target.id, _as_declared(reader, node.target.id, found))
    elif isinstance(node.target, ast.Subscript):
        _augment_part(reader, node, node.target)
    else:
        reader.refuse("assigns to what is no name and no element")


def _sign(node: ast.AugAssign) -> str:
    return {ast.Add: "+", ast.Sub: "-"}.get(type(node.op), "")


def _augment_array(reader: Reader, node: ast.AugAssign, array: Array) -> None:
    if isinstance(node.op, ast.MatMult):
        reader.refuse("multiplies matrices in place")
    add_in_place(reader, array, partial(binary, reader, type(node.op)), _sign(node), reader.unsettled(node.value))


def _augment_part(reader: Reader, node: ast.AugAssign, target: ast.Subscript) -> None:
    array = _array(reader, target)
    places = indices(reader, target.slice)
    expect_within(reader, array, places)
    if gathers(places):
        value = reader.unsettled(node.value)
        return scatter_changed(reader, array, places, lambda old: combined(reader, type(node.op), old, value))
    if not is_element(array, places):
        return _augment_array(reader, node, array if all_of(places) else view(reader, array, places))
    array, elements = element(reader, array, places)
    sign = _sign(node)
    before = len(reader.block.statements)
    value = reader.number(node.value)
    # The old element is read before the other side is computed, which may write to it.
    if sign and not _writes(reader.block.statements[before:]):
        return reader.store(array, elements, value, sign)
    after = reader.block.statements[before:]
    del reader.block.statements[before:]
    old = reader.load(array, elements)
    reader.block.statements += after
    return reader.store(array, elements, binary(reader, type(node.op), old, value))


def _writes(made: list[Statement]) -> bool:
    return any(isinstance(each, Store | Fill | Exchange) for each in statements(Block(statements=made)))
