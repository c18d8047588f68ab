"""Views of arrays with other axes, parts of arrays that are split, and the other functions of arrays that have no row.

They run as Python, and are compared with differences; what they compute is the function's to the bit.
"""

from __future__ import annotations

import numpy as np
import pytest
from adjoint_reading import check as check_reading
from adjoint_reading import refused
from numba import njit
from test_adjoint_array_table import check

import dualrev as dr

M = np.array([[3.0, 0.5, -0.2, 1.1], [0.1, 2.0, 0.7, -0.4]])
X = np.array([1.2, 3.1, 2.3, 0.4])
T = np.cos(np.arange(24.0)).reshape(2, 3, 4)


@njit
def _swapped(x):
    y = np.swapaxes(x, 0, -1)
    z = x.transpose(1, 0, 2)
    z[0, 1] *= y[:, 2, 0]
    return y[1] * z[1, :, 1] + np.moveaxis(x, 0, 2)[:, 1] * np.transpose(x, (1, 2, 0))[:, 0]


@njit
def _turned(x):
    return np.rot90(x) * np.rot90(x, 3) + np.fliplr(np.flipud(x)).T


@njit
def _of_more_axes(x):
    y = np.atleast_2d(x) * np.ones((3, 1))
    z = np.atleast_3d(x)
    z[0, 1, 0] = y[1, 0] * x[2]
    np.atleast_1d(x)[3] = z[0, 2, 0]
    return np.atleast_3d(y)[:, :, 0] * x


@njit
def _halves(x):
    a, b = np.split(x, 2)
    a += b * b
    b[0] = a[1] * x[3]
    parts = np.array_split(x, 3)
    total = np.zeros(2)
    for each in parts:
        total[-1] += each[0] * each[-1]
        each[0] *= 2.0
    total[0] = x[0] * parts[0][1] * parts[2][0]
    return total


@njit
def _cut(x):
    first, second, last = np.split(x, [1, -1])
    s = first[0] * second[1] + np.sum(last)
    u, v = np.hsplit(x, 2)
    return s * u * v


@njit
def _columns(x):
    left, right = np.hsplit(x, 2)
    (upper, lower) = np.vsplit(x, 2)
    upper[0, 1:] *= left[1, 0]
    return right * lower[0, 2:] + np.dsplit(x.reshape(1, 2, 4), 2)[1][0, :, 1]


@njit
def _repeated(x):
    y = np.broadcast_to(x * x, (3, 4))
    s = 0.0
    for i in range(3):
        s += y[i, i] * np.sum(np.broadcast_to(x.reshape((4, 1)), (4, i + 1)))
    return s * y[1] + np.broadcast_to(x, (2, 4)).sum()


@njit
def _taken(x):
    at = np.array([[1, -1], [0, 3]])
    y = np.take(x, 2) * np.take(x, at)
    y[0] *= x.take(-3)
    return y * x[1:2].item() + np.take(x.reshape(2, 2), np.array([1, 0]), 1)


@njit
def _diagonals(x):
    y = np.diag(x[:2], -1) @ np.diag(x[1:], 0)
    return np.diag(y, 1) * np.diag(y, k=-1) + np.kron(x[:2], x)[3:5]


@njit
def _whole(x):
    y = x[()]
    y[0] *= 2.0
    x[...] = y * x[()]
    z = x.real
    z[1] *= x[0]
    return x * z


@njit
def _correlated(x):
    c = np.corrcoef(x)
    return c[0, 1] * np.corrcoef(x[:, 1], x[:, 2])[1, 0] + np.cov(x)[0]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (_swapped, T),
        (_turned, M),
        (_of_more_axes, X),
        (_halves, X),
        (_cut, X),
        (_columns, M),
        (_repeated, X),
        (_taken, X),
        (_diagonals, X),
        (_whole, X),
        (_correlated, M),
    ],
)
def test_views_and_functions_of_axes(f, x):
    """What is written through a view, or to what it is of, is seen by both."""
    check_reading(f, [x.copy()])
    check(f, x)


@njit
def _in_loops(x, n):
    s = 0.0
    for i in range(n):
        y = np.swapaxes(x, 0, 1) if i % 2 else np.transpose(x, (1, 0))
        a, b = np.array_split(x, 2, axis=-1)
        for j in range(a.shape[1]):
            y[j, 0] += a[1, j] * b[0, 0] + np.take(x, i + j)
        s += np.sum(y[i : i + 1]) * np.atleast_2d(y[i])[0, 1]
    return s


@njit
def _halved(x):
    return np.split(x, 2)[0] * x[0]


@njit
def _at(x, n):
    return x * np.take(x, n)


@njit
def _only(x):
    return x * x.item()


def test_they_raise_the_errors_of_the_function():
    """An array that has no elements is split and taken apart like any other."""
    check(_in_loops, M, 3)
    check_reading(_in_loops, [M, 0], [M[:, :2].copy(), 1], [M, 2])
    check_reading(_halved, [X], [X[:3]])
    check_reading(_only, [X[:1]], [X], [X[:0]])
    check_reading(_at, [X, 0], [X, -4], [X, 4], [X, -5])


@njit
def _written_behind(x):
    y = np.broadcast_to(x, (2, 4))
    x[0] = 3.0
    return y[0] * x


@njit
def _into_many(x, n):
    return np.array_split(x, n)[0]


@njit
def _about(x, n):
    return np.swapaxes(x.reshape((2, 2)), 0, n)


@njit
def _into_one(x):
    return np.split(x, 1)[0]


@njit
def _several(x):
    return np.atleast_2d(x, x)[0]


@pytest.mark.parametrize(
    ("f", "inputs", "match"),
    [
        (_written_behind, (X,), "line .* repeats an array along new axes, and writes to what has more names"),
        (_into_many, (X, 2), "into a number of parts that is not known, or into one"),
        (_into_one, (X,), "into a number of parts that is not known, or into one"),
        (_about, (X, 1), "names an axis that is not known"),
        (_several, (X,), "calls atleast_2d of several arrays"),
    ],
)
def test_what_is_not_known_when_it_is_read_is_refused(f, inputs, match):
    """With the line, and the reason."""
    refused(f, *inputs, match=match)


@njit
def _compiled(x):
    y = np.swapaxes(x, 0, 2)
    a, b = np.split(x, 2, axis=2)
    c = np.broadcast_to(a[0, 0] * 2.0, (3, 2)) * np.atleast_2d(b[0, 1])
    a[0, 0, 0] *= y[3, 2, 1]
    return np.sum(c * np.rot90(x[:, :, 1], 3)) + np.take(x, 5) * y[0, 0, 0]


@pytest.mark.compiles
def test_a_compiled_adjoint_of_views_with_other_axes():
    """Its views have the types that Numba gives the function's."""
    gradient = dr.grad(_compiled, mode="reverse")
    assert "generated adjoint code" in gradient.plan(T).reason
    np.testing.assert_allclose(gradient(T), dr.grad(_compiled, mode="forward")(T), rtol=1e-12, atol=1e-14)
