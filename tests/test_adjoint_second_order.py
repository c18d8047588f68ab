"""Derivatives of gradients clone the generated adjoint: no tape of a tape is made, and care is taken all the same."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev.compiled.drivers import derivative
from dualrev.errors import ShapeMismatchError
from dualrev.operators import vector_products

X = np.array([0.3, 0.8, 0.5, 1.2])
W = np.array([[0.5, -0.2, 0.1, 0.3], [0.2, 0.4, -0.6, 0.1], [0.7, 0.1, 0.2, -0.3], [-0.1, 0.6, 0.3, 0.2]])


@njit
def rosenbrock(x: Any) -> Any:
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@njit
def of_all_kinds(x: Any, w: Any) -> Any:
    """Keep numbers and counts, exchange buffers, call rows that NumPy has not, take steps, and write to an argument."""
    p, k, s = 1.0, 0, 0.0
    a, b = w @ x, np.empty(x.size)
    for _ in range(3):
        for i in range(x.size):
            b[i] = a[i] * a[i] * 0.5 + math.sin(a[i - 1])
        a, b = b, a
        if a[0] > 0.1:
            k = (3 * k + 1) % x.size
        p *= x[k] + dr.special.digamma(2.0 + a[k])
    x[0] = x[0] ** 3
    for i in range(x.size):
        s += a[i] * x[i]
    return p * s


@njit
def root(x: Any) -> Any:
    s = 0.0
    for v in x:
        s += (math.log(v) if v > 0.0 else 0.0) + math.sqrt(v) ** 2 + v * v
    return s


@pytest.fixture
def no_tape_of_a_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    def tape(cloner: Any, dispatcher: Any, arguments: Any, *rest: Any) -> Any:
        assert not arguments.active_types, f"{arguments.of} is recorded below another derivative"
        return derivative.__dict__["_tape"](cloner, dispatcher, arguments, *rest)

    monkeypatch.setitem(derivative.__dict__, "_tape", derivative.ReverseDriver)
    monkeypatch.setattr(derivative, "ReverseDriver", tape)


def hessian_by_hand(x: np.ndarray) -> np.ndarray:
    """Return the Hessian of Rosenbrock's function."""
    of_neighbours = -400.0 * x[:-1]
    diagonal = np.append(1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0, 0.0)
    diagonal[1:] += 200.0
    result: np.ndarray = np.diag(diagonal) + np.diag(of_neighbours, 1) + np.diag(of_neighbours, -1)
    return result


@pytest.mark.usefixtures("no_tape_of_a_tape")
def test_hessians_and_their_products() -> None:
    expected = hessian_by_hand(X)
    np.testing.assert_allclose(dr.hessian(rosenbrock)(X), expected, rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(dr.hvp(rosenbrock, X, np.ones(4)), expected @ np.ones(4), rtol=1e-13, atol=1e-12)


@pytest.mark.usefixtures("no_tape_of_a_tape")
def test_kept_values_buffers_steps_and_rows() -> None:
    gradient = dr.grad(of_all_kinds, mode="reverse")
    x = X.copy()
    found = dr.jacobian(gradient, mode="forward")(x, W)
    np.testing.assert_array_equal(x, X)
    steps = 1e-6 * np.eye(4)
    expected = np.stack([(gradient(X + e, W) - gradient(X - e, W)) / 2e-6 for e in steps], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(found, found.T, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("no_tape_of_a_tape")
def test_other_arguments_than_those_of_the_gradient() -> None:
    mixed = dr.jacobian(dr.grad(of_all_kinds, mode="reverse"), argnums=1, mode="forward")(X, W)
    step = np.zeros_like(W)
    step[1, 2] = 1e-6
    gradient = dr.grad(of_all_kinds, mode="reverse")
    expected = (gradient(X, W + step) - gradient(X, W - step)) / 2e-6
    np.testing.assert_allclose(mixed[:, 1, 2], expected, rtol=1e-7, atol=1e-8)


# The infinite slopes meet zeros: the plain clone finds a NaN, and the careful tape answers.
def test_a_nan_calls_the_careful_tape() -> None:
    np.testing.assert_array_equal(dr.hessian(root)(np.array([0.0, 1.0])), np.diag([2.0, 1.0]))


@pytest.mark.usefixtures("no_tape_of_a_tape")
def test_gradients_in_compiled_functions() -> None:
    gradient = dr.grad(rosenbrock, mode="reverse")

    @njit
    def squared(x: Any) -> Any:
        g = gradient(x)
        return np.sum(g * g)

    expected = 2.0 * hessian_by_hand(X) @ gradient(X)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(dr.grad(squared, mode=mode)(X), expected, rtol=1e-12)


def test_a_product_is_one_call_of_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    product = dr.hvp(rosenbrock)
    expected = hessian_by_hand(X) @ X
    np.testing.assert_allclose(product(X, X), expected, rtol=1e-12)
    again = pickle.loads(pickle.dumps(dr.hvp(rosenbrock)))
    np.testing.assert_allclose(again(X, X), expected, rtol=1e-12)
    # Numbers of other kinds go the way of `jvp`.
    with pytest.raises(ShapeMismatchError):
        product(X, X[:2])
    readonly = X.copy()
    readonly.flags.writeable = False
    np.testing.assert_allclose(product(readonly, X[::-1]), hessian_by_hand(X) @ X[::-1], rtol=1e-12)
    monkeypatch.setattr(vector_products, "pushforward", None)
    np.testing.assert_allclose(product(X, X), expected, rtol=1e-12)


# Two tangents of single precision and a value are 12 bytes, which is no number of the stack's floats.
def test_stacks_of_single_precision() -> None:
    @njit
    def product(x: Any) -> Any:
        s = np.float32(1.0)
        for v in x:
            s *= np.sin(v)
        return s

    x = X[:2].astype(np.float32)
    hessian, (a, b) = dr.hessian(product)(x), x.astype(float)
    assert hessian.dtype == np.float32
    mixed, same = np.cos(a) * np.cos(b), -np.sin(a) * np.sin(b)
    np.testing.assert_allclose(hessian, [[same, mixed], [mixed, same]], rtol=1e-6)
