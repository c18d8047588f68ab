"""Linear systems, inverses and powers.

Sources: M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation,
2008; for the pseudoinverse G. H. Golub and V. Pereyra, SIAM Journal on Numerical Analysis 10, 1973, theorem 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dualrev.primitives.array import elimination
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.matrices import columns, flipped, identity_like, symmetric_from
from dualrev.primitives.array.rule import Each, Pair, array_rule, composite, leading, linear
from dualrev.primitives.array.shaping import pad_axes, sum_to
from dualrev.protocol import ProtocolFunction


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


def solution(y: Any, a: Any, b: Any, system: System) -> Each:
    """Return the linearization of a solution `y` in the statement of the matrix and in the right-hand side."""
    vector = b.ndim == 1
    x, right = (y[..., None], b[..., None]) if vector else (y, b)

    def result(matrix: Any) -> Any:
        return np.reshape(matrix, leading(matrix, x.ndim) + y.shape)

    def adjoint(w: Any) -> Any:
        return columns(system.solve_transposed, a, w[..., None] if vector else w, x.ndim)

    def push_matrix(t: Any) -> Any:
        return -result(columns(system.solve, a, system.product(pad_axes(t, a.ndim, x.ndim), x), x.ndim))

    def push_right(t: Any) -> Any:
        ahead = leading(t, b.ndim)
        solved = columns(system.solve, a, np.reshape(t, ahead + right.shape), right.ndim)
        return np.reshape(solved, ahead + y.shape)

    def pull_right(w: Any) -> Any:
        return np.reshape(sum_to(adjoint(w), right.shape, x.ndim), leading(w, y.ndim) + b.shape)

    return Each(
        (
            Pair(push_matrix, lambda w: -sum_to(system.transposed_product(adjoint(w), x), a.shape, x.ndim)),
            Pair(push_right, pull_right),
        )
    )


_DENSE = System(
    np.linalg.solve,
    lambda a, w: np.linalg.solve(flipped(a), w),
    lambda a, x: a @ x,
    lambda w, x: w @ flipped(x),
)


@array_rule(np.linalg.solve, definition=elimination.solve)
def solve(y: Any, a: Any, b: Any, /) -> Any:
    """Solve for one right-hand side, a vector, or for the columns of matrices."""
    return solution(y, a, b, _DENSE)


@array_rule(np.linalg.inv, definition=elimination.inv)
def inv(y: Any, a: Any, /) -> Any:
    """Invert."""
    return linear(lambda t: -y @ t @ y, lambda w: -flipped(y) @ w @ flipped(y))


def _pseudoinverse(a: Any, rcond: Any = None) -> Any:
    return np.linalg.pinv(a, rcond=rcond)


pseudoinverse = ProtocolFunction("pseudoinverse", _pseudoinverse)


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
