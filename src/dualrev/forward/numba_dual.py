"""The Numba type of dual numbers: a value, and tangents for several directions in one vector register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import lower_cast, make_attribute_wrapper, register_model

from dualrev.kernels.cpu import chain_product
from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import ActiveType, is_active, is_usual

_LANE = ir.IntType(32)


class Tangents(types.Type):  # type: ignore[misc]
    """Tangents of one float for some directions, in at least as many lanes.

    LLVM takes vectors of 5, 6, 7 and most larger ones apart, so that they are slower than those of the next power of 2.
    """

    def __init__(self, dtype: Any, directions: int) -> None:
        self.dtype = dtype
        self.lanes = directions if directions <= 4 else 1 << (directions - 1).bit_length()
        super().__init__(name=f"Tangents({dtype}, {self.lanes})")


class DualType(ActiveType):
    """A dual number.

    Attributes
    ----------
    dtype, level
        As for every active number.
    count : int
        Number of directions.
    """

    def __init__(self, dtype: Any, count: int, level: int) -> None:
        self.count = count
        self.tangents = types.UniTuple(dtype, count) if is_active(dtype) else Tangents(dtype, count)
        super().__init__(f"Dual({dtype}, {count}, {level})", dtype, level)

    def link(self, context: Any, builder: Any, y: Any, partials: Sequence[Any], operands: Sequence[Any]) -> Any:
        """Emit the dual with the sum of partials times tangents."""
        tangents = [builder.extract_value(operand, 1) for operand in operands]
        combine = _combine_active if is_active(self.dtype) else _combine_floats
        return self.make(context, builder, y, combine(context, builder, self, partials, tangents))

    def constant(self, context: Any, builder: Any, value: Any) -> Any:
        """Emit the dual with tangents of zero."""
        if not is_active(self.dtype):
            return self.make(context, builder, value, ir.Constant(context.get_value_type(self.tangents), None))
        zero = context.cast(builder, context.get_constant(types.float64, 0.0), types.float64, self.dtype)
        return self.make(context, builder, value, cgutils.pack_array(builder, [zero] * self.count))

    def make(self, context: Any, builder: Any, value: Any, tangents: Any) -> Any:
        """Emit the dual of a value and tangents."""
        dual = cgutils.create_struct_proxy(self)(context, builder)
        dual.primal = value
        dual.tangents = tangents
        return dual._getvalue()


@register_model(Tangents)
class TangentsModel(models.DataModel):  # type: ignore[misc]
    """A vector in registers; a packed array, aligned as its elements are, in memory."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type)
        lane = dmm[fe_type.dtype].get_value_type()
        self.lanes = fe_type.lanes
        self.vector, self.packed = ir.VectorType(lane, self.lanes), ir.ArrayType(lane, self.lanes)

    def get_value_type(self) -> Any:
        """Return the type in registers."""
        return self.vector

    def get_data_type(self) -> Any:
        """Return the type in memory."""
        return self.packed

    get_argument_type = get_return_type = get_data_type

    def as_data(self, builder: Any, value: Any) -> Any:
        """Pack."""
        return cgutils.pack_array(
            builder, [builder.extract_element(value, _LANE(n)) for n in range(self.lanes)], self.packed.element
        )

    def from_data(self, builder: Any, value: Any) -> Any:
        """Unpack."""
        vector = ir.Constant(self.vector, ir.Undefined)
        for n in range(self.lanes):
            vector = builder.insert_element(vector, builder.extract_value(value, n), _LANE(n))
        return vector

    as_argument = as_return = as_data
    from_argument = from_return = from_data

    def load_from_data_pointer(self, builder: Any, ptr: Any, align: Any = None) -> Any:
        """Load the vector at once."""
        lane = 4 if isinstance(self.packed.element, ir.FloatType) else 8
        return builder.load(builder.bitcast(ptr, self.vector.as_pointer()), align=lane)


@register_model(DualType)
class DualModel(models.StructModel):  # type: ignore[misc]
    """A value and tangents."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, [("primal", fe_type.dtype), ("tangents", fe_type.tangents)])


make_attribute_wrapper(DualType, "primal", "primal_")


@lower_cast(ActiveType, DualType)  # type: ignore[untyped-decorator]
@lower_cast(types.Boolean, DualType)  # type: ignore[untyped-decorator]
@lower_cast(types.Number, DualType)  # type: ignore[untyped-decorator]
def _from_constant(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return toty.constant(context, builder, context.cast(builder, value, fromty, toty.dtype))


@intrinsic
def seeded(typingctx: Any, like: Any, value: Any, direction: Any) -> Any:
    """Return the dual whose tangent is 1 in one direction; in none if that is out of range. `like` is a TypeRef."""
    dual = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero, one = (
            context.cast(builder, context.get_constant(types.float64, x), types.float64, dual.dtype) for x in (0.0, 1.0)
        )
        lanes = [
            builder.select(builder.icmp_signed("==", args[2], args[2].type(n)), one, zero) for n in range(dual.count)
        ]
        return dual.make(
            context, builder, context.cast(builder, args[1], value, dual.dtype), _packed(builder, dual, lanes)
        )

    return dual(like, value, types.int64), codegen


@intrinsic
def tangent(typingctx: Any, dual: Any, direction: Any) -> Any:
    """Return one tangent of a dual."""
    if not isinstance(dual, DualType):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tangents = builder.extract_value(args[0], 1)
        if not is_active(dual.dtype):
            return builder.extract_element(tangents, builder.trunc(args[1], _LANE))
        slot = cgutils.alloca_once_value(builder, tangents)
        return builder.load(cgutils.gep_inbounds(builder, slot, 0, args[1]))

    return dual.dtype(dual, types.int64), codegen


@intrinsic
def with_tangents(typingctx: Any, like: Any, value: Any, tangents: Any) -> Any:
    """Return the dual of a value and a tuple of tangents."""
    dual = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = [
            context.cast(builder, builder.extract_value(args[2], n), tangents[n], dual.dtype) for n in range(dual.count)
        ]
        return dual.make(
            context, builder, context.cast(builder, args[1], value, dual.dtype), _packed(builder, dual, lanes)
        )

    return dual(like, value, tangents), codegen


def _packed(builder: Any, dual: DualType, lanes: Sequence[Any]) -> Any:
    if is_active(dual.dtype):
        return cgutils.pack_array(builder, lanes)
    vector = ir.Constant(ir.VectorType(lanes[0].type, dual.tangents.lanes), None)
    for n, lane in enumerate(lanes):
        vector = builder.insert_element(vector, lane, _LANE(n))
    return vector


def _combine_floats(
    context: Any, builder: Any, dual: DualType, partials: Sequence[Any], tangents: Sequence[Any]
) -> Any:
    """Emit the sum of products, in which a factor that is exactly 0 wins over an infinity or a NaN.

    Only a partial that is 0 or not finite can make that difference, or a tangent beside it; one look at the partials
    sends all others the short way.
    """
    vector = context.get_value_type(dual.tangents)
    zero = ir.Constant(vector, None)

    def total(product: Any) -> Any:
        terms = [product(_splat(builder, vector, p), t) for p, t in zip(partials, tangents, strict=True)]
        whole = terms[0]
        for term in terms[1:]:
            whole = builder.fadd(whole, term, flags=("contract",))
        return whole

    def careful(p: Any, t: Any) -> Any:  # the law of primitives/chain_rule.py, in registers
        none = builder.or_(builder.fcmp_ordered("==", p, zero), builder.fcmp_ordered("==", t, zero))
        return builder.select(none, zero, builder.fmul(p, t))

    usual = cgutils.true_bit
    for partial in partials:
        usual = builder.and_(usual, is_usual(builder, partial))
    short = total(lambda p, t: builder.fmul(p, t, flags=("contract",)))
    start = builder.block
    with builder.if_then(builder.not_(usual), likely=False):
        long = total(careful)
        end = builder.block
    result = builder.phi(vector)
    result.add_incoming(short, start)
    result.add_incoming(long, end)
    return result


def _splat(builder: Any, vector: Any, scalar: Any) -> Any:
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, _LANE(0))
    lanes = ir.Constant(ir.VectorType(_LANE, vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes)


def _sum(a: Any, b: Any) -> Any:
    return a + b


def _combine_active(
    context: Any, builder: Any, dual: DualType, partials: Sequence[Any], tangents: Sequence[Any]
) -> Any:
    number, product = dual.dtype, chain_product().py_func
    lanes = []
    for n in range(dual.count):
        terms = [
            context.compile_internal(builder, product, number(number, number), (p, builder.extract_value(t, n)))
            for p, t in zip(partials, tangents, strict=True)
        ]
        whole = terms[0]
        for term in terms[1:]:
            whole = context.compile_internal(builder, _sum, number(number, number), (whole, term))
        lanes.append(whole)
    return cgutils.pack_array(builder, lanes)
