"""Operators, of numbers and of whole arrays."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import partial

from numba.core import types

from dualrev.compiled.adjoints._form import Constant, Value
from dualrev.compiled.adjoints._reading.arithmetic import BINARY, COMPARISONS, UNARY, binary, compared, signed
from dualrev.compiled.adjoints._reading.branches import choice, joined, truth
from dualrev.compiled.adjoints._reading.entries import Alone, Entry, Known, Tuple, without_array
from dualrev.compiled.adjoints._reading.products import product
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.whole import elementwise, is_whole, quiet


def binary_expression(reader: Reader, node: ast.BinOp) -> Entry:
    """Read a binary operator."""
    return combined(reader, type(node.op), reader.unsettled(node.left), reader.unsettled(node.right))


def combined(reader: Reader, operation: type[ast.operator], a: Entry, b: Entry) -> Entry:
    """Return what an operator makes of two entries."""
    if isinstance(a, Tuple) and isinstance(b, Tuple) and operation is ast.Add and a.kind is b.kind is None:
        return Tuple(a.items + b.items)
    if isinstance(a, Alone) or isinstance(b, Alone):
        # These have the bits of their operations on numbers.
        if operation not in (ast.Add, ast.Sub, ast.Mult, ast.Div):
            reader.refuse("computes with an array of no axes by another operator than + - * /")
        with quiet(reader):
            return combined(reader, operation, without_array(a), without_array(b))
    if operation is ast.MatMult:
        return product(reader, a, b)
    if is_whole(a, b):
        return elementwise(reader, BINARY[operation][1], (a, b), partial(binary, reader, operation))
    return binary(reader, operation, reader.as_number(a), reader.as_number(b))


def unary_expression(reader: Reader, node: ast.UnaryOp) -> Entry:
    """Read a unary operator."""
    found = reader.unsettled(node.operand)
    if isinstance(node.op, ast.Not):
        condition = truth(reader, found)
        if isinstance(condition, Constant):
            return Constant(not condition.value, types.boolean)
        return reader.operation("not {0}", [condition], types.boolean)
    operation, found = type(node.op), without_array(found)
    if is_whole(found):
        return elementwise(reader, UNARY[operation][1], (found,), partial(signed, reader, operation))
    return signed(reader, operation, reader.as_number(found))


def comparison(reader: Reader, node: ast.Compare) -> Entry:
    """Read a comparison, or a chain of them."""

    # A part may be read twice, on trial and in its branch. What it is compared with was read before both.
    def chain(n: int, left: Entry) -> Entry:
        right = without_array(reader.unsettled(node.comparators[n]))
        found = _compared(reader, node.ops[n], left, right)
        last = n == len(node.ops) - 1
        return found if last else joined(reader, True, [lambda: found, lambda: chain(n + 1, right)])

    return chain(0, without_array(reader.unsettled(node.left)))


def _compared(reader: Reader, operation: ast.cmpop, a: Entry, b: Entry) -> Entry:
    if isinstance(operation, ast.Is | ast.IsNot):
        return _identity(reader, isinstance(operation, ast.Is), a, b)
    if isinstance(operation, ast.In | ast.NotIn):
        return _contained(reader, isinstance(operation, ast.In), a, b)
    if isinstance(operation, ast.Eq | ast.NotEq) and (_is_text(a) or _is_text(b)):
        return _same_text(reader, COMPARISONS[type(operation)][0], a, b)
    if isinstance(a, Known) and isinstance(b, Known) and isinstance(operation, ast.Eq | ast.NotEq):
        if isinstance(a.value, str) and isinstance(b.value, str):
            return Constant((a.value == b.value) == isinstance(operation, ast.Eq), types.boolean)
        return reader.refuse("compares what is no number")
    if isinstance(a, Tuple) and isinstance(b, Tuple) and type(operation) in COMPARISONS:
        return _in_turn(reader, operation, a.items, b.items)
    if type(operation) not in COMPARISONS:
        return reader.refuse("has a comparison that is not taken")
    if is_whole(a, b):
        function = COMPARISONS[type(operation)][1]
        return elementwise(reader, function, (a, b), partial(compared, reader, type(operation)))
    return compared(reader, type(operation), reader.as_number(a), reader.as_number(b))


def _in_turn(reader: Reader, operation: ast.cmpop, a: Sequence[Entry], b: Sequence[Entry]) -> Entry:
    """Compare tuples by their first items that differ."""
    if len(a) != len(b) or not a:
        return reader.refuse("compares tuples of different lengths")
    if isinstance(operation, ast.Eq | ast.NotEq):
        parts = [partial(_compared, reader, operation, *each) for each in zip(a, b, strict=True)]
        return joined(reader, isinstance(operation, ast.Eq), parts)
    if len(a) == 1:
        return _compared(reader, operation, a[0], b[0])
    differ = truth(reader, _compared(reader, ast.NotEq(), a[0], b[0]))
    return choice(
        reader,
        differ,
        lambda: _compared(reader, operation, a[0], b[0]),
        lambda: _in_turn(reader, operation, a[1:], b[1:]),
    )


def _is_text(entry: Entry) -> bool:
    return isinstance(entry, Value) and entry.type == types.unicode_type


def _same_text(reader: Reader, sign: str, a: Entry, b: Entry) -> Entry:
    """Compare a text that is known when the function runs."""
    parts: list[str] = []
    operands: list[Value] = []
    for each in (a, b):
        if isinstance(each, Value) and _is_text(each):
            parts.append(f"{{{len(operands)}}}")
            operands.append(each)
        elif isinstance(each, Known) and isinstance(each.value, str):
            parts.append(repr(each.value).replace("{", "{{").replace("}", "}}"))
        else:
            return reader.refuse("compares a text with what is none")
    return reader.operation(f" {sign} ".join(parts), operands, types.boolean)


def _contained(reader: Reader, positive: bool, a: Entry, b: Entry) -> Entry:
    """Read `a in b` of a tuple."""
    if not isinstance(b, Tuple) or not b.items:
        return reader.refuse("asks whether something is in what is no tuple")
    found = joined(reader, False, [partial(_compared, reader, ast.Eq(), a, each) for each in b.items])
    condition = truth(reader, found)
    if isinstance(condition, Constant):
        return Constant(bool(condition.value) is positive, types.boolean)
    return found if positive else reader.operation("not {0}", [condition], types.boolean)


def _identity(reader: Reader, positive: bool, a: Entry, b: Entry) -> Entry:
    if isinstance(a, Constant) and isinstance(b, Constant) and a.type == b.type == types.boolean:
        return Constant((a.value == b.value) == positive, types.boolean)
    kinds = [isinstance(each, Known) and each.value is None for each in (a, b)]
    if not any(kinds):
        return reader.refuse("asks for identity")
    return Constant(all(kinds) == positive, types.boolean)
