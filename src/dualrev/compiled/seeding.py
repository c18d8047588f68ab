"""Small compiled functions that drivers are made of, which make inputs active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.errors import ShapeMismatchError
from dualrev.forward.numba_dual import seeded, with_tangents
from dualrev.kernels.numba_arrays import empty_array
from dualrev.kernels.numba_extending import overloads


def stub(*args: Any) -> Any:
    """Stand for a function that exists in compiled code only."""
    raise NotImplementedError


def flattened(x: Any) -> Any:
    """Return a contiguous array with one axis, without a copy."""
    return stub(x)


@overloads(flattened)
def _flattened(x: Any) -> Callable[..., Any]:
    return (lambda x: x) if x.ndim == 1 else (lambda x: x.ravel())


def lifted(dtype: Any, x: Any) -> Any:
    """Return a contiguous array of active numbers with the values of `x`, which depend on nothing."""
    return stub(dtype, x)


@overloads(lifted)
def _lifted(dtype: Any, x: Any) -> Callable[..., Any]:
    def implementation(dtype, x):  # type: ignore[no-untyped-def]
        y = empty_array(dtype, x.shape)
        fill(y, x)
        return y

    return implementation


def fill(y: Any, x: Any) -> None:
    """Give a contiguous array of active numbers the values of `x`, which depend on nothing."""
    stub(y, x)


@overloads(fill)
def _fill(y: Any, x: Any) -> Callable[..., Any]:
    def contiguous(y, x):  # type: ignore[no-untyped-def]
        flat, values = flattened(y), flattened(x)
        for n in range(values.size):
            flat[n] = values[n]

    def strided(y, x):  # type: ignore[no-untyped-def]
        flat = flattened(y)
        for n, value in enumerate(x.flat):
            flat[n] = value

    return contiguous if x.layout == "C" else strided


def along(dtype: Any, x: Any, tangent: Any) -> Any:
    """Return a number or an array as dual numbers of one direction."""
    return stub(dtype, x, tangent)


@overloads(along)
def _along(dtype: Any, x: Any, tangent: Any) -> Callable[..., Any]:
    if not isinstance(x, types.Array):
        return lambda dtype, x, tangent: with_tangents(dtype, x, (tangent,))

    def implementation(dtype, x, tangent):  # type: ignore[no-untyped-def]
        y = empty_array(dtype, x.shape)
        flat = flattened(y)
        for n, (value, t) in enumerate(zip(x.flat, tangent.flat)):  # noqa: B905 - compiled code has no `strict`
            flat[n] = with_tangents(dtype, value, (t,))
        return y

    return implementation


def widened(dtype: Any, x: Any) -> Any:
    """Return an array of floats lifted, and any other as it is."""
    return stub(dtype, x)


@overloads(widened)
def _widened(dtype: Any, x: Any) -> Callable[..., Any]:
    floats = isinstance(x, types.Array) and isinstance(x.dtype, types.Float)
    return (lambda dtype, x: lifted(dtype, x)) if floats else (lambda dtype, x: x)


def seed(y: Any, dtype: Any, x: Any, first: int, last: int) -> Any:
    """Give the elements `first` to `last` of a lifted array the directions from 0 on."""
    return stub(y, dtype, x, first, last)


@overloads(seed)
def _seed(y: Any, dtype: Any, x: Any, first: Any, last: Any) -> Callable[..., Any]:
    def implementation(y, dtype, x, first, last):  # type: ignore[no-untyped-def]
        flat = flattened(y)
        for n in range(max(first, 0), min(last, flat.size)):
            flat[n] = seeded(dtype, flat[n].primal_, n - first)

    return implementation


def unseed(y: Any, first: int, last: int) -> Any:
    """Take the directions of some elements away again."""
    return stub(y, first, last)


@overloads(unseed)
def _unseed(y: Any, first: Any, last: Any) -> Callable[..., Any]:
    def implementation(y, first, last):  # type: ignore[no-untyped-def]
        flat = flattened(y)
        for n in range(max(first, 0), min(last, flat.size)):
            flat[n] = flat[n].primal_

    return implementation


def expect_at_most(count: int, width: int) -> None:
    """Raise an error if there are more inputs than directions in a pass."""
    stub(count, width)


@overloads(expect_at_most)
def _expect_at_most(count: Any, width: Any) -> Callable[..., Any]:
    def implementation(count, width):  # type: ignore[no-untyped-def]
        if count > width:
            raise ShapeMismatchError("more inputs than this derivative was compiled for")

    return implementation


def size_of(y: Any) -> Any:
    """Return the number of elements of a number or an array."""
    return stub(y)


@overloads(size_of)
def _size_of(y: Any) -> Callable[..., Any]:
    return (lambda y: y.size) if isinstance(y, types.Array) else (lambda y: 1)
