"""What SciPy's solvers are given: linear operators, products with Hessians, and derivatives of single precision."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numba import njit
from scipy import optimize
from scipy.integrate import solve_ivp
from scipy.sparse import linalg

import dualrev as dr

X = np.linspace(0.1, 1.0, 12)
RNG = np.random.default_rng(0)
WEIGHTS = np.arange(1, 13, dtype=np.float32)


def chain(x: Any) -> Any:
    return x[1:] * np.sin(x[:-1])


compiled_chain = njit(chain)


def bowl(x, scale):
    s = 0.0
    for k in range(len(x)):
        s += WEIGHTS[k] * (x[k] - np.float32(2)) ** 2
    return scale * s * s


compiled_bowl = njit(bowl)


CHAINS = pytest.mark.parametrize("f", [chain, compiled_chain], ids=["interpreted", "compiled"])
PRECISIONS = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@pytest.mark.parametrize(
    ("f", "dtype"),
    [(chain, np.float64), (chain, np.float32), (compiled_chain, np.float32)],
    ids=["interpreted-float64", "interpreted-float32", "compiled-float32"],
)
def test_a_linear_operator_is_the_jacobian(f: Any, dtype: Any) -> None:
    x = X.astype(dtype)
    jacobian, operator = dr.jacobian(f)(x), dr.linear_operator(f, x)
    rtol = 64 * float(np.finfo(dtype).eps)
    assert operator.shape == (11, 12)
    assert operator.dtype == dtype
    again = pickle.loads(pickle.dumps(operator))
    x[:] = np.nan  # it keeps a copy
    for left, matrix in ((operator, jacobian), (operator.T, jacobian.T), (operator.H, jacobian.T), (again, jacobian)):
        for count in (0, 1, 5, 40):
            columns = RNG.normal(size=(matrix.shape[1], count))
            product = left @ columns
            assert product.dtype == dtype
            np.testing.assert_allclose(product, matrix @ columns, rtol=rtol, atol=4 * rtol)
        for vector in (columns[:, 0], columns[:, 0] * (1 + 2j), columns[:, :1], np.ones(matrix.shape[1], int)):
            np.testing.assert_allclose(left.dot(vector), matrix @ vector, rtol=rtol, atol=4 * rtol)


def test_numbers_in_containers_and_constants_in_the_output() -> None:
    def f(p: Any) -> Any:
        return {"u": p["a"] * p["b"][0], "v": np.sum(p["b"][1] ** 2), "w": np.ones(2)}

    operator = dr.linear_operator(f, {"a": np.array([1.0, 2.0]), "b": (3.0, np.ones((2, 2)))})
    expected = np.zeros((5, 7))
    expected[:2] = [[3, 0, 1, 0, 0, 0, 0], [0, 3, 2, 0, 0, 0, 0]]
    expected[2, 3:] = 2.0
    np.testing.assert_array_equal(operator @ np.eye(7), expected)
    np.testing.assert_array_equal(operator.T @ np.eye(5), expected.T)
    assert dr.linear_operator(lambda x: x * 2, np.zeros(0)).shape == (0, 0)
    assert dr.linear_operator(lambda x: x**2, 3.0).matvec([1.0]) == 6.0


def test_calls_are_counted() -> None:
    calls = 0

    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x**2

    operator = dr.linear_operator(f, X)
    operator.rmatmat(np.eye(12))
    operator.rmatvec(X)
    assert calls == 1
    operator.matmat(np.eye(12)[:, :3])
    assert calls == 2


@CHAINS
def test_the_adjoint_identity_and_solvers(f: Any) -> None:
    operator = dr.linear_operator(f, X)
    v, w = RNG.normal(size=12), RNG.normal(size=11)
    assert w @ operator.matvec(v) == pytest.approx(operator.rmatvec(w) @ v, rel=1e-14)
    found = linalg.lsqr(operator, w, atol=1e-14, btol=1e-14)[0]
    np.testing.assert_allclose(found, np.linalg.lstsq(dr.jacobian(f)(X), w)[0], rtol=1e-6)


@pytest.mark.parametrize(
    "f", [bowl, pytest.param(compiled_bowl, marks=pytest.mark.exhaustive)], ids=["interpreted", "compiled"]
)
def test_products_with_the_hessian(f: Any) -> None:
    hessian, v = dr.hessian(f)(X, 3.0), RNG.normal(size=12)
    product = pickle.loads(pickle.dumps(dr.hvp(f)))
    np.testing.assert_allclose(product(X, v, 3.0), hessian @ v, rtol=1e-13)
    np.testing.assert_allclose(dr.hvp(f, X, v, scale=3.0), hessian @ v, rtol=1e-13)
    operator = dr.linear_operator(dr.grad(f), X, 3.0)
    np.testing.assert_allclose(operator @ v, hessian @ v, rtol=1e-13)
    if f is bowl:  # the transpose of a compiled gradient is reverse over reverse, long to compile
        np.testing.assert_allclose(operator.T @ v, hessian @ v, rtol=1e-13)


@pytest.mark.parametrize(
    ("f", "dtype"),
    [
        (bowl, np.float64),
        (bowl, np.float32),
        pytest.param(compiled_bowl, np.float32, marks=pytest.mark.exhaustive),
        pytest.param(compiled_bowl, np.float64, marks=pytest.mark.exhaustive),
    ],
    ids=["interpreted-float64", "interpreted-float32", "compiled-float32", "compiled-float64"],
)
def test_minimize(f: Any, dtype: Any) -> None:
    start, both = np.zeros(3, dtype), dr.value_and_grad(f)
    ways: dict[str, dict[str, Any]] = {
        "BFGS": {},
        "L-BFGS-B": {},
        "trust-ncg": {"hessp": dr.hvp(f)},
        "trust-exact": {"hess": dr.hessian(f)},
        "trust-constr": {"hess": dr.linear_operator(dr.grad(f))},
    }
    for method, more in ways.items():
        found = optimize.minimize(both, start, (np.float32(0.5),), method, jac=True, **more)
        assert found.fun < 1e-6, method


def test_minimize_a_compiled_function_of_single_precision() -> None:
    both, product = dr.value_and_grad(compiled_bowl), dr.hvp(compiled_bowl)
    found = optimize.minimize(both, np.zeros(3, np.float32), (1.0,), "trust-ncg", jac=True, hessp=product)
    assert found.fun < 1e-6


@pytest.mark.parametrize(
    ("compiled", "dtype"),
    [
        (False, np.float64),
        (False, np.float32),
        (True, np.float32),
        pytest.param(True, np.float64, marks=pytest.mark.exhaustive),
    ],
)
def test_roots_fits_and_differential_equations(compiled: bool, dtype: Any) -> None:
    t = np.linspace(0.0, 2.0, 9, dtype=dtype)

    def system(x):
        return np.array([x[0] ** 2 + x[1] - 3, x[0] - x[1] + 1])

    def rates(time, y, k):
        return np.array([y[1] - k * y[0], y[0] - y[1]])

    def model(time, p):
        return p[0] * np.exp(-p[1] * time)

    def residuals(p):
        return p[0] * np.exp(-p[1] * t) - 2 * np.exp(-t)

    def single(x):
        return x * x - 2

    if compiled:
        system, rates, model, residuals, single = map(njit, (system, rates, model, residuals, single))
    start = np.ones(2, dtype)
    found = optimize.root(system, start, jac=dr.jacobian(system))
    np.testing.assert_allclose(found.x, [1.0, 2.0], rtol=1e-6)
    for jac in (dr.jacobian(residuals), dr.linear_operator(residuals)):
        fitted = optimize.least_squares(residuals, start, jac=jac, tr_solver="lsmr", gtol=1e-10)
        np.testing.assert_allclose(fitted.x, [2.0, 1.0], rtol=1e-4)
    slopes = dr.jacobian(model, argnums=1)
    fit, _ = optimize.curve_fit(
        lambda time, *p: model(time, np.array(p)),
        t,
        model(t, np.array([2.0, 1.0], dtype)),
        p0=(1.0, 0.5),
        jac=lambda time, *p: slopes(time, np.array(p)),
    )
    np.testing.assert_allclose(fit, [2.0, 1.0], rtol=1e-5)
    jac = dr.jacobian(rates, argnums=1)
    exact, guessed = (solve_ivp(rates, (0, 1), start, "BDF", args=(50.0,), jac=j, rtol=1e-4) for j in (jac, None))
    np.testing.assert_allclose(exact.y[:, -1], guessed.y[:, -1], rtol=2e-2)
    slope = dr.derivative(single)
    assert optimize.root_scalar(single, x0=1.5, fprime=slope, method="newton").root == pytest.approx(np.sqrt(2))


def test_without_scipy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.sparse.linalg", None)
    with pytest.raises(dr.errors.MissingExtraError, match=r"pip install '\.\[scipy\]'"):
        dr.linear_operator(chain, X)
