"""Pullbacks of array functions as lines of code, from which adjoint code is written."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core import types

from dualrev.kernels.numba_extending import overloads


class Lines(NamedTuple):
    """A pullback. In its texts `{0}`, `{1}` are the arguments, `{y}` is the result and `{w}` its adjoint.

    Attributes
    ----------
    each
        For each argument what adds to its adjoint, `{to}`.
    before
        What comes before, and sets `{t}`.
    """

    each: tuple[str, ...]
    before: str = ""


SMALL = 400
"""Multiplications of numbers in a product of matrices that takes longer to hand to BLAS than to compute in loops."""

# As for other sums of adjoints, their order is free.
_sums = numba.njit(error_model="numpy", nogil=True, fastmath={"reassoc", "nsz"})


def contiguous(a: Any) -> Any:
    """Return an array, or a copy that BLAS takes as it is; Numba itself would copy it, and warn of that."""
    return a


@overloads(contiguous)
def _contiguous(a: Any) -> Any:
    return (lambda a: a) if a.layout in "CF" else (lambda a: a.copy())


@_sums  # type: ignore[untyped-decorator]
def add_product(to: Any, a: Any, b: Any) -> None:
    """Add the product of two matrices."""
    _expect(to.shape == (a.shape[0], b.shape[1]) and a.shape[1] == b.shape[0])
    if a.size * b.shape[1] > SMALL:
        to += np.dot(contiguous(a), contiguous(b))
        return
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = to[i, j]
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            to[i, j] = total


@_sums  # type: ignore[untyped-decorator]
def add_image(to: Any, a: Any, x: Any) -> None:
    """Add the product of a matrix and a vector."""
    _expect(to.shape[0] == a.shape[0] and a.shape[1] == x.shape[0])
    if a.size > SMALL:
        to += np.dot(contiguous(a), contiguous(x))
        return
    for i in range(a.shape[0]):
        total = to[i]
        for k in range(a.shape[1]):
            total += a[i, k] * x[k]
        to[i] = total


@_sums  # type: ignore[untyped-decorator]
def add_outer(to: Any, x: Any, y: Any) -> None:
    """Add the products of all elements of two vectors."""
    _expect(to.shape == (x.shape[0], y.shape[0]))
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            to[i, j] += x[i] * y[j]


@_sums  # type: ignore[untyped-decorator]
def add_multiple(to: Any, factor: Any, x: Any) -> None:
    """Add a vector times a number."""
    _expect(to.shape == x.shape)
    for i in range(x.shape[0]):
        to[i] += factor * x[i]


@_sums  # type: ignore[untyped-decorator]
def add_direction(to: Any, w: Any, length: Any, x: Any) -> None:
    """Add the direction of what has a length, times a number. At 0 there is none: the derivative is 0."""
    if length != 0:
        to += (w / length) * x


@_sums  # type: ignore[untyped-decorator]
def add_from_factor(to: Any, w: Any, y: Any) -> None:
    """Add to the adjoint of a matrix, given its lower Cholesky factor and the adjoint of that, row by row."""
    w = w.copy()
    for j in range(y.shape[0] - 1, -1, -1):
        for i in range(y.shape[0] - 1, j, -1):
            rest = w[i, j] / y[j, j]
            w[j, j] -= rest * y[i, j]
            for k in range(j):
                w[i, k] -= rest * y[j, k]
                w[j, k] -= rest * y[i, k]
            to[i, j] += rest
        pivot = 0.5 * w[j, j] / y[j, j]
        for k in range(j):
            w[j, k] -= 2.0 * pivot * y[j, k]
        to[j, j] += pivot


# Numba multiplies by an empty matrix whatever the lengths are.
@_sums  # type: ignore[untyped-decorator]
def _expect(fits: bool) -> None:
    if not fits:
        raise ValueError("incompatible array sizes for a product")


_ALL = (contiguous, add_product, add_image, add_outer, add_multiple, add_direction, add_from_factor)
FUNCTIONS = {each.__name__: each for each in _ALL}
"""The functions that the lines call, by their names."""


def of_product(a: types.Array, b: types.Array) -> Lines:
    """Return the pullback of `a @ b`: the cotangent times the other factor, transposed."""
    match a.ndim, b.ndim:
        case 2, 2:
            return Lines(("add_product({to}, {w}, {1}.T)", "add_product({to}, {0}.T, {w})"))
        case 2, 1:
            return Lines(("add_outer({to}, {w}, {1})", "add_image({to}, {0}.T, {w})"))
        case 1, 2:
            return Lines(("add_image({to}, {1}, {w})", "add_outer({to}, {0}, {w})"))
        case _:
            return Lines(("add_multiple({to}, {w}, {1})", "add_multiple({to}, {w}, {0})"))
