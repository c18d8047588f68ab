"""Jacobians in reverse by generated adjoint code: a sweep carries several rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import optree
import pytest
from each import each
from numba import njit

import dualrev as dr
from dualrev.compiled.drivers import derivative

X = np.linspace(0.2, 1.3, 11)
P = (2.0, 0.7)


@njit
def rolled(x: Any, p: Any) -> Any:
    """Return a matrix, through buffers that are exchanged and a number that goes on."""
    a, b, q = x.copy(), np.empty(x.size), 1.0
    y = np.empty((3, x.size))
    for k in range(3):
        for i in range(x.size):
            b[i] = a[i] * a[i - 1] + p[0] * math.sin(a[i])
        a, b = b, a
        q *= a[k]
        for i in range(x.size):
            y[k, i] = q * a[i] - p[1]
    return y


@njit
def several(x: Any, p: Any) -> Any:
    """Return a number, an array that is the argument's, a pair of numbers, and a constant."""
    s = 0.0
    for v in x:
        s += v * v * p[0]
    return s, x, (s * p[1], 2.0), x[2:5] * s


@njit
def root(x: Any) -> Any:
    return np.array([math.sqrt(x[0]) * x[0], x[1]])


@pytest.fixture
def no_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    def tape(cloner: Any, dispatcher: Any, arguments: Any, *rest: Any) -> Any:
        raise AssertionError(f"{arguments.of} is recorded")

    monkeypatch.setattr(derivative, "ReverseDriver", tape)


@pytest.mark.usefixtures("no_tape")
@each("f", (rolled, several))
def test_jacobians_agree_with_forward_mode(f: Any) -> None:
    x = X.copy()
    found = dr.value_and_jacobian(f, argnums=(0, 1), mode="reverse")(x, P)
    np.testing.assert_array_equal(x, X)
    expected = dr.value_and_jacobian(f, argnums=(0, 1), mode="forward")(X, P)
    assert optree.tree_structure(found) == optree.tree_structure(expected)
    for one, other in zip(optree.tree_leaves(found), optree.tree_leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13 * np.max(np.abs(other), initial=0.0))


@pytest.mark.usefixtures("no_tape")
def test_rows_go_into_an_array() -> None:
    @njit
    def squares(x: Any) -> Any:
        first_row = x * x  # names of the text's own
        start, seed_rows = 0, 1.0
        return first_row[start:] * seed_rows

    jacobian = dr.jacobian(squares, mode="reverse")
    out = np.full((11, 11), np.nan)
    assert jacobian(X, out=out) is out
    np.testing.assert_array_equal(out, np.diag(2.0 * X))
    assert jacobian(X[:0]).shape == (0, 0)


# The plain rows hold a NaN, and the careful tape answers.
def test_a_nan_calls_the_careful_tape() -> None:
    np.testing.assert_array_equal(dr.jacobian(root, mode="reverse")(np.array([0.0, 1.0])), [[0.0, 0.0], [0.0, 1.0]])


@pytest.mark.usefixtures("no_tape")
def test_rows_are_differentiated_in_their_turn() -> None:
    @njit
    def cubes(x: Any) -> Any:
        y = np.empty(x.size)
        for i in range(x.size):
            y[i] = x[i] ** 3 * x[0]
        return y

    found = dr.jacobian(dr.jacobian(cubes, mode="reverse"), mode="forward")(X[:3])
    expected = np.zeros((3, 3, 3))
    for i in range(3):
        expected[i, i, i] += 6.0 * X[i] * X[0]
        expected[i, i, 0] += 3.0 * X[i] ** 2
        expected[i, 0, i] += 3.0 * X[i] ** 2
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
