"""Small compiled functions that drivers are made of, which make inputs active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.errors import ShapeMismatchError
from dualrev.forward.numba_dual import seeded, with_tangents
from dualrev.kernels.numba_arrays import empty_array
from dualrev.kernels.numba_extending import compiled_only


@compiled_only
def flattened(x: Any) -> Callable[..., Any]:
    """Return a contiguous array with one axis, without a copy."""
    return (lambda x: x) if x.ndim == 1 else (lambda x: x.ravel())


@compiled_only
def lifted(dtype: Any, x: Any) -> Callable[..., Any]:
    """Return a contiguous array of active numbers with the values of `x`, which depend on nothing."""

    def implementation(dtype, x):  # type: ignore[no-untyped-def]
        y = empty_array(dtype, x.shape)
        fill(y, x)
        return y

    return implementation


# An iterator over `x.flat` computes every index anew; a contiguous array is read by a counter.
@compiled_only
def fill(y: Any, x: Any) -> Callable[..., Any]:
    """Give a contiguous array of active numbers the values of `x`, which depend on nothing."""

    def contiguous(y, x):  # type: ignore[no-untyped-def]
        flat, values = flattened(y), flattened(x)
        for n in range(values.size):
            flat[n] = values[n]

    def strided(y, x):  # type: ignore[no-untyped-def]
        flat = flattened(y)
        for n, value in enumerate(x.flat):
            flat[n] = value

    return contiguous if x.layout == "C" else strided


@compiled_only
def along(dtype: Any, x: Any, tangent: Any) -> Callable[..., Any]:
    """Return a number or an array as dual numbers of one direction."""
    if not isinstance(x, types.Array):
        return lambda dtype, x, tangent: with_tangents(dtype, x, (tangent,))

    def implementation(dtype, x, tangent):  # type: ignore[no-untyped-def]
        y = empty_array(dtype, x.shape)
        flat = flattened(y)
        for n, (value, t) in enumerate(zip(x.flat, tangent.flat)):  # noqa: B905 - compiled code has no `strict`
            flat[n] = with_tangents(dtype, value, (t,))
        return y

    return implementation


@compiled_only
def widened(dtype: Any, x: Any) -> Callable[..., Any]:
    """Return an array of floats lifted, and any other as it is."""
    floats = isinstance(x, types.Array) and isinstance(x.dtype, types.Float)
    return (lambda dtype, x: lifted(dtype, x)) if floats else (lambda dtype, x: x)


# Chunks of directions use the same array: only the elements of a chunk are written, and given back by `unseed`,
# instead of the whole array for each pass.
@compiled_only
def seed(y: Any, dtype: Any, x: Any, first: Any, last: Any) -> Callable[..., Any]:
    """Give the elements `first` to `last` of a lifted array the directions from 0 on."""

    def implementation(y, dtype, x, first, last):  # type: ignore[no-untyped-def]
        flat = flattened(y)
        for n in range(max(first, 0), min(last, flat.size)):
            flat[n] = seeded(dtype, flat[n].primal_, n - first)

    return implementation


@compiled_only
def unseed(y: Any, first: Any, last: Any) -> Callable[..., Any]:
    """Take the directions of some elements away again."""

    def implementation(y, first, last):  # type: ignore[no-untyped-def]
        flat = flattened(y)
        for n in range(max(first, 0), min(last, flat.size)):
            flat[n] = flat[n].primal_

    return implementation


# The number of directions is part of a type; how many inputs there are shows at run time only.
@compiled_only
def expect_at_most(count: Any, width: Any) -> Callable[..., Any]:
    """Raise an error if there are more inputs than directions in a pass."""

    def implementation(count, width):  # type: ignore[no-untyped-def]
        if count > width:
            raise ShapeMismatchError("more inputs than this derivative was compiled for")

    return implementation


@compiled_only
def size_of(y: Any) -> Callable[..., Any]:
    """Return the number of elements of a number or an array."""
    return (lambda y: y.size) if isinstance(y, types.Array) else (lambda y: 1)
