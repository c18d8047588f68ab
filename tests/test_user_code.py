"""What the user's function does wrong, or at random, reaches the user unchanged and leaves nothing half done."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev import errors

X = np.array([0.5, 1.5, 2.5, 3.5])
MODES = ("forward", "reverse", "auto")
OPERATORS = (dr.jacobian, dr.value_and_jacobian, dr.grad, dr.value_and_grad)

each_mode = pytest.mark.parametrize("mode", MODES)
each_operator = pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)


class OwnError(BaseException):
    """An error of the user's."""


@each_mode
@each_operator
@pytest.mark.parametrize(
    "error", [OwnError("a"), ValueError("b"), TypeError("c"), KeyboardInterrupt(), ZeroDivisionError("d")], ids=repr
)
def test_exceptions_pass_unchanged_and_the_operator_still_works(operator: Any, mode: str, error: BaseException) -> None:
    fail = [True]

    def f(x: Any) -> Any:
        y = np.sum(x**2)
        if fail[0]:
            raise error
        return y

    derivative = operator(f, mode=mode)
    with pytest.raises(type(error)) as caught:
        derivative(X)
    assert caught.value is error
    assert not getattr(error, "__notes__", [])
    fail[0] = False
    result = derivative(X)
    np.testing.assert_array_equal(result[1] if isinstance(result, tuple) else result, 2 * X)


@each_mode
def test_an_index_error_and_an_attribute_error_are_numpys(mode: str) -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        dr.jacobian(lambda x: x[7], mode=mode)(X)
    with pytest.raises(AttributeError, match="nonsense"):
        dr.jacobian(lambda x: x.nonsense, mode=mode)(X)
    with pytest.raises(ValueError, match="broadcast"):
        dr.jacobian(lambda x: x + np.ones(3), mode=mode)(X)
    with pytest.raises(ValueError, match="matmul"):
        dr.jacobian(lambda x: np.ones((2, 3)) @ x, mode=mode)(X)


@pytest.mark.parametrize("chunk_size", [1, 3])
def test_a_random_function_is_found_out_by_forward_chunks(chunk_size: int) -> None:
    rng = np.random.default_rng(0)

    def noisy(x: Any) -> Any:
        return x * rng.normal()

    with pytest.raises(errors.RandomFunctionError, match=r"noisy.*seeded"):
        dr.jacobian(noisy, mode="forward", chunk_size=chunk_size)(X)


def test_a_function_whose_structure_or_shape_changes_is_found_out() -> None:
    count = itertools.count()

    def shrinking(x: Any) -> Any:
        return x[: 4 - next(count)]

    with pytest.raises(errors.RandomFunctionError, match="shrinking"):
        dr.jacobian(shrinking, mode="forward", chunk_size=2)(X)


def test_a_function_of_the_number_of_calls_is_taken_at_each_call_anew() -> None:
    count = itertools.count(1)
    derivative = dr.jacobian(lambda x: next(count) * x[0], mode="reverse")
    assert [derivative(X)[0] for _ in range(3)] == [1.0, 2.0, 3.0]


@each_mode
def test_nan_in_gives_nan_out_and_only_there(mode: str) -> None:
    x = np.array([1.0, np.nan, 3.0])
    jacobian = dr.jacobian(lambda x: np.sin(x) * x, mode=mode)(x)
    assert np.isnan(jacobian[1, 1])
    assert np.isfinite(jacobian[~np.eye(3, dtype=bool)]).all()
    assert np.isfinite(jacobian[[0, 2], [0, 2]]).all()
    assert np.isnan(dr.grad(lambda x: np.sum(x) * np.max(x), mode=mode)(x)).any()
    assert np.isnan(dr.grad(lambda x: np.exp(x), mode=mode)(np.nan))
    assert np.isnan(dr.grad(lambda x: x * x * x, mode=mode)(np.nan))


@each_mode
@pytest.mark.parametrize(
    "f", [np.maximum, np.minimum, np.hypot, np.arctan2, np.power, np.logaddexp, np.multiply, np.divide]
)
def test_nan_in_one_argument_is_not_hidden(f: Any, mode: str) -> None:
    derivative = dr.value_and_grad(lambda x: f(x[0], x[1]) ** 2, mode=mode)
    with np.errstate(invalid="ignore"):  # NumPy's logaddexp warns of a NaN
        value, gradient = derivative(np.array([np.nan, 2.0]))
    assert np.isnan(value)
    assert np.isnan(gradient).any()


@each_mode
def test_infinities_are_those_of_numpy_without_a_warning(mode: str) -> None:
    value, slope = dr.value_and_grad(lambda x: np.exp(x), mode=mode)(-np.inf)
    assert (value, slope) == (0.0, 0.0)
    assert dr.grad(lambda x: np.sqrt(x), mode=mode)(0.0) == np.inf
    assert dr.grad(lambda x: x * np.inf, mode=mode)(1.0) == np.inf
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert dr.value_and_grad(lambda x: np.log(x), mode=mode)(0.0) == (-np.inf, np.inf)


@each_mode
def test_numpy_refusing_object_arrays_points_to_stack(mode: str) -> None:
    with pytest.raises(errors.ObjectArrayError, match=r"np\.isnan .*np\.stack.*test_user_code\.py") as caught:
        dr.jacobian(lambda x: np.isnan(np.array([x[0], x[1]], object)), mode=mode)(X)
    assert type(caught.value.__cause__) is TypeError


@each_mode
def test_libraries_that_make_object_arrays_refuse_by_name(mode: str) -> None:
    signal, stats = pytest.importorskip("scipy.signal"), pytest.importorskip("scipy.stats")
    sparse, linalg = pytest.importorskip("scipy.sparse"), pytest.importorskip("scipy.linalg")
    interpolate, ndimage = pytest.importorskip("scipy.interpolate"), pytest.importorskip("scipy.ndimage")
    for name, cure, f in (
        ("scipy.signal.lfilter", "custom_rule", lambda x: signal.lfilter([1.0], [1.0, 0.5], x)),
        ("scipy.stats.zscore", "custom_rule", stats.zscore),
        ("scipy.stats.norm.pdf", "custom_rule", lambda x: stats.norm.pdf(x[0])),
        ("scipy.sparse.csr_array", "custom_rule", lambda x: sparse.csr_array(np.eye(X.size)) @ x),
        ("scipy.linalg.solve", "np.linalg.solve", lambda x: linalg.solve(np.eye(X.size), x)),
        ("CubicSpline", "custom_rule", interpolate.CubicSpline([-9.0, 0.0, 9.0], [0.0, 2.0, 1.0])),
        ("interp1d", "np.interp", interpolate.interp1d([-9.0, 9.0], [0.0, 2.0])),
        ("scipy.ndimage.gaussian_filter", "custom_rule", lambda x: ndimage.gaussian_filter(x, 1.0)),
    ):
        with pytest.raises(errors.DualrevError) as caught:
            dr.jacobian(f, mode=mode)(X)
        assert name in str(caught.value)
        assert cure in str(caught.value)
        assert "stop_gradient" not in str(caught.value)


@each_mode
def test_functions_of_object_arrays_call_methods_of_active_numbers(mode: str) -> None:
    point = np.array([0.3, -0.4])
    for ufunc in (np.sin, np.degrees, np.radians, np.rad2deg, np.deg2rad, np.fabs, np.abs, np.trunc, np.hypot, np.fmod):
        others = (2.0,) * (ufunc.nin - 1)
        objects = dr.jacobian(lambda x, g=ufunc, rest=others: g(np.array([x[0], x[1]], dtype=object), *rest), mode=mode)
        np.testing.assert_array_equal(
            objects(point), dr.jacobian(lambda x, g=ufunc, rest=others: g(x, *rest), mode=mode)(point)
        )
    assert dr.grad(lambda x: np.sum(x * np.array([np.True_, x, 2], dtype=object)), mode=mode)(0.5) == 4.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("zero", [0, 0.0, np.float64(0.0)], ids=["int", "float", "float64"])
def test_a_divisor_that_is_zero_is_one_of_numpys(mode: str, zero: Any) -> None:
    for x in (np.array([1.0, -2.0]), np.float32([1.0, -2.0])):
        with np.errstate(all="ignore"):
            slopes, dtype = dr.elementwise_grad(lambda x: x / zero)(x), (x / zero).dtype
            jacobian = dr.jacobian(lambda x: np.sum(x / zero), mode=mode)(x)
        np.testing.assert_array_equal(slopes, [np.inf, np.inf])
        np.testing.assert_array_equal(jacobian, [np.inf, np.inf])
        assert jacobian.dtype == dtype
