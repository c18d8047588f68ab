"""Blocks on the tape of compiled code: what an operation on whole arrays records as a unit.

A block has consecutive outputs, whose records hold nothing, and words of its own, in which it keeps what its pull
needs: sizes, indices of operands, values. The pull adds to the operands' adjoints; its address comes first, so that a
sweep needs no knowledge of operations, and compiles none that were not recorded.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.np.arrayobj import make_array, populate_array

from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import array_of
from dualrev.reverse._numba_tape_room import LAST_BLOCK, RECORDS, WORDS, field, make_room
from dualrev.reverse.numba_tape import reading, size_of_record

PULL, FIRST, COUNT, PREVIOUS, OWN = range(5)
"""The words of a block: the pull's address, the first output, how many there are, the block before, its own words."""

_WORD = ir.IntType(64)


def _extended(context: Any, builder: Any, tape: Any, part: int, size: int, count: Any) -> Any:
    """Emit room for further elements of a part of the tape; the result is their number and address."""
    length = builder.load(field(builder, tape, part + 1))
    longer = builder.add(length, count)
    full = builder.icmp_signed(">", longer, builder.load(field(builder, tape, part + 2)))
    with builder.if_then(full, likely=False):
        make_room(context, builder, part, size, tape, longer)
    builder.store(longer, field(builder, tape, part + 1))
    return length, builder.gep(builder.load(field(builder, tape, part)), [builder.mul(length, _WORD(size))])


# The address is taken when the code runs, and not written into it: machine code that is read back from a disk lies
# elsewhere.
def _address_of(context: Any, builder: Any, pull: Any, argument_types: Any) -> Any:
    """Emit the address of a pull, compiled for these types."""
    pull.compile(argument_types)
    compiled = pull.overloads[argument_types]
    context.add_linking_libs([compiled.library])
    return builder.ptrtoint(context.declare_function(builder.module, compiled.fndesc), _WORD)


def _pull_types(tape: Any) -> Any:
    return (array_of(tape.dtype, 1), tape, types.int64)


# The pull is compiled when its call is emitted, which is after the types of the function around it were found: so Numba
# does not follow the circle from an operation to its pull, and from there to the operation on an outer tape.
def blocks_pulled_by(pull: Any) -> Any:
    """Return `block_on(tape, outputs, words)`, which records a block and returns the number of its first word.

    `pull(adjoints, tape, block)` is a compiled function. It may itself record blocks on the tape of an outer
    derivative, so that Numba, which would take that for recursion, is not to see it.
    """

    @intrinsic
    def block_on(typingctx: Any, tape: Any, outputs: Any, words: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            on, count, own = args
            size = size_of_record(context, tape.dtype)
            first, records = _extended(context, builder, on, RECORDS, size, count)
            # Outputs have records so that their indices are numbered as all are. A tape that is used again holds old
            # ones there, which nobody may take for theirs.
            cgutils.memset(builder, records, builder.mul(count, _WORD(size)), 0)
            # Places are kept as numbers of words, and turned into addresses when they are used: this may move all
            # words.
            block, at = _extended(context, builder, on, WORDS, 8, builder.add(own, _WORD(OWN)))
            head = builder.bitcast(at, _WORD.as_pointer())
            address = _address_of(context, builder, pull, _pull_types(tape))
            for n, word in enumerate((address, first, count, builder.load(field(builder, on, LAST_BLOCK)))):
                builder.store(word, cgutils.gep_inbounds(builder, head, n))
            builder.store(block, field(builder, on, LAST_BLOCK))
            return block

        return types.int64(tape, types.int64, types.int64), codegen

    return block_on


@intrinsic
def last_block(typingctx: Any, tape: Any) -> Any:
    """Return the first word of the block that was recorded last, -1 if there is none."""
    return reading(tape, LAST_BLOCK)


def _word(builder: Any, tape: Any, n: Any) -> Any:
    return builder.gep(builder.bitcast(builder.load(field(builder, tape, WORDS)), _WORD.as_pointer()), [n])


# Without an owner (`meminfo`): the words belong to the tape, and an array that owned them would free them.
def _view(tape: Any, dtype: Any) -> Any:
    """Return type and emitter of an array over the words of a tape from one on."""
    result = array_of(dtype, 1)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        element = context.get_data_type(dtype)
        itemsize = context.get_constant(types.intp, context.get_abi_sizeof(element))
        array = make_array(result)(context, builder)
        data = builder.bitcast(_word(builder, args[0], args[1]), element.as_pointer())
        populate_array(array, data=data, shape=(args[2],), strides=(itemsize,), itemsize=itemsize, meminfo=None)
        return array._getvalue()

    return result(tape, types.int64, types.int64), codegen


@intrinsic
def words_of(typingctx: Any, tape: Any, start: Any, count: Any) -> Any:
    """Return words of a tape, as an array that is good until the next block is recorded."""
    return _view(tape, types.int64)


@intrinsic
def indices_of(typingctx: Any, tape: Any, start: Any, count: Any) -> Any:
    """Return words of a tape as an array of indices, two in a word."""
    return _view(tape, types.int32)


@intrinsic
def values_of(typingctx: Any, tape: Any, start: Any, count: Any) -> Any:
    """Return words of a tape as an array of numbers."""
    return _view(tape, tape.dtype)


# Indices of two 32 bits share a word. A single precision number takes a word of its own, so that values of any type
# begin at one.
@intrinsic
def words_for(typingctx: Any, tape: Any) -> Any:
    """Return how many words a number takes, as numbers are laid out in arrays; 1 also where a half would do."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _WORD((context.get_abi_sizeof(context.get_data_type(tape.dtype)) + 7) // 8)

    return types.int64(tape), codegen


# Numba calls what it knows when it compiles. Here the address is a number on the tape, so that the call is emitted by
# hand, with its status, through which an error of the pull reaches the caller.
@intrinsic
def pull_block(typingctx: Any, adjoints: Any, tape: Any, block: Any) -> Any:
    """Let a block add to the adjoints of its operands."""
    argument_types = _pull_types(tape)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = builder.load(_word(builder, args[1], args[2]))
        kind = context.call_conv.get_function_type(types.none, argument_types)
        pull = builder.inttoptr(address, kind.as_pointer())
        status, _ = context.call_conv.call_function(builder, pull, types.none, argument_types, args)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(*argument_types), codegen
