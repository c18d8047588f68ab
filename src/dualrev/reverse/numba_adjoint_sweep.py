"""The adjoint sweeps over records of floats, in LLVM's terms: they are where reverse mode spends its time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.np.arrayobj import make_array

from dualrev.kernels.numba_chain_rule import splat, sum_of_products, total
from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import float_of
from dualrev.reverse.numba_tape import HEADER, record_type

_WORD = ir.IntType(64)


@intrinsic
def sweep_floats(typingctx: Any, adjoints: Any, tape: Any, like: Any, top: Any, bottom: Any) -> Any:
    """Propagate adjoints from the record `top` down to that after `bottom`. `like` is the number's TypeRef."""
    careful = like.instance_type.careful

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        layout = record_type(context, tape.dtype)
        header = builder.bitcast(args[1], HEADER.as_pointer())
        # Read once: nothing is recorded during a sweep of floats, so that the array stays where it is. LLVM could not
        # know that, because the stores to adjoints might reach the header.
        records = builder.bitcast(builder.load(cgutils.gep_inbounds(builder, header, 0, 0)), layout.as_pointer())
        data = make_array(adjoints)(context, builder, args[0]).data
        one = context.get_constant(tape.dtype, 1.0)
        with cgutils.for_range(builder, builder.sub(args[3], args[4])) as loop:
            k = builder.sub(args[3], loop.index)
            adjoint = builder.load(builder.gep(data, [k], inbounds=True))
            record = builder.gep(records, [k], inbounds=True)
            # Both operands are added to without a test of partials or adjoints, so that the loop has no branch but
            # its own. Each load comes after the store before it: LLVM may not reorder what might be the same place.
            for n in range(2):
                partial = builder.load(cgutils.gep_inbounds(builder, record, 0, n))
                operand = builder.zext(builder.load(cgutils.gep_inbounds(builder, record, 0, 2 + n)), _WORD)
                at = builder.gep(data, [operand], inbounds=True)
                builder.store(sum_of_products(builder, [one, partial], [builder.load(at), adjoint], careful), at)
        return context.get_dummy_value()

    return types.none(adjoints, tape, like, types.int64, types.int64), codegen


@intrinsic
def with_product(typingctx: Any, like: Any, whole: Any, partial: Any, factor: Any) -> Any:
    """Return a sum with one more product of the chain rule. `like` is a TypeRef of the active number's type."""
    number = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        before, p, t = (context.cast(builder, x, of, number.dtype) for x, of in zip(args[1:], given, strict=True))
        return total(context, builder, number, [context.get_constant(float_of(number), 1.0), p], [before, t])

    given = (whole, partial, factor)
    return number.dtype(like, *given), codegen


# A record is read once for eight outputs, and the eight adjoints of a number are one cache line.
LANES = 8
"""Cotangents that a sweep carries together."""


@intrinsic
def sweep_lanes(typingctx: Any, adjoints: Any, tape: Any, like: Any, top: Any, bottom: Any) -> Any:
    """Propagate `LANES` adjoints of each record, a row of a matrix, from the record `top` down to that after `bottom`.

    A record whose adjoints are all 0 adds nothing: one cotangent in eight reaches it or none does, and most records of
    a sparse Jacobian are skipped.
    """
    careful = like.instance_type.careful

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        layout = record_type(context, tape.dtype)
        header = builder.bitcast(args[1], HEADER.as_pointer())
        records = builder.bitcast(builder.load(cgutils.gep_inbounds(builder, header, 0, 0)), layout.as_pointer())
        vector = ir.VectorType(context.get_value_type(tape.dtype), LANES)
        data = builder.bitcast(make_array(adjoints)(context, builder, args[0]).data, vector.as_pointer())
        # Rows lie where the alignment of one element lets them; LLVM would assume 64 bytes for the vector.
        align, zero = context.get_abi_sizeof(vector.element), ir.Constant(vector, None)
        one = ir.Constant(vector, [1.0] * LANES)
        with cgutils.for_range(builder, builder.sub(args[3], args[4])) as loop:
            k = builder.sub(args[3], loop.index)
            adjoint = builder.load(builder.gep(data, [k], inbounds=True), align=align)
            none = builder.fcmp_ordered("==", adjoint, zero)
            # Eight comparisons as the bits of one small integer: one test, where LLVM has no "are all of them true".
            mask = ir.IntType(LANES)
            with builder.if_then(builder.icmp_unsigned("!=", builder.bitcast(none, mask), mask(-1))):
                record = builder.gep(records, [k], inbounds=True)
                for n in range(2):
                    partial = builder.load(cgutils.gep_inbounds(builder, record, 0, n))
                    operand = builder.zext(builder.load(cgutils.gep_inbounds(builder, record, 0, 2 + n)), _WORD)
                    at = builder.gep(data, [operand], inbounds=True)
                    terms = [one, splat(builder, vector, partial)], [builder.load(at, align=align), adjoint]
                    builder.store(sum_of_products(builder, *terms, careful), at, align=align)
        return context.get_dummy_value()

    return types.none(adjoints, tape, like, types.int64, types.int64), codegen
