"""Expressions, by the kind of their node."""

from __future__ import annotations

import ast
import types as python_types
from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.compiled.adjoints._form import Array, Constant, Value
from dualrev.compiled.adjoints._reading import indexing
from dualrev.compiled.adjoints._reading.branches import both_or_either, if_expression
from dualrev.compiled.adjoints._reading.calls import call
from dualrev.compiled.adjoints._reading.comprehensions import comprehension
from dualrev.compiled.adjoints._reading.entries import Alone, Elements, Entry, Known, Method, Number, Tuple, integer
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.gathering import subscript
from dualrev.compiled.adjoints._reading.inlining import define
from dualrev.compiled.adjoints._reading.operators import binary_expression, comparison, unary_expression
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.reductions import REDUCTIONS
from dualrev.compiled.adjoints._reading.whole import settled


def _constant(reader: Reader, node: ast.Constant) -> Entry:
    return reader.frozen(node.value)


def _name(reader: Reader, node: ast.Name) -> Entry:
    return reader.lookup(node.id)


def _tuple(reader: Reader, node: ast.Tuple) -> Entry:
    items: list[Entry] = []
    for each in node.elts:
        if isinstance(each, ast.Starred):
            found = reader.expression(each.value)
            items += found.items if isinstance(found, Tuple) else reader.refuse("unpacks what is no tuple")
        else:
            items.append(reader.expression(each))
    return Tuple(tuple(items))


# A list is never written to, since its methods and assignments to its elements are refused.
def _list(reader: Reader, node: ast.List) -> Entry:
    found = _tuple(reader, ast.Tuple(node.elts, ast.Load()))
    assert isinstance(found, Tuple)
    of = None
    for each in found.items:
        if not isinstance(each, Value | Constant):
            return Tuple(found.items, list)
        of = each.type if of is None else reader.typing.unified(of, each.type)
    return Tuple(tuple(converted(reader, reader.as_number(each), of) for each in found.items), list)


def _attribute(reader: Reader, node: ast.Attribute) -> Entry:
    of = reader.unsettled(node.value)
    if isinstance(of, Elements) and node.attr in REDUCTIONS:
        return Method(of, node.attr)
    of = settled(reader, of)
    if isinstance(of, Known) and isinstance(of.value, python_types.ModuleType | type):
        found = getattr(of.value, node.attr, None)
        return reader.frozen(found) if hasattr(of.value, node.attr) else reader.refuse(f"reads no known {node.attr}")
    if isinstance(of, Tuple) and node.attr in getattr(of.kind, "_fields", ()):
        item: Entry = of.items[of.kind._fields.index(node.attr)]
        return item
    if isinstance(of, Alone) and node.attr in _OF_ONE:
        return _OF_ONE[node.attr](of.number)
    if isinstance(of, Array) and node.attr == "real":
        return indexing.whole_view(reader, of)
    if isinstance(of, Array):
        known = indexing.attribute(reader, of, node.attr)
        return known or Method(of, node.attr)
    if isinstance(of, Value | Constant) and node.attr == "item":
        return Method(of, node.attr)
    if isinstance(of, Value | Constant) and node.attr == "real":
        return of
    if isinstance(of, Known) and isinstance(of.value, np.dtype) and node.attr == "type":
        return Known(of.value.type)
    return reader.refuse(f"reads the attribute {node.attr}")


_OF_ONE: dict[str, Callable[[Number], Entry]] = {
    "item": lambda number: Method(number, "item"),
    "ndim": lambda number: integer(0),
    "shape": lambda number: Tuple(()),
    "size": lambda number: integer(1),
}
"""Attributes of an array of no axes."""

_READ: dict[type[ast.expr], Callable[[Reader, Any], Entry]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Attribute: _attribute,
    ast.BinOp: binary_expression,
    ast.UnaryOp: unary_expression,
    ast.Compare: comparison,
    ast.BoolOp: both_or_either,
    ast.IfExp: if_expression,
    ast.Subscript: subscript,
    ast.Call: call,
    ast.Lambda: define,
    ast.ListComp: comprehension,
}

_NAMES = {ast.Dict: "a dict", ast.Set: "a set", ast.JoinedStr: "a text"}


def expression(reader: Reader, node: ast.expr) -> Entry:
    """Read an expression."""
    read = _READ.get(type(node))
    if read is None:
        return reader.refuse(f"has {_NAMES.get(type(node), f'an expression of the kind {type(node).__name__}')}")
    return read(reader, node)
