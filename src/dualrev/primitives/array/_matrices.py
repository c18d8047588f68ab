"""Small linear maps of matrices, or stacks of them, that the rules of linear algebra share."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import leading


def flipped(matrix: Any) -> Any:
    """Swap rows and columns."""
    return np.swapaxes(matrix, -1, -2)


def diagonal(matrix: Any) -> Any:
    """Return the diagonal of square matrices."""
    n = matrix.shape[-1]
    return np.reshape(matrix, (*leading(matrix, 2), n * n))[..., :: n + 1]


def diagonal_matrix(vector: Any) -> Any:
    """Return matrices with a diagonal and zeros elsewhere."""
    return np.where(np.eye(vector.shape[-1], dtype=bool), vector[..., None], 0.0)


def lower(matrix: Any, below: int = 0) -> Any:
    """Keep what is on and under the diagonal, or at least so many places below it."""
    rows, columns = matrix.shape[-2:]
    return np.where(np.tri(rows, columns, -below, dtype=bool), matrix, 0.0)


def upper(matrix: Any, above: int = 0) -> Any:
    """Keep what is on and over the diagonal, or at least so many places above it."""
    rows, columns = matrix.shape[-2:]
    return np.where(np.tri(rows, columns, above - 1, dtype=bool), 0.0, matrix)


def symmetric_from(a: Any, triangle: str) -> Any:
    """Return the symmetric matrix that one triangle, "L" or "U", states; LAPACK does not look at the other.

    So the derivative in an element of the other triangle is 0, and in one off the diagonal it counts twice.
    """
    kept = np.tri(a.shape[-1], dtype=bool)
    return np.where(kept if triangle.upper() == "L" else kept.T, a, flipped(a))


def identity_like(matrix: Any, n: int) -> Any:
    """Return the identity matrix of order n in a matrix's dtype."""
    return np.eye(n, dtype=matrix.dtype)


def columns(function: Any, a: Any, t: Any, ndim: int) -> Any:
    """Apply `function(a, matrix)`, which acts on each column, to `t`, whose axes before the last `ndim` are directions.

    The directions become columns, so that `a` is factorized once for all of them.
    """
    ahead = leading(t, ndim)
    if not ahead:
        return function(a, t)
    count, stack, (n, m) = int(np.prod(ahead)), t.shape[len(ahead) : -2], t.shape[-2:]
    side_by_side = np.moveaxis(np.reshape(t, (count, *stack, n, m)), 0, -2)
    solved = function(a, np.reshape(side_by_side, (*stack, n, count * m)))
    apart = np.moveaxis(np.reshape(solved, (*solved.shape[:-1], count, m)), -2, 0)
    return np.reshape(apart, ahead + apart.shape[1:])
