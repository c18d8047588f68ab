"""Derivatives in derivatives: the literature's cases of confused perturbations, high orders, and compiled code."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from each import each
from numba import njit

import dualrev as dr
from dualrev.errors import InputTypeError

X = np.array([0.7, -1.3, 2.1])
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "derivative": dr.derivative,
    "forward": lambda f: dr.grad(f, mode="forward"),
    "reverse": lambda f: dr.grad(f, mode="reverse"),
    "elementwise": dr.elementwise_grad,
    "jvp": lambda f: lambda x: dr.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: dr.vjp(f, x)[1](1.0)[0],
    "taylor": lambda f: lambda x: dr.taylor(f, x, 1)[1],
}


def pairs(test: Any) -> Any:
    """Run a test for every operator inside every other."""
    return each("outer", OPERATORS)(each("inner", OPERATORS)(test))


@pytest.mark.parametrize("operator", ["derivative", "elementwise"])
def test_six_derivatives_of_tanh(operator: str) -> None:
    x = np.array([-3.0, -1.2, -0.4, 0.0, 0.7, 2.5])
    symbol = sympy.Symbol("x")
    f, expression = np.tanh, sympy.tanh(symbol)
    for _ in range(6):
        f, expression = OPERATORS[operator](f), sympy.diff(expression, symbol)
        found = [f(float(at)) for at in x] if operator == "derivative" else f(x)
        expected = [float(expression.subs(symbol, sympy.Float(float(at), 60)).evalf(50)) for at in x]
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13)


def test_ten_derivatives_with_fifty_digits() -> None:
    def f(x: Any) -> Any:
        return np.exp(np.sin(x)) / (1 + x * x)

    with mpmath.workdps(70):
        series = mpmath.taylor(lambda x: mpmath.exp(mpmath.sin(x)) / (1 + x * x), mpmath.mpf(0.5), 10)
    g: Any = f
    for k in range(1, 7):
        g = dr.derivative(g)
        assert g(0.5) == pytest.approx(float(series[k]) * math.factorial(k), rel=1e-12)
    np.testing.assert_allclose(dr.taylor(f, 0.5, 10), [float(c) for c in series], rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("binom", (2.0, 3.0), lambda n, k: mpmath.gamma(n + 1) * mpmath.rgamma(k + 1) * mpmath.rgamma(n - k + 1)),
        ("binom", (4.5, -2.0), lambda n, k: mpmath.gamma(n + 1) * mpmath.rgamma(k + 1) * mpmath.rgamma(n - k + 1)),
        ("poch", (-3.0, 4.0), lambda z, m: mpmath.gamma(z + m) * mpmath.rgamma(z)),
        ("beta", (2.5, -3.5), lambda a, b: mpmath.gamma(a) * mpmath.gamma(b) * mpmath.rgamma(a + b)),
    ],
)
def test_gradient_and_hessian_at_zeros_that_are_poles_of_a_part(name: str, at: Any, expected: Any) -> None:
    function = getattr(pytest.importorskip("scipy.special"), name)
    with mpmath.workdps(60):
        point = tuple(map(mpmath.mpf, at))
        first = [float(mpmath.diff(expected, point, n)) for n in ((1, 0), (0, 1))]
        second = [float(mpmath.diff(expected, point, n)) for n in ((2, 0), (1, 1), (0, 2))]
    for mode in ("forward", "reverse"):
        gradient = dr.grad(lambda v: function(v[0], v[1]), mode=mode)(np.array(at))
        np.testing.assert_allclose(gradient, first, rtol=1e-12, atol=1e-15)
    hessian = dr.hessian(lambda v: function(v[0], v[1]))(np.array(at))
    np.testing.assert_allclose(hessian[[0, 0, 1], [0, 1, 1]], second, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("x", [-1e-20, -0.5, -1.3, -2.00001, 0.7])
def test_derivatives_of_digamma_on_both_sides_of_zero(x: float) -> None:
    f: Any = dr.special.digamma
    for order in range(5):
        assert f(x) == pytest.approx(float(mpmath.psi(order, mpmath.mpf(x))), rel=1e-11)
        assert dr.special.polygamma(float(order), x) == f(x)
        f = dr.derivative(f)


@pairs
def test_the_inner_derivative_does_not_see_the_outer_variable(outer: str, inner: str) -> None:
    """Siskind and Pearlmutter, Perturbation confusion and referential transparency, IFL 2005."""
    d, e = OPERATORS[outer], OPERATORS[inner]
    assert d(lambda x: x * e(lambda y: x + y)(1.0))(1.0) == 1.0
    assert d(lambda x: x * e(lambda y: x)(1.0))(1.0) == 0.0
    assert d(lambda x: e(lambda y: x * y * y)(x))(3.0) == 12.0


@pairs
def test_a_derivative_of_a_function_that_returns_a_function(outer: str, inner: str) -> None:
    """Manzyuk, Pearlmutter, Radul, Rush and Siskind, Journal of Functional Programming 29, 2019, e12.

    There s(u)(f)(x) = f(x + u), and the derivative of s at 0 takes f to f'. Applied twice, it has to give f''.
    """
    d, e = OPERATORS[outer], OPERATORS[inner]

    def shift(u: Any) -> Any:
        return lambda f: lambda x: f(x + u)

    def by(operator: Any) -> Any:
        return lambda f: lambda x: operator(lambda u: shift(u)(f)(x))(0.0)

    assert by(d)(by(e)(lambda x: x**3))(2.0) == pytest.approx(12.0, rel=1e-15)
    assert by(d)(by(e)(np.exp))(1.0) == pytest.approx(math.e, rel=1e-15)


def test_a_function_as_a_result_is_refused() -> None:
    for operator in (dr.derivative, dr.grad, dr.jacobian, lambda f: lambda x: dr.taylor(f, x, 2)):
        with pytest.raises(InputTypeError, match=r"returned a function.*lambda x: f\(x\)\(y\)"):
            operator(lambda u: lambda x: x + u)(0.0)


@pairs
def test_closures_that_rebind(outer: str, inner: str) -> None:
    d, e = OPERATORS[outer], OPERATORS[inner]

    def rebinds(x: Any) -> Any:
        y = x

        def inside(t: Any) -> Any:
            return y * t

        y = x * x
        return e(inside)(1.0)

    assert d(rebinds)(3.0) == 6.0

    def composed(x: Any) -> Any:
        f = np.sin
        for _ in range(2):
            f = (lambda g: lambda t: x * e(g)(t))(f)
        return f(0.4)

    assert d(composed)(1.5) == pytest.approx(-2 * 1.5 * np.sin(0.4), rel=1e-14)


@pairs
def test_a_derivative_in_the_body_of_a_loop(outer: str, inner: str) -> None:
    d, e = OPERATORS[outer], OPERATORS[inner]

    def looped(x: Any) -> Any:
        y = x
        for k in range(3):
            y = y + 0.1 * e(lambda t, k=k, y=y: y * t**2 + k * x * t)(x)
        return y

    def by_hand(x: Any) -> Any:
        y = x
        for k in range(3):
            y = y + 0.1 * (2 * y * x + k * x)
        return y

    assert d(looped)(0.8) == pytest.approx(dr.derivative(by_hand)(0.8), rel=1e-14)


@pairs
def test_recursion(outer: str, inner: str) -> None:
    d, e = OPERATORS[outer], OPERATORS[inner]

    def nested(x: Any, depth: int) -> Any:
        return x**4 if depth == 0 else x * e(lambda y: nested(y, depth - 1) + x * y)(x)

    # x**4, 4 x**4 + x**2, 16 x**4 + 3 x**2
    assert nested(1.5, 2) == pytest.approx(16 * 1.5**4 + 3 * 1.5**2, rel=1e-15)
    assert d(lambda x: nested(x, 2))(1.5) == pytest.approx(64 * 1.5**3 + 6 * 1.5, rel=1e-14)


@pytest.mark.parametrize("modes", list(itertools.product(["forward", "reverse"], repeat=2)), ids="-".join)
def test_gradients_in_gradients(modes: tuple[str, str]) -> None:
    """The cases of ForwardDiff.jl, test/ConfusionTest.jl."""
    outer, inner = modes
    assert dr.grad(lambda v: np.sum(v) * dr.grad(lambda y: y * np.linalg.norm(v), mode=inner)(1.0), mode=outer)(
        np.array([1.0])
    ) == pytest.approx([2.0])
    a, y = np.arange(6.0).reshape(2, 3), np.array([0.3, 0.5])
    found = dr.jacobian(lambda x: dr.grad(lambda y: y @ (a @ x), mode=inner)(y), mode=outer)(X)
    np.testing.assert_array_equal(found, a)

    def lagrangian(q: Any, velocity: Any) -> Any:
        return velocity @ velocity / 2 - 9.8 * q[1]

    def hamiltonian(q: Any, momentum: Any) -> Any:
        zero = np.zeros(2)
        mass = dr.jacobian(dr.grad(lambda v: lagrangian(q, v), mode=inner), mode=outer)(zero)
        v = np.linalg.solve(mass, momentum - dr.grad(lambda v: lagrangian(q, v), mode=inner)(zero))
        return momentum @ v - lagrangian(q, v)

    found = dr.grad(lambda q: hamiltonian(q, np.array([5.0, 6.0])), mode=outer)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found, [0.0, 9.8])


def test_jvp_of_vjp_and_vjp_of_jvp() -> None:
    def f(x: Any) -> Any:
        return np.sin(x[0] * x[1]) * x[2] ** 2 + np.prod(x)

    hessian, v = dr.hessian(f)(X), np.array([0.5, -1.0, 2.0])
    pulled = dr.jvp(lambda x: dr.vjp(f, x)[1](1.0)[0], (X,), (v,))[1]
    pushed = dr.vjp(lambda x: dr.jvp(f, (x,), (v,))[1], X)[1](1.0)[0]
    along = dr.jvp(lambda x: dr.jvp(f, (x,), (v,))[1], (X,), (v,))[1]
    back = dr.vjp(lambda x: np.sum(dr.vjp(f, x)[1](1.0)[0] * v), X)[1](1.0)[0]
    for found in (pulled, pushed, back, dr.hvp(f, X, v)):
        np.testing.assert_allclose(found, hessian @ v, rtol=1e-13)
    assert along == pytest.approx(v @ hessian @ v, rel=1e-13)
    assert dr.taylor(f, X, 2, direction=v)[2] == pytest.approx(v @ hessian @ v / 2, rel=1e-13)
    third = dr.jacobian(dr.hessian(f))(X)
    np.testing.assert_allclose(third, np.transpose(third, (2, 0, 1)), rtol=1e-12, atol=1e-14)
    cubed = dr.taylor(f, X, 3, direction=v)[3] * 6
    assert cubed == pytest.approx(np.einsum("ijk,i,j,k", third, v, v, v), rel=1e-12)


@njit
def wave(x: Any, k: Any) -> Any:
    return math.sin(x * k)


slope_of_wave = dr.derivative(wave)


@njit
def outer_wave(x: Any) -> Any:
    return x * slope_of_wave(1.0, x)


def test_derivatives_of_compiled_functions_in_others() -> None:
    """Compiled in compiled, compiled in interpreted, and an operator around both."""
    x = 0.7
    assert outer_wave(x) == pytest.approx(x * x * np.cos(x), rel=1e-15)
    expected = 2 * x * np.cos(x) - x * x * np.sin(x)
    assert dr.grad(outer_wave)(x) == pytest.approx(expected, rel=1e-14)
    assert dr.derivative(lambda x: x * dr.derivative(wave)(1.0, x))(x) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(
        dr.taylor(lambda x: wave_step(x, 2.0), x, 2), [np.sin(1.4), 2 * np.cos(1.4), -2 * np.sin(1.4)], rtol=1e-14
    )


wave_step = dr.as_step(wave)


@pytest.mark.exhaustive
def test_four_derivatives_of_a_compiled_function() -> None:
    f: Any = wave
    for k in range(1, 5):
        f = dr.derivative(f)
        expected = 2.0**k * [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)][k % 4](1.4)
        assert f(0.7, 2.0) == pytest.approx(expected, rel=1e-14)
