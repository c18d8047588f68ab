"""Values at awkward points: every promise of `dualrev.verification.promises`, in both modes, nested and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from each import each
from numba import njit

import dualrev as dr
from dualrev.verification import verify
from dualrev.verification.promises import CONTRADICTIONS, PROMISES, Contradiction, Promise, function_of

EVERY = [promise for law in PROMISES.values() for promise in law]
ALL = [promise for promise in EVERY if promise.interpreted]
COMPILED = [promise for promise in EVERY if promise.compiled]
IDS = [f"{promise.expression} at {promise.at}" for promise in ALL]
OF_A_NUMBER = [promise for promise in ALL if promise.second is not None]
MODES = ("forward", "reverse")

every_promise = pytest.mark.parametrize("promise", ALL, ids=IDS)
in_both_modes = each("mode", MODES)


def check(found: Any, promise: Promise) -> None:
    np.testing.assert_allclose(found, promise.gradient, rtol=1e-15, atol=0, err_msg=promise.expression)


def test_promises_are_given_once() -> None:
    assert len(set(IDS)) == len(IDS)
    assert len({f"{promise.expression} at {promise.at}" for promise in COMPILED}) == len(COMPILED)
    assert all(promise.interpreted or promise.compiled for promise in EVERY)


@every_promise
@each("mode", [*MODES, "auto"])
def test_promised_value(promise: Promise, mode: str) -> None:
    x, f = promise.point, promise.function
    with np.errstate(all="ignore"):
        value, gradient = dr.value_and_grad(f, mode=mode)(x)
        np.testing.assert_array_equal(value, f(np.float64(x)[()]))  # a NaN in the value is not hidden
        if not isinstance(promise.at, list):
            check(dr.derivative(f)(x), promise)
    assert np.shape(gradient) == np.shape(promise.gradient)
    assert np.asarray(gradient).dtype == np.float64
    check(gradient, promise)


@every_promise
def test_the_same_by_pushforward_and_pullback(promise: Promise) -> None:
    f, x = promise.function, np.float64(promise.at)[()]
    with np.errstate(all="ignore"):
        flat, promised = np.ravel(x), np.ravel(promise.gradient)
        for n in range(flat.size):
            direction = np.zeros(flat.size)
            direction[n] = 1.0
            slope = dr.jvp(f, x, direction.reshape(x.shape)[()])[1]
            np.testing.assert_allclose(slope, promised[n], rtol=1e-15)
        check(dr.vjp(f, x)[1](1.0)[0], promise)


@every_promise
@each("inner", MODES)
@each("outer", MODES)
def test_promised_value_inside_another_derivative(promise: Promise, inner: str, outer: str) -> None:
    """The inner derivative is taken at an active point, and its value passes through."""
    gradient = dr.grad(promise.function, mode=inner)
    with np.errstate(all="ignore"):
        value, _ = dr.value_and_jacobian(gradient, mode=outer)(promise.point)
        check(value, promise)
        if np.isfinite(promise.gradient).all():
            check(dr.derivative(lambda a: a * gradient(promise.point))(1.0), promise)


@each("inner", MODES)
@each("outer", MODES)
@pytest.mark.parametrize("promise", OF_A_NUMBER, ids=[promise.expression for promise in OF_A_NUMBER])
def test_promised_second_derivative(promise: Promise, inner: str, outer: str) -> None:
    second = dr.grad(dr.grad(promise.function, mode=inner), mode=outer)(promise.point)
    np.testing.assert_allclose(second, promise.second, rtol=1e-15)


def compiled(promises: list[Promise]) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return one compiled function that has a result for each promise, its point, and its promised Jacobian."""
    lines, point, rows = [], [], []
    for promise in promises:
        start, width = len(point), np.size(promise.at)
        argument = f"v[{start}:{start + width}]" if isinstance(promise.at, list) else f"v[{start}]"
        lines.append(f"    x = {argument}\n    y[{len(rows)}] = {promise.expression.removesuffix('[()]')}\n")
        row = np.zeros(sum(np.size(each.at) for each in promises))
        row[start : start + width] = promise.gradient
        point.extend(np.ravel(promise.at))
        rows.append(row)
    scope: dict[str, Any] = {"np": np, "dr": dr}
    exec(f"def f(v):\n    y = np.zeros({len(rows)})\n{''.join(lines)}    return y\n", scope)
    return scope["f"], np.array(point), np.stack(rows)


@pytest.mark.parametrize(
    ("of_numbers", "mode"),
    [
        (True, "forward"),
        (True, "reverse"),
        (False, "forward"),
        pytest.param(False, "reverse", marks=pytest.mark.exhaustive),  # the same stand-ins, over other numbers
    ],
    ids=["numbers-forward", "numbers-reverse", "arrays-forward", "arrays-reverse"],
)
def test_promised_values_compiled(of_numbers: bool, mode: str) -> None:
    promises = [p for p in COMPILED if of_numbers != isinstance(p.at, list)]
    f, x, promised = compiled(promises)
    found = dr.jacobian(njit(f), mode=mode)(x)
    for promise, row, expected in zip(promises, found, promised, strict=True):
        np.testing.assert_allclose(row, expected, rtol=1e-15, atol=0, err_msg=promise.expression)


@njit
def determinant(x):
    return np.linalg.det(x)


SINGULAR = [
    np.zeros((1, 1)),
    np.zeros((3, 3)),
    np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]),
    np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 0.0]]),
    np.outer([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 0.0, -1.0]),
    np.diag([1.0, 0.0, 3.0, 0.0]),
]


@pytest.mark.exhaustive
def test_determinants_of_singular_matrices_compiled() -> None:
    forward, reverse, second = (
        dr.grad(determinant, mode="forward"),
        dr.grad(determinant, mode="reverse"),
        dr.hessian(determinant),
    )
    for a in SINGULAR:
        cofactors = dr.grad(np.linalg.det)(a)
        np.testing.assert_allclose(forward(a), cofactors, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(reverse(a), cofactors, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(second(a), dr.hessian(np.linalg.det)(a), rtol=1e-12, atol=1e-13)


@pytest.mark.exhaustive
def test_second_derivatives_compiled() -> None:
    promises = [promise for promise in COMPILED if promise.second is not None]
    f, x, _ = compiled(promises)
    f = njit(f)
    hessian = dr.hessian(njit(lambda v: np.sum(f(v))))(x)
    np.testing.assert_allclose(hessian, np.diag([promise.second for promise in promises]), rtol=1e-15)


def test_integers_and_bools_are_float64() -> None:
    for f, x, promised in (
        (lambda x: x**2, 3, 6.0),
        (lambda x: np.sum(x**2), np.array([1, 2]), [2.0, 4.0]),
        (lambda x: 3 * x, True, 3.0),
    ):
        gradient = dr.grad(f)(x)
        np.testing.assert_array_equal(gradient, promised)
        assert np.asarray(gradient).dtype == np.float64


each_contradiction = pytest.mark.parametrize("pair", CONTRADICTIONS, ids=[pair.expression for pair in CONTRADICTIONS])


@in_both_modes
@each_contradiction
def test_promises_that_do_not_fit_together(pair: Contradiction, mode: str) -> None:
    f, right, x = function_of(pair.expression), function_of(pair.spelling), np.array(pair.at)[()]
    with np.errstate(all="ignore"):
        assert not np.array_equal(dr.grad(f, mode=mode)(x), pair.gradient)
        np.testing.assert_array_equal(dr.grad(f, mode=mode)(x), dr.grad(f)(x))
        np.testing.assert_array_equal(dr.grad(right, mode=mode)(x), pair.gradient)


@each_contradiction
def test_verify_reports_promises_that_do_not_fit_together(pair: Contradiction) -> None:
    f, right, x = function_of(pair.expression), function_of(pair.spelling), np.array(pair.at)[()]
    with np.errstate(all="ignore"):
        assert not verify(f, x)
        assert verify(right, x)


def test_verify_reports_a_kink_that_the_chain_rule_loses() -> None:
    with np.errstate(all="ignore"):
        assert not verify(lambda x: np.cbrt(x**3), 0.0)
        assert verify(lambda x: np.cbrt(x**3), 1.5)


@pytest.mark.parametrize("inner", [dr.derivative, dr.grad, lambda f: dr.grad(f, mode="reverse")])
@pytest.mark.parametrize("outer", [dr.derivative, dr.grad, lambda f: dr.grad(f, mode="reverse")])
def test_nested_derivatives_are_kept_apart(inner: Any, outer: Any) -> None:
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


def quiet(work: Any) -> bool:
    """Whether NumPy has nothing to warn of."""
    try:
        with np.errstate(all="raise"):
            work()
    except FloatingPointError:
        return False
    return True


@in_both_modes
def test_a_derivative_warns_of_nothing_that_f_does_not_warn_of(mode: str) -> None:
    cases = [p for p in ALL if quiet(lambda p=p: p.function(np.float64(p.at)[()]))]
    assert len(cases) > 20
    noisy = [p.expression for p in cases if not quiet(lambda p=p: dr.grad(p.function, mode=mode)(p.point))]
    assert noisy == []
