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


# Numba's type of an array tells its order, and the type of the user's argument decides whether `x.ravel()` there is a
# view or a copy. An array of active numbers has the same order, so that a write to one of the two shows where it does
# without derivatives.
def laid(name: str, of: Any) -> str:
    """Return the expression of a contiguous array in the memory's order as an array of a type's order."""
    return {"C": name, "F": f"{name}.T", "A": f"{name}[::1]"}[of.layout]


def in_memory(name: str, of: Any) -> str:
    """Return the expression of an array with its axes in the order in which they lie in memory."""
    return f"{name}.T" if of.layout == "F" else name


@compiled_only
def lifted(dtype: Any, x: Any) -> Callable[..., Any]:
    """Return an array of active numbers in the order of `x` and with its values, which depend on nothing."""
    made = f"contiguous(dtype, {in_memory('x', x)})"
    return defined(["dtype", "x"], [f"return {laid(made, x)}"], {"contiguous": contiguous})


@compiled_only
def contiguous(dtype: Any, x: Any) -> Callable[..., Any]:
    """Return a contiguous array of a dtype with the values of `x`."""

    def implementation(dtype, x):  # type: ignore[no-untyped-def]
        y = empty_array(dtype, x.shape)
        fill(y, x)
        return y

    return implementation


# An iterator over `x.flat` computes every index anew; a contiguous array is read by a counter.
@compiled_only
def fill(y: Any, x: Any) -> Callable[..., Any]:
    """Give a contiguous array the values of `x`, in the order of its axes; active numbers depend on nothing then."""
    body = [f"flat = {elements('y', y)}", f"for n, value in enumerate({elements('x', x)}):", "    flat[n] = value"]
    return defined(["y", "x"], body, {})


@compiled_only
def along(dtype: Any, x: Any, tangent: Any) -> Callable[..., Any]:
    """Return a number or an array as dual numbers of one direction."""
    if not isinstance(x, types.Array):
        return lambda dtype, x, tangent: with_tangents(dtype, x, (tangent,))

    a, t = in_memory("x", x), in_memory("tangent", x)
    body = [f"y = empty_array(dtype, {a}.shape)", "flat = y.ravel()"]
    body += [
        f"for n, (value, t) in enumerate(zip({a}.flat, {t}.flat)):",
        "    flat[n] = with_tangents(dtype, value, (t,))",
    ]
    scope = {"empty_array": empty_array, "with_tangents": with_tangents}
    return defined(["dtype", "x", "tangent"], [*body, f"return {laid('y', x)}"], scope)


@compiled_only
def place(x: Any, n: Any) -> Callable[..., Any]:
    """Return where element n, counted by rows, lies in memory that holds the elements of `x` by columns."""

    def implementation(x, n):  # type: ignore[no-untyped-def]
        result = 0
        for axis in range(x.ndim - 1, -1, -1):
            length = x.shape[axis]
            result = result * length + n % length
            n //= length
        return result

    return implementation


@compiled_only
def widened(dtype: Any, x: Any) -> Callable[..., Any]:
    """Return an array of floats lifted, and any other as it is."""
    floats = isinstance(x, types.Array) and isinstance(x.dtype, types.Float)
    return (lambda dtype, x: lifted(dtype, x)) if floats else (lambda dtype, x: x)


# Chunks of directions use the same array: only the elements of a chunk are written, and given back by `unseed`,
# instead of the whole array for each pass.
@compiled_only
def seed(y: Any, x: Any, first: Any, last: Any, tangent: Any) -> Callable[..., Any]:
    """Give the elements `first` to `last` of `x` a tangent, 1 or 0 again, in the directions from 0 on.

    The numbers lie in `y`, a contiguous array in the order of the memory of `x`.
    """
    body = [
        f"flat = {elements('y', y)}",
        "start, stop = first if first > 0 else 0, last if last < flat.size else flat.size",
        "for n in range(start, stop):",
        f"    set_tangent(flat, {'place(x, n)' if x.layout == 'F' else 'n'}, n - first, tangent)",
    ]
    return defined(["y", "x", "first", "last", "tangent"], body, {"set_tangent": set_tangent, "place": place})


# The number of directions is part of a type; how many inputs there are shows at run time only.
@compiled_only
def expect_at_most(count: Any, width: Any) -> Callable[..., Any]:
    """Raise an error if there are more inputs than directions in a pass."""

    def implementation(count, width):  # type: ignore[no-untyped-def]
        if count > width:
            raise ShapeMismatchError("more inputs than this derivative was compiled for")

    return implementation
