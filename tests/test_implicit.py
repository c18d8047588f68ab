"""Solutions of equations and checkpoints: derivatives against closed forms, calls and memory counted."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numba
import numpy as np
import pytest
from scipy import linalg, optimize

import dualrev as dr
from dualrev.errors import MissingRuleError, NotARootError, RandomFunctionError, ShapeMismatchError
from dualrev.operators.fundamental import Pullback

MODES = ("forward", "reverse")
both = pytest.mark.parametrize("mode", MODES)


def cubic(z: Any, a: Any) -> Any:
    return z**3 - a


cube_root = dr.implicit_root(cubic, lambda a: optimize.brentq(lambda z: z**3 - a, 0.0, 10.0, xtol=1e-14))


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)), ids="-".join)
def test_derivatives_of_a_root_of_any_order(modes: tuple[str, ...]) -> None:
    f: Any = cube_root
    for expected, mode in zip((1 / 12, -1 / 144, 5 / 3456), modes, strict=True):
        f = dr.grad(f, mode=mode)
        assert f(8.0) == pytest.approx(expected, rel=1e-12)


@both
def test_a_system_with_several_parameters_and_options(mode: str) -> None:
    def system(z: Any, a: Any, b: Any) -> Any:
        return np.stack([z[0] ** 2 + a[0] * z[1] - b, z[1] ** 3 + a[1] * z[0]])

    def solve(a: Any, b: Any, start: Any = (1.0, -1.0)) -> Any:
        assert type(a) is np.ndarray
        return optimize.root(system, start, args=(a, b), tol=1e-13).x

    root = dr.implicit_root(system, solve)
    a, b = np.array([0.5, 0.7]), 2.0
    found = dr.jacobian(lambda a, b: root(a, b, start=(1.2, -0.9)), argnums=(0, 1), mode=mode)(a, b)
    z = solve(a, b)
    slope = np.array([[2 * z[0], a[0]], [a[1], 3 * z[1] ** 2]])
    np.testing.assert_allclose(found[0], -np.linalg.solve(slope, np.diag([z[1], z[0]])), rtol=1e-9)
    np.testing.assert_allclose(found[1], np.linalg.solve(slope, [1.0, 0.0]), rtol=1e-9)
    dr.check_grads(root, (a, b), order=2, rtol=1e-4)


@both
def test_an_optimiser_inside(mode: str) -> None:
    """Ridge regression by BFGS; its closed form is a linear system."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)

    def loss(w: Any, penalty: Any) -> Any:
        return np.sum((x @ w - y) ** 2) + penalty * np.sum(w**2)

    def fit(penalty: float) -> Any:
        return optimize.minimize(dr.value_and_grad(loss), np.zeros(3), args=(penalty,), jac=True, tol=1e-10).x

    found = dr.jacobian(dr.implicit_root(dr.grad(loss), fit), mode=mode)(0.3)
    system = x.T @ x + 0.3 * np.eye(3)
    expected = -np.linalg.solve(system, np.linalg.solve(system, x.T @ y))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_container_of_parameters_and_a_matrix_as_the_unknown() -> None:
    def system(z: Any, p: Any) -> Any:
        return np.stack([z[0] ** 2 - p["a"], z[1] - p["b"][0] * z[0]])

    def solve(p: Any) -> Any:
        return [math.sqrt(p["a"]), p["b"][0] * math.sqrt(p["a"])]

    p = {"a": 4.0, "b": np.array([3.0])}
    root = dr.implicit_root(system, solve)
    for mode, outer in itertools.product(MODES, repeat=2):
        first = dr.jacobian(root, mode=mode)
        np.testing.assert_allclose(first(p)["a"], [0.25, 0.75], rtol=1e-15)
        np.testing.assert_allclose(first(p)["b"], [[0.0], [2.0]], rtol=1e-15)
        second = dr.jacobian(first, mode=outer)(p)
        np.testing.assert_allclose(second["a"]["a"], [-1 / 32, -3 / 32], rtol=1e-14)
        np.testing.assert_allclose(second["a"]["b"], [[0.0], [0.25]], rtol=1e-14)
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    for kind, accuracy in ((np.float64, 1e-14), (np.float32, 1e-5)):
        square_root = dr.implicit_root(lambda z, a: z @ z - a, lambda a: linalg.sqrtm(a).astype(a.dtype))
        found = dr.jacobian(square_root)(a.astype(kind))
        assert found.dtype == kind
        np.testing.assert_allclose(found, dr.jacobian(dr.linalg.sqrtm)(a), atol=accuracy)


def test_an_equation_that_numba_compiled() -> None:
    root = dr.implicit_root(numba.njit(lambda z, a: z**3 - a), np.cbrt)
    for mode in MODES:
        assert dr.grad(root, mode=mode)(8.0) == pytest.approx(1 / 12, rel=1e-14)


def test_what_is_no_root_is_refused() -> None:
    for solver, message in (
        (lambda a: 3.0, "Newton"),
        (lambda a: 2.0001, "Newton"),
        (lambda a: float("nan"), "Newton"),
        (lambda a: 0.0, "singular"),
    ):
        root = dr.implicit_root(cubic, solver)
        assert root(8.0) is not None
        for mode in MODES:
            with pytest.raises(NotARootError, match=message):
                dr.grad(root, mode=mode)(8.0)
    assert dr.grad(dr.implicit_root(cubic, lambda a: 2.1, tolerance=0.1))(8.0) == pytest.approx(1 / (3 * 2.1**2))
    with pytest.raises(ShapeMismatchError, match="shape"):
        dr.grad(dr.implicit_root(lambda z, a: np.stack([z, a]), lambda a: a))(8.0)
    with pytest.raises(ShapeMismatchError, match="one array"):
        dr.grad(lambda a: dr.implicit_root(cubic, lambda a: (a, a))(a)[0])(8.0)
    with pytest.raises(ShapeMismatchError, match=r"OptimizeResult.*perhaps its \.x"):
        dr.implicit_root(cubic, lambda a: optimize.root(cubic, 1.0, args=(a,)))(8.0)
    with pytest.raises(TypeError, match="expected the function F"):
        dr.implicit_root(3.0, np.cbrt)


def test_a_matrix_is_singular_whatever_its_scale() -> None:
    def system(z: Any, a: Any, third: float, scale: Any) -> Any:
        return scale * np.stack([z[0] / 3 + z[1] / 7 - a, z[0] / 9 + z[1] * third - a / 3])

    root = dr.implicit_root(system, lambda a, third, scale: np.array([1.5 * a, 3.5 * a]), tolerance=1e6)
    scale = np.array([1.0, 1e-30])
    for mode in MODES:
        with pytest.raises(NotARootError, match="singular"):
            dr.jacobian(root, mode=mode)(1.0, 1 / 21, np.ones(2))
        with pytest.raises(NotARootError, match="singular"):
            dr.jacobian(root, mode=mode)(1.0, 1 / 21, scale)
        assert np.all(np.isfinite(dr.jacobian(root, mode=mode)(1.0, 1 / 20, scale)))


def test_an_equation_shall_not_use_what_it_is_not_given() -> None:
    def around(b: Any, a: Any) -> Any:
        return dr.implicit_root(lambda z, a: z - a * b, lambda a: a * 3.0)(a)

    for mode in MODES:
        with pytest.raises(MissingRuleError, match="not among its arguments"):
            dr.grad(lambda b: around(b, 2.0), mode=mode)(3.0)
        with pytest.raises(MissingRuleError, match="not among its arguments"):
            dr.grad(lambda b: around(b, b), mode=mode)(3.0)


def step(x: Any, w: Any) -> Any:
    return np.sin(w * x) + np.exp(-x * x) * x


def chain(x: Any, w: Any, groups: int, length: int, wrap: Any) -> Any:
    def group(x: Any, w: Any) -> Any:
        for _ in range(length):
            x = step(x, w)
        return x

    wrapped = wrap(group)
    for _ in range(groups):
        x = wrapped(x, w)
    return np.sum(x)


def test_a_checkpoint_trades_calls_for_memory() -> None:
    x, w = np.linspace(-1.0, 1.0, 1000), np.array(1.3)

    def recorded(wrap: Any) -> Pullback:
        return Pullback(lambda leaves: chain(*leaves, 8, 8, wrap), [x, w], "chain")

    whole, parts = recorded(lambda f: f), recorded(dr.checkpoint)
    assert parts.tape.nbytes < 12 * x.nbytes
    assert whole.tape.nbytes > 100 * x.nbytes
    assert parts.tape.operations == 9
    for one, other in zip(parts([np.float64(1.0)]), whole([np.float64(1.0)]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_calls_of_nested_checkpoints() -> None:
    calls = []

    def inner(x: Any) -> Any:
        calls.append("inner")
        return np.sin(x) * x

    def outer(x: Any) -> Any:
        calls.append("outer")
        return within(within(x))

    within = dr.checkpoint(inner)
    f = dr.checkpoint(outer)
    expected = dr.grad(lambda x: inner(inner(x)))(0.7)
    calls.clear()
    assert dr.grad(f, mode="reverse")(0.7) == pytest.approx(expected, rel=1e-15)
    assert (calls.count("outer"), calls.count("inner")) == (2, 6)
    calls.clear()
    assert dr.grad(f, mode="forward")(0.7) == pytest.approx(expected, rel=1e-15)
    assert (calls.count("outer"), calls.count("inner")) == (1, 2)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=2)), ids="-".join)
def test_second_derivatives_through_a_checkpoint(modes: tuple[str, str]) -> None:
    x = np.array([0.3, -0.4])

    def second(wrap: Any) -> Any:
        gradient = dr.grad(lambda x: chain(x, 1.1, 2, 2, wrap), mode=modes[0])
        return dr.jacobian(gradient, mode=modes[1])(x)

    np.testing.assert_allclose(second(dr.checkpoint), second(lambda f: f), rtol=1e-12, atol=1e-14)


def test_structures_and_misuse_of_checkpoints() -> None:
    @dr.checkpoint
    def pair(p: Any, name: str, *, times: int = 1) -> Any:
        return {"a": times * p["x"] * p["y"], "b": np.sin(p["x"])}

    def total(p: Any) -> Any:
        out = pair(p, "name", times=2)
        return np.sum(out["a"]) + 3 * np.sum(out["b"])

    x, y = np.array([0.1, 0.2]), np.array([3.0, 4.0])
    for mode in MODES:
        found = dr.grad(total, mode=mode)({"x": x, "y": y})
        np.testing.assert_allclose(found["x"], 2 * y + 3 * np.cos(x), rtol=1e-15)
        np.testing.assert_allclose(found["y"], 2 * x, rtol=1e-15)
    with pytest.raises(MissingRuleError, match="Pass it as an argument"):
        dr.grad(lambda x: dr.checkpoint(lambda y: x * y)(x), mode="reverse")(1.0)
    rng = np.random.default_rng(0)
    with pytest.raises(RandomFunctionError, match="checkpoint"):
        dr.grad(dr.checkpoint(lambda x: x * rng.normal()), mode="reverse")(1.0)
