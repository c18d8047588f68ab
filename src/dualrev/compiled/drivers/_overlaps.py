"""Whether arrays share memory, in compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import cgutils, types
from numba.np.arrayobj import extents_may_overlap, get_array_memory_extents, make_array

from dualrev.errors import InPlaceError
from dualrev.kernels.numba_extending import compiled_only, defined, intrinsic


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


@compiled_only
def expect_apart(out: Any, arrays: Any) -> Callable[..., Any]:
    """Raise an error if the array that a derivative is written into shares memory with one of a tuple of arrays."""
    shared = " or ".join(f"may_overlap(out, arrays[{n}])" for n in range(len(arrays)))
    message = "out= shares memory with an argument, which the derivative reads; give it an array of its own"
    body = [f"if {shared}:", f"    raise InPlaceError({message!r})"]
    return defined(["out", "arrays"], body, {"may_overlap": may_overlap, "InPlaceError": InPlaceError})
