"""Linear algebra: NumPy's functions under one name with those of SciPy that no NumPy function reaches.

NumPy's own (`np.linalg.solve`) take active numbers as they are and are the same objects here. SciPy's come with the
extra `scipy`.

Examples
--------
>>> import numpy as np
>>> import dualrev as dr
>>> dr.grad(dr.linalg.det)(np.diag([2.0, 3.0]))
array([[3., 0.],
       [0., 2.]])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.matrix_functions import MATRIX_FUNCTIONS
from dualrev.primitives.array.structured_systems import banded as banded
from dualrev.primitives.array.structured_systems import solve_triangular as solve_triangular

_OF_NUMPY = (
    *("cholesky", "cond", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "matrix_norm", "matrix_power"),
    *("matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensorinv"),
    *("tensorsolve", "vector_norm"),
)

__all__ = sorted([*_OF_NUMPY, *MATRIX_FUNCTIONS, "cho_factor", "cho_solve", "solve_banded", "solve_triangular"])


def cho_factor(a: Any, lower: bool = False) -> tuple[Any, bool]:
    """Return the Cholesky factor of a symmetric matrix in the form that `cho_solve` takes.

    Parameters
    ----------
    a : array of shape (..., n, n)
        One triangle is read.
    lower : bool
        Which triangle to read and to return. The other triangle of the factor holds zeros.

    Returns
    -------
    factor, lower

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> factor, lower = dr.linalg.cho_factor(np.diag([4.0, 9.0]), lower=True)
    >>> np.diag(factor), lower
    (array([2., 3.]), True)
    """
    return np.linalg.cholesky(a, upper=not lower), lower


def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    """Solve a system whose matrix `cho_factor` has factorized.

    Parameters
    ----------
    c_and_lower : tuple
        What `cho_factor` returned.
    b : array of shape (n,) or (..., n, m)

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
    >>> def f(a):
    ...     return dr.linalg.cho_solve(dr.linalg.cho_factor(a), np.array([1.0, 1.0]))[0]
    >>> print(dr.grad(f)(np.diag([1.0, 2.0])) + 0.0)
    [[-1.  -0.5]
     [ 0.   0. ]]
    """
    factor, lower = c_and_lower
    first = solve_triangular(factor, b, trans=int(not lower), lower=lower)
    return solve_triangular(factor, first, trans=int(lower), lower=lower)


def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any, **options: bool) -> Any:
    """Solve a system whose matrix has few diagonals, as `scipy.linalg.solve_banded`.

    Parameters
    ----------
    l_and_u : tuple of int
        The numbers of diagonals below and above the main one.
    ab : array of shape (l + u + 1, n)
        The diagonals, the highest first: `ab[u + i - j, j]` is the element in row i and column j.
    b : array of shape (n,) or (n, m)
    **options
        `overwrite_ab`, `overwrite_b` and `check_finite`: without effect, arguments are never modified and are checked.

    Returns
    -------
    array like `b`

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> ab = np.array([[0.0, 1.0], [2.0, 2.0]])
    >>> dr.jacobian(lambda b: dr.linalg.solve_banded((0, 1), ab, b))(np.ones(2))
    array([[ 0.5 , -0.25],
           [ 0.  ,  0.5 ]])
    """
    unknown = options.keys() - {"overwrite_ab", "overwrite_b", "check_finite"}
    if unknown:
        raise TypeError(f"solve_banded() got an unexpected keyword argument {unknown.pop()!r}")
    below, above = l_and_u
    return banded(ab, b, below=below, above=above)


def __getattr__(name: str) -> Any:
    if name in MATRIX_FUNCTIONS:
        return MATRIX_FUNCTIONS[name]
    if name in _OF_NUMPY:
        return getattr(np.linalg, name)
    raise AttributeError(f"dualrev.linalg has no function {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
