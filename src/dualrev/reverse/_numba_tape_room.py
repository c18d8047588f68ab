"""The header of a tape of compiled code, and how its parts grow: to twice the room, if the limit allows."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from dualrev.errors import TapeLimitError
from dualrev.reverse.numba_tape_limit import emit_limit, emit_refused

FIRST_CAPACITY = 1024

MOST = 1 << 32
"""Elements that 32 bits can number; a tape that needs more is refused."""

_WORD = ir.IntType(64)
POINTER = ir.IntType(8).as_pointer()
# Numbers hold the address of this header and not that of the records: a tape that grows moves its records, while
# numbers live on in the user's variables and arrays.
HEADER = ir.LiteralStructType([POINTER, _WORD, _WORD, POINTER, _WORD, _WORD, _WORD, _WORD, _WORD])
"""Records, how many there are, and for how many there is room; the same of the words of blocks; the last block; the
bytes that both take; how many operations called a mathematical function."""

RECORDS, WORDS, LAST_BLOCK, TAKEN, CALLS = 0, 3, 6, 7, 8
"""Where in the header each of these begins."""


# The error carries no numbers. Numba keeps each exception that is raised with values of a run; who called the compiled
# code fills them in, see `within_limit`.
def make_room(context: Any, builder: Any, part: int, size: int, tape: Any, needed: Any) -> None:
    """Emit a call that makes room for elements of a size, and an error if there is none."""
    with builder.if_then(has_no_room(context, builder, part, size, tape, needed), likely=False):
        context.call_conv.return_user_exc(builder, TapeLimitError, ())


# The function that grows a tape is plain LLVM without Numba's calling convention, which cannot raise. Whether it failed
# is read from the header.
def has_no_room(context: Any, builder: Any, part: int, size: int, tape: Any, needed: Any) -> Any:
    """Emit a call that makes room for elements of a size; the result is whether there is none."""
    builder.call(_grow(context, builder.module, part, size), [tape, needed])
    return builder.icmp_signed("<", builder.load(field(builder, tape, part + 2)), needed)


def field(builder: Any, tape: Any, n: int) -> Any:
    """Emit the address of a field of the header."""
    return cgutils.gep_inbounds(builder, builder.bitcast(tape, HEADER.as_pointer()), 0, n)


def _grow(context: Any, module: Any, part: int, size: int) -> Any:
    """Return a function that makes room on a part of a tape for so many elements: twice the room, if the limit allows.

    It leaves the tape as it is where even the elements themselves are too many, or the system has no memory for them.
    """
    name = f"dualrev_grow_tape_{part}_{size}"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, _WORD]), name)
    # Each compiled module that records has this function; the linker keeps one. Inlined into every operation it would
    # make the user's loop several times as long.
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    tape, needed = function.args
    data_at, length_at, room_at = (field(builder, tape, part + n) for n in range(3))
    taken_at = field(builder, tape, TAKEN)
    old, room = builder.load(data_at), builder.load(room_at)
    # The limit is one for both parts of a tape, so that what the other part takes is subtracted from it.
    others = builder.sub(builder.load(taken_at), builder.mul(room, _WORD(size)))
    most = builder.sdiv(builder.sub(emit_limit(builder), others), _WORD(size))
    wider = _larger(builder, builder.mul(room, _WORD(2)), _WORD(FIRST_CAPACITY))
    # Doubling alone would give up at half of what the limit allows.
    wider = builder.select(builder.icmp_signed("<", most, wider), most, wider)
    wider = _larger(builder, wider, needed)
    new_size = builder.mul(wider, _WORD(size))
    asked = builder.add(others, new_size)
    too_many = builder.icmp_unsigned(">=", needed, _WORD(MOST))
    with builder.if_then(builder.or_(too_many, builder.icmp_signed("<", most, needed)), likely=False):
        emit_refused(builder, asked)
        builder.ret_void()
    # New memory before the old is freed, because it is copied. `allocate` would raise, which this function cannot.
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
