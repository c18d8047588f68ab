"""The operators as users meet them: what goes in, what comes out, and that nothing else changes."""

from __future__ import annotations

import functools
import inspect
import math
import pickle
from fractions import Fraction
from typing import Any

import numba
import numpy as np
import pytest

import dualrev as dr

X = np.array([0.7, -1.3, 2.1])
OPERATORS = (dr.jacobian, dr.value_and_jacobian, dr.grad, dr.value_and_grad)
MODES = ("forward", "reverse", "auto")
each_mode = pytest.mark.parametrize("mode", MODES)


def scaled(x: Any, factor: Any = 2.0, *, offset: Any = 0.0) -> Any:
    """Return a scaled sum of squares."""
    return factor * np.sum((x - offset) ** 2)


class Model:
    """A model with state."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def loss(self, x: Any) -> Any:
        return self.rate * np.sum(x**2)

    def __call__(self, x: Any) -> Any:
        return self.loss(x)


@numba.njit
def jitted(x: Any) -> Any:
    return x[0] * x[1] + np.sin(x[2])


@pytest.mark.parametrize("operator", [*OPERATORS, dr.derivative, dr.elementwise_grad, dr.hessian, dr.jvp])
def test_operators_are_named_after_the_function_and_can_be_pickled(operator: Any) -> None:
    derivative = operator(scaled)
    assert derivative.__name__ == "scaled"
    assert "scaled" in repr(derivative)
    assert derivative.__doc__ == scaled.__doc__
    assert inspect.unwrap(derivative) is scaled
    copied = pickle.loads(pickle.dumps(derivative))
    args = (2.0, 1.0) if operator is dr.jvp else (np.float64(2.0),) if operator is not dr.hessian else (X,)
    assert repr(copied(*args)) == repr(derivative(*args))


@each_mode
def test_any_callable(mode: str) -> None:
    model = Model(3.0)
    callables = [
        model.loss,
        model,
        functools.partial(scaled, factor=3.0),
        lambda x: 3.0 * np.sum(x * x),
        Model(3.0).loss,
    ]
    for f in callables:
        np.testing.assert_allclose(dr.grad(f, mode=mode)(X), 6 * X, rtol=1e-15)
    np.testing.assert_array_equal(dr.jacobian(np.sin, mode=mode)(X), np.diag(np.cos(X)))
    assert dr.grad(model.loss).__name__ == "loss"
    np.testing.assert_allclose(dr.grad(jitted, mode=mode)(X), [X[1], X[0], np.cos(X[2])], rtol=1e-15)
    assert dr.derivative(numba.njit(lambda x: x**3))(2.0) == 12.0


@each_mode
def test_arguments_and_keywords_go_through(mode: str) -> None:
    gradient = dr.grad(scaled, mode=mode)
    np.testing.assert_allclose(gradient(X, 3.0, offset=1.0), 6 * (X - 1), rtol=1e-15)
    np.testing.assert_allclose(gradient(X, offset=X), 0 * X)
    np.testing.assert_allclose(dr.hvp(scaled, X, X, offset=1.0), 4 * X)
    np.testing.assert_allclose(dr.hvp(lambda x, a: a * np.sum(x**3), X, X, 2.0), 12 * X**2)
    assert dr.jvp(scaled, (X,), (X,), offset=X) == (0.0, 0.0)
    assert dr.vjp(scaled, X, offset=X)[0] == 0.0
    np.testing.assert_array_equal(dr.hessian(scaled)(X, 5.0), 10 * np.eye(3))


@each_mode
def test_argnums(mode: str) -> None:
    first, second = dr.grad(scaled, (0, 1), mode=mode)(X, 3.0)
    np.testing.assert_allclose(first, 6 * X)
    assert second == pytest.approx(X @ X)
    assert type(second) is float
    assert dr.grad(scaled, 1, mode=mode)(X, 3.0) == dr.grad(scaled, -1, mode=mode)(X, 3.0) == second
    swapped = dr.grad(scaled, (1, 0), mode=mode)(X, 3.0)
    assert swapped[0] == second
    (single,) = dr.grad(scaled, (0,), mode=mode)(X, 3.0)
    np.testing.assert_array_equal(single, first)


@each_mode
def test_has_aux(mode: str) -> None:
    def f(x: Any) -> Any:
        return np.sum(x**2), {"y": np.sin(x), "text": "kept", "count": 3, "none": None}

    gradient, aux = dr.grad(f, mode=mode, has_aux=True)(X)
    (value, again), same = dr.value_and_grad(f, mode=mode, has_aux=True)(X)
    jacobian, third = dr.jacobian(f, mode=mode, has_aux=True)(X)
    (other, fourth), _ = dr.value_and_jacobian(f, mode=mode, has_aux=True)(X)
    assert value == other == np.sum(X**2)
    for slope in (gradient, same, jacobian):
        np.testing.assert_array_equal(slope, 2 * X)
    for extra in (aux, again, third, fourth):
        assert type(extra["y"]) is np.ndarray
        np.testing.assert_array_equal(extra.pop("y"), np.sin(X))
        assert extra == {"text": "kept", "count": 3, "none": None}


@each_mode
def test_python_floats_stay_python_floats(mode: str) -> None:
    for operator in OPERATORS:
        result = operator(lambda x: x**2, mode=mode)(3.0)
        for number in result if isinstance(result, tuple) else (result,):
            assert type(number) is float
    assert type(dr.derivative(lambda x: x**2)(3.0)) is float
    assert [type(part) for part in dr.jvp(lambda x: x**2, 3.0, 1.0)] == [float, float]
    out, pullback = dr.vjp(lambda x: x**2, 3.0)
    assert [type(out), type(pullback(1.0)[0])] == [float, float]
    assert type(dr.hessian(lambda x: x**3)(3.0)) is float
    assert type(dr.grad(lambda x: x**2, mode=mode)(np.float64(3.0))) is np.float64
    assert type(dr.grad(lambda x: x**2, mode=mode)(np.float32(3.0))) is np.float32
    assert type(dr.grad(lambda x: x**2, mode=mode)(np.array(3.0))) is np.float64


@each_mode
@pytest.mark.parametrize("x", [3, True, np.int32(3), np.uint8(3), np.bool_(True)], ids=repr)
def test_integers_and_bools_are_taken_as_float64(x: Any, mode: str) -> None:
    for result in (dr.grad(lambda y: y * y, mode=mode)(x), dr.jacobian(lambda y: y * y, mode=mode)(x)):
        assert result == 2.0 * float(x)
        assert np.asarray(result).dtype == np.float64
    gradient = dr.grad(lambda y: np.sum(y * y), mode=mode)(np.array([x, x]))
    np.testing.assert_array_equal(gradient, [2.0 * x, 2.0 * x])
    assert gradient.dtype == np.float64


@each_mode
def test_integer_outputs_and_outputs_that_do_not_depend_have_zero_derivatives(mode: str) -> None:
    value, jacobian = dr.value_and_jacobian(lambda x: np.arange(2), mode=mode)(X)
    assert (value.dtype, jacobian.dtype, jacobian.shape) == (np.float64, np.float64, (2, 3))
    assert not jacobian.any()
    assert dr.grad(lambda x: 3, mode=mode)(2.0) == 0.0
    np.testing.assert_array_equal(dr.jacobian(lambda x: (x > 0) * 1, mode=mode)(X), np.zeros((3, 3)))


@each_mode
def test_layouts_and_read_only_inputs(mode: str) -> None:
    base = np.arange(12.0).reshape(3, 4)
    frozen = base.copy()
    frozen.flags.writeable = False
    for x in (base.T, base[::-1, ::2], np.asfortranarray(base), frozen, np.broadcast_to(2.0, (2, 2))):
        before = x.copy()
        gradient = dr.grad(lambda a: np.sum(a**2), mode=mode)(x)
        np.testing.assert_array_equal(gradient, 2 * before)
        np.testing.assert_array_equal(x, before)
        assert gradient.flags.c_contiguous
        assert gradient.flags.owndata
        assert gradient.flags.writeable


def test_an_input_written_to_by_f_is_not_changed() -> None:
    before = X.copy()
    np.testing.assert_array_equal(dr.grad(lambda x: x.__setitem__(0, 1.0) or np.sum(x))(X), [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(X, before)


@each_mode
def test_results_are_the_callers_to_write_to(mode: str) -> None:
    jacobian = dr.jacobian(lambda x: x * 1.0, mode=mode)
    first = jacobian(X)
    first[:] = 7.0
    np.testing.assert_array_equal(jacobian(X), np.eye(3))
    out, identity = dr.value_and_jacobian(lambda x: x, mode=mode)(X)
    assert not np.shares_memory(out, X)
    out[:] = 0.0
    assert X[0] == 0.7
    np.testing.assert_array_equal(identity, np.eye(3))


@each_mode
def test_stop_gradient(mode: str) -> None:
    assert dr.grad(lambda x: x * dr.stop_gradient(x), mode=mode)(3.0) == 3.0
    value = dr.stop_gradient(X)
    value[0] = 9.0
    assert X[0] == 0.7
    assert dr.stop_gradient(2.0) == 2.0
    assert type(dr.stop_gradient(dr.Var(2.0))) is np.float64


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_python_does_to_numbers(mode: str) -> None:
    def whole(x: Any) -> Any:
        return x * (math.floor(x) + math.ceil(x) + math.trunc(x) + round(x) + round(x, 1))

    def fractions(x: Any) -> Any:
        return (Fraction(1, 4) * x - Fraction(3)) / Fraction(1, 2) + x ** Fraction(2) + np.add(x, Fraction(1))

    assert dr.grad(whole, mode=mode)(2.31) == pytest.approx(11.3)
    assert dr.value_and_grad(fractions, mode=mode)(4.0) == (17.0, 9.5)
    assert dr.grad(lambda x, y: x * y, [1, np.int64(0)], mode=mode)(2.0, 3.0) == (2.0, 3.0)
    assert dr.grad(lambda x: x.flat[1] * sum(x.flat), mode=mode)(np.eye(2)).tolist() == [[0.0, 2.0], [0.0, 0.0]]
