"""Views of arrays by axis, and functions of vectors applied along one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types
from numba.cpython.unsafe.tuple import tuple_setitem

from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_arrays import empty_array, filled_array
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import is_active, order_of


def _known(axis: Any, ndim: Any) -> Any:
    if axis < -ndim or axis >= ndim:
        raise ValueError("axis is out of bounds for the array")
    return axis + ndim if axis < 0 else axis


known_axis = compiled(_known)
"""The number of an axis from the front."""


@compiled
def around(shape: Any, axis: Any) -> Any:
    """Return the number of elements before an axis, along it and after it."""
    along = known_axis(axis, len(shape))
    before = after = 1
    for n, length in enumerate(shape):
        if n < along:
            before *= length
        elif n > along:
            after *= length
    return before, shape[along], after


# Functions of vectors are compiled once, for contiguous rows, whatever the axis and the number of axes.
@compiled_only
def rows_along(a: Any, axis: Any) -> Callable[..., Any]:
    """Return a matrix of the vectors along an axis, one in each row."""

    def implementation(a, axis):  # type: ignore[no-untyped-def]
        before, length, after = around(a.shape, axis)
        # Numba reshapes contiguous arrays only.
        stack = np.ascontiguousarray(a).reshape((before, length, after))
        return np.ascontiguousarray(stack.transpose((0, 2, 1))).reshape((before * after, length))

    return implementation


@compiled_only
def back_along(rows: Any, a: Any, axis: Any) -> Callable[..., Any]:
    """Return rows as vectors along an axis of an array like `a`, of their own length there."""

    def implementation(rows, a, axis):  # type: ignore[no-untyped-def]
        before, _, after = around(a.shape, axis)
        length = rows.shape[1]
        stack = rows.reshape((before, after, length)).transpose((0, 2, 1))
        return np.ascontiguousarray(stack).reshape(tuple_setitem(a.shape, known_axis(axis, a.ndim), length))

    return implementation


@compiled_only
def without_axis(shape: Any, axis: Any) -> Callable[..., Any]:
    """Return a shape without one of its lengths."""

    def implementation(shape, axis):  # type: ignore[no-untyped-def]
        # A tuple's length is part of its type, so that one of the right length is taken and filled.
        rest = shape[1:]
        for n in range(known_axis(axis, len(shape))):
            rest = tuple_setitem(rest, n, shape[n])
        return rest

    return implementation


def reduced(of_vector: Any) -> Any:
    """Return a compiled `f(a, axis)` that applies a function of vectors along an axis."""

    @compiled
    def implementation(a: Any, axis: Any) -> Any:
        rows = rows_along(a, axis)
        y = empty_like_rows(rows)
        for n in range(rows.shape[0]):
            y[n] = of_vector(rows[n])
        return y.reshape(without_axis(a.shape, axis))

    return implementation


def scanned(of_vector: Any) -> Any:
    """Return a compiled `f(a, axis)` that replaces the vectors along an axis by functions of them."""

    @compiled
    def implementation(a: Any, axis: Any) -> Any:
        # A copy: along the last axis the rows may be views of the array, which is the user's.
        rows = rows_along(a, axis).copy()
        for n in range(rows.shape[0]):
            rows[n] = of_vector(rows[n])
        return back_along(rows, a, axis)

    return implementation


@compiled_only
def empty_like_rows(rows: Any) -> Callable[..., Any]:
    """Return an array with an element for each row."""
    dtype = rows.dtype
    return lambda rows: empty_array(dtype, rows.shape[0])


# A comparison or an index has no derivative: on plain numbers Numba's own functions do it, and faster.
@compiled_only
def plain(x: Any) -> Callable[..., Any]:
    """Return numbers without their derivatives: what comparisons and indices depend on."""
    dtype = x.dtype if isinstance(x, types.Array) else x
    if not is_active(dtype):
        return lambda x: x
    if not isinstance(x, types.Array):
        return lambda x: plain(x.primal_)
    # Numbers of nested derivatives hold one another; the float is innermost.
    while is_active(dtype):
        dtype = dtype.dtype

    if order_of([x]) == "F":
        return lambda x: plain(x.T).T

    def implementation(x):  # type: ignore[no-untyped-def]
        values = empty_array(dtype, x.shape)
        flat = values.ravel()
        for n, each in enumerate(x.flat):
            flat[n] = plain(each)
        return values

    return implementation


@compiled_only
def as_array(x: Any) -> Callable[..., Any]:
    """Return an array as it is, and a number as one of no axes."""
    if isinstance(x, types.Array):
        return lambda x: x

    dtype = types.unliteral(x)
    return lambda x: filled_array(dtype, (), x)
