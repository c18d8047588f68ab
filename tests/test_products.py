"""`jvp` and `vjp`: products with the Jacobian, without forming it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualrev as dr

X = np.array([0.7, -1.3, 2.1])


def f(x: Any) -> Any:
    return x**2 * np.array([1.0, 2.0, 3.0])


def test_curried_jvp() -> None:
    push = dr.jvp(f)
    for out, tangent in (push(X, X), push((X,), (X,)), dr.jvp(f, X, X), dr.jvp(f, (X,), (X,))):
        np.testing.assert_array_equal(out, f(X))
        np.testing.assert_array_equal(tangent, 2 * f(X))
    assert dr.jvp(lambda x, y: x * y)((2.0, 3.0), (1.0, 0.5)) == (6.0, 4.0)


def test_a_tuple_is_the_argument_list_and_anything_else_one_argument() -> None:
    assert dr.jvp(lambda p: p[0] * p[1], [2.0, 3.0], [1.0, 0.0]) == (6.0, 3.0)
    assert dr.jvp(lambda p: p[0] * p[1], ((2.0, 3.0),), ((1.0, 0.0),)) == (6.0, 3.0)
    assert dr.jvp(lambda p: p["a"] ** 2, {"a": 3.0}, {"a": 2.0}) == (9.0, 12.0)


def test_outputs_of_jvp_have_one_structure() -> None:
    out, tangent = dr.jvp(lambda x: {"a": x[0], "b": (x[1:], 4.0)}, X, np.ones(3))
    assert set(out) == set(tangent) == {"a", "b"}
    assert tangent["b"][1] == 0.0
    np.testing.assert_array_equal(tangent["b"][0], np.ones(2))


def test_a_pullback_can_be_called_again_and_returns_a_tuple() -> None:
    _, pullback = dr.vjp(f, X)
    for w in (np.ones(3), np.array([0.0, 1.0, 0.0]), np.ones(3)):
        result = pullback(w)
        assert type(result) is tuple
        np.testing.assert_array_equal(result[0], 2 * X * w * [1, 2, 3])
        result[0][:] = 0.0
    assert dr.vjp(lambda x, y: x * y, 2.0, 3.0)[1](1.0) == (3.0, 2.0)


@pytest.mark.parametrize("w", [[1.0, 2.0, 3.0], (1.0, 2.0, 3.0), [1, 2, 3], np.float32([1, 2, 3])], ids=repr)
def test_cotangents_may_be_lists_tuples_and_integers(w: Any) -> None:
    (gradient,) = dr.vjp(f, X)[1](w)
    np.testing.assert_array_equal(gradient, 2 * X * np.array([1.0, 4.0, 9.0]))
    assert gradient.dtype == np.float64


def test_tangents_and_cotangents_take_the_dtype_of_what_they_belong_to() -> None:
    single, double = np.float32(X), np.ones(3)
    for g in (lambda x: x, lambda x: x * 2, lambda x: np.sum(x)):
        out, pushed = dr.jvp(g, single, double)
        assert pushed.dtype == out.dtype == np.float32
        assert dr.vjp(g, single)[1](np.ones(np.shape(out)))[0].dtype == np.float32
    assert dr.jvp(lambda x: x, X, np.float32(double))[1].dtype == np.float64


def test_cotangents_of_containers() -> None:
    out, pullback = dr.vjp(lambda p: {"a": p["x"] * 2, "b": [p["y"], p["x"] ** 2]}, {"x": 3.0, "y": X})
    assert out["a"] == 6.0
    (gradient,) = pullback({"a": 1.0, "b": [np.ones(3), 10.0]})
    assert gradient["x"] == 62.0
    np.testing.assert_array_equal(gradient["y"], np.ones(3))


def test_changing_inputs_or_constants_before_the_pullback_changes_nothing() -> None:
    x, c, index, mask = X.copy(), np.array([2.0, 3.0, 4.0]), np.array([0, 2]), np.array([True, False, True])
    weights = [np.array([[1.0, 2.0], [3.0, 4.0]])]

    def g(x: Any) -> Any:
        y = (x * c) ** 2 + np.where(mask, x, 0.0)
        return weights[0] @ y[index] + np.concatenate([x, c])[:2]

    before = dr.jacobian(g, mode="reverse")(x)
    out, pullback = dr.vjp(g, x)
    kept = out.copy()
    expected = pullback(np.ones(2))[0].copy()
    x += 1.0
    c *= 5.0
    index[:] = 1
    mask[:] = False
    weights[0][:] = 0.0
    np.testing.assert_array_equal(pullback(np.ones(2))[0], expected)
    np.testing.assert_array_equal(expected, before.sum(axis=0))
    np.testing.assert_array_equal(out, kept)


def test_changing_the_cotangent_or_the_output_changes_nothing() -> None:
    out, pullback = dr.vjp(lambda x: x * 1.0, X)
    w = np.ones(3)
    (gradient,) = pullback(w)
    w[:] = 5.0
    out[:] = 9.0
    np.testing.assert_array_equal(gradient, np.ones(3))
    np.testing.assert_array_equal(pullback(np.ones(3))[0], np.ones(3))
    (same,) = dr.vjp(lambda x: x, X)[1](w)
    assert not np.shares_memory(same, w)
    tangent = np.ones(3)
    _, pushed = dr.jvp(lambda x: x, X, tangent)
    assert not np.shares_memory(pushed, tangent)


def test_exp_is_recorded_by_value() -> None:
    """The result of exp is kept for its derivative; the caller's copy of the output is another array."""
    out, pullback = dr.vjp(np.exp, X)
    out[:] = 0.0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], np.exp(X))


def test_hvp_and_derivative() -> None:
    np.testing.assert_array_equal(dr.hvp(lambda x: np.sum(x**3), X, np.array([1.0, 0.0, 2.0])), 6 * X * [1, 0, 2])
    assert dr.hvp(lambda p: p["a"] ** 2 * p["b"], {"a": 3.0, "b": 2.0}, {"a": 1.0, "b": 0.0}) == {"a": 4.0, "b": 6.0}
    np.testing.assert_array_equal(dr.derivative(lambda t: t * X)(2.0), X)
    slopes = dr.derivative(lambda t: {"a": t**2, "b": [t, 2 * t]})(2.0)
    assert slopes["a"] == 4.0
    np.testing.assert_array_equal(slopes["b"], [1.0, 2.0])
    np.testing.assert_array_equal(dr.elementwise_grad(lambda x, k: k * x**2)(X, 3.0), 6 * X)
