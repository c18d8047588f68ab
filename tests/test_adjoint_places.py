"""Elements in places of several arrays, and arrays of no axes."""

from __future__ import annotations

import numpy as np
import pytest
from adjoint_reading import check as check_reading
from adjoint_reading import refused
from numba import njit
from test_adjoint_array_table import check

import dualrev as dr

M = np.array([[3.0, 0.5, -0.2], [0.1, 2.0, 0.7], [-0.6, 0.3, 2.5]])
T = np.cos(np.arange(24.0)).reshape(2, 3, 4)
AT = np.array([2, 0, -1])
TO = np.array([1, -2, 0])


@njit
def _gathers(x, at, to):
    y = x[at, to] * x[to, at]
    x[at, to] = y * x[0]
    z = x[at.reshape((3, 1)), to.reshape((1, 3))]
    x[to, at] *= z[1] + x[at, to]
    return z * x


@njit
def _of_one_element(x, at, to):
    y = x * x
    y[at, at * 0 - 1] = x[to, to]
    y[at, at] -= 2.0
    return y[np.triu_indices(3)] * x[np.tril_indices(3)]


@njit
def _beside(x, at, to):
    y = x[:, at, to] * x[:, 0, :3]
    x[1, at[:2] - 1, to[:2]] = y[0, 1:]
    return y[0] * x[at[1:2], to[:1]][0, 1:] * x[at[1], to, at]


@njit
def _in_loops(x, at, to):
    s = 0.0
    for i in range(at.size + 1):
        y = x[at[:i], to[:i]]
        if i > 1:
            x[at[i - 2 : i], to[i - 2 : i]] *= y[-1] * y[:2] + s
        s += np.sum(y)
    return s


@pytest.mark.parametrize(("f", "x"), [(_gathers, M), (_of_one_element, M), (_beside, T), (_in_loops, M)])
def test_elements_in_places_of_two_arrays(f, x):
    """All are read before one is written, and the last one of several that are written to one element stays."""
    check_reading(f, [x.copy(), AT, TO])
    check(f, x, AT, TO)


@njit
def _around(x, at, to):
    return x[at, :, to]


@njit
def _masked(x, at, to):
    return x[at > 0, to]


@pytest.mark.parametrize(
    ("f", "x", "match"),
    [(_around, T, "subscripts that are arrays, with a slice between them"), (_masked, M, "a mask beside another")],
)
def test_other_subscripts_are_refused(f, x, match):
    """NumPy orders the axes of some in a way of its own."""
    refused(f, x, AT, TO, match=match)


@njit
def _of_no_axes(x):
    a, b = np.array(2.0), np.asarray(x[0])
    c = np.where(x[1] > 0.0, x[1], 3.0)
    s = a * b / (x[2] - x[2] + 1.0) + np.exp(-a * c[()]) * np.full((), x[1]).item()
    for i in range(x.size):
        d = np.asarray(x[i] * s)
        s = s + np.sin(d) * c + np.zeros(()) - np.ones(())
        if d > 0.5 * c or a <= c:
            x[i] *= d[()]
    x += a * c
    y = np.full_like(x[0], x[1]) * (a * x + x * b)
    s = s + np.cov(y)
    return y * a.ndim + s * b.size * c * len(c.shape) + y * s


def test_arrays_of_no_axes_are_numbers():
    """Numba computes with them as with numbers, and divides by 0 as arrays do."""
    x = np.array([0.7, -0.4, 1.3])
    check_reading(_of_no_axes, [x], [-x])
    check(_of_no_axes, x)


@njit
def _divides(x):
    return np.array(x[0]) / (x[1] - x[1]) * x[0]


@njit
def _added_in_place(x):
    a = np.array(2.0)
    b = a
    b += x[0]
    return a * x[0]


@njit
def _written(x):
    a = np.array(2.0)
    a[()] = x[0]
    return a * x[0]


@njit
def _raised(x):
    return np.array(2.0) ** 3 * x[0]


@njit
def _returned(x):
    return np.array(x[0])


@njit
def _chosen(x):
    a = np.array(x[0]) if x[0] > 0.0 else np.array(x[1])
    return a * x[0]


@njit
def _handed_on(x):
    a = np.array(x[0])
    for i in range(3):
        a = np.array(a * x[i])
    return a * x[0]


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (_added_in_place, "writes to an array of no axes"),
        (_written, "writes to an element of what is no array"),
        (_raised, "by another operator"),
        (_returned, "returns what is no number"),
        (_chosen, "line .* reads"),
        (_handed_on, "line .* a"),
    ],
)
def test_arrays_of_no_axes_that_are_more_than_numbers_are_refused(f, match):
    """What two names may mean, or is written to, is an array."""
    refused(f, np.ones(3), match=match)


@njit
def _compiled(x, at):
    y = x[at, at[::-1]]
    x[at, at] *= y
    return np.sum(x[at[1:], at[:-1]] * y[1:]) + y[0]


@pytest.mark.compiles
def test_a_compiled_adjoint():
    """Numba's gathers are NumPy's."""
    gradient = dr.grad(_compiled, mode="reverse")
    assert "generated adjoint code" in gradient.plan(M, AT).reason
    assert np.isinf(_divides(M[0]))
    assert "generated adjoint code" in dr.grad(_divides, mode="reverse").plan(M[0]).reason
    np.testing.assert_allclose(gradient(M, AT), dr.grad(_compiled, mode="forward")(M, AT), rtol=1e-12)
