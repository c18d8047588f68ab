"""Products of vectors and matrices."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numba.core import errors, types

from dualrev.compiled._array_functions.linalg import inv
from dualrev.compiled._array_functions.matrix_product import contraction
from dualrev.compiled._array_functions.table import array_function, expect_int, owner_inside
from dualrev.kernels.numba_arrays import zero_array
from dualrev.kernels.numba_extending import overloads
from dualrev.kernels.numba_types import ActiveArray


@array_function(np.dot, chosen=True)
def dot(a: Any, b: Any) -> Any:
    """Contract the last axis of one with the first of the other."""
    if not (isinstance(a, types.Array) and isinstance(b, types.Array)):
        return lambda a, b: a * b
    return _product(a, b)


@overloads(np.dot)
def _dot(a: Any, b: Any) -> Any:
    """Answer `a.dot(b)`, which Numba makes of it."""
    return _matmul(a, b)


@overloads(operator.matmul)
def _matmul(a: Any, b: Any) -> Any:
    if isinstance(a, ActiveArray) or isinstance(b, ActiveArray):
        return _product(a, b)
    return None


# Numba has types for one and two axes in its products; vectors become matrices and their result is taken out again.
def _product(a: Any, b: Any) -> Any:
    """Return the product of vectors and matrices: a vector is a row on the left and a column on the right."""
    if a.ndim == b.ndim == 2:
        return lambda a, b: contraction(a, b)
    if a.ndim == 1 and b.ndim == 1:
        return lambda a, b: contraction(np.expand_dims(a, 0), np.expand_dims(b, 1))[0, 0]
    if a.ndim == 1 and b.ndim == 2:
        return lambda a, b: contraction(np.expand_dims(a, 0), b)[0]
    if a.ndim == 2 and b.ndim == 1:
        return lambda a, b: contraction(a, np.expand_dims(b, 1))[:, 0]
    raise errors.TypingError("products of arrays with more than two axes have no rule in compiled code")


matmul = array_function(np.matmul)(lambda a, b: a @ b)
outer = array_function(np.outer)(lambda a, b: np.expand_dims(np.ravel(a), 1) * np.ravel(b))


@array_function(np.inner, chosen=True)
def inner(a: Any, b: Any) -> Any:
    """Contract the last axes."""
    both = isinstance(a, types.Array) and isinstance(b, types.Array)
    if both and b.ndim == 2:
        return lambda a, b: dot(a, b.T)
    return lambda a, b: dot(a, b)


@array_function(np.linalg.matrix_power, chosen=True, like="a")
def matrix_power(a: Any, n: Any) -> Any:
    """Multiply a matrix by itself, by squaring."""
    owner = owner_inside(a)
    expect_int("np.linalg.matrix_power", n)

    def implementation(a, n):  # type: ignore[no-untyped-def]
        result = zero_array(owner, a.shape)
        for i in range(a.shape[0]):
            result[i, i] = 1.0
        base, count = inv(a) if n < 0 else a.copy(), abs(n)
        while count > 0:
            if count % 2 == 1:
                result = dot(result, base)
            count //= 2
            if count > 0:
                base = dot(base, base)
        return result

    return implementation
