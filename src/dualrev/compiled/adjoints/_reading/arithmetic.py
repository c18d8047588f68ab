"""Operators of numbers."""

from __future__ import annotations

import ast
import operator
from typing import Any

import numba
from numba.core import types

from dualrev.compiled.adjoints._form import Constant
from dualrev.compiled.adjoints._reading.entries import Number
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.primitives.scalar import POWERS, TABLE

BINARY: dict[type[ast.operator], tuple[str, Any, str | None]] = {
    ast.Add: ("+", operator.add, "add"),
    ast.Sub: ("-", operator.sub, "subtract"),
    ast.Mult: ("*", operator.mul, "multiply"),
    ast.Div: ("/", operator.truediv, "divide"),
    ast.FloorDiv: ("//", operator.floordiv, "floor_divide"),
    ast.Mod: ("%", operator.mod, "remainder"),
    ast.Pow: ("**", operator.pow, "power"),
    ast.BitAnd: ("&", operator.and_, None),
    ast.BitOr: ("|", operator.or_, None),
    ast.BitXor: ("^", operator.xor, None),
    ast.LShift: ("<<", operator.lshift, None),
    ast.RShift: (">>", operator.rshift, None),
}
"""For each binary operator its sign, its function and the name of its row."""

UNARY: dict[type[ast.unaryop], tuple[str, Any, str | None]] = {
    ast.USub: ("-", operator.neg, "negative"),
    ast.UAdd: ("+", operator.pos, "positive"),
    ast.Invert: ("~", operator.invert, None),
}
"""For each unary operator its sign, its function and the name of its row."""

COMPARISONS: dict[type[ast.cmpop], tuple[str, Any, str]] = {
    ast.Lt: ("<", operator.lt, "less"),
    ast.LtE: ("<=", operator.le, "less_equal"),
    ast.Gt: (">", operator.gt, "greater"),
    ast.GtE: (">=", operator.ge, "greater_equal"),
    ast.Eq: ("==", operator.eq, "equal"),
    ast.NotEq: ("!=", operator.ne, "not_equal"),
}

_FOLDED = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}

# A division by 0 in the generated function is infinite. Where the user's function raises an error instead, the text
# calls these. They state their error model, since a function without one inherits that of its caller.
_RAISING: dict[type[ast.operator], tuple[str, Any]] = {
    ast.Div: ("divided", numba.njit(error_model="python")(lambda a, b: a / b)),
    ast.FloorDiv: ("divided_down", numba.njit(error_model="python")(lambda a, b: a // b)),
    ast.Mod: ("remainder", numba.njit(error_model="python")(lambda a, b: a % b)),
    ast.Pow: ("raised", numba.njit(error_model="python")(lambda a, b: a**b)),
}


def binary(reader: Reader, operation: type[ast.operator], a: Number, b: Number) -> Number:
    """Return what an operator makes of two numbers."""
    if operation not in BINARY:
        return reader.refuse("has an operator of matrices between numbers")
    sign, function, name = BINARY[operation]
    folded = _folded(operation, a, b)
    if folded is not None:
        return folded
    of = reader.typing.call(function, [a.type, b.type])
    if of is None:
        return reader.refuse(f"has {a.type} {sign} {b.type}, which Numba does not take")
    if operation is ast.Pow and isinstance(of, types.Float) and isinstance(b, Constant) and b.value in POWERS:
        return _power(reader, a, b, of)
    text = f"{{0}} {sign} {{1}}"
    if operation in _RAISING and reader.frame.raises_by_zero and _may_raise(operation, b):
        text = f"{reader.scoped(*_RAISING[operation])}({{0}}, {{1}})"
    return reader.operation(text, [a, b], of, None if name is None else TABLE[name])


def _power(reader: Reader, a: Number, b: Constant, of: Any) -> Number:
    """Return a power whose row is of the base alone."""
    sign = str(b.value)
    text = "{0} * {0}" if b.value == 2 and a.type == of else f"{{0}} ** {sign}"
    if b.value == -1 and isinstance(b.type, types.Integer) and reader.frame.raises_by_zero:
        text = f"{reader.scoped(*_RAISING[ast.Pow])}({{0}}, -1)"
    return reader.operation(text, [a], of, POWERS[b.value])


def _may_raise(operation: type[ast.operator], b: Number) -> bool:
    if operation is ast.Pow:
        return isinstance(b.type, types.Integer) and not (isinstance(b, Constant) and b.value >= 0)
    return not (isinstance(b, Constant) and b.value != 0)


def _folded(operation: type[ast.operator], a: Number, b: Number) -> Constant | None:
    """Return a sum or a product of integers that are known."""
    if operation not in _FOLDED or not isinstance(a, Constant) or not isinstance(b, Constant):
        return None
    if a.type != types.intp or b.type != types.intp:
        return None
    value = _FOLDED[operation](a.value, b.value)
    return Constant(value, types.intp) if abs(value) < 2**62 else None


def signed(reader: Reader, operation: type[ast.unaryop], number: Number) -> Number:
    """Return a number with another sign, or with its bits changed."""
    sign, function, name = UNARY[operation]
    if isinstance(number, Constant) and number.type in (types.intp, types.float64) and operation is ast.USub:
        return Constant(-number.value, number.type)
    of = reader.typing.call(function, [number.type])
    return reader.operation(f"{sign}{{0}}", [number], of, None if name is None else TABLE[name])


def compared(reader: Reader, operation: type[ast.cmpop], a: Number, b: Number) -> Number:
    """Return whether a comparison of two numbers holds."""
    sign, function, name = COMPARISONS[operation]
    if isinstance(a, Constant) and isinstance(b, Constant) and a.type == b.type == types.intp:
        return Constant(function(a.value, b.value), types.boolean)
    of = reader.typing.call(function, [a.type, b.type])
    return reader.operation(f"{{0}} {sign} {{1}}", [a, b], of, TABLE[name])
