"""Products of vectors and matrices in generated adjoints: shapes, layouts, loops, and what is written over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fuzzing import dual_numbers
from fuzzing.adjoint_differences import adjoint, differs, dispatcher, uncompiled
from fuzzing.adjoint_programs import Program
from numba import njit

import dualrev as dr

RANDOM = np.random.default_rng(5)
A, B, S = (RANDOM.standard_normal(shape) / 2 for shape in ((3, 2), (2, 4), (3, 3)))
U, V = np.array([0.4, -1.1, 0.7]), np.array([-0.6, 0.9])
LARGE, TALL = RANDOM.standard_normal((9, 8)) / 4, RANDOM.standard_normal((8, 30)) / 4
LONG = RANDOM.standard_normal((60, 9)) / 4

KINDS = """
@njit
def f(a, b, u, v):
    m = a @ b
    p = a @ v
    q = np.dot(u, a)
    return np.sum(m * m) + p.dot(u) * (q @ v), m, p * q[0]
"""
LAYOUTS = """
@njit
def f(a, b, u, v):
    m = a.T @ a + a[::2].T @ a[:-1] + b[:, 1:3].T @ b[:, ::2]
    p = a.T[:, ::-1] @ u[::-1] + u[:2] @ b[:, :2].T
    return m * v, p, np.dot(a[:, 0], a[:, 1]), (2.0 * a) @ (v * v)
"""
OF_ITSELF = """
@njit
def f(s, u):
    s[:] = s @ s
    u[:] = s @ u
    u += u @ s.T
    return u @ s @ u
"""
WRITTEN_OVER = """
@njit
def f(a, b, u, v):
    m = a @ b
    p = m @ (m.T @ u)
    a[0, 1] *= v[0]
    b[:] = 0.5
    u[1] = p[0]
    p[1] = v[1]
    m[2] = p[0]
    return m * (a @ b), p * u
"""
STATE = """
@njit
def f(s, u, n):
    h = s @ u
    for t in range(n):
        h = np.tanh(s @ h + u)
        s[t % 3, 1] += 0.1 * h[0]
    return h
"""
FILTER = """
@njit
def f(s, u, n):
    p = s @ s.T
    x = s @ u
    for t in range(n):
        x[:] = s @ x
        p[:] = s @ p @ s.T + u * x[1]
        if x[0] > 0.0:
            x[:] = x - 0.3 * (p @ x)
        else:
            s[0] *= 0.5
    return x, p
"""
SAMPLES = """
@njit
def f(a, v):
    s = 0.0
    for i in range(a.shape[0]):
        s += np.log(1.0 + np.exp(np.dot(a[i], v)))
    return s
"""
# What a sample has read is written over behind the loop.
HIDDEN = """
@njit
def f(s, a, u, v):
    h = np.empty(3)
    total = 0.0
    for i in range(3):
        for j in range(3):
            h[j] = math.tanh(s[j] @ a[:, 1] + u[j] * a[i] @ v)
        total += (h @ u) ** 2 + np.dot(h, s[i])
    s[:] = 0.0
    u[0] = v[1] * a[0, 0]
    return total + u[0] * (s @ u)[1]
"""
BUFFERS = """
@njit
def f(u, s, n):
    w = np.zeros_like(u)
    for t in range(n):
        w[:] = s @ u
        w[0] += u[1]
        u, w = w, u
    return u @ s[0]
"""
WITHOUT_A_RESULT = """
@njit
def f(a, v):
    s = 0.0
    for i in range(a.shape[0]):
        if np.dot(a[i], v) > 0.0:
            s += a[i, 0] * v[1]
    return s
"""
# Names that the lines of the adjoint have for functions.
NAMES = """
@njit
def f(a, v):
    add_product = a @ v
    into_x = pull_x = a.T @ add_product
    x_b = into_x @ v
    math_x = x_b * pull_x[0]
    return math_x * x_b
"""
NOTHING = """
@njit
def f(a, b, v):
    return a @ b, a @ v
"""

PROGRAMS = {
    "kinds": Program(KINDS, (A, B, U, V), (0, 1, 2, 3), (0.7, np.cos(np.arange(12.0)).reshape(3, 4), U)),
    "layouts": Program(LAYOUTS, (A, B, U, V), (0, 1, 2, 3), (S[:2, :2], V, 0.3, U)),
    "of itself": Program(OF_ITSELF, (S, U), (0, 1), (1.5,)),
    "written over": Program(WRITTEN_OVER, (A, B, U, V), (0, 1, 2, 3), (np.ones((3, 4)) + LARGE[:3, :4], U)),
    "a state": Program(STATE, (S, U, 4), (0, 1), (U,)),
    "a filter": Program(FILTER, (S, U, 3), (0, 1), (U, S)),
    "samples": Program(SAMPLES, (LONG, LONG[0].copy()), (0, 1), (1.0,)),
    "samples of data": Program(SAMPLES, (A, V), (1,), (1.0,)),
    "hidden": Program(HIDDEN, (S, A, U, V), (0, 1, 2, 3), (0.8,)),
    "hidden weights": Program(HIDDEN, (S, A, U, V), (0,), (0.8,)),
    "buffers": Program(BUFFERS, (U, S, 3), (0, 1), (1.0,)),
    "buffers of a constant": Program(BUFFERS, (U, S, 3), (0,), (1.0,)),
    "without a result": Program(WITHOUT_A_RESULT, (A, V), (0, 1), (1.0,)),
    "names": Program(NAMES, (A, V), (0, 1), (1.0,)),
    "by the library": Program(
        KINDS,
        (LARGE, TALL, LONG[0], LARGE[0].copy()),
        (0, 1, 2, 3),
        (0.7, LONG[:9, :1] @ U[:1, None] @ np.ones((1, 30)), LONG[1]),
    ),
    "empty": Program(SAMPLES, (A[:0].copy(), V), (0, 1), (1.0,)),
    "of nothing": Program(NOTHING, (A[:, :0].copy(), B[:0].copy(), V[:0].copy()), (0, 1, 2), (np.ones((3, 4)), U)),
}


@pytest.mark.parametrize("program", [pytest.param(each, id=name) for name, each in PROGRAMS.items()])
@pytest.mark.parametrize("value", [False, True])
def test_gradients(program: Program, value: bool) -> None:
    """Against the oracle; no argument is changed."""
    generated = adjoint(program, value)

    def run(*arguments: Any) -> Any:
        return uncompiled(generated)(*arguments)[len(program.cotangents) if value else 0 :]

    assert not differs(program, run)


def text_of(name: str) -> str:
    return adjoint(PROGRAMS[name]).text


def test_what_is_not_differentiated_takes_no_product():
    """Where data are multiplied by weights, there is one product each way, which reads the data alone."""
    text = text_of("samples of data")
    assert "a_b" not in text
    assert text.count("add_") == 1
    assert text.count("for ") == 1  # forward and back at once


def test_a_factor_that_is_not_read_again_is_not_kept():
    """What a step reads is kept where it is written over, and only if a derivative reads it."""
    assert "kept" in adjoint(PROGRAMS["buffers"]).text
    assert "kept" not in adjoint(PROGRAMS["buffers of a constant"]).text


REGRESSION = """
@njit
def f(weights, features, labels):
    away = features @ weights - labels
    strided = np.dot(features[:, 1], away) + features[::2, ::2].T[0] @ away[::2]
    return away @ away + strided * np.sum(features.T @ away) + weights @ weights
"""


# Numba warns of strided arrays in the function itself, and is not to warn of the adjoint.
@pytest.mark.filterwarnings("ignore::numba.NumbaPerformanceWarning:.program")
@pytest.mark.compiles
@pytest.mark.parametrize(
    ("dtype", "close"), [pytest.param(np.float64, 1e-12, marks=pytest.mark.exhaustive), (np.float32, 1e-4)]
)
def test_compiled(dtype: Any, close: float) -> None:
    """The value is that of the function, bit by bit; lengths that do not fit are its error."""
    features, labels = LONG.astype(dtype), LONG[:, 0].astype(dtype)
    weights = LONG[1].astype(dtype)
    arguments = weights, features, labels
    f = dispatcher(REGRESSION)
    expected = f(*arguments)
    (slopes,) = dual_numbers.gradient(REGRESSION, arguments, (0,), (1.0,))
    both = dr.value_and_grad(f, mode="reverse")
    value, gradient = both(*arguments)
    assert "generated adjoint code" in both.plan(*arguments).reason
    assert value == expected
    np.testing.assert_allclose(gradient, slopes, rtol=close, atol=close * np.max(np.abs(slopes)))
    with pytest.raises(ValueError, match="incompatible array sizes"):
        both(weights[1:], features, labels)


@njit
def _summed(a, b, c):
    return np.sum((b @ a) @ c)


@pytest.mark.compiles
def test_a_product_that_is_compiled_after_a_derivative() -> None:
    """Numba shares functions that products call: those that a derivative holds are its own."""
    a, b, c = (np.ones(shape, np.float32) for shape in ((5, 4), (10, 5), (4, 3)))
    dr.grad(_summed, mode="reverse")(a, b, c)
    product = njit(lambda a, b: a @ b, error_model="numpy")
    np.testing.assert_array_equal(product(b, a), np.full((10, 4), 5.0))


def test_a_zero_that_an_infinity_meets():
    """Their product is 0; a plain one is NaN, which the caller of an adjoint repeats with care."""
    program = Program(
        NOTHING, (np.array([[np.inf, 2.0], [0.0, 3.0]]), S[:2, :2].copy(), V), (2,), (S[:2, :2], np.array([0.0, 1.0]))
    )
    with np.errstate(invalid="ignore"):
        (found,) = uncompiled(adjoint(program))(*program.arguments, *program.cotangents)
    assert found[1] == 3.0
    assert found[0] == 0.0 or np.isnan(found[0])
