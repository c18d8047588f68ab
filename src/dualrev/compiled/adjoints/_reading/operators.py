"""Operators, of numbers and of whole arrays."""

from __future__ import annotations

import ast
from functools import partial

from numba.core import types

from dualrev.compiled.adjoints._form import Constant
from dualrev.compiled.adjoints._reading.arithmetic import BINARY, COMPARISONS, UNARY, binary, compared, signed
from dualrev.compiled.adjoints._reading.branches import joined, truth
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Tuple
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.reductions import product
from dualrev.compiled.adjoints._reading.whole import elementwise, is_whole


def binary_expression(reader: Reader, node: ast.BinOp) -> Entry:
    """Read an operator of two sides."""
    return combined(reader, type(node.op), reader.unsettled(node.left), reader.unsettled(node.right))


def combined(reader: Reader, operation: type[ast.operator], a: Entry, b: Entry) -> Entry:
    """Return what an operator makes of two entries."""
    if isinstance(a, Tuple) and isinstance(b, Tuple) and operation is ast.Add and a.kind is b.kind is None:
        return Tuple(a.items + b.items)
    if operation is ast.MatMult:
        return product(reader, a, b)
    if is_whole(a, b):
        return elementwise(reader, BINARY[operation][1], (a, b), partial(binary, reader, operation))
    return binary(reader, operation, reader.as_number(a), reader.as_number(b))


def unary_expression(reader: Reader, node: ast.UnaryOp) -> Entry:
    """Read an operator of one side."""
    found = reader.unsettled(node.operand)
    if isinstance(node.op, ast.Not):
        condition = truth(reader, found)
        if isinstance(condition, Constant):
            return Constant(not condition.value, types.boolean)
        return reader.operation("not {0}", [condition], types.boolean)
    operation = type(node.op)
    if is_whole(found):
        return elementwise(reader, UNARY[operation][1], (found,), partial(signed, reader, operation))
    return signed(reader, operation, reader.as_number(found))


def comparison(reader: Reader, node: ast.Compare) -> Entry:
    """Read a comparison, or a chain of them."""

    # A part may be read twice, on trial and in its branch. What it is compared with was read before both.
    def chain(n: int, left: Entry) -> Entry:
        right = reader.unsettled(node.comparators[n])
        found = _compared(reader, node.ops[n], left, right)
        last = n == len(node.ops) - 1
        return found if last else joined(reader, True, [lambda: found, lambda: chain(n + 1, right)])

    return chain(0, reader.unsettled(node.left))


def _compared(reader: Reader, operation: ast.cmpop, a: Entry, b: Entry) -> Entry:
    if isinstance(operation, ast.Is | ast.IsNot):
        return _identity(reader, isinstance(operation, ast.Is), a, b)
    if isinstance(a, Known) and isinstance(b, Known) and isinstance(operation, ast.Eq | ast.NotEq):
        if isinstance(a.value, str) and isinstance(b.value, str):
            return Constant((a.value == b.value) == isinstance(operation, ast.Eq), types.boolean)
        return reader.refuse("compares what is no number")
    if type(operation) not in COMPARISONS:
        return reader.refuse("has a comparison that is not taken")
    if is_whole(a, b):
        function = COMPARISONS[type(operation)][1]
        return elementwise(reader, function, (a, b), partial(compared, reader, type(operation)))
    return compared(reader, type(operation), reader.as_number(a), reader.as_number(b))


def _identity(reader: Reader, positive: bool, a: Entry, b: Entry) -> Entry:
    if isinstance(a, Constant) and isinstance(b, Constant) and a.type == b.type == types.boolean:
        return Constant((a.value == b.value) == positive, types.boolean)
    kinds = [isinstance(each, Known) and each.value is None for each in (a, b)]
    if not any(kinds):
        return reader.refuse("asks for identity")
    return Constant(all(kinds) == positive, types.boolean)
