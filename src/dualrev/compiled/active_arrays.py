"""Arrays of active numbers, made in compiled code."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, errors, types
from numba.core.imputils import impl_ret_new_ref
from numba.np.arrayobj import _empty_nd_impl, _parse_shape

from dualrev.kernels.numba_extending import intrinsic
from dualrev.kernels.numba_types import array_of


@intrinsic
def empty_array(typingctx: Any, dtype: Any, shape: Any) -> Any:
    """Return an array of a dtype, given as a TypeRef, and a shape; its elements are not set."""
    return _allocation(dtype.instance_type, dtype, shape, False)


@intrinsic
def zero_array(typingctx: Any, dtype: Any, shape: Any) -> Any:
    """Return an array of zeros, which depend on nothing."""
    return _allocation(dtype.instance_type, dtype, shape, True)


def _allocation(dtype: Any, reference: Any, shape: Any, zero: bool) -> Any:
    lengths = tuple(shape) if isinstance(shape, types.BaseTuple) else (shape,)
    if not all(isinstance(length, types.Integer) for length in lengths):
        raise errors.TypingError(f"the shape of an array is made of integers, and {shape} was given")
    ndim = len(lengths)
    result = array_of(dtype, ndim)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = _empty_nd_impl(context, builder, result, _parse_shape(context, builder, shape, args[1]))
        if zero:
            cgutils.memset(builder, array.data, builder.mul(array.itemsize, array.nitems), 0)
        return impl_ret_new_ref(context, builder, result, array._getvalue())

    return result(reference, shape), codegen
