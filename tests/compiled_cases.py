"""Compiled functions that use NumPy's array functions, several to a function: each costs compile time once.

Every function takes a vector of six numbers between 0.5 and 2 and returns a tuple of numbers and arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit, vectorize
from numpy import cumsum as running_sum


class Case(NamedTuple):
    """A compiled function, whether the interpreted route has rules for all that it calls, and whether Python agrees."""

    name: str
    f: Callable[..., Any]
    interpreted: bool = True
    python: bool = True


@njit
def reductions(x):
    m = x.reshape(2, 3)
    return np.sum(x), x.sum(), m.sum(axis=0), np.sum(m, axis=-1), np.mean(x), m.mean(), np.max(x), x.min()


@njit
def products_of_elements(x):
    with_zero = x - x[0]
    return np.prod(x), with_zero.prod(), running_sum(x), x.cumprod(), np.var(x), x.std(), np.ptp(x)


@njit
def products(x):
    m, v = x[:4].reshape(2, 2), x[4:]
    n = x.reshape(2, 3)
    c = np.ones((2, 2))
    methods = x.dot(x), n.T.dot(v), c.dot(n)
    return (
        np.dot(x, x),
        m @ m,
        m @ v,
        v @ n,
        np.dot(c, m),
        n.T @ m,
        np.vdot(v, v),
        np.outer(x, v),
        np.eye(2) @ n,
        methods,
    )


@njit
def systems(x):
    m, v = x[:4].reshape(2, 2) + 3.0 * np.eye(2), x[4:]
    sign, logarithm = np.linalg.slogdet(m)
    powers = np.linalg.matrix_power(m, 3), np.linalg.matrix_power(m, -2), np.linalg.matrix_power(m, 0)
    return np.linalg.solve(m, v), np.linalg.inv(m), np.linalg.det(m), sign * logarithm, powers


@njit
def factors(x):
    m = x[:4].reshape(2, 2)
    return np.linalg.cholesky(m.T + m + 3.0 * np.eye(2)), np.trace(m), np.linalg.solve(m + np.eye(2), m.T)


@njit
def norms(x):
    m = x.reshape(2, 3)
    return np.linalg.norm(x), np.linalg.norm(m), np.linalg.norm(x, 1), np.linalg.norm(x, np.inf), np.linalg.norm(x, 3)


@njit
def choices(x):
    picked = np.where(x > 1.0, x * x, np.sqrt(x))
    masked = x.copy()
    masked[masked > 1.2] *= 3.0
    clipped = np.maximum(np.clip(x, 0.7, 1.5), 0.8) + np.abs(x - 1.2)
    return picked, np.where(x > 1.0, x, 0.0), np.where(x[0] > 1.0, x[0], x[1]), masked, clipped, x[x > 1.0] * 2


@njit
def orders(x):
    ordered = x.copy()
    ordered.sort()
    found = np.searchsorted(np.array([0.5, 1.0, 2.0]), x)
    return np.sort(x), ordered * x, x[np.argsort(x)], x[x.argmax()], x[np.nanargmin(x)] * found, np.median(x)


@njit
def statistics(x):
    level = np.percentile(x, 30.0), np.quantile(x, np.array([0.1, 0.8]))
    weighted = np.average(x), np.average(x, weights=x[::-1]), np.nansum(x), np.nanmax(x)
    binned = (
        np.bincount(np.array([0, 2, 2, 1, 0, 3]), x, 5),
        np.extract(x > 1.0, x * x),
        np.float64(x[0]) * np.int64(x[1]),
    )
    return level, weighted, binned, np.cov(x[:3], x[3:]), x * np.sum(x > 1.0), x * (1 if np.all(np.isfinite(x)) else 2)


@njit
def joins(x):
    v, m = x[:2], x.reshape(2, 3)
    ones = np.ones(2)
    joined = np.concatenate((x, v)), np.concatenate((m, m), axis=1), np.stack((v, ones)), np.append(x, v)
    return joined, np.append(v, x[0]), np.vstack((v, v)), np.hstack((v, x)), np.array([[x[0], 1.0], [x[2], x[3]]])


@njit
def shapes(x):
    m = x.reshape(2, 3)
    turned = m.T.flatten(), np.transpose(m).copy(), np.swapaxes(m, 0, 1) * 2, np.ravel(m)[::-1]
    spread = np.broadcast_to(x[:2], (3, 2)) * x[0], np.expand_dims(x, 1) * x[:2], x.repeat(2)
    return turned, spread, np.flip(x), np.roll(x, 2), np.ascontiguousarray(m.T)


@njit
def parts(x):
    m = x.reshape(2, 3)
    differences = np.diff(x), np.diff(m, n=2), np.ediff1d(x)
    triangles = np.tril(m), np.triu(m, 1), np.diag(x[:2]), np.vander(x[:2])
    return differences, triangles, np.take(x, np.array([1, 2])), np.column_stack((x, x * x))


@njit
def writes(x):
    y = np.zeros((2, 3))
    y[0], y[1, 1:], y[:, 0] = x[:3], x[3:5], x[5]
    y[1] += y[0]
    z = np.empty_like(x)
    z[:] = x
    z[::2] *= x[1::2]
    z += x
    z -= x[0]
    z /= x
    z **= 2
    z[np.array([0, 1])] = x[4:]
    filled = np.zeros(3)
    filled.fill(x[1])
    square = np.ones((2, 2))
    np.fill_diagonal(square, x[3])
    return y, z, filled, square, y[:, np.array([0, 2])], y[..., 1], y.astype(np.float64)


@njit
def loops(x):
    m = x.reshape(2, 3)
    s, values = 0.0, [x[0]]
    for row in m:
        s += row[0] * row[2]
    for a, b in zip(x, x[::-1]):  # noqa: B905
        s += a * b * b
    for i, a in enumerate(x):
        s += i * a * a
    for (i, j), a in np.ndenumerate(m):
        s += a**2 * i * j
    for a in m.flat:
        values.append(a * values[-1])
    return s, sum(values), sum(x), len(values) * values[-1], np.array(values), max(x[0], x[1]) * min(x[2], 1.0, x[3])


@njit
def numerics(x):
    nodes, heights = np.array([0.0, 1.0, 2.5]), np.array([1.0, 3.0, 2.0])
    bent = np.interp(x, nodes, heights), np.interp(1.3, nodes, x[:3]), np.interp(nodes, np.sort(x), x)
    areas = np.trapezoid(x), np.trapezoid(x, np.arange(6.0) ** 2), np.convolve(x, x[:2]), np.correlate(x, x[:2])
    return bent, areas, np.linspace(x[0], x[1], 5), np.arange(x[0], x[0] + 2.9, 1.0), np.cross(x[:3], x[3:])


@njit
def constants(x):
    counts = np.zeros(3, dtype=np.int64)
    for a in x:
        counts[int(a)] += 1
    k, ones = np.arange(6).reshape(2, 3), np.ones(2)
    of_integers = x * k.sum() * np.mean(k) * np.argmax(k) * np.arange(2, dtype=np.float64).sum()
    of_constants = x * np.dot(ones, ones) * np.cov(k[0] * 1.0, k[1] ** 2.0, ddof=0)[0, 1] + ones.sum()
    return x[counts % 6] * (counts // 2), x[0] * counts.sum() / 2, of_integers, of_constants


@njit
def rewritten_constants(x):
    grid, square, line = np.arange(3.0), np.eye(3), np.linspace(0.0, 1.0, num=3)
    grid[0], square[1, 1], line[2] = x[0], x[1], x[2]
    return grid, square @ line, np.identity(2) * x[:2]


@vectorize
def falling(a, b):
    if a > b:
        return a * b
    return b - a


@njit
def steps(x):
    """Call a ufunc of the user's, and what is flat: rounding, scans that pass over a NaN."""
    gap = np.array([1.0, np.nan, 2.0])
    scans = np.nancumsum(x[:3] * gap), np.nancumprod(x[3:] * gap)
    rounded = np.around(x * 10.0, 1) * x + np.round(x[0]) * round(x[1] * 3.01, 1) + round(x[2] + 0.2)
    broadcast = falling(x[:3].reshape(3, 1), x[:3]) * falling(x[0], 0.5) + falling(1.0, 2.0)
    return scans, rounded, broadcast


@njit
def texts(x):
    """Write numbers, as Numba does: "<object type:float64>"."""
    return x * len(str(x[0])), x * len(f"{x[1]}")


CASES = [
    Case("reductions", reductions),
    Case("products of elements", products_of_elements, interpreted=False),
    Case("products", products),
    Case("systems", systems, interpreted=False),
    Case("factors", factors, interpreted=False),
    Case("norms", norms),
    Case("choices", choices, interpreted=False),
    Case("orders", orders, interpreted=False),
    Case("statistics", statistics, interpreted=False),
    Case("joins", joins),
    Case("shapes", shapes, interpreted=False),
    Case("parts", parts, interpreted=False),
    Case("writes", writes, interpreted=False),
    Case("loops", loops, interpreted=False),
    Case("numerics", numerics, interpreted=False),
    Case("constants", constants, interpreted=False),
    Case("steps", steps, interpreted=False),
    Case("texts", texts, interpreted=False, python=False),
    Case("rewritten constants", rewritten_constants, interpreted=False),
]
