"""Rows that are arithmetic, for active numbers in compiled code: instructions, written where the operation stands.

Every other row is a function that Numba compiles for each combination of types. Here the row's own rule is run, on
objects whose operators emit instructions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from numba.core import cgutils, types
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import lower_builtin

from dualrev.kernels.numba_chain_rule import innermost
from dualrev.kernels.numba_types import NUMBERS, ActiveType, float_of, is_active, owner_of
from dualrev.primitives.row import Row, operators
from dualrev.primitives.scalar import POWERS, TABLE


@cache
def _row_of(function: Callable[..., Any]) -> Row:
    """Return the row that a function of `operator` reaches."""
    return next(row for row in TABLE.values() if f"operator.{function.__name__}" in row.names)


def is_arithmetic(row: Row) -> bool:
    """Whether a row and its partials are sums, products and quotients of their arguments and of constants."""
    if row.flat or None in row.partials:
        return False
    rules: list[Any] = [row.fn, *row.partials]
    return all(not rule.__code__.co_names and operators(rule) <= {"+", "-", "*", "/"} for rule in rules)


class _Emitted:
    """A number in code that is being written: its operators write theirs.

    Parameters
    ----------
    kind
        Its Numba type: a float's, or an active number's.
    value
        What llvmlite has for it.
    """

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.context, self.builder, self.kind, self.value = context, builder, kind, value

    def cast(self, kind: Any) -> _Emitted:
        """Return the number as one of another type."""
        value = self.context.cast(self.builder, self.value, self.kind, kind)
        return _Emitted(self.context, self.builder, kind, value)

    def _of(self, function: Callable[..., Any], instruction: str, *operands: Any) -> _Emitted:
        number = float_of(self.kind)
        given = [
            each
            if isinstance(each, _Emitted)
            else _Emitted(self.context, self.builder, number, self.context.get_constant(number, float(each)))
            for each in operands
        ]
        if any(is_active(each.kind) for each in given):
            return emitted(_row_of(function), given)
        value = getattr(self.builder, instruction)(*(each.value for each in given))
        return _Emitted(self.context, self.builder, number, value)

    def __add__(self, other: Any) -> _Emitted:
        return self._of(operator.add, "fadd", self, other)

    def __radd__(self, other: Any) -> _Emitted:
        return self._of(operator.add, "fadd", other, self)

    def __sub__(self, other: Any) -> _Emitted:
        return self._of(operator.sub, "fsub", self, other)

    def __rsub__(self, other: Any) -> _Emitted:
        return self._of(operator.sub, "fsub", other, self)

    def __mul__(self, other: Any) -> _Emitted:
        return self._of(operator.mul, "fmul", self, other)

    def __rmul__(self, other: Any) -> _Emitted:
        return self._of(operator.mul, "fmul", other, self)

    def __truediv__(self, other: Any) -> _Emitted:
        return self._of(operator.truediv, "fdiv", self, other)

    def __rtruediv__(self, other: Any) -> _Emitted:
        return self._of(operator.truediv, "fdiv", other, self)

    def __neg__(self) -> _Emitted:
        return self._of(operator.neg, "fneg", self)

    def __pos__(self) -> _Emitted:
        return self


def emitted(row: Row, operands: Sequence[_Emitted]) -> _Emitted:
    """Return a row of numbers of which one at least is active: its value by the rule, and its partials linked."""
    owner = owner_of(each.kind for each in operands)
    context, builder = operands[0].context, operands[0].builder
    mine = [n for n, each in enumerate(operands) if each.kind == owner]
    values = [
        _Emitted(context, builder, owner.dtype, builder.extract_value(each.value, 0))
        if n in mine
        else each
        if is_active(each.kind)
        else each.cast(float_of(owner))  # a constant does not widen a number of single precision
        for n, each in enumerate(operands)
    ]
    y = row.fn(*values)
    partials = [row.partials[n](y, *values) for n in mine]  # type: ignore[misc]
    slopes = [
        context.get_constant(float_of(owner), float(each))
        if not isinstance(each, _Emitted)
        else each.cast(owner.dtype if is_active(each.kind) else float_of(owner)).value
        for each in partials
    ]
    result = owner.link(context, builder, y.cast(owner.dtype).value, slopes, [operands[n].value for n in mine])
    return _Emitted(context, builder, owner, result)


def _expect_no_zero(context: Any, builder: Any, row: Row, divisor: _Emitted) -> None:
    """Emit what the function's error model does about a division by zero."""
    if row.raises_by_zero:
        value = divisor.value if is_active(divisor.kind) else divisor.cast(types.float64).value
        value = innermost(builder, value)
        with cgutils.if_unlikely(builder, cgutils.is_scalar_zero(builder, value)):
            context.error_model.fp_zero_division(builder, ("division by zero",), None)


@cache
def register(row: Row, spelling: Callable[..., Any]) -> None:
    """Make a row that is arithmetic known by one of its spellings, where one of its operands is active."""

    class Arithmetic(AbstractTemplate):  # type: ignore[misc]
        key = spelling
        metadata = {"target": "cpu"}  # noqa: RUF012 - so that it comes before the function for all targets

        def generic(self, args: Any, kws: Any) -> Any:
            numbers = all(isinstance(each, NUMBERS) or is_active(each) for each in args)
            owner = owner_of(args) if numbers and len(args) == row.arity and not kws else None
            return None if owner is None else signature(owner, *args)

    infer_global(spelling)(Arithmetic)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        operands = [_Emitted(context, builder, of, value) for of, value in zip(sig.args, args, strict=True)]
        _expect_no_zero(context, builder, row, operands[-1])
        return emitted(row, operands).value

    constants = (types.Number, types.Boolean)
    pairs = [(ActiveType, ActiveType), *((ActiveType, each) for each in constants)]
    for kinds in [(ActiveType,)] if row.arity == 1 else [*pairs, *((each, ActiveType) for each in constants)]:
        lower_builtin(spelling, *kinds)(lower)


@cache
def register_powers(spelling: Callable[..., Any]) -> None:
    """Make `x**2` known, and the other powers that are rows of arithmetic."""

    class Power(AbstractTemplate):  # type: ignore[misc]
        key = spelling
        prefer_literal = True
        metadata = {"target": "cpu"}  # noqa: RUF012

        def generic(self, args: Any, kws: Any) -> Any:
            if kws or len(args) != 2 or not is_active(args[0]) or _power(args[1]) is None:
                return None
            return signature(args[0], *args)

    infer_global(spelling)(Power)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        row = _power(sig.args[1])
        assert row is not None
        return emitted(row, [_Emitted(context, builder, sig.args[0], args[0])]).value

    lower_builtin(spelling, ActiveType, types.IntegerLiteral)(lower)


def _power(exponent: Any) -> Row | None:
    row = POWERS.get(exponent.literal_value) if isinstance(exponent, types.IntegerLiteral) else None
    return row if row is not None and is_arithmetic(row) else None
