"""NumPy's functions whose implementation in Numba is not Python, written as loops that are read like a user's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.core import types


@njit  # type: ignore[untyped-decorator]
def _cumsum(x: Any) -> Any:
    flat = x.ravel()
    out = np.empty(flat.size, flat.dtype)
    total = flat.dtype.type(0)
    for i in range(flat.size):
        total += flat[i]
        out[i] = total
    return out


@njit  # type: ignore[untyped-decorator]
def _cumprod(x: Any) -> Any:
    flat = x.ravel()
    out = np.empty(flat.size, flat.dtype)
    total = flat.dtype.type(1)
    for i in range(flat.size):
        total *= flat[i]
        out[i] = total
    return out


@njit  # type: ignore[untyped-decorator]
def _diff(x: Any) -> Any:
    return x[1:] - x[:-1]


@njit  # type: ignore[untyped-decorator]
def _var(x: Any) -> Any:
    mean = np.mean(x)
    total = 0
    for each in x.ravel():
        total += (each - mean) * (each - mean)
    return total / x.size


@njit  # type: ignore[untyped-decorator]
def _std(x: Any) -> Any:
    return _var(x) ** 0.5


@njit  # type: ignore[untyped-decorator]
def _sum_of_axis(x: Any, axis: int) -> Any:
    if axis == 0 or axis == -2:
        columns = np.zeros(x.shape[1], x.dtype)
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                columns[j] += x[i, j]
        return columns
    rows = np.zeros(x.shape[0], x.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            rows[i] += x[i, j]
    return rows


@njit  # type: ignore[untyped-decorator]
def _argmax(x: Any) -> Any:
    if x.size == 0:
        raise ValueError("attempt to get argmax of an empty sequence")
    best = 0
    for i in range(1, x.size):
        if x[best] == x[best] and not x[i] <= x[best]:
            best = i
    return best


@njit  # type: ignore[untyped-decorator]
def _argmin(x: Any) -> Any:
    if x.size == 0:
        raise ValueError("attempt to get argmin of an empty sequence")
    best = 0
    for i in range(1, x.size):
        if x[best] == x[best] and not x[i] >= x[best]:
            best = i
    return best


@njit  # type: ignore[untyped-decorator]
def _any(x: Any) -> Any:
    for each in x.ravel():  # noqa: SIM110
        if each:
            return True
    return False


@njit  # type: ignore[untyped-decorator]
def _all(x: Any) -> Any:
    for each in x.ravel():  # noqa: SIM110
        if not each:
            return False
    return True


@njit  # type: ignore[untyped-decorator]
def _kron(x: Any, y: Any) -> Any:
    if x.ndim == 1:
        products = np.empty(x.size * y.size, x.dtype)
        for i in range(x.size):
            for k in range(y.size):
                products[i * y.size + k] = x[i] * y[k]
        return products
    rows, columns = y.shape
    out = np.empty((x.shape[0] * rows, x.shape[1] * columns), x.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            for k in range(rows):
                for m in range(columns):
                    out[i * rows + k, j * columns + m] = x[i, j] * y[k, m]
    return out


@njit  # type: ignore[untyped-decorator]
def _fill_diagonal(x: Any, value: Any) -> None:
    for i in range(min(x.shape[0], x.shape[1])):
        x[i, i] = value


HELPERS: dict[Any, Any] = {
    np.all: _all,
    np.any: _any,
    np.argmax: _argmax,
    np.argmin: _argmin,
    np.cumprod: _cumprod,
    np.cumsum: _cumsum,
    np.diff: _diff,
    np.fill_diagonal: _fill_diagonal,
    np.kron: _kron,
    np.std: _std,
    np.sum: _sum_of_axis,
    np.var: _var,
}
"""The functions, and how they are written here. A sum is one of an axis: others are read before."""

_AXES: dict[Any, int] = {np.diff: 1, np.argmax: 1, np.argmin: 1, np.sum: 2, np.fill_diagonal: 2}
_OF_BOOLEANS = (np.all, np.any)


def takes_array(function: Any, of: types.Array) -> bool:
    """Whether a helper is written for arrays of a type."""
    right = function in _OF_BOOLEANS or isinstance(of.dtype, types.Float)
    return bool(right and of.ndim == _AXES.get(function, of.ndim))
