"""The Numba type of dual numbers: a value, and tangents for several directions in one vector register."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import make_attribute_wrapper, register_model
from numba.np.arrayobj import make_array

from dualrev.kernels.numba_chain_rule import innermost, splat, total
from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import ActiveType, is_active

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

    def __init__(self, dtype: Any, count: int, level: int, careful: bool = False) -> None:
        self.count = count
        # A register holds floats only. The tangents of an inner derivative are numbers of the outer one, and make a
        # tuple.
        self.tangents = types.UniTuple(dtype, count) if is_active(dtype) else Tangents(dtype, count)
        # Numba compares types by their names, and keeps machine code by them: whatever changes the code stands in the
        # name.
        super().__init__(f"{'Plain' * (not careful)}Dual({dtype}, {count}, {level})", dtype, level, careful)

    def link(self, context: Any, builder: Any, y: Any, partials: Sequence[Any], operands: Sequence[Any]) -> Any:
        """Emit the dual with the sum of partials times tangents."""
        tangents = [builder.extract_value(operand, 1) for operand in operands]
        if is_active(self.dtype):
            lanes = [[builder.extract_value(t, n) for t in tangents] for n in range(self.count)]
            sums = [total(context, builder, self, partials, lane) for lane in lanes]
            return self.make(context, builder, y, cgutils.pack_array(builder, sums))
        vector = context.get_value_type(self.tangents)
        splats = [splat(builder, vector, partial) for partial in partials]
        return self.make(context, builder, y, total(context, builder, self, splats, tangents))

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


# LLVM aligns a vector by its whole size, 64 bytes for eight doubles. Numba's arrays, lists and NRT memory promise
# that to nobody, and an aligned load from them faults. So memory holds a packed array, which is aligned as one lane
# is.
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

    # How a call hands over a vector depends on the registers that its code was compiled for; an array of lanes does
    # not.
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

    # Every read of an array's element comes here: one load of the whole vector, where `from_data` would insert lane
    # by lane and leave it to LLVM to see that. The alignment is that of a lane, see above.
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


# The direction is compared with each lane, so that one function serves every chunk: the drivers' loop passes `n -
# start`, which is out of range for the inputs of other chunks, and these become constants.
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


# One store of a lane. To make the whole dual anew, tangents of zero and all, LLVM would write vectors, and takes three
# times as long to compile the loop.
@intrinsic
def set_tangent(typingctx: Any, array: Any, n: Any, direction: Any, value: Any) -> Any:
    """Write one tangent of element n of a contiguous array of duals with one axis."""
    dual = array.dtype

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        element = builder.gep(make_array(array)(context, builder, args[0]).data, [args[1]], inbounds=True)
        lane = cgutils.gep_inbounds(builder, element, 0, 1, args[2])
        context.pack_value(builder, dual.dtype, context.cast(builder, args[3], value, dual.dtype), lane)
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64, value), codegen


@intrinsic
def tangent(typingctx: Any, dual: Any, direction: Any) -> Any:
    """Return one tangent of a dual."""
    if not isinstance(dual, DualType):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tangents = builder.extract_value(args[0], 1)
        if not is_active(dual.dtype):
            return builder.extract_element(tangents, builder.trunc(args[1], _LANE))
        # A tuple in registers cannot be indexed by a number that is known at run time only; one in memory can.
        slot = cgutils.alloca_once_value(builder, tangents)
        return builder.load(cgutils.gep_inbounds(builder, slot, 0, args[1]))

    return dual.dtype(dual, types.int64), codegen


# Vectors of a power of two: LLVM takes others apart, lane by lane.
@intrinsic
def store_tangents(typingctx: Any, block: Any, row: Any, first: Any, dual: Any) -> Any:
    """Write the tangents of a dual of floats into a row of a contiguous matrix, from a column on."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        matrix = make_array(block)(context, builder, args[0])
        columns = cgutils.unpack_tuple(builder, matrix.shape, 2)[1]
        at = builder.add(builder.mul(args[1], columns), args[2])
        tangents, start = builder.extract_value(args[3], 1), 0
        while start < dual.count:
            count = 1 << ((dual.count - start).bit_length() - 1)
            lanes = ir.Constant(ir.VectorType(_LANE, count), list(range(start, start + count)))
            part = builder.shuffle_vector(tangents, ir.Constant(tangents.type, ir.Undefined), lanes)
            place = builder.gep(matrix.data, [builder.add(at, at.type(start))], inbounds=True)
            align = 4 if dual.dtype == types.float32 else 8
            builder.store(part, builder.bitcast(place, part.type.as_pointer()), align=align)
            start += count
        return context.get_dummy_value()

    return types.none(block, types.int64, types.int64, dual), codegen


@intrinsic
def store_some_tangents(typingctx: Any, block: Any, row: Any, column: Any, first: Any, count: Any, dual: Any) -> Any:
    """Write tangents of a dual of floats, from the one with number `first` on, into a row of a contiguous matrix."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        matrix = make_array(block)(context, builder, args[0])
        columns = cgutils.unpack_tuple(builder, matrix.shape, 2)[1]
        to = builder.gep(matrix.data, [builder.add(builder.mul(args[1], columns), args[2])])
        slot = cgutils.alloca_once_value(
            builder, context.data_model_manager[dual.tangents].as_data(builder, builder.extract_value(args[5], 1))
        )
        begin = cgutils.gep_inbounds(builder, slot, 0, args[3])
        cgutils.raw_memcpy(builder, to, begin, args[4], context.get_abi_sizeof(to.type.pointee))
        return context.get_dummy_value()

    return types.none(block, types.int64, types.int64, types.int64, types.int64, dual), codegen


@intrinsic
def nan_in(typingctx: Any, dual: Any, first: Any, last: Any) -> Any:
    """Return whether a tangent of a dual is NaN at its core, from the one with number `first` to that before `last`.

    Lanes that only pad the register, or that no input has, are left out: 0 times an infinity stands in them often.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tangents = builder.extract_value(args[0], 1)
        # A bit for each lane, and one more: a shift by the whole width has no value.
        mask = ir.IntType(max(64, 2 * dual.count))
        if is_active(dual.dtype):
            lanes = [innermost(builder, builder.extract_value(tangents, n)) for n in range(dual.count)]
            bits = [builder.zext(builder.fcmp_unordered("uno", lane, lane), mask) for lane in lanes]
            found = reduce(builder.or_, [builder.shl(bit, mask(n)) for n, bit in enumerate(bits)])
        else:
            one_each = builder.fcmp_unordered("uno", tangents, tangents)
            found = builder.zext(builder.bitcast(one_each, ir.IntType(dual.tangents.lanes)), mask)
        ends = [builder.zext(_bounded(builder, each, dual.count), mask) for each in args[1:]]
        below = [builder.sub(builder.shl(mask(1), end), mask(1)) for end in ends]
        return builder.icmp_unsigned("!=", builder.and_(found, builder.xor(*below)), mask(0))

    return types.boolean(dual, types.int64, types.int64), codegen


def _bounded(builder: Any, n: Any, most: int) -> Any:
    """Emit n, or 0 or `most` if it is beyond that."""
    n = builder.select(builder.icmp_signed("<", n, n.type(0)), n.type(0), n)
    return builder.select(builder.icmp_signed(">", n, n.type(most)), n.type(most), n)


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
    # The vector starts as zeros, so that lanes which only pad the register hold 0 and not what happened to be in it.
    vector = ir.Constant(ir.VectorType(lanes[0].type, dual.tangents.lanes), None)
    for n, lane in enumerate(lanes):
        vector = builder.insert_element(vector, lane, _LANE(n))
    return vector
