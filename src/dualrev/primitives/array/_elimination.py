"""Linear systems in arithmetic alone, for symbols: elimination and Cholesky's recursion, of single matrices."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from dualrev.primitives.array._matrices import flipped


def eliminated(a: Any, b: Any) -> tuple[list[Any], list[Any], int]:
    """Return the rows of an upper triangle and of the right-hand sides, and the sign of the exchanges of rows."""
    if a.ndim != 2:
        raise NotImplementedError(f"elimination of a stack of shape {a.shape}; it takes one matrix")
    rows, right, sign = list(a), list(b), 1
    for k in range(len(rows)):
        best = k + int(np.argmax(np.abs(np.stack([row[k] for row in rows[k:]]))))
        if best != k:
            rows[k], rows[best], right[k], right[best] = rows[best], rows[k], right[best], right[k]
            sign = -sign
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i], right[i] = rows[i] - factor * rows[k], right[i] - factor * right[k]
    return rows, right, sign


def solve(a: Any, b: Any) -> Any:
    """Return the solution of one system, for a vector or for the columns of a matrix."""
    rows, x, _ = eliminated(a, b)
    for k in reversed(range(len(rows))):
        x[k] = reduce(lambda rest, j: rest - rows[k][j] * x[j], range(k + 1, len(rows)), x[k]) / rows[k][k]
    return np.stack(x) if x else b


def inv(a: Any) -> Any:
    """Return the inverse of one matrix."""
    return solve(a, np.eye(a.shape[-1]))


def det(a: Any) -> Any:
    """Return the determinant of one matrix, the product of the pivots."""
    rows, _, sign = eliminated(a, a)
    return reduce(lambda product, k: product * rows[k][k], range(len(rows)), float(sign))


def cofactors(a: Any) -> Any:
    """Return the cofactors of one regular matrix."""
    return det(a) * flipped(inv(a))


def log_abs_det(a: Any) -> Any:
    """Return the logarithm of the size of the determinant of one matrix."""
    return np.log(np.abs(det(a)))


def lower_factor(a: Any) -> Any:
    """Return the Cholesky factor of one matrix."""
    if a.ndim != 2:
        raise NotImplementedError(f"Cholesky's recursion over a stack of shape {a.shape}; it takes one matrix")
    rows: list[list[Any]] = []
    for i in range(a.shape[0]):
        row: list[Any] = []
        for j in range(i + 1):
            other = rows[j] if j < i else row
            rest = reduce(lambda rest, k: rest - row[k] * other[k], range(j), a[i, j])
            row.append(rest / other[j] if j < i else np.sqrt(rest))
        rows.append(row)
    n = len(rows)
    return np.stack([np.stack([*row, *[0.0] * (n - len(row))]) for row in rows]) if n else a
