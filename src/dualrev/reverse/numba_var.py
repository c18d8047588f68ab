"""The Numba type of numbers on a tape: a value, its index there, and the tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import lower_cast, make_attribute_wrapper, register_model

from dualrev.kernels.active_types import ActiveType
from dualrev.kernels.extending import intrinsic
from dualrev.reverse.numba_tape import TapeType, push

_WORD = ir.IntType(64)


class VarType(ActiveType):
    """A number on a tape. That with index 0 depends on nothing."""

    def __init__(self, dtype: Any, level: int) -> None:
        self.tape = TapeType(dtype)
        super().__init__(f"Var({dtype}, {level})", dtype, level)

    def link(self, context: Any, builder: Any, y: Any, partials: Sequence[Any], operands: Sequence[Any]) -> Any:
        """Emit a record, if any operand depends on an input; three operands take two records."""
        indices = [builder.extract_value(operand, 1) for operand in operands]
        tapes = [builder.extract_value(operand, 2) for operand in operands]
        tape, any_index = tapes[0], indices[0]
        for index, other in zip(indices[1:], tapes[1:], strict=True):
            tape = builder.select(builder.icmp_signed("==", any_index, _WORD(0)), other, tape)
            any_index = builder.or_(any_index, index)
        before = builder.block
        with builder.if_then(builder.icmp_signed("!=", any_index, _WORD(0)), likely=True):
            index = self._recorded(context, builder, tape, list(partials), indices)
            after = builder.block
        result = builder.phi(_WORD)
        result.add_incoming(_WORD(0), before)
        result.add_incoming(index, after)
        return self.make(context, builder, y, result, tape)

    def _recorded(self, context: Any, builder: Any, tape: Any, partials: list[Any], indices: list[Any]) -> Any:
        while len(partials) > 2:
            index = push(context, builder, self.dtype, tape, partials[:2], indices[:2])
            partials, indices = [self._number(context, builder, 1.0), *partials[2:]], [index, *indices[2:]]
        if len(partials) == 1:
            partials, indices = [*partials, self._number(context, builder, 0.0)], [*indices, _WORD(0)]
        return push(context, builder, self.dtype, tape, partials, indices)

    def _number(self, context: Any, builder: Any, value: float) -> Any:
        return context.cast(builder, context.get_constant(types.float64, value), types.float64, self.dtype)

    def constant(self, context: Any, builder: Any, value: Any) -> Any:
        """Emit the number that depends on nothing."""
        return self.make(context, builder, value, _WORD(0), ir.Constant(context.get_value_type(self.tape), None))

    def make(self, context: Any, builder: Any, value: Any, index: Any, tape: Any) -> Any:
        """Emit the number of a value, an index and a tape."""
        var = cgutils.create_struct_proxy(self)(context, builder)
        var.primal, var.index, var.tape = value, index, tape
        return var._getvalue()


@register_model(VarType)
class VarModel(models.StructModel):  # type: ignore[misc]
    """A value, an index and a tape."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, [("primal", fe_type.dtype), ("index", types.int64), ("tape", fe_type.tape)])


make_attribute_wrapper(VarType, "primal", "primal_")
make_attribute_wrapper(VarType, "index", "index_")


@lower_cast(types.Any, VarType)  # type: ignore[untyped-decorator]
def _from_constant(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return toty.constant(context, builder, context.cast(builder, value, fromty, toty.dtype))


@intrinsic
def variable(typingctx: Any, tape: Any, like: Any, value: Any, index: Any) -> Any:
    """Return the number with a value and an index on a tape. `like` is a TypeRef of the number's type."""
    var = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return var.make(context, builder, context.cast(builder, args[2], value, var.dtype), args[3], args[0])

    return var(tape, like, value, types.int64), codegen
