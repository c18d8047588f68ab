"""The adjoint sweeps over records of floats, in LLVM's terms: they are where reverse mode spends its time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.np.arrayobj import make_array

from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import is_usual
from dualrev.reverse.numba_tape import HEADER, record_type

_WORD = ir.IntType(64)


@intrinsic
def sweep_floats(typingctx: Any, adjoints: Any, tape: Any, top: Any, bottom: Any) -> Any:
    """Propagate adjoints from the record `top` down to that after `bottom`.

    The law of primitives/chain_rule.py, in registers: an adjoint of 0 adds nothing, whatever the partials, and one that
    is not finite adds nothing where a partial is 0.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        layout = record_type(context, tape.dtype)
        header = builder.bitcast(args[1], HEADER.as_pointer())
        records = builder.bitcast(builder.load(cgutils.gep_inbounds(builder, header, 0, 0)), layout.as_pointer())
        data = make_array(adjoints)(context, builder, args[0]).data
        count = builder.sub(args[2], args[3])
        with cgutils.for_range(builder, count) as loop:
            k = builder.sub(args[2], loop.index)
            adjoint = builder.load(builder.gep(data, [k], inbounds=True))
            record = builder.gep(records, [k], inbounds=True)
            with builder.if_else(is_usual(builder, adjoint), likely=True) as (usual, other):
                with usual:
                    _add(builder, data, record, adjoint, None)
                with other:
                    zero = adjoint.type(0.0)
                    with builder.if_then(builder.fcmp_unordered("!=", adjoint, zero)):
                        _add(builder, data, record, adjoint, zero)
        return context.get_dummy_value()

    return types.none(adjoints, tape, types.int64, types.int64), codegen


def _add(builder: Any, data: Any, record: Any, adjoint: Any, zero: Any) -> None:
    """Emit the additions of one record; with a `zero`, partials that are 0 add that."""
    for n in range(2):
        partial = builder.load(cgutils.gep_inbounds(builder, record, 0, n))
        operand = builder.zext(builder.load(cgutils.gep_inbounds(builder, record, 0, 2 + n)), _WORD)
        at = builder.gep(data, [operand], inbounds=True)
        term = builder.fmul(partial, adjoint, flags=("contract",))
        if zero is not None:
            term = builder.select(builder.fcmp_ordered("==", partial, zero), zero, term)
        builder.store(builder.fadd(builder.load(at), term, flags=("contract",)), at)


LANES = 8
"""Cotangents that a sweep carries together."""


@intrinsic
def sweep_lanes(typingctx: Any, adjoints: Any, tape: Any, top: Any, bottom: Any) -> Any:
    """Propagate `LANES` adjoints of each record, a row of a matrix, from the record `top` down to that after `bottom`.

    The law of primitives/chain_rule.py, in registers: a product is 0 where one of its factors is exactly 0.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        layout = record_type(context, tape.dtype)
        header = builder.bitcast(args[1], HEADER.as_pointer())
        records = builder.bitcast(builder.load(cgutils.gep_inbounds(builder, header, 0, 0)), layout.as_pointer())
        vector = ir.VectorType(context.get_value_type(tape.dtype), LANES)
        data = builder.bitcast(make_array(adjoints)(context, builder, args[0]).data, vector.as_pointer())
        align, zero = context.get_abi_sizeof(vector.element), ir.Constant(vector, None)
        with cgutils.for_range(builder, builder.sub(args[2], args[3])) as loop:
            k = builder.sub(args[2], loop.index)
            adjoint = builder.load(builder.gep(data, [k], inbounds=True), align=align)
            none = builder.fcmp_ordered("==", adjoint, zero)
            mask = ir.IntType(LANES)
            with builder.if_then(builder.icmp_unsigned("!=", builder.bitcast(none, mask), mask(-1))):
                record = builder.gep(records, [k], inbounds=True)
                for n in range(2):
                    partial = builder.load(cgutils.gep_inbounds(builder, record, 0, n))
                    operand = builder.zext(builder.load(cgutils.gep_inbounds(builder, record, 0, 2 + n)), _WORD)
                    at = builder.gep(data, [operand], inbounds=True)
                    many = _splat(builder, vector, partial)
                    nothing = builder.or_(none, builder.fcmp_ordered("==", many, zero))
                    term = builder.select(nothing, zero, builder.fmul(many, adjoint))
                    builder.store(builder.fadd(builder.load(at, align=align), term), at, align=align)
        return context.get_dummy_value()

    return types.none(adjoints, tape, types.int64, types.int64), codegen


def _splat(builder: Any, vector: Any, scalar: Any) -> Any:
    lane = ir.IntType(32)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, lane(0))
    zeros = ir.Constant(ir.VectorType(lane, vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), zeros)
