"""Derivatives of derivatives: levels are kept apart, in any nesting of modes, and in threads."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import sympy
from each import each

import dualrev as dr

X = np.array([0.7, -1.3, 2.1])
FIRST = {
    "derivative": dr.derivative,
    "forward": lambda f: dr.grad(f, mode="forward"),
    "reverse": lambda f: dr.grad(f, mode="reverse"),
    "jvp": lambda f: lambda x: dr.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: dr.vjp(f, x)[1](1.0)[0],
    "jacobian": dr.jacobian,
    "elementwise": dr.elementwise_grad,
}
MIXED = np.cos(0.6) - 0.6 * np.sin(0.6)


def pairs(test: Any) -> Any:
    """Run a test for every operator inside every other."""
    return each("outer", FIRST)(each("inner", FIRST)(test))


def f(x: Any) -> Any:
    return np.sin(x[0] * x[1]) * x[2] ** 2


def f_hessian(x: Any) -> Any:
    a, b, c = x
    s, k = np.sin(a * b), np.cos(a * b)
    return np.array(
        [
            [-b * b * s * c**2, (k - a * b * s) * c**2, 2 * b * k * c],
            [(k - a * b * s) * c**2, -a * a * s * c**2, 2 * a * k * c],
            [2 * b * k * c, 2 * a * k * c, 2 * s],
        ]
    )


@pairs
def test_perturbations_are_not_confused(outer: str, inner: str) -> None:
    """Siskind and Pearlmutter's example, and one where the inner derivative must not see the outer variable."""
    d, e = FIRST[outer], FIRST[inner]
    assert d(lambda x: x * e(lambda y: x + y)(1.0))(1.0) == 1.0
    assert d(lambda x: x * e(lambda y: x * y)(2.0))(3.0) == 6.0
    assert d(lambda x: e(lambda y: x * x)(2.0) + x)(3.0) == 1.0
    assert d(lambda x: e(lambda y: np.sin(x * y))(2.0))(0.3) == pytest.approx(
        np.cos(0.6) - 0.6 * np.sin(0.6), rel=1e-14
    )


@pairs
def test_second_derivatives(outer: str, inner: str) -> None:
    second = FIRST[outer](FIRST[inner](lambda x: np.exp(x) * np.sin(x)))(0.8)
    assert second == pytest.approx(2 * np.exp(0.8) * np.cos(0.8), rel=1e-14)


@pytest.mark.parametrize("modes", list(itertools.product(["forward", "reverse"], repeat=3)), ids="-".join)
def test_third_derivatives(modes: tuple[str, ...]) -> None:
    def g(x: Any) -> Any:
        return x**5 + np.tanh(x)

    for mode in modes:
        g = dr.grad(g, mode=mode)
    t = np.tanh(0.4)
    assert g(0.4) == pytest.approx(60 * 0.4**2 + (1 - t * t) * (6 * t * t - 2), rel=1e-13)


def test_the_first_six_derivatives_of_tanh() -> None:
    x = np.linspace(-7.0, 7.0, 200)
    symbol = sympy.Symbol("x")
    expression, derivative = sympy.tanh(symbol), np.tanh
    for _ in range(6):
        expression, derivative = sympy.diff(expression, symbol), dr.elementwise_grad(derivative)
        expected = [float(expression.subs(symbol, sympy.Rational(float(v))).evalf(30)) for v in x[::20]]
        found = derivative(x)
        assert found.shape == x.shape
        np.testing.assert_allclose(found[::20], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("chunk_size", [None, 1, 2])
def test_hessian(chunk_size: int | None) -> None:
    hessian = dr.hessian(f, chunk_size=chunk_size)(X)
    np.testing.assert_allclose(hessian, f_hessian(X), rtol=1e-14)
    for outer, inner in itertools.product(["forward", "reverse"], repeat=2):
        nested = dr.jacobian(dr.grad(f, mode=inner), mode=outer, chunk_size=chunk_size)(X)
        np.testing.assert_allclose(nested, f_hessian(X), rtol=1e-14)
    for k, v in enumerate(np.eye(3)):
        np.testing.assert_allclose(dr.hvp(f, X, v), f_hessian(X)[:, k], rtol=1e-14)


SADDLE = np.array([[0.0, 0.5], [0.5, 0.0]])
VALLEY = np.array([[0.25, -0.25], [-0.25, 0.25]])
GUARDED: dict[str, tuple[Any, list[float], Any]] = {
    "a**b, b = 0": (lambda x: x[0] ** x[1], [2.0, 0.0], SADDLE + np.diag([0.0, np.log(2.0) ** 2])),
    "xlogy(0, b)": (lambda x: dr.special.xlogy(x[0], x[1]), [0.0, 2.0], SADDLE),
    "xlog1py(0, b)": (lambda x: dr.special.xlog1py(x[0], x[1]), [0.0, 1.0], SADDLE),
    "logaddexp(a, a)": (lambda x: np.logaddexp(x[0], x[1]), [3.0, 3.0], VALLEY),
    "logaddexp2(a, a)": (lambda x: np.logaddexp2(x[0], x[1]), [-1.0, -1.0], VALLEY * np.log(2.0)),
    "logsumexp of equal": (dr.special.logsumexp, [3.0, 3.0], VALLEY),
}


@pytest.mark.parametrize("case", GUARDED)
def test_second_derivatives_where_a_rule_guards_against_infinities(case: str) -> None:
    """The guard may take the value there alone; a constant in its place would be a wrong second derivative."""
    function, x, expected = GUARDED[case]
    for outer, inner in itertools.product(["forward", "reverse"], repeat=2):
        found = dr.jacobian(dr.grad(function, mode=inner), mode=outer)(np.array(x))
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-300)


def test_hessians_of_matrices_containers_and_several_arguments() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    hessian = dr.hessian(lambda a: np.sum(a @ a))(a)
    assert hessian.shape == (2, 2, 2, 2)
    same = np.eye(2)
    expected = np.einsum("jk,il->ijkl", same, np.ones((2, 2))) + np.einsum("il,jk->ijkl", same, np.ones((2, 2)))
    np.testing.assert_array_equal(hessian, expected)
    tree = dr.hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 3.0, "b": 2.0})
    assert tree == {"a": {"a": 4.0, "b": 6.0}, "b": {"a": 6.0, "b": 0.0}}
    both = dr.hessian(lambda x, y: x**2 * y, (0, 1))(3.0, 2.0)
    assert both == ((4.0, 6.0), (6.0, 0.0))


def test_a_gradient_inside_f_over_closure_variables() -> None:
    def energy(k: Any, x: Any) -> Any:
        return 0.5 * k * np.sum(x**2)

    def force(k: Any) -> Any:
        return np.sum(dr.grad(lambda x: energy(k, x), mode="reverse")(X) * np.array([1.0, 2.0, 3.0]))

    for mode in ("forward", "reverse"):
        assert dr.grad(force, mode=mode)(2.0) == pytest.approx(X @ [1, 2, 3], rel=1e-14)


def test_a_newton_step_inside_f() -> None:
    def root(a: Any) -> Any:
        x = 1.0
        for _ in range(6):
            g, slope = dr.value_and_grad(lambda y: y**3 - a)(x)
            x = x - g / slope
        return x

    for mode in ("forward", "reverse"):
        assert dr.grad(root, mode=mode)(2.0) == pytest.approx(2.0 ** (-2 / 3) / 3, rel=1e-12)


def gradient_by_hand(f: Any, x: Any) -> Any:
    y = dr.Var(x)
    f(y).backward()
    return y.grad


def test_duals_and_vars_made_by_hand_nest() -> None:
    for outer in ("forward", "reverse"):
        inner = dr.grad(lambda x: dr.Dual(x, x * 3.0).tangent * x, mode=outer)
        assert inner(2.0) == 12.0
        above = dr.grad(lambda x: (np.sin(dr.Dual(x, 1.0)) * x).tangent, mode=outer)
        assert above(0.5) == pytest.approx(np.cos(0.5) - 0.5 * np.sin(0.5), rel=1e-15)
        by_hand = dr.grad(lambda x: gradient_by_hand(lambda y: y**3 * x, x), mode=outer)
        assert by_hand(2.0) == 36.0
    y = np.sin(dr.Dual(dr.Dual(0.5, 1.0), dr.Dual(1.0, 0.0)))
    assert float(y.tangent.tangent) == pytest.approx(-np.sin(0.5), rel=1e-15)


def test_many_threads_at_once() -> None:
    gradient, hessian = dr.grad(f, mode="reverse"), dr.hessian(f)
    points = np.random.default_rng(0).normal(size=(64, 3))
    barrier = threading.Barrier(8)

    def work(n: int) -> None:
        barrier.wait(timeout=600)
        for x in points[n::8]:
            expected = f_hessian(x)
            np.testing.assert_allclose(hessian(x), expected, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(dr.jacobian(gradient, mode="forward")(x), expected, rtol=1e-11, atol=1e-13)
            value = dr.grad(lambda a, x=x: a * dr.grad(lambda y: np.sum(y * a) * x[0])(x)[0])(2.0)
            assert value == pytest.approx(4.0 * x[0], rel=1e-14)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
