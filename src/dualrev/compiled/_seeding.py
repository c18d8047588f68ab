"""Small compiled functions that drivers are made of, which make inputs active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.errors import ShapeMismatchError
from dualrev.forward.numba_dual import set_tangent, with_tangents
from dualrev.kernels.numba_arrays import empty_array
from dualrev.kernels.numba_extending import compiled_only, defined


# A text, where a function would be one more that Numba compiles.
def elements(name: str, of: Any) -> str:
    """Return the expression of an array's elements, one after another."""
    if of.layout != "C":
        return f"{name}.flat"
    return name if of.ndim == 1 else f"{name}.ravel()"


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
    body = [f"flat = {elements('y', y)}", f"for n, value in enumerate({elements('x', x)}):", "    flat[n] = value"]
    return defined(["y", "x"], body, {})


@compiled_only
def along(dtype: Any, x: Any, tangent: Any) -> Callable[..., Any]:
    """Return a number or an array as dual numbers of one direction."""
    if not isinstance(x, types.Array):
        return lambda dtype, x, tangent: with_tangents(dtype, x, (tangent,))

    def implementation(dtype, x, tangent):  # type: ignore[no-untyped-def]
        y = empty_array(dtype, x.shape)
        flat = y.ravel()
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
def seed(y: Any, first: Any, last: Any, tangent: Any) -> Callable[..., Any]:
    """Give the elements `first` to `last` of a lifted array a tangent, 1 or 0 again, in the directions from 0 on."""
    body = [
        f"flat = {elements('y', y)}",
        "start, stop = first if first > 0 else 0, last if last < flat.size else flat.size",
        "for n in range(start, stop):",
        "    set_tangent(flat, n, n - first, tangent)",
    ]
    return defined(["y", "first", "last", "tangent"], body, {"set_tangent": set_tangent})


# The number of directions is part of a type; how many inputs there are shows at run time only.
@compiled_only
def expect_at_most(count: Any, width: Any) -> Callable[..., Any]:
    """Raise an error if there are more inputs than directions in a pass."""

    def implementation(count, width):  # type: ignore[no-untyped-def]
        if count > width:
            raise ShapeMismatchError("more inputs than this derivative was compiled for")

    return implementation
