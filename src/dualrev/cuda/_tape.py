"""A tape for each thread, in a workspace that the kernel is given: no memory can be asked for on a device.

The arrays of a workspace have the thread on their last axis, so that neighbouring threads, which record the same
operation at about the same time, write to neighbouring addresses.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import register_model
from numba.np.arrayobj import make_array

from dualrev.kernels.numba_extending import intrinsic
from dualrev.reverse.numba_var import VarModel, VarType

_WORD, _INDEX, _BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8)
PARTIALS, OPERANDS, STRIDE, PLANE, LENGTH, ROOM = range(6)
"""The fields of a thread's header: its own partials and operands, how far apart a thread's entries are and how far the
second partial is from the first, how many records there are, those that found no room included, and for how many there
is room."""


def _header(context: Any, dtype: Any) -> Any:
    number = context.get_value_type(dtype)
    return ir.LiteralStructType([number.as_pointer(), _INDEX.as_pointer(), _WORD, _WORD, _WORD, _WORD])


class WorkspaceVarType(VarType):
    """A number on a tape in a workspace."""

    def __init__(self, dtype: Any, careful: bool) -> None:
        super().__init__(dtype, 1, careful)
        self.name = f"{'Plain' * (not careful)}WorkspaceVar({dtype})"

    def push(self, context: Any, builder: Any, tape: Any, partials: Any, operands: Any) -> Any:
        """Emit a record, if there is room for it; the result is its index, or 0."""
        header = builder.bitcast(tape, _header(context, self.dtype).as_pointer())
        at = [cgutils.gep_inbounds(builder, header, 0, n) for n in range(6)]
        length = builder.load(at[LENGTH])
        builder.store(builder.add(length, _WORD(1)), at[LENGTH])
        fits = builder.icmp_signed("<", length, builder.load(at[ROOM]))
        with builder.if_then(fits, likely=True):
            offset = builder.mul(length, builder.load(at[STRIDE]))
            for n in range(2):
                place = builder.add(offset, builder.mul(_WORD(n), builder.load(at[PLANE])))
                builder.store(partials[n], builder.gep(builder.load(at[PARTIALS]), [place]))
                builder.store(builder.trunc(operands[n], _INDEX), builder.gep(builder.load(at[OPERANDS]), [place]))
        return builder.select(fits, length, _WORD(0))


register_model(WorkspaceVarType)(VarModel)


@intrinsic
def tape_in(typingctx: Any, like: Any, partials: Any, operands: Any, thread: Any, first: Any) -> Any:
    """Return a thread's tape, whose first record will have the index `first`. `like` is a TypeRef of the number's type.

    Partials and operands have the shape (2, records, threads). The tape lives as long as the calling function runs.
    """
    var = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        layout = _header(context, var.dtype)
        header = cgutils.alloca_once(builder, layout)
        numbers, indices = (make_array(of)(context, builder, args[n]) for n, of in ((1, partials), (2, operands)))
        shape = cgutils.unpack_tuple(builder, numbers.shape, 3)
        thread_number = context.cast(builder, args[3], thread, types.int64)
        fields = [
            builder.gep(numbers.data, [thread_number]),
            builder.gep(indices.data, [thread_number]),
            shape[2],
            builder.mul(shape[1], shape[2]),
            args[4],
            shape[1],
        ]
        for n, value in enumerate(fields):
            builder.store(value, cgutils.gep_inbounds(builder, header, 0, n))
        return builder.bitcast(header, _BYTE.as_pointer())

    return var.tape(like, partials, operands, thread, types.int64), codegen


@intrinsic
def length_in(typingctx: Any, like: Any, tape: Any) -> Any:
    """Return how many records a thread made, those that found no room included."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        header = builder.bitcast(args[1], _header(context, tape.dtype).as_pointer())
        return builder.load(cgutils.gep_inbounds(builder, header, 0, LENGTH))

    return types.int64(like, tape), codegen
