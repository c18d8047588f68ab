"""Linear systems whose matrix has a structure: triangular, or with few diagonals. SciPy solves them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.environment import scipy_module
from dualrev.primitives.array._bilinear import matrix_product
from dualrev.primitives.array._linear_systems import Solution, System
from dualrev.primitives.array._matrices import flipped
from dualrev.primitives.array._matrices import lower as lower_part
from dualrev.primitives.array._matrices import upper as upper_part
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.rule import array_rule
from dualrev.primitives.chain_rule import product as chain
from dualrev.primitives.protocol_function import ProtocolFunction


def _solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """Solve a system with a triangular matrix, as `scipy.linalg.solve_triangular`, or a stack of them.

    Parameters
    ----------
    a : array of shape (..., n, n)
        One triangle is read.
    b : array of shape (n,) or (..., n, m)
        A vector, or right-hand sides as columns.
    trans : {0, 1, "N", "T"}
        1 and "T" solve with the transposed matrix.
    lower : bool
        Which triangle to read.
    unit_diagonal : bool
        Take the diagonal as ones, and do not read it.
    overwrite_b : bool
        Without effect: arguments are never modified.
    check_finite : bool

    Returns
    -------
    array of shape (..., n) or (..., n, m)

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> a = np.array([[2.0, 0.0], [1.0, 4.0]])
    >>> dr.jacobian(lambda b: dr.linalg.solve_triangular(a, b, lower=True))(np.ones(2))
    array([[ 0.5  ,  0.   ],
           [-0.125,  0.25 ]])
    """
    a, b = np.asarray(a), np.asarray(b)
    matrix = b[..., None] if b.ndim == 1 else b
    stack = np.broadcast_shapes(a.shape[:-2], matrix.shape[:-2])
    x = np.zeros(stack + matrix.shape[-2:], np.result_type(a, b, np.float32))
    for at in np.ndindex(stack if x.size else (0,)):
        x[at] = scipy_module("linalg").solve_triangular(
            np.broadcast_to(a, stack + a.shape[-2:])[at],
            np.broadcast_to(matrix, x.shape)[at],
            trans=trans,
            lower=lower,
            unit_diagonal=unit_diagonal,
            check_finite=check_finite,
        )
    return x[..., 0] if b.ndim == 1 else x


solve_triangular = ProtocolFunction("solve_triangular", _solve_triangular, "linalg")


@array_rule(solve_triangular)
def solve_triangular_rule(
    y: Any,
    a: Any,
    b: Any,
    /,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """Solve with a triangle; what is not read has derivative 0."""
    only_real("solve_triangular", a, b)
    transposed = trans in (1, 2, "T", "C")
    read = lower_part if lower else upper_part

    def turned(matrix: Any) -> Any:
        return flipped(matrix) if transposed else matrix

    def solver(turn: bool) -> Any:
        return lambda a, t: solve_triangular(
            a, t, trans=int(turn), lower=lower, unit_diagonal=unit_diagonal, check_finite=check_finite
        )

    def product(t: Any, x: Any) -> Any:
        return matrix_product(turned(read(t, int(unit_diagonal))), x)

    def transposed_product(w: Any, x: Any) -> Any:
        return read(turned(matrix_product(w, flipped(x))), int(unit_diagonal))

    return Solution(y, a, b, System(solver(transposed), solver(not transposed), product, transposed_product))


def _banded(ab: Any, b: Any, below: int, above: int) -> Any:
    x = scipy_module("linalg").solve_banded((below, above), ab, b)
    return x.astype(np.result_type(ab, b, np.float32), copy=False)


banded = ProtocolFunction("banded", _banded, "linalg")


def _shifted(x: Any, count: int) -> Any:
    """Move entries along the last axis but one, to higher places if `count` is positive, with zeros after them."""
    n = x.shape[-2]
    gone = np.zeros((*x.shape[:-2], min(abs(count), n), x.shape[-1]), x.dtype)
    if count > 0:
        return np.concatenate([gone, x[..., : max(n - count, 0), :]], axis=-2)
    return np.concatenate([x[..., -count:, :], gone], axis=-2) if count else x


@array_rule(banded)
def banded_rule(y: Any, ab: Any, b: Any, /, below: int = 0, above: int = 0) -> Any:
    """Solve with the diagonals of a matrix, the highest first; entries outside the matrix are not read."""
    rows = range(below + above + 1)

    def transposed(diagonals: Any) -> Any:
        turned = [_shifted(diagonals[below + above - r, :, None], below - r)[:, 0] for r in rows]
        return np.stack(turned)

    def product(t: Any, x: Any) -> Any:
        terms = [_shifted(chain(x, t[..., r, :, None]), r - above) for r in rows]
        return sum(terms[1:], terms[0])

    def transposed_product(w: Any, x: Any) -> Any:
        return np.stack([np.sum(chain(x, _shifted(w, above - r)), axis=-1) for r in rows], axis=-2)

    def solver(diagonals: Any, t: Any) -> Any:
        return banded(diagonals, t, below=below, above=above)

    def transposed_solver(diagonals: Any, t: Any) -> Any:
        return banded(transposed(diagonals), t, below=above, above=below)

    return Solution(y, ab, b, System(solver, transposed_solver, product, transposed_product))
