"""Jacobians as SciPy's linear operators: products with vectors, without the matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import numpy as np

from dualrev.auto.choice import directions_at_once
from dualrev.environment import scipy_module
from dualrev.operators.call import Point, known_function
from dualrev.operators.fundamental import Pullback, pushforward

Product = Callable[[np.ndarray], np.ndarray]


class JacobianProducts:
    """Products of a Jacobian at a point, and of its transpose, with the columns of a matrix.

    The function is recorded once, for all products with the transpose; each product with the Jacobian calls it again,
    for as many columns together as the caches hold.
    """

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._point = point = Point(f, args, kwargs, 0, keep=True)
        self._call = (f, (point.like_input(point.leaves), *point.args[1:]), point.kwargs)
        self._recorded = Pullback.at(point)
        values = self._recorded.values
        self.shape = (sum(v.size for v in values), self._point.n)
        self.dtype = np.result_type(*values, *self._point.leaves)

    def __reduce__(self) -> Any:
        return JacobianProducts, self._call

    def times(self, columns: np.ndarray) -> np.ndarray:
        """Return the Jacobian times the columns of a matrix, or times a vector."""
        return self._in_real_parts(columns, self._pushed, self.shape[0])

    def transposed_times(self, columns: np.ndarray) -> np.ndarray:
        """Return the transpose times the columns of a matrix, or times a vector."""
        return self._in_real_parts(columns, self._pulled, self.shape[1])

    def _in_real_parts(self, columns: np.ndarray, product: Product, size: int) -> np.ndarray:
        if np.iscomplexobj(columns):
            real, imaginary = (self._in_real_parts(part, product, size) for part in (columns.real, columns.imag))
            return real + 1j * imaginary
        rows = np.reshape(columns, (len(columns), -1)).T
        together = directions_at_once(len(rows), None, self._recorded.tape.elements)
        parts = [product(rows[start : start + together]) for start in range(0, len(rows), together)]
        result = np.concatenate(parts) if parts else np.zeros((0, size), self.dtype)
        return np.reshape(result.T, (size, *np.shape(columns)[1:]))

    def _pushed(self, rows: np.ndarray) -> np.ndarray:
        point = self._point
        values, _, tangents = pushforward(point.call, point.leaves, _cut(rows, point.leaves), point.name)
        return self._joined(rows, values, tangents)

    def _pulled(self, rows: np.ndarray) -> np.ndarray:
        return self._joined(rows, self._point.leaves, self._recorded(_cut(rows, self._recorded.values)))

    def _joined(self, rows: np.ndarray, like: Sequence[Any], parts: Sequence[Any]) -> np.ndarray:
        """Return one row for each direction from its parts, of which None stands for zeros."""
        flat = [
            np.zeros((len(rows), x.size)) if part is None else np.reshape(part, (len(rows), x.size))
            for part, x in zip(parts, like, strict=True)
        ]
        return np.concatenate(flat, axis=1, dtype=self.dtype)


def _cut(rows: np.ndarray, leaves: Sequence[Any]) -> list[Any]:
    """Cut rows into parts of the shapes of leaves."""
    ends = np.cumsum([x.size for x in leaves])
    return [
        np.ascontiguousarray(rows[:, end - x.size : end], x.dtype).reshape(len(rows), *x.shape)
        for x, end in zip(leaves, ends, strict=True)
    ]


class LinearOperatorAt:
    """`linear_operator` of a function, waiting for the point."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = known_function(f, "linear_operator")
        update_wrapper(self, f, updated=())

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the Jacobian at a point."""
        module = scipy_module("sparse.linalg")
        products = JacobianProducts(self.f, (x, *args), kwargs)
        times, transposed = products.times, products.transposed_times
        return module.LinearOperator(
            products.shape, matvec=times, rmatvec=transposed, matmat=times, rmatmat=transposed, dtype=products.dtype
        )


def linear_operator(f: Callable[..., Any], x: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return the Jacobian of a function at a point as a linear operator of SciPy, without forming the matrix.

    Parameters
    ----------
    f : callable
    x : number, array or container, optional
        The point. Left out, a callable of the point is returned, as `scipy.optimize.least_squares` takes for `jac`.
    *args, **kwargs
        Passed to `f`, and not differentiated.

    Returns
    -------
    scipy.sparse.linalg.LinearOperator
        Of shape (m, n), where n counts the numbers in `x` and m those in `f(x)`, in the order of `ravel`. Products
        with the operator are pushforwards, products with its transpose pullbacks. It holds copies of `x` and of
        the arrays among the further arguments, but not of what `f` reads from elsewhere: see the notes.

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.

    Notes
    -----
    The Hessian of a scalar-valued function is `linear_operator(dr.grad(f), x)`. See docs/scipy.md.

    Products with the transpose use what was recorded when the operator was made, and products with the operator call
    `f` again. If `f` reads an array from a closure, a global or an object, and that array is changed afterwards, the
    two are no longer transposes of each other. Pass such arrays as further arguments, of which copies are held.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> operator = dr.linear_operator(lambda x: x[1:] * x[:-1], np.array([1.0, 2.0, 3.0]))
    >>> operator.shape
    (2, 3)
    >>> operator.matvec(np.array([1.0, 0.0, 0.0]))
    array([2., 0.])
    >>> operator.rmatvec(np.array([0.0, 1.0]))
    array([0., 3., 2.])
    """
    operator = LinearOperatorAt(f)
    return operator if x is None else operator(x, *args, **kwargs)
