"""Linear systems, inverses and powers.

Sources: M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation,
2008; for the pseudoinverse G. H. Golub and V. Pereyra, SIAM Journal on Numerical Analysis 10, 1973, theorem 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dualrev.primitives.array import _elimination as elimination
from dualrev.primitives.array._bilinear import matrix_product, pushed
from dualrev.primitives.array._matrices import columns, flipped, identity_like, symmetric_from
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.rule import array_rule, composite, leading, linear, listed, plain
from dualrev.primitives.array.shaping import pad_axes, sum_to
from dualrev.primitives.chain_rule import finite
from dualrev.primitives.protocol_function import ProtocolFunction


class System(NamedTuple):
    """A way to state the matrix of a linear system, and to solve it for the columns of matrices.

    Attributes
    ----------
    solve, solve_transposed
        Called with the statement of the matrix and the right-hand sides.
    product
        The matrix that a statement makes times columns; linear in both.
    transposed_product
        The transpose of the product in the statement: called with what is like the product, and the columns.
    """

    solve: Callable[[Any, Any], Any]
    solve_transposed: Callable[[Any, Any], Any]
    product: Callable[[Any, Any], Any]
    transposed_product: Callable[[Any, Any], Any]


class Solution:
    """The linearization of a solution `y` in the statement of the matrix and in the right-hand side.

    One system is solved for what both contribute.
    """

    def __init__(self, y: Any, a: Any, b: Any, system: System) -> None:
        self._a, self._b, self._y, self._system = a, b, y, system
        vector = b.ndim == 1
        self._x, self._right = (y[..., None], b[..., None]) if vector else (y, b)

    def push(self, tangents: Sequence[Any]) -> Any:
        """Solve for what the tangents leave over."""
        of_matrix, of_right = tangents
        a, x, right = self._a, self._x, self._right
        total = None
        if of_right is not None:
            given = np.reshape(of_right, leading(of_right, self._b.ndim) + right.shape)
            total = pad_axes(given, right.ndim, x.ndim)
        if of_matrix is not None:
            with np.errstate(all="ignore"):
                moved = self._system.product(pad_axes(of_matrix, a.ndim, x.ndim), x)
            total = -moved if total is None else total - moved
        solved = _solved(self._system.solve, a, total, x.ndim)
        return np.reshape(solved, leading(total, x.ndim) + self._y.shape)

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Solve the transposed system."""
        a, b, x, right = self._a, self._b, self._x, self._right
        given = cotangent[..., None] if b.ndim == 1 else cotangent
        adjoint = _solved(self._system.solve_transposed, a, given, x.ndim)
        if operand == 0:
            return -sum_to(self._system.transposed_product(adjoint, x), a.shape, x.ndim)
        return np.reshape(sum_to(adjoint, right.shape, x.ndim), leading(cotangent, self._y.ndim) + b.shape)


def _solved(solve: Any, a: Any, right: Any, ndim: int) -> Any:
    """Solve for columns. Where all of a column is 0, its solution is, whatever the matrix."""
    result = columns(solve, a, right, ndim)
    if finite(result):
        return result
    nothing = np.all(np.equal(plain(right), 0), axis=-2, keepdims=True)
    return np.where(nothing, np.zeros((), result.dtype), result)


_DENSE = System(
    np.linalg.solve,
    lambda a, w: np.linalg.solve(flipped(a), w),
    matrix_product,
    lambda w, x: matrix_product(w, flipped(x)),
)


@array_rule(np.linalg.solve, definition=elimination.solve)
def solve(y: Any, a: Any, b: Any, /) -> Any:
    """Solve for one right-hand side, a vector, or for the columns of matrices."""
    return Solution(y, a, b, _DENSE)


@array_rule(np.linalg.inv, definition=elimination.inv)
def inv(y: Any, a: Any, /) -> Any:
    """Invert."""

    def pull(w: Any) -> Any:
        return -matrix_product(matrix_product(flipped(y), w), flipped(y))

    return linear(lambda t: -pushed(np.matmul, pushed(np.matmul, y, t), y), pull)


pseudoinverse = ProtocolFunction("pseudoinverse", lambda a, rcond=None: np.linalg.pinv(a, rcond=rcond))


def _by_normal_equations(a: Any, rcond: Any = None) -> Any:
    """Return the pseudoinverse of a matrix of full rank."""
    if a.shape[-2] >= a.shape[-1]:
        return np.linalg.inv(flipped(a) @ a) @ flipped(a)
    return flipped(a) @ np.linalg.inv(a @ flipped(a))


@array_rule(pseudoinverse, definition=_by_normal_equations)
def pseudoinverse_rule(y: Any, a: Any, /, rcond: Any = None) -> Any:
    """Among matrices of the same rank; where the rank changes, the pseudoinverse jumps."""
    only_real("np.linalg.pinv", a)
    y_t = flipped(y)
    left, right = identity_like(y, a.shape[-2]) - a @ y, identity_like(y, a.shape[-1]) - y @ a

    def push(t: Any) -> Any:
        t_t = flipped(t)
        return y @ (y_t @ t_t @ left - t @ y) + right @ t_t @ (y_t @ y)

    def pull(w: Any) -> Any:
        w_t = flipped(w)
        return left @ w_t @ y @ y_t - y_t @ w @ y_t + (y_t @ y) @ w_t @ right

    return linear(push, pull)


@composite(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """Return the pseudoinverse; its derivative is that among matrices of the same rank."""
    given = rtol if rcond is None and rtol is not np._NoValue else rcond
    return pseudoinverse(symmetric_from(a, "L") if hermitian else a, rcond=given)


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return the least-squares solution, the sums of squared residuals, the rank and the singular values."""
    a, b = listed(a), listed(b)
    eps = np.finfo(np.result_type(a, np.float32)).eps
    cutoff = max(np.shape(a)) * eps if rcond is None else eps if rcond == -1 else rcond
    x = np.matmul(pseudoinverse(a, rcond=cutoff), b)
    values = np.linalg.svdvals(a)
    rank = int(np.count_nonzero(values > cutoff * values[:1])) if values.size else 0
    excess = b - np.matmul(a, x)
    squares = np.sum(np.reshape(excess, (len(excess), -1)) ** 2, axis=0)
    m, n = np.shape(a)
    return x, squares if rank == n and m > n else squares[:0], rank, values


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Invert as a matrix whose rows are the first `ind` axes."""
    if ind <= 0:
        raise ValueError(f"tensorinv(ind={ind}); expected a positive number of axes")
    rows, others = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (int(np.prod(others)), -1))), others + rows)


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Solve as a matrix whose rows are the axes of the right-hand side."""
    if axes is not None:
        moved = [axis % np.ndim(a) for axis in axes]
        a = np.transpose(a, [n for n in range(np.ndim(a)) if n not in moved] + moved)
    unknowns = np.shape(a)[np.ndim(b) :]
    matrix = np.reshape(a, (np.size(b), int(np.prod(unknowns))))
    return np.reshape(np.linalg.solve(matrix, np.ravel(b)), unknowns)
