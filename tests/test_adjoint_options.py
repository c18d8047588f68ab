"""Options of `njit` that change what a function computes: tests of bounds, and types of variables."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from adjoint_reading import check as check_reading
from adjoint_reading import types_of
from fuzzing.adjoint_differences import uncompiled
from numba import njit
from test_adjoint_array_table import check, prepared

import dualrev as dr
from dualrev.compiled.adjoints._form import Raise, statements
from dualrev.compiled.adjoints._reading.program import read

M = np.array([[3.0, 0.5, -0.2], [0.1, 2.0, 0.7], [-0.6, 0.3, 2.5]])


@njit(boundscheck=True)
def _bounded(x, n):
    unused = x[0, n]  # noqa: F841
    row = x[n]
    s = 0.0
    for i in range(n + 1):
        x[i, -1] += row[i] * x[..., n, None][i][0]
        s += x[-i - 1, 0] * x[i][n]
        x[n, i] = s
    return s


@njit
def _calls_bounded(x, n):
    return _bounded(x, n) * x[0, 0]


@pytest.mark.parametrize("f", [_bounded, _calls_bounded])
def test_bounds_are_tested(f):
    """Of each number that is a subscript; negative ones count from the end."""
    check(f, M, 2)
    check_reading(f, [M, 0], [M, 3], [M, -4], [M, -1])
    program = read(f, types_of([M, 2]), [0])
    errors = [each.text for each in statements(program.body) if isinstance(each, Raise)]
    assert len([each for each in errors if "IndexError" in each]) >= 14


@njit(boundscheck=True)
def _reads_in_vain(x, n):
    s = 0.0
    for i in range(n):
        unused = x[i]  # noqa: F841
        s += x[0] * x[0]
    x[n] = s
    return s


@pytest.mark.compiles
def test_compiled_adjoints_raise_the_error():
    """Also of elements that the gradient does not read."""
    x = np.array([1.5, 2.0])
    gradient = dr.grad(_reads_in_vain, mode="reverse")
    assert "generated adjoint code" in gradient.plan(x, 1).reason
    np.testing.assert_array_equal(gradient(x, 1), [3.0, 0.0])
    for n in (2, 3, -3):
        with pytest.raises(IndexError):
            gradient(x, n)


@njit(locals={"s": numba.float64, "t": numba.float32, "unset": numba.float32})
def _declared(x):
    s = 0
    t = x[0, 0] * x[0, 1]
    for i in range(3):
        s += x[i, i]
        if s > 3.0:
            t = 1
            t += x[i, 0] * s
    return s / 3 + t * x[0, 0]


def test_variables_have_the_types_that_they_were_declared_with():
    """Single precision is that of the function, to the bit."""
    check_reading(_declared, [1.1 * M], compiled=True)
    (found,) = uncompiled(prepared(_declared, M)[1])(M, 1.0)
    (expected,) = uncompiled(prepared(njit(_declared.py_func), M)[1])(M, 1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert _declared(1.1 * M) != _declared.py_func(1.1 * M)
