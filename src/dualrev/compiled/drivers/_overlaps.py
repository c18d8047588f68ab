"""Whether arrays share memory, in compiled code."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.np.arrayobj import extents_may_overlap, get_array_memory_extents, make_array

from dualrev.kernels.numba_extending import intrinsic


@intrinsic
def may_overlap(typingctx: Any, a: Any, b: Any) -> Any:
    """Return whether the memory between the first and the last element of two arrays has a part in common."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        extents = []
        for of, value in zip((a, b), args, strict=True):
            array = make_array(of)(context, builder, value)
            shape, strides = (cgutils.unpack_tuple(builder, part, of.ndim) for part in (array.shape, array.strides))
            extents += get_array_memory_extents(context, builder, of, array, shape, strides, array.data)
        return extents_may_overlap(context, builder, *extents)

    return types.boolean(a, b), codegen
