"""Arrays made in compiled code, of active numbers too, and loops that fill them element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import cgutils, errors, types
from numba.core.imputils import impl_ret_borrowed, impl_ret_new_ref
from numba.np.arrayobj import _empty_nd_impl, _parse_shape, make_array, populate_array

from dualrev.kernels.numba_extending import compiled_only, defined, intrinsic
from dualrev.kernels.numba_types import array_of, order_of


# `np.empty` in compiled code takes NumPy's types of elements, and active numbers are none of them.
@intrinsic
def empty_array(typingctx: Any, dtype: Any, shape: Any) -> Any:
    """Return an array of a dtype, given as a TypeRef, and a shape; its elements are not set."""
    return _allocation(dtype.instance_type, dtype, shape, False)


@intrinsic
def zero_array(typingctx: Any, dtype: Any, shape: Any) -> Any:
    """Return an array of zeros, which depend on nothing."""
    return _allocation(dtype.instance_type, dtype, shape, True)


@compiled_only
def filled_array(dtype: Any, shape: Any, value: Any) -> Callable[..., Any]:
    """Return an array of a dtype, given as a TypeRef, and a shape that holds one value everywhere."""

    def implementation(dtype, shape, value):  # type: ignore[no-untyped-def]
        array = empty_array(dtype, shape)
        array[...] = value
        return array

    return implementation


@intrinsic
def retyped(typingctx: Any, dtype: Any, array: Any) -> Any:
    """Return an array as one of other numbers, given as a TypeRef, that memory holds alike; nothing is copied."""
    result = array_of(dtype.instance_type, array.ndim, array.layout)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        assert context.get_value_type(result) == context.get_value_type(array)
        return impl_ret_borrowed(context, builder, result, args[1])

    return result(dtype, array), codegen


_WORD = 8
"""Bytes of a float of double precision."""


def _bytes(context: Any, of: Any) -> int:
    size: int = context.get_abi_sizeof(context.get_data_type(of))
    return size


@intrinsic
def words_of(typingctx: Any, dtype: Any) -> Any:
    """Return how many floats of double precision take at least the memory of one number of a dtype, a TypeRef."""
    of = dtype.instance_type
    return types.intp(dtype), lambda context, *_: context.get_constant(types.intp, -(-_bytes(context, of) // _WORD))


@intrinsic
def reinterpreted(typingctx: Any, dtype: Any, floats: Any) -> Any:
    """Return the memory of a contiguous array of floats of one axis, which nobody counts, as one of other numbers."""
    result = array_of(dtype.instance_type, 1)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = context.get_constant(types.intp, _bytes(context, result.dtype))
        given = make_array(floats)(context, builder, args[1])
        array = make_array(result)(context, builder)
        room = builder.mul(given.nitems, context.get_constant(types.intp, _WORD))
        populate_array(
            array,
            data=builder.bitcast(given.data, array.data.type),
            shape=[builder.sdiv(room, size)],
            strides=[size],
            itemsize=size,
            meminfo=None,
        )
        return array._getvalue()

    return result(dtype, floats), codegen


@compiled_only
def zero_like(dtype: Any, x: Any) -> Callable[..., Any]:
    """Return zeros of a dtype in the shape of `x`, an array or a number, in the order that Numba gives them."""
    if order_of([x]) == "F":
        return lambda dtype, x: zero_array(dtype, x.T.shape).T
    return lambda dtype, x: zero_array(dtype, np.shape(x))


@compiled_only
def filled_like(dtype: Any, x: Any, value: Any) -> Callable[..., Any]:
    """Return an array like that of `zero_like` that holds one value everywhere."""
    if order_of([x]) == "F":
        return lambda dtype, x, value: filled_array(dtype, x.T.shape, value).T
    return lambda dtype, x, value: filled_array(dtype, np.shape(x), value)


def _allocation(dtype: Any, reference: Any, shape: Any, zero: bool) -> Any:
    lengths = tuple(shape) if isinstance(shape, types.BaseTuple) else (shape,)
    if not all(isinstance(length, types.Integer) for length in lengths):
        raise errors.TypingError(f"the shape of an array is made of integers, and {shape} was given")
    ndim = len(lengths)
    result = array_of(dtype, ndim)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = _empty_nd_impl(context, builder, result, _parse_shape(context, builder, shape, args[1]))
        # All bits zero are the number 0 that depends on nothing: its index is the constant's, its tangents are zeros.
        if zero:
            cgutils.memset(builder, array.data, builder.mul(array.itemsize, array.nitems), 0)
        return impl_ret_new_ref(context, builder, result, array._getvalue())

    return result(reference, shape), codegen


def over_elements(scalar: Any, operands: Sequence[Any], result: Any) -> Callable[..., Any]:
    """Return the function that applies one of numbers to numbers and arrays, which are broadcast.

    Parameters
    ----------
    scalar
        A function that compiled code can call.
    operands
        The types of its arguments, one of them an array's.
    result
        The type of the numbers that it returns.
    """
    names = [f"a{n}" for n in range(len(operands))]
    arrays = [name for name, of in zip(names, operands, strict=True) if isinstance(of, types.Array)]
    scope: dict[str, Any] = {"scalar": scalar, "result": result, "empty_array": empty_array}
    order = order_of(operands)
    if len(arrays) == 1:  # nothing is broadcast: one loop, whatever the number of axes
        call = ", ".join("element" if name in arrays else name for name in names)
        turned = ".T" if order == "F" else ""
        body = [f"y = empty_array(result, {arrays[0]}{turned}.shape)", "flat = y.reshape(y.size)"]
        body += [f"for n, element in enumerate({arrays[0]}{turned}.flat):", f"    flat[n] = scalar({call})"]
        body.append(f"return y{turned}")
        return defined(names, body, scope)
    # As text, since loops over the axes nest as deep as an array has axes, and Numba has to see each of them.
    axes = max(of.ndim for of in operands if isinstance(of, types.Array))
    at = f"[{', '.join(f'i{n}' for n in range(axes)) or '()'}]"
    body = [f"shape = broadcast_shapes({', '.join(f'{name}.shape' for name in arrays)})"]
    body += [f"{name}_ = broadcast_to({name}, shape)" for name in arrays]
    body.append(f"y = empty_array(result, shape{'[::-1]).T' if order == 'F' else ')'}")
    body += [f"{'    ' * n}for i{n} in range(shape[{n}]):" for n in range(axes)]
    call = ", ".join(f"{name}_{at}" if name in arrays else name for name in names)
    body += [f"{'    ' * axes}y{at} = scalar({call})", "return y"]
    return defined(names, body, scope | {name: getattr(np, name) for name in ("broadcast_shapes", "broadcast_to")})
