"""The tape of compiled code: one flat array of records that grows by doubling, behind a header that numbers point to.

Record k belongs to the number with index k. It holds up to two partials and the indices of the operands that they
belong to; index 0 is that of constants. What one operation on whole arrays records is a block, see `numba_blocks`. A
tape goes back to a few slots after use and serves the next call, so that its memory is not asked for again; each call
in flight has its own.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import register_model

from dualrev.errors import TapeLimitError
from dualrev.kernels.numba_extending import intrinsic
from dualrev.reverse._numba_tape_room import (
    CALLS,
    LAST_BLOCK,
    POINTER,
    RECORDS,
    TAKEN,
    WORDS,
    field,
    has_no_room,
    make_room,
)
from dualrev.reverse._numba_tape_room import HEADER as HEADER
from dualrev.reverse.numba_tape_limit import emit_limit

SLOTS = 16
"""Tapes that are kept for reuse, for each compiled derivative."""

MOST_IDLE_BYTES = 1 << 30
"""A larger tape is not kept."""

_WORD, _INDEX = ir.IntType(64), ir.IntType(32)


class TapeType(types.Type):  # type: ignore[misc]
    """A tape of records whose partials have one type."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Tape({dtype})")

    def slots(self, context: Any, module: Any) -> Any:
        """Return the slots of idle tapes of this kind, by the size of a record."""
        return idle(module, f"dualrev_idle_tapes_{size_of_record(context, self.dtype)}")


@register_model(TapeType)
class TapeModel(models.PrimitiveModel):  # type: ignore[misc]
    """The address of the header."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, POINTER)


# Two operands are enough for every row, since a row of more is linked pair by pair. Indices have 32 bits, so that a
# record of doubles takes 24 bytes: on plain arithmetic, memory traffic is what a recording costs.
def record_type(context: Any, dtype: Any) -> Any:
    """Return the layout of a record: partials, and indices of operands."""
    partial = context.get_data_type(dtype)
    return ir.LiteralStructType([partial, partial, _INDEX, _INDEX])


def size_of_record(context: Any, dtype: Any) -> int:
    """Return the bytes of a record."""
    size: int = context.get_abi_sizeof(record_type(context, dtype))
    return size


# This is emitted into every operation of the user's function: it has to stay a compare and five stores, and all that is
# rare is a call.
def push(context: Any, builder: Any, dtype: Any, tape: Any, partials: Any, operands: Any) -> Any:
    """Emit a record; the result is its index. Partials and operands are pairs."""
    length_at = field(builder, tape, RECORDS + 1)
    length = builder.load(length_at)
    full = builder.icmp_signed(">=", length, builder.load(field(builder, tape, RECORDS + 2)))
    with builder.if_then(full, likely=False):
        size = size_of_record(context, dtype)
        make_room(context, builder, RECORDS, size, tape, builder.add(length, _WORD(1)))
    record = _record(context, builder, dtype, tape, length)
    for n in range(2):
        context.pack_value(builder, dtype, partials[n], cgutils.gep_inbounds(builder, record, 0, n))
        builder.store(builder.trunc(operands[n], _INDEX), cgutils.gep_inbounds(builder, record, 0, 2 + n))
    builder.store(builder.add(length, _WORD(1)), length_at)
    return length


# The address of the records is loaded for each: a call that makes room may have moved them.
def _record(context: Any, builder: Any, dtype: Any, tape: Any, index: Any) -> Any:
    layout = record_type(context, dtype)
    records = builder.bitcast(builder.load(field(builder, tape, RECORDS)), layout.as_pointer())
    return builder.gep(records, [index], inbounds=True)


# A tape or an array that is in use stands in no slot, so that a derivative inside a derivative, and one in another
# thread, find others.
def idle(module: Any, name: str) -> Any:
    """Return an array for addresses of memory that nobody uses, of which a compiled module has one of each name."""
    if name in module.globals:
        return module.globals[name]
    slots = cgutils.add_global_variable(module, ir.ArrayType(_WORD, SLOTS), name)
    slots.linkage = "internal"
    slots.initializer = ir.Constant(slots.type.pointee, None)
    return slots


# One exchange either fills an empty slot or fails: two threads that give back at once cannot overwrite each other.
# Release and acquire make what was written to the header visible to the thread that takes it next.
def kept_in(builder: Any, slots: Any, address: Any) -> Any:
    """Emit a search for a free slot; the result is whether the address is kept in one now."""
    kept = cgutils.alloca_once_value(builder, cgutils.false_bit)
    with cgutils.for_range(builder, _WORD(SLOTS)) as loop:
        slot = cgutils.gep_inbounds(builder, slots, 0, loop.index)
        number = builder.ptrtoint(address, _WORD)
        swapped = builder.extract_value(builder.cmpxchg(slot, _WORD(0), number, "acq_rel", "acquire"), 1)
        with builder.if_then(swapped):
            builder.store(cgutils.true_bit, kept)
            loop.do_break()
    return builder.load(kept)


def acquire(context: Any, builder: Any, of: TapeType) -> Any:
    """Emit a search for an idle tape of a kind, and the making of one if there is none; the result is its header."""
    slots = of.slots(context, builder.module)
    found = cgutils.alloca_once_value(builder, _WORD(0))
    with cgutils.for_range(builder, _WORD(SLOTS)) as loop:
        slot = cgutils.gep_inbounds(builder, slots, 0, loop.index)
        # An exchange with 0 takes an address out at once: two threads never get the same one, and none waits for
        # another.
        taken = builder.atomic_rmw("xchg", slot, _WORD(0), "acq_rel")
        with builder.if_then(builder.icmp_unsigned("!=", taken, _WORD(0))):
            builder.store(taken, found)
            loop.do_break()
    with builder.if_then(builder.icmp_unsigned("==", builder.load(found), _WORD(0)), likely=False):
        size = _WORD(context.get_abi_sizeof(HEADER))
        fresh = context.nrt.allocate(builder, size)
        cgutils.memset(builder, fresh, size, 0)
        builder.store(builder.ptrtoint(fresh, _WORD), found)
    address = builder.inttoptr(builder.load(found), POINTER)
    # A tape that an earlier call grew beyond what this call may take starts anew, or it would exceed the limit.
    taken = builder.load(field(builder, address, TAKEN))
    with builder.if_then(builder.icmp_signed(">", taken, emit_limit(builder)), likely=False):
        _empty(context, builder, address)
    # Lengths are set back, while room and memory stay: that they are not asked for again is why tapes are kept.
    for n, start in ((RECORDS + 1, 0), (WORDS + 1, 0), (CALLS, 0), (LAST_BLOCK, -1)):
        builder.store(_WORD(start), field(builder, address, n))
    return address


@intrinsic
def acquired(typingctx: Any, dtype: Any, leaves: Any) -> Any:
    """Return a tape whose first records are the constant's and those of `leaves` inputs. `dtype` is a TypeRef."""
    tape = TapeType(dtype.instance_type)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = acquire(context, builder, tape)
        needed = builder.add(args[1], _WORD(1))
        with builder.if_then(builder.icmp_signed("<", builder.load(field(builder, address, RECORDS + 2)), needed)):
            size = size_of_record(context, tape.dtype)
            # Given back before the error is raised; no caller knows of the tape yet.
            with builder.if_then(has_no_room(context, builder, RECORDS, size, address, needed), likely=False):
                give_back(context, builder, tape, address)
                context.call_conv.return_user_exc(builder, TapeLimitError, ())
        builder.store(needed, field(builder, address, RECORDS + 1))
        return address

    return tape(dtype, types.int64), codegen


def _empty(context: Any, builder: Any, tape: Any) -> None:
    for part in (RECORDS, WORDS):
        context.nrt.free(builder, builder.load(field(builder, tape, part)))
    builder.store(ir.Constant(HEADER, None), builder.bitcast(tape, HEADER.as_pointer()))


# The header of a large tape is kept without its memory, so that one long recording does not hold a gigabyte for ever.
def give_back(context: Any, builder: Any, of: TapeType, tape: Any) -> None:
    """Emit the return of a tape for reuse, or of its memory if it is large or enough are kept."""
    slots = of.slots(context, builder.module)
    large = builder.icmp_signed(">", builder.load(field(builder, tape, TAKEN)), _WORD(MOST_IDLE_BYTES))
    with builder.if_then(large, likely=False):
        _empty(context, builder, tape)
    with builder.if_then(builder.not_(kept_in(builder, slots, tape)), likely=False):
        _empty(context, builder, tape)
        context.nrt.free(builder, tape)


@intrinsic
def length_of(typingctx: Any, tape: Any) -> Any:
    """Return the number of records, that of the constant included."""
    return reading(tape, RECORDS + 1)


def reading(tape: Any, n: int) -> Any:
    """Return signature and emitter of a function that reads a field of the header."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(field(builder, args[0], n))

    return types.int64(tape), codegen


def count_call(builder: Any, tape: Any) -> None:
    """Emit the counting of a call of a mathematical function."""
    at = field(builder, tape, CALLS)
    builder.store(builder.add(builder.load(at), _WORD(1)), at)


@intrinsic
def calls_of(typingctx: Any, tape: Any) -> Any:
    """Return how many operations called a mathematical function."""
    return reading(tape, CALLS)


@intrinsic
def bytes_of(typingctx: Any, tape: Any) -> Any:
    """Return the memory that is in use, of records and blocks."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        records, words = (builder.load(field(builder, args[0], part + 1)) for part in (RECORDS, WORDS))
        size = _WORD(size_of_record(context, tape.dtype))
        return builder.add(builder.mul(records, size), builder.mul(words, _WORD(8)))

    return types.int64(tape), codegen


@intrinsic
def record_at(typingctx: Any, tape: Any, index: Any) -> Any:
    """Return a record: two partials, and the indices of two operands."""
    result = types.Tuple((tape.dtype, tape.dtype, types.int64, types.int64))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        record = _record(context, builder, tape.dtype, args[0], args[1])
        partials = [
            context.unpack_value(builder, tape.dtype, cgutils.gep_inbounds(builder, record, 0, n)) for n in (0, 1)
        ]
        # Indices go up to 2**32: as signed numbers the upper half would be negative.
        operands = [builder.zext(builder.load(cgutils.gep_inbounds(builder, record, 0, n)), _WORD) for n in (2, 3)]
        return context.make_tuple(builder, result, [*partials, *operands])

    return result(tape, types.int64), codegen
