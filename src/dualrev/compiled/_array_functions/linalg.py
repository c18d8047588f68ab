"""Norms, linear systems and what follows from them.

The inverse of the values is a constant of a linear function whose value is that of the function and whose derivative is
its derivative: solve(A, b) = x + inv(A)(b - A x) with x held. Held values are one level down, so that derivatives of
any order come out. Where adjoint code needs the first derivative alone, the pullback beside it saves the tape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import errors, types

from dualrev.compiled._array_functions.axes import plain
from dualrev.compiled._array_functions.block_operands import primals_in
from dualrev.compiled._array_functions.matrix_product import contraction
from dualrev.compiled._array_functions.pullbacks import Lines
from dualrev.compiled._array_functions.reductions import max_, min_, sum_
from dualrev.compiled._array_functions.table import absent, array_function, owner_inside, zeros_for
from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import owner_of


@compiled_only
def held(a: Any) -> Callable[..., Any]:
    """Return the values of active numbers, one level down."""
    owner = owner_inside(a)
    return lambda a: primals_in(owner, a)


# Products with held values are differentiated like any others: there is no rule here that could be wrong in higher
# orders.
# Results of LAPACK lie in Fortran's order.
@compiled_only
def _in_columns(y: Any) -> Callable[..., Any]:
    """Return a matrix in Fortran's order."""
    return (lambda y: y) if y.layout == "F" else (lambda y: np.ascontiguousarray(y.T).T)


@array_function(
    np.linalg.inv, like="a", pullback=lambda a: Lines(("add_product({to}, {t}, -{y}.T)",), "{t} = {y}.T @ {w}")
)
def inv(a: Any) -> Any:
    """Invert."""
    values = held(a)
    inverse = inv(values)
    return _in_columns(inverse - contraction(contraction(inverse, a - values), inverse))


def _of_solution(a: types.Array, b: types.Array) -> Lines:
    to_matrix = "add_outer({to}, {t}, -{y})" if b.ndim == 1 else "add_product({to}, {t}, -{y}.T)"
    return Lines((to_matrix, "{to}[:] += {t}"), "{t} = np.linalg.solve({0}.T, {w})")


@array_function(np.linalg.solve, chosen=True, like="b", pullback=_of_solution)
def solve(a: Any, b: Any) -> Any:
    """Solve a linear system for one right-hand side or several."""
    owner = owner_of((a, b))
    if b.ndim == 1:
        return lambda a, b: solve(a, np.expand_dims(b, 1))[:, 0]
    # Only the right-hand side is active: the solution is linear in it.
    if a.dtype != owner:
        return lambda a, b: _in_columns(contraction(inv(primals_in(owner, a)), b))

    def implementation(a, b):  # type: ignore[no-untyped-def]
        values = primals_in(owner, a)
        x = solve(values, primals_in(owner, b))
        return _in_columns(x + contraction(inv(values), b - contraction(a, x)))

    return implementation


@array_function(np.linalg.det)
def det(a: Any) -> Any:
    """Return the determinant."""
    values = held(a)
    value = det(values)
    # A singular matrix has no inverse, and its determinant has a derivative all the same.
    if value == 0:
        return _eliminated(zeros_for(a, a.shape), a)
    return value + value * sum_(inv(values).T * (a - values))


# Written out, element by element: with blocks of held values it would need the inverse that a singular matrix lacks.
@compiled
def _eliminated(y: Any, a: Any) -> Any:
    """Return the determinant by elimination with full pivoting, which also a singular matrix survives.

    What is left of a matrix of small rank is zero: the last two rows are not eliminated, so that their determinant,
    with its first two derivatives, is exact.
    """
    n, result = a.shape[0], 1.0
    for i in range(n):
        for j in range(n):
            y[i, j] = a[i, j]
    for k in range(n - 2):
        row, column = k, k
        for i in range(k, n):
            for j in range(k, n):
                if abs(y[i, j]) > abs(y[row, column]):
                    row, column = i, j
        for j in range(n):
            y[k, j], y[row, j] = y[row, j], y[k, j]
        for i in range(n):
            y[i, k], y[i, column] = y[i, column], y[i, k]
        if (row == k) != (column == k):
            result = -result
        for i in range(k + 1, n):
            if y[k, k] != 0:
                factor = y[i, k] / y[k, k]
                for j in range(k + 1, n):
                    y[i, j] = y[i, j] - factor * y[k, j]
    left = y[0, 0] if n == 1 else y[n - 2, n - 2] * y[n - 1, n - 1] - y[n - 2, n - 1] * y[n - 1, n - 2]
    for k in range(n - 2):
        left = left * y[k, k]
    return result * left


@array_function(np.linalg.slogdet, pullback=lambda a: Lines(("{to}[:] += {w[1]} * np.linalg.inv({0}).T",)))
def slogdet(a: Any) -> Any:
    """Return the determinant's sign and logarithm."""
    values = held(a)
    sign, value = slogdet(values)
    return sign, value + sum_(inv(values).T * (a - values))


# Each element is a few operations of numbers before it, so that derivatives of any order come out without a rule.
@array_function(np.linalg.cholesky, like="a", pullback=lambda a: Lines(("add_from_factor({to}, {w}, {y})",)))
def cholesky(a: Any) -> Any:
    """Return the lower factor, element by element."""
    y = zeros_for(a, a.shape)
    for j in range(a.shape[0]):
        pivot = a[j, j]
        for k in range(j):
            pivot = pivot - y[j, k] * y[j, k]
        # Written so that a NaN is refused, too.
        if not pivot > 0:
            raise np.linalg.LinAlgError("Matrix is not positive definite.")
        y[j, j] = np.sqrt(pivot)
        for i in range(j + 1, a.shape[0]):
            rest = a[i, j]
            for k in range(j):
                rest = rest - y[i, k] * y[j, k]
            y[i, j] = rest / y[j, j]
    return y


@array_function(np.linalg.norm, chosen=True, pullback=lambda x: Lines(("add_direction({to}, {w}, {y}, {0})",)))
def norm(x: Any, ord: Any = None) -> Any:
    """Return a vector norm of any order but 0, or the Frobenius norm."""
    if absent(ord):
        return lambda x, ord=None: _length(np.ravel(x))
    if x.ndim > 1:
        raise errors.TypingError("np.linalg.norm of a matrix has a rule without ord only")
    return lambda x, ord=None: _vector_norm(x, ord)


@compiled
def _length(x: Any) -> Any:
    """Return the Euclidean norm; at 0 its derivative is 0, that of a sum of squares."""
    total = sum_(x * x)
    if 1e-30 < total < 1e30:
        return np.sqrt(total)
    # Squares may overflow, or lose their digits, where Numba's norm does not: those over the largest one do neither.
    largest = np.max(np.abs(plain(x))) if x.size else 0.0
    if 0.0 < largest < np.inf:
        return np.sqrt(sum_((x / largest) * (x / largest))) * largest
    # The root of 0 has an infinite slope; the sum of squares itself is 0 there with slope 0.
    return np.sqrt(total) if total != 0 else total


@compiled
def _vector_norm(x: Any, ord: Any) -> Any:
    if x.size == 0:
        return 0.0
    if ord == np.inf:
        return max_(np.abs(x))
    if ord == -np.inf:
        return min_(np.abs(x))
    if ord == 1:
        return sum_(np.abs(x))
    if ord == 2:
        return _length(x)
    return sum_(np.abs(x) ** ord) ** (1.0 / ord)
