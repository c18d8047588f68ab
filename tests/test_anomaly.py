"""`detect_anomaly`: the operation and the user's line that first made a NaN."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.errors import AnomalyError
from dualrev.kernels.fused import FUSED_SIZE

X = np.array([1.0, 4.0, 0.0])
SINGULAR = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
METHODS = [(kind, name) for kind in (dr.Dual, dr.Var) for name in ("apply_row", "apply_rule")]
ORIGINAL = [vars(kind)[name] for kind, name in METHODS]

both_modes = pytest.mark.parametrize("mode", ["forward", "reverse"])


def anomaly(call: Callable[..., Any], *args: Any) -> AnomalyError:
    """Return the error that a call raises in the context."""
    with pytest.raises(AnomalyError) as caught, dr.detect_anomaly():
        call(*args)
    return caught.value


def quietly(call: Callable[..., Any], *args: Any) -> Any:
    """Return the result of a call that makes NaN outside the context."""
    with np.errstate(all="ignore"):
        return call(*args)


def assert_blamed(error: AnomalyError, operation: str, place: str, line: int) -> None:
    assert (error.operation, error.place, error.filename, error.lineno) == (operation, place, __file__, line)
    assert f'File "{__file__}", line {line}' in str(error)


def line_of(f: Callable[..., Any]) -> int:
    return f.__code__.co_firstlineno


VALUES: list[tuple[str, Callable[[Any], Any], str]] = [
    ("log", lambda x: np.exp(np.log(x - 2.0)), "at element 0 of shape (3,), from -1.0"),
    ("sqrt", lambda x: np.sum(np.sqrt(x - 2.0)), "from -1.0"),
    ("arccos", lambda x: np.arccos(x), "at element 1 of shape (3,), from 4.0"),
    ("divide", lambda x: x / x, "at element 2 of shape (3,), from 0.0, 0.0"),
    ("subtract", lambda x: np.exp(x * 1e3)[1] - np.exp(x * 1e3)[0] * np.inf, "from inf, inf"),
    ("power", lambda x: (x - 2.0) ** 0.3, "from -1.0, 0.3"),
    ("matmul", lambda x: SINGULAR @ np.exp(x * 1e3), "at element 0 of shape (2,)"),
]


@both_modes
@pytest.mark.parametrize(("operation", "f", "told"), VALUES, ids=[name for name, _, _ in VALUES])
def test_a_value_is_traced_to_the_operation_and_the_line_that_made_it(
    operation: str, f: Any, told: str, mode: str
) -> None:
    assert np.isnan(quietly(f, X)).any()
    with np.errstate(over="ignore"):
        error = anomaly(dr.jacobian(f, mode=mode), X)
    assert_blamed(error, operation, "value", line_of(f))
    assert told in str(error)
    assert "its value" in str(error)


LINEAR: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("subtract", "sqrt", lambda x: np.sqrt(x) - np.sqrt(x)),
    ("sum", "sqrt", lambda x: np.sum(np.stack([np.sqrt(x), -np.sqrt(x)]), axis=0)),
]


@pytest.mark.parametrize(("forward", "reverse", "f"), LINEAR, ids=[name for name, _, _ in LINEAR])
def test_tangents_and_cotangents_are_traced_where_the_value_is_finite(forward: str, reverse: str, f: Any) -> None:
    assert np.all(f(X) == 0.0)
    assert_blamed(anomaly(dr.jacobian(f, mode="forward"), X), forward, "tangent", line_of(f))
    assert_blamed(anomaly(dr.jacobian(f, mode="reverse"), X), reverse, "cotangent", line_of(f))


def test_a_cotangent_is_traced_through_a_matrix() -> None:
    both = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])  # slopes of inf and -inf meet in x[2]

    def f(x: Any) -> Any:
        y = both @ x
        return np.sum(np.sqrt(y))

    backwards = dr.grad(f, mode="reverse")
    assert np.isnan(backwards(X)).any()
    assert_blamed(anomaly(backwards, X), "matmul", "cotangent", line_of(f) + 1)


@pytest.mark.parametrize("size", [3, FUSED_SIZE])
def test_a_cotangent_is_traced_through_views_and_large_arrays(size: int) -> None:
    def f(x: Any) -> Any:
        a, b = x[:-1], x[1:]
        root = np.sqrt(a)
        return np.sum(root) - np.sum(np.sqrt(x[:-1])) + np.sum(b)

    x = np.linspace(0.0, 1.0, size)
    backwards = dr.grad(f, mode="reverse")
    assert np.isnan(backwards(x)[0])
    error = anomaly(backwards, x)
    assert_blamed(error, "index", "cotangent", line_of(f) + 1)
    assert f"at element 0 of shape ({size},)" in str(error)


@both_modes
def test_what_had_a_nan_already_is_not_blamed(mode: str) -> None:
    data = np.array([np.nan, 1.0, 2.0])

    def fine(x: Any) -> Any:
        return np.nansum(np.log(x) * data) + np.sum(np.sqrt(x))

    def wrong(x: Any) -> Any:
        missing = x * data
        return missing + np.log(x - 3.0)

    given = np.array([np.nan, 4.0, 5.0])
    with dr.detect_anomaly():
        result = dr.jacobian(fine, mode=mode)(given)
        np.testing.assert_array_equal(np.isnan(result), [True, False, False])
    error = anomaly(dr.jacobian(wrong, mode=mode), np.array([4.0, 1.0, 5.0]))
    assert_blamed(error, "log", "value", line_of(wrong) + 2)
    assert "at element 1 of shape (3,), from -2.0" in str(error)


LAWFUL: dict[str, Callable[[Any], Any]] = {
    "cbrt of a cube": lambda x: np.cbrt(x**3),
    "where": lambda x: np.where(x > 0, np.sqrt(x), 0.0),
    "norm": lambda x: np.linalg.norm(x * 0.0),
    "arctan2": lambda x: np.arctan2(x * 0.0, x * 0.0),
    "logaddexp": lambda x: np.logaddexp(x, -np.inf),
    "sinc": np.sinc,
}
"""Where factors of the chain rule are 0 and infinite, or 0 and NaN: the product is 0."""


@both_modes
@pytest.mark.parametrize("name", LAWFUL)
def test_products_with_zero_are_no_anomaly(name: str, mode: str) -> None:
    first = dr.jacobian(LAWFUL[name], mode=mode)
    for operator in (first, dr.jacobian(first, mode=mode)):
        result = operator(X)
        assert np.all(np.isfinite(result))
        with dr.detect_anomaly():
            np.testing.assert_array_equal(operator(X), result)


def test_derivatives_of_derivatives_are_traced() -> None:
    def f(x: Any) -> Any:
        return np.sum(x**1.5 - x**1.5)

    def inner(x: Any) -> Any:
        slope = dr.grad(lambda y: np.log(y - 5.0))(x)
        return slope * x

    for operator in (dr.hessian(f), dr.jacobian(dr.grad(f), mode="reverse"), dr.jacobian(dr.grad(f), mode="forward")):
        assert np.isnan(quietly(operator, X)).any()
        error = anomaly(operator, X)
        assert (error.filename, error.lineno) == (__file__, line_of(f) + 1)
        assert error.place in ("tangent", "cotangent")
    for mode in ("forward", "reverse"):
        assert_blamed(anomaly(dr.jacobian(inner, mode=mode), 3.0), "log", "value", line_of(inner) + 1)


def test_numbers_by_hand_are_traced() -> None:
    assert_blamed(anomaly(_log_of_a_dual), "log", "value", line_of(_log_of_a_dual) + 1)
    x = dr.Var(X)
    with dr.detect_anomaly():
        y = np.sqrt(x)
        line = line_of(test_numbers_by_hand_are_traced) + 4
        z = np.sum(y - y * 1.0) + np.sum(y) - np.sum(np.sqrt(x))
    assert_blamed(anomaly(z.backward), "sqrt", "cotangent", line)


def _log_of_a_dual() -> Any:
    return np.log(dr.Dual(-1.0, 1.0))


def test_what_was_recorded_outside_is_named_without_a_line() -> None:
    x = dr.Var(X)
    y = np.sum(np.sqrt(x) - np.sqrt(x))
    error = anomaly(y.backward)
    assert (error.operation, error.place, error.filename, error.lineno) == ("sqrt", "cotangent", None, None)
    assert "outside detect_anomaly" in str(error)


def test_writes_in_place_are_traced() -> None:
    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        y[:1] = x[:1]
        y[1:] = np.log(x[1:] - 1.0)
        return y

    for mode in ("forward", "reverse"):
        assert_blamed(anomaly(dr.jacobian(f, mode=mode), X), "log", "value", line_of(f) + 3)


def test_a_compiled_function_is_followed_by_running_it_interpreted() -> None:
    import numba

    @numba.njit
    def f(x):  # type: ignore[no-untyped-def]
        shifted = x - 2.0
        return np.log(shifted)

    @numba.njit
    def write(x, out):  # type: ignore[no-untyped-def]
        out[0] = math.log(x[0])

    line = line_of(f.py_func) + 3
    for operator in (dr.grad(f), dr.grad(f, backend="numpy"), dr.derivative(f), dr.hessian(f)):
        assert_blamed(anomaly(operator, 1.0), "log", "value", line)
    assert_blamed(anomaly(dr.jvp(f), 1.0, 1.0), "log", "value", line)
    assert_blamed(anomaly(dr.vjp, f, 1.0), "log", "value", line)
    step = dr.as_step(f)
    assert_blamed(anomaly(dr.grad(lambda x: 2.0 * step(x)), 1.0), "log", "value", line)
    assert_blamed(anomaly(dr.grad(f, batched=True), np.ones(2)), "log", "value", line)
    assert anomaly(dr.jacobian(write, out_shape=1), np.array([-1.0])).operation == "log"


def test_a_custom_rule_is_one_operation() -> None:
    @dr.custom_rule(pushforward=lambda y, primals, tangents: tangents[0] / (primals[0] - 2.0))
    def shifted_log(x: Any) -> Any:
        return np.log(x - 2.0)

    def f(x: Any) -> Any:
        return 2.0 * shifted_log(x)

    assert_blamed(anomaly(dr.grad(f), 1.0), "shifted_log", "value", line_of(f) + 1)


def test_the_context_ends_where_it_ends() -> None:
    f = dr.grad(np.log)
    g = dr.detect_anomaly()(dr.jvp(lambda x: np.log(x)))
    with dr.detect_anomaly():
        with pytest.raises(AnomalyError), dr.detect_anomaly():
            f(-1.0)
        with pytest.raises(AnomalyError):
            g(-1.0, 1.0)
        with pytest.raises(AnomalyError):
            f(-1.0)
    assert [vars(kind)[name] for kind, name in METHODS] == ORIGINAL
    assert quietly(f, -1.0) == -1.0
    with pytest.raises(AnomalyError):
        g(-1.0, 1.0)
    assert [vars(kind)[name] for kind, name in METHODS] == ORIGINAL


def test_threads_do_not_see_each_others_context() -> None:
    found: dict[bool, Any] = {}
    both_inside, both_done = threading.Barrier(2, timeout=600), threading.Barrier(2, timeout=600)

    def run(wanted: bool) -> None:
        with dr.detect_anomaly() if wanted else nullcontext():
            both_inside.wait()
            try:
                found[wanted] = quietly(dr.grad(np.log), -2.0)
            except AnomalyError as error:
                found[wanted] = error.operation
            both_done.wait()

    threads = [threading.Thread(target=run, args=(wanted,)) for wanted in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {True: "log", False: -0.5}
    assert [vars(kind)[name] for kind, name in METHODS] == ORIGINAL
