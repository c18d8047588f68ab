"""Arrays that a derivative works in, kept for its next call: a loop that writes into a buffer asks for no memory."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.np.arrayobj import _parse_shape, make_array, populate_array

from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import array_of
from dualrev.reverse import numba_tape

# Filling a larger array takes longer than asking for it, and it would be kept for as long as the machine code.
MOST_BYTES = 1 << 20
"""Larger arrays are not kept."""

# Idle memory is an address in a slot and nothing beside it, so its size must lie with it.
_AHEAD = 16
"""Bytes before an array's memory, which hold its size; they keep it aligned."""

_IDLE = "dualrev_idle_arrays"
_WORD, _BYTE = ir.IntType(64), ir.IntType(8)


# The slots are those of tapes: an exchange takes what is in one and leaves 0, so that two threads never take the
# same. What turns out too small goes back to its slot, and is freed if another thread has filled that meanwhile.
def _memory(context: Any, builder: Any, size: Any) -> Any:
    """Emit a search for idle memory of a size, and a request for more if there is none; the result is its address."""
    slots = numba_tape.idle(builder.module, _IDLE)
    found = cgutils.alloca_once_value(builder, ir.Constant(_BYTE.as_pointer(), None))
    with cgutils.for_range(builder, _WORD(numba_tape.SLOTS)) as loop:
        slot = cgutils.gep_inbounds(builder, slots, 0, loop.index)
        taken = builder.atomic_rmw("xchg", slot, _WORD(0), "acq_rel")
        with builder.if_then(builder.icmp_unsigned("!=", taken, _WORD(0))):
            address = builder.inttoptr(taken, _BYTE.as_pointer())
            capacity = builder.load(builder.bitcast(address, _WORD.as_pointer()))
            with builder.if_else(builder.icmp_unsigned(">=", capacity, size)) as (large, small):
                with large:
                    builder.store(address, found)
                    loop.do_break()
                with small:
                    back = builder.extract_value(builder.cmpxchg(slot, _WORD(0), taken, "acq_rel", "acquire"), 1)
                    with builder.if_then(builder.not_(back), likely=False):
                        context.nrt.free(builder, address)
    with builder.if_then(cgutils.is_null(builder, builder.load(found)), likely=False):
        fresh = context.nrt.allocate_unchecked(builder, builder.add(size, _WORD(_AHEAD)))
        with builder.if_then(cgutils.is_null(builder, fresh), likely=False):
            context.call_conv.return_user_exc(builder, MemoryError, ("there is no memory for a derivative to work in",))
        builder.store(size, builder.bitcast(fresh, _WORD.as_pointer()))
        builder.store(fresh, found)
    return builder.load(found)


@intrinsic
def borrowed(typingctx: Any, dtype: Any, shape: Any, zero: Any) -> Any:
    """Return an array of a dtype, given as a TypeRef, and a shape, which has to be given back; of zeros, if `zero`."""
    ndim = shape.count if isinstance(shape, types.BaseTuple) else 1
    result = array_of(dtype.instance_type, ndim)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = _parse_shape(context, builder, shape, args[1])
        itemsize = _WORD(context.get_abi_sizeof(context.get_data_type(result.dtype)))
        strides: list[Any] = []
        size = itemsize
        for length in reversed(lengths):
            strides.insert(0, size)
            size = builder.mul(size, length)
        # No reference is counted, and no array may be returned or kept: the drivers hand these to the clone and give
        # them back. Numba's own arrays would be freed with each call, and asked for again with the next.
        array = make_array(result)(context, builder)
        data = builder.gep(_memory(context, builder, size), [_WORD(_AHEAD)])
        with builder.if_then(args[2]):
            cgutils.memset(builder, data, size, 0)
        populate_array(
            array,
            data=builder.bitcast(data, array.data.type),
            shape=lengths,
            strides=strides,
            itemsize=itemsize,
            meminfo=None,
        )
        return array._getvalue()

    return result(dtype, shape, types.boolean), codegen


def _give_back(context: Any, builder: Any, of: Any, value: Any) -> None:
    """Emit the return of an array or a tape to where it came from."""
    if isinstance(of, numba_tape.TapeType):
        numba_tape.give_back(context, builder, of, value)
        return
    data = builder.bitcast(make_array(of)(context, builder, value).data, _BYTE.as_pointer())
    # An empty array has an address, too, so that it comes back as any other.
    address = builder.gep(data, [_WORD(-_AHEAD)])
    capacity = builder.load(builder.bitcast(address, _WORD.as_pointer()))
    small = builder.icmp_unsigned("<=", capacity, _WORD(MOST_BYTES))
    with builder.if_else(small, likely=True) as (keeps, frees):
        with keeps:
            kept = numba_tape.kept_in(builder, numba_tape.idle(builder.module, _IDLE), address)
            with builder.if_then(builder.not_(kept), likely=False):
                context.nrt.free(builder, address)
        with frees:
            context.nrt.free(builder, address)


@intrinsic
def give_back(typingctx: Any, kept: Any) -> Any:
    """Give back a tuple of borrowed arrays and tapes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for n, of in enumerate(kept):
            _give_back(context, builder, of, builder.extract_value(args[0], n))
        return context.get_dummy_value()

    return types.none(kept), codegen


# The call is written here, where its status can be looked at before it is passed on. The caller sees the error of the
# user's function, unchanged.
@intrinsic
def guarded(typingctx: Any, function: Any, given: Any, kept: Any) -> Any:
    """Call a compiled function with a tuple of arguments; if it raises an error, what is kept is given back first."""
    _, _, folded, _ = function.dispatcher.get_call_template(tuple(given), {})
    compiled = function.dispatcher.overloads[folded]
    result, wanted = compiled.signature.return_type, compiled.signature.args

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        context.add_linking_libs([compiled.library])
        callee = context.declare_function(builder.module, compiled.fndesc)
        parts = cgutils.unpack_tuple(builder, args[1], len(given))
        parts = [context.cast(builder, *each) for each in zip(parts, given, wanted[: len(given)], strict=True)]
        # Numba types a default as part of the signature, with no value behind it.
        parts += [context.get_dummy_value() for _ in wanted[len(given) :]]  # defaults, which are in the type
        status, value = context.call_conv.call_function(builder, callee, result, wanted, parts)
        with builder.if_then(status.is_error, likely=False):
            for n, of in enumerate(kept):
                _give_back(context, builder, of, builder.extract_value(args[2], n))
            context.call_conv.return_status_propagate(builder, status)
        return value

    return result(function, given, kept), codegen
