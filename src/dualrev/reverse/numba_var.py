"""The Numba type of numbers on a tape: a value, its index there, and the tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import make_attribute_wrapper, register_model

from dualrev.kernels.numba_chain_rule import total
from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import ActiveType, float_of
from dualrev.reverse.numba_tape import TapeType, count_call, push

_WORD = ir.IntType(64)


class VarType(ActiveType):
    """A number on a tape: its derivative is `scale` times that of the record with its index, 0 for a constant.

    So functions of one number are recorded in the number itself, and only where two numbers of different records meet
    is there a new record. In what people compute that is about every second operation or less.
    """

    def __init__(self, dtype: Any, level: int, careful: bool = False) -> None:
        self.tape = TapeType(dtype)
        super().__init__(f"{'Plain' * (not careful)}Var({dtype}, {level})", dtype, level, careful)

    # A record holds two operands, which nearly every operation has. Those with more are sums of two at a time.
    def link(self, context: Any, builder: Any, y: Any, partials: Sequence[Any], operands: Sequence[Any]) -> Any:
        """Emit the number, with a record if that must be."""
        result = self._scaled(context, builder, y, partials[0], operands[0])
        for partial, operand in zip(partials[1:], operands[1:], strict=True):
            term = self._scaled(context, builder, y, partial, operand)
            result = self._sum(context, builder, y, result, term)
        return result

    def count_call(self, builder: Any, y: Any) -> None:
        """Emit the counting of a call on the number's tape; a constant has none."""
        _, index, tape, _ = (builder.extract_value(y, n) for n in range(4))
        with builder.if_then(builder.icmp_signed("!=", index, _WORD(0)), likely=True):
            count_call(builder, tape)

    def _scaled(self, context: Any, builder: Any, y: Any, partial: Any, operand: Any) -> Any:
        _, index, tape, scale = (builder.extract_value(operand, n) for n in range(4))
        return self.make(context, builder, y, index, tape, total(context, builder, self, [partial], [scale]))

    def _sum(self, context: Any, builder: Any, y: Any, a: Any, b: Any) -> Any:
        """Emit the number whose derivative is the sum of two: a record, unless one is a constant or both have one."""
        (_, i, tape, p), (_, j, other, q) = ([builder.extract_value(x, n) for n in range(4)] for x in (a, b))
        zero, one = _WORD(0), number(context, builder, self.dtype, 1.0)
        unit = context.get_constant(float_of(self), 1.0)
        # A constant knows no tape. All others in a call are on the same one, so either will do.
        tape = builder.select(builder.icmp_signed("==", i, zero), other, tape)
        both = builder.and_(builder.icmp_signed("!=", i, zero), builder.icmp_signed("!=", j, zero))
        both = builder.and_(both, builder.icmp_signed("!=", i, j))
        # If one index is 0, or both are the same, then the bits of both together are the other one's.
        index = cgutils.alloca_once_value(builder, builder.or_(i, j))
        # A slot in memory, which LLVM turns into a phi: growing the tape opens blocks of its own, so that the block
        # in which a branch ends is not the one in which it began.
        slot = cgutils.alloca_once(builder, p.type)
        # `x * x` and `x + sin(x)` meet their own record again. Then the scales are added, and the tape does not grow.
        with builder.if_else(both, likely=True) as (recorded, merged):
            with recorded:
                builder.store(self.push(context, builder, tape, (p, q), (i, j)), index)
                builder.store(one, slot)
            with merged:
                builder.store(total(context, builder, self, [unit, unit], [p, q]), slot)
        return self.make(context, builder, y, builder.load(index), tape, builder.load(slot))

    def push(self, context: Any, builder: Any, tape: Any, partials: Any, operands: Any) -> Any:
        """Emit a record; the result is its index."""
        return push(context, builder, self.dtype, tape, partials, operands)

    def constant(self, context: Any, builder: Any, value: Any) -> Any:
        """Emit the number that depends on nothing."""
        no_tape = ir.Constant(context.get_value_type(self.tape), None)
        return self.make(context, builder, value, _WORD(0), no_tape, number(context, builder, self.dtype, 0.0))

    def make(self, context: Any, builder: Any, value: Any, index: Any, tape: Any, scale: Any) -> Any:
        """Emit the number of its parts."""
        var = cgutils.create_struct_proxy(self)(context, builder)
        var.primal, var.index, var.tape, var.scale = value, index, tape, scale
        return var._getvalue()


def number(context: Any, builder: Any, dtype: Any, value: float) -> Any:
    """Emit a constant of a type."""
    return context.cast(builder, context.get_constant(types.float64, value), types.float64, dtype)


@register_model(VarType)
class VarModel(models.StructModel):  # type: ignore[misc]
    """A value, an index, a tape and a scale."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        members = [("primal", fe_type.dtype), ("index", types.int64), ("tape", fe_type.tape), ("scale", fe_type.dtype)]
        super().__init__(dmm, fe_type, members)


make_attribute_wrapper(VarType, "primal", "primal_")
make_attribute_wrapper(VarType, "index", "index_")
make_attribute_wrapper(VarType, "scale", "scale_")


@intrinsic
def variable(typingctx: Any, tape: Any, like: Any, value: Any, index: Any) -> Any:
    """Return the number with a value and an index on a tape. `like` is a TypeRef of the number's type."""
    var = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        primal = context.cast(builder, args[2], value, var.dtype)
        return var.make(context, builder, primal, args[3], args[0], number(context, builder, var.dtype, 1.0))

    return var(tape, like, value, types.int64), codegen


@intrinsic
def tape_of(typingctx: Any, var: Any) -> Any:
    """Return the tape that a number is on."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.extract_value(args[0], 2)

    return var.tape(var), codegen


@intrinsic
def no_tape(typingctx: Any, like: Any) -> Any:
    """Return what stands for the tape of constants. `like` is a TypeRef of the number's type."""
    tape = like.instance_type.tape

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(context.get_value_type(tape), None)

    return tape(like), codegen
