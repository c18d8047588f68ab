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
from dualrev.reverse.numba_tape_limit import emit_limit, emit_refused

SLOTS = 16
"""Tapes that are kept for reuse, for each compiled derivative."""

FIRST_CAPACITY = 1024

MOST_IDLE_BYTES = 1 << 30
"""A larger tape is not kept."""

MOST = 1 << 32
"""Elements that 32 bits can number; a tape that needs more is refused."""

_WORD, _INDEX, _BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8)
_POINTER = _BYTE.as_pointer()
HEADER = ir.LiteralStructType([_POINTER, _WORD, _WORD, _POINTER, _WORD, _WORD, _WORD, _WORD, _WORD])
"""Records, how many there are, and for how many there is room; the same of the words of blocks; the last block; the
bytes that both take; how many operations called a mathematical function."""

RECORDS, WORDS, LAST_BLOCK, TAKEN, CALLS = 0, 3, 6, 7, 8
"""Where in the header each of these begins."""


class TapeType(types.Type):  # type: ignore[misc]
    """A tape of records whose partials have one type."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Tape({dtype})")


@register_model(TapeType)
class TapeModel(models.PrimitiveModel):  # type: ignore[misc]
    """The address of the header."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _POINTER)


def record_type(context: Any, dtype: Any) -> Any:
    """Return the layout of a record: partials, and indices of operands."""
    partial = context.get_data_type(dtype)
    return ir.LiteralStructType([partial, partial, _INDEX, _INDEX])


def push(context: Any, builder: Any, dtype: Any, tape: Any, partials: Any, operands: Any) -> Any:
    """Emit a record; the result is its index. Partials and operands are pairs."""
    layout = record_type(context, dtype)
    header = builder.bitcast(tape, HEADER.as_pointer())
    length_at = cgutils.gep_inbounds(builder, header, 0, 1)
    length = builder.load(length_at)
    full = builder.icmp_signed(">=", length, builder.load(cgutils.gep_inbounds(builder, header, 0, 2)))
    with builder.if_then(full, likely=False):
        make_room(context, builder, RECORDS, context.get_abi_sizeof(layout), tape, builder.add(length, _WORD(1)))
    records = builder.bitcast(builder.load(cgutils.gep_inbounds(builder, header, 0, 0)), layout.as_pointer())
    record = builder.gep(records, [length], inbounds=True)
    for n in range(2):
        context.pack_value(builder, dtype, partials[n], cgutils.gep_inbounds(builder, record, 0, n))
        builder.store(builder.trunc(operands[n], _INDEX), cgutils.gep_inbounds(builder, record, 0, 2 + n))
    builder.store(builder.add(length, _WORD(1)), length_at)
    return length


def make_room(context: Any, builder: Any, part: int, size: int, tape: Any, needed: Any) -> None:
    """Emit a call that makes room for elements of a size, and an error if there is none."""
    with builder.if_then(_has_no_room(context, builder, part, size, tape, needed), likely=False):
        context.call_conv.return_user_exc(builder, TapeLimitError, ())


def _has_no_room(context: Any, builder: Any, part: int, size: int, tape: Any, needed: Any) -> Any:
    builder.call(_grow(context, builder.module, part, size), [tape, needed])
    return builder.icmp_signed("<", builder.load(_field(builder, tape, part + 2)), needed)


def _field(builder: Any, tape: Any, n: int) -> Any:
    return cgutils.gep_inbounds(builder, builder.bitcast(tape, HEADER.as_pointer()), 0, n)


def _grow(context: Any, module: Any, part: int, size: int) -> Any:
    """Return a function that makes room on a part of a tape for so many elements: twice the room, if the limit allows.

    It leaves the tape as it is where even the elements themselves are too many, or the system has no memory for them.
    """
    name = f"dualrev_grow_tape_{part}_{size}"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [_POINTER, _WORD]), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    tape, needed = function.args
    data_at, length_at, room_at = (_field(builder, tape, part + n) for n in range(3))
    taken_at = _field(builder, tape, TAKEN)
    old, room = builder.load(data_at), builder.load(room_at)
    others = builder.sub(builder.load(taken_at), builder.mul(room, _WORD(size)))
    most = builder.sdiv(builder.sub(emit_limit(builder), others), _WORD(size))
    wider = _larger(builder, builder.mul(room, _WORD(2)), _WORD(FIRST_CAPACITY))
    wider = builder.select(builder.icmp_signed("<", most, wider), most, wider)
    wider = _larger(builder, wider, needed)
    new_size = builder.mul(wider, _WORD(size))
    asked = builder.add(others, new_size)
    too_many = builder.icmp_unsigned(">=", needed, _WORD(MOST))
    with builder.if_then(builder.or_(too_many, builder.icmp_signed("<", most, needed)), likely=False):
        emit_refused(builder, asked)
        builder.ret_void()
    new = context.nrt.allocate_unchecked(builder, new_size)
    with builder.if_then(cgutils.is_not_null(builder, new)):
        with builder.if_then(cgutils.is_not_null(builder, old)):
            cgutils.raw_memcpy(builder, new, old, builder.load(length_at), _WORD(size))
            context.nrt.free(builder, old)
        for value, at in ((new, data_at), (wider, room_at), (asked, taken_at)):
            builder.store(value, at)
        builder.ret_void()
    emit_refused(builder, asked)
    builder.ret_void()
    return function


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_signed("<", a, b), b, a)


def idle(module: Any, name: str) -> Any:
    """Return an array for addresses of memory that nobody uses, of which a compiled module has one of each name."""
    if name in module.globals:
        return module.globals[name]
    slots = cgutils.add_global_variable(module, ir.ArrayType(_WORD, SLOTS), name)
    slots.linkage = "internal"
    slots.initializer = ir.Constant(slots.type.pointee, None)
    return slots


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


def _slots(context: Any, module: Any, layout: Any) -> Any:
    """Return the slots of tapes, for each kind of record."""
    return idle(module, f"dualrev_idle_tapes_{context.get_abi_sizeof(layout)}")


@intrinsic
def acquired(typingctx: Any, dtype: Any, leaves: Any) -> Any:
    """Return a tape whose first records are the constant's and those of `leaves` inputs. `dtype` is a TypeRef."""
    tape = TapeType(dtype.instance_type)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        layout = record_type(context, tape.dtype)
        slots = _slots(context, builder.module, layout)
        found = cgutils.alloca_once_value(builder, _WORD(0))
        with cgutils.for_range(builder, _WORD(SLOTS)) as loop:
            slot = cgutils.gep_inbounds(builder, slots, 0, loop.index)
            taken = builder.atomic_rmw("xchg", slot, _WORD(0), "acq_rel")
            with builder.if_then(builder.icmp_unsigned("!=", taken, _WORD(0))):
                builder.store(taken, found)
                loop.do_break()
        with builder.if_then(builder.icmp_unsigned("==", builder.load(found), _WORD(0)), likely=False):
            fresh = context.nrt.allocate(builder, _WORD(context.get_abi_sizeof(HEADER)))
            builder.store(ir.Constant(HEADER, None), builder.bitcast(fresh, HEADER.as_pointer()))
            builder.store(builder.ptrtoint(fresh, _WORD), found)
        address = builder.inttoptr(builder.load(found), _POINTER)
        length_at, room_at, words_at, last_at, taken_at, calls_at = (
            _field(builder, address, n) for n in (1, 2, WORDS + 1, LAST_BLOCK, TAKEN, CALLS)
        )
        with builder.if_then(builder.icmp_signed(">", builder.load(taken_at), emit_limit(builder)), likely=False):
            _free_parts(context, builder, address)
            builder.store(ir.Constant(HEADER, None), builder.bitcast(address, HEADER.as_pointer()))
        builder.store(_WORD(0), length_at)
        builder.store(_WORD(0), words_at)
        builder.store(_WORD(0), calls_at)
        builder.store(_WORD(-1), last_at)
        needed = builder.add(args[1], _WORD(1))
        with builder.if_then(builder.icmp_signed("<", builder.load(room_at), needed)):
            size = context.get_abi_sizeof(layout)
            with builder.if_then(_has_no_room(context, builder, RECORDS, size, address, needed), likely=False):
                give_back(context, builder, tape.dtype, address)
                context.call_conv.return_user_exc(builder, TapeLimitError, ())
        builder.store(needed, length_at)
        return address

    return tape(dtype, types.int64), codegen


def _free_parts(context: Any, builder: Any, tape: Any) -> None:
    for part in (RECORDS, WORDS):
        context.nrt.free(builder, builder.load(_field(builder, tape, part)))


def give_back(context: Any, builder: Any, dtype: Any, tape: Any) -> None:
    """Emit the return of a tape for reuse, or of its memory if it is large or enough are kept."""
    slots = _slots(context, builder.module, record_type(context, dtype))
    large = builder.icmp_signed(">", builder.load(_field(builder, tape, TAKEN)), _WORD(MOST_IDLE_BYTES))
    with builder.if_then(large, likely=False):
        _free_parts(context, builder, tape)
        builder.store(ir.Constant(HEADER, None), builder.bitcast(tape, HEADER.as_pointer()))
    with builder.if_then(builder.not_(kept_in(builder, slots, tape)), likely=False):
        _free_parts(context, builder, tape)
        context.nrt.free(builder, tape)


@intrinsic
def length_of(typingctx: Any, tape: Any) -> Any:
    """Return the number of records, that of the constant included."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(cgutils.gep_inbounds(builder, builder.bitcast(args[0], HEADER.as_pointer()), 0, 1))

    return types.int64(tape), codegen


def count_call(builder: Any, tape: Any) -> None:
    """Emit the counting of a call of a mathematical function."""
    at = _field(builder, tape, CALLS)
    builder.store(builder.add(builder.load(at), _WORD(1)), at)


@intrinsic
def calls_of(typingctx: Any, tape: Any) -> Any:
    """Return how many operations called a mathematical function."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_field(builder, args[0], CALLS))

    return types.int64(tape), codegen


@intrinsic
def bytes_of(typingctx: Any, tape: Any) -> Any:
    """Return the memory that is in use, of records and blocks."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        header = builder.bitcast(args[0], HEADER.as_pointer())
        records, words = (builder.load(cgutils.gep_inbounds(builder, header, 0, part + 1)) for part in (RECORDS, WORDS))
        size = _WORD(context.get_abi_sizeof(record_type(context, tape.dtype)))
        return builder.add(builder.mul(records, size), builder.mul(words, _WORD(8)))

    return types.int64(tape), codegen


@intrinsic
def record_at(typingctx: Any, tape: Any, index: Any) -> Any:
    """Return a record: two partials, and the indices of two operands."""
    result = types.Tuple((tape.dtype, tape.dtype, types.int64, types.int64))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        header = builder.bitcast(args[0], HEADER.as_pointer())
        layout = record_type(context, tape.dtype)
        records = builder.bitcast(builder.load(cgutils.gep_inbounds(builder, header, 0, 0)), layout.as_pointer())
        record = builder.gep(records, [args[1]], inbounds=True)
        partials = [
            context.unpack_value(builder, tape.dtype, cgutils.gep_inbounds(builder, record, 0, n)) for n in (0, 1)
        ]
        operands = [builder.zext(builder.load(cgutils.gep_inbounds(builder, record, 0, n)), _WORD) for n in (2, 3)]
        return context.make_tuple(builder, result, [*partials, *operands])

    return result(tape, types.int64), codegen
