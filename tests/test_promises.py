"""Values at awkward points: the table that the design and the documentation promise, line by line, in both modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.verification import verify

INF = np.inf
ZERO = np.zeros(2)
TIE = np.array([1.0, 1.0])
EDGES = np.array([-1.0, 0.0, 2.0])

PROMISES: dict[str, tuple[Any, Any, Any]] = {
    "abs'(0)": (abs, 0.0, 0.0),
    "np.abs'(0)": (np.abs, 0.0, 0.0),
    "fabs'(0)": (np.fabs, 0.0, 0.0),
    "sign'(0)": (lambda x: np.sign(x) * 1.0, 0.0, 0.0),
    "sqrt'(0)": (np.sqrt, 0.0, INF),
    "x**0.5 at 0": (lambda x: x**0.5, 0.0, INF),
    "x**0 at 0": (lambda x: x**0, 0.0, 0.0),
    "x**0.0 at 0": (lambda x: np.power(x, 0.0), 0.0, 0.0),
    "x**0 of an array at 0": (lambda x: np.sum(x ** np.array([0.0, 1.0, 2.0])), np.zeros(3), np.array([0.0, 1.0, 0.0])),
    "0**y at y > 0": (lambda y: 0.0**y, 2.0, 0.0),
    "0**y of an array": (lambda y: np.power(0.0, y), 0.5, 0.0),
    "x**y, both active": (lambda x: x[0] ** x[1], np.array([0.0, 2.0]), ZERO),
    "maximum at a tie": (lambda x: np.maximum(x[0], x[1]), TIE, TIE / 2),
    "minimum at a tie": (lambda x: np.minimum(x[0], x[1]), TIE, TIE / 2),
    "fmax at a tie": (lambda x: np.fmax(x[0], x[1]), TIE, TIE / 2),
    "max of an array at a tie": (np.max, TIE, TIE / 2),
    "max of four, three tied": (np.max, np.array([5.0, 1.0, 5.0, 5.0]), np.array([1.0, 0.0, 1.0, 1.0]) / 3),
    "min of an array at a tie": (np.min, TIE, TIE / 2),
    "relu'(0)": (dr.special.relu, 0.0, 0.0),
    "relu of an array": (lambda x: np.sum(dr.special.relu(x)), EDGES, np.array([0.0, 0.0, 1.0])),
    "maximum(x, 0) at 0": (lambda x: np.maximum(x, 0), 0.0, 0.5),
    "maximum(x, 0) of an array": (lambda x: np.sum(np.maximum(x, 0.0)), EDGES, np.array([0.0, 0.5, 1.0])),
    "clip at the bounds": (lambda x: np.sum(np.clip(x, 0.0, 2.0)), EDGES, np.array([0.0, 0.5, 0.5])),
    "clip at one bound": (lambda x: np.sum(np.clip(x, 0.0, None)), EDGES, np.array([0.0, 0.5, 1.0])),
    "builtin max at a tie takes the first": (lambda x: max(2 * x[0], 2 * x[1]), TIE, np.array([2.0, 0.0])),
    "builtin min at a tie takes the first": (lambda x: min(2 * x[0], 2 * x[1]), TIE, np.array([2.0, 0.0])),
    "0 times an infinite partial": (lambda x: np.cbrt(x**3), 0.0, 0.0),
    "sqrt(x**2) at 0": (lambda x: np.sqrt(x**2), 0.0, 0.0),
    "0 * log(x) at 0": (lambda x: 0.0 * dr.special.xlogy(1.0, x), 0.0, 0.0),
    "norm at 0": (np.linalg.norm, ZERO, ZERO),
    "norm of a matrix at 0": (np.linalg.norm, np.zeros((2, 2)), np.zeros((2, 2))),
    "norm of rows, one of them 0": (
        lambda x: np.sum(np.linalg.norm(x, axis=1)),
        np.array([[0.0, 0.0], [3.0, 4.0]]),
        np.array([[0.0, 0.0], [0.6, 0.8]]),
    ),
    "sqrt of a sum of squares at 0": (lambda x: np.sqrt(np.sum(x * x)), ZERO, ZERO),
    "where, branch not taken infinite": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0, 0.0),
    "where, branch not taken undefined": (
        lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0)),
        EDGES,
        np.array([0.0, 0.0, 0.5]),
    ),
    "where, branch not taken 1/x": (lambda x: np.where(x != 0, 1 / x, x), 0.0, 1.0),
    "where, branch not taken log": (lambda x: np.where(x > 0, np.log(x), x), -1.0, 1.0),
    "arctan2 at (0, 0)": (lambda x: np.arctan2(x[0], x[1]), ZERO, ZERO),
    "sinc'(0)": (np.sinc, 0.0, 0.0),
    "hypot at (0, 0)": (lambda x: np.hypot(x[0], x[1]), ZERO, ZERO),
    "x log x at 0": (lambda x: dr.special.xlogy(x, x), 0.0, -INF),
    "logsumexp of equal": (dr.special.logsumexp, TIE, TIE / 2),
    "logsumexp far out": (dr.special.logsumexp, np.array([1000.0, -1000.0]), np.array([1.0, 0.0])),
    "logsumexp with -inf": (dr.special.logsumexp, np.array([0.0, -INF]), np.array([1.0, 0.0])),
    "sigmoid far out": (dr.special.sigmoid, -1000.0, 0.0),
    "softplus far out": (dr.special.softplus, 1000.0, 1.0),
    "an integer": (lambda x: x**2, 3, 6.0),
    "an array of integers": (lambda x: np.sum(x**2), np.array([1, 2]), np.array([2.0, 4.0])),
    "a bool": (lambda x: 3 * x, True, 3.0),
}


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
@pytest.mark.parametrize("case", PROMISES)
def test_promised_value(case: str, mode: str) -> None:
    f, x, promised = PROMISES[case]
    with np.errstate(all="ignore"):
        gradient = dr.grad(f, mode=mode)(x)
    assert np.shape(gradient) == np.shape(promised)
    assert np.asarray(gradient).dtype == np.float64
    np.testing.assert_allclose(gradient, promised, rtol=1e-15, atol=0)


@pytest.mark.parametrize("case", PROMISES)
def test_the_same_by_pushforward_and_pullback(case: str) -> None:
    f, x, promised = PROMISES[case]
    with np.errstate(all="ignore"):
        x = np.asarray(x, float)[()]
        flat = np.ravel(x)
        for n in range(flat.size):
            direction = np.zeros(flat.size)
            direction[n] = 1.0
            slope = dr.jvp(f, x, direction.reshape(x.shape)[()])[1]
            np.testing.assert_allclose(slope, np.ravel(promised)[n], rtol=1e-15)
        np.testing.assert_allclose(dr.vjp(f, x)[1](1.0)[0], promised, rtol=1e-15)


def test_verify_reports_a_kink_that_the_chain_rule_loses() -> None:
    with np.errstate(all="ignore"):
        assert not verify(lambda x: np.cbrt(x**3), 0.0)
        assert verify(lambda x: np.cbrt(x**3), 1.5)


@pytest.mark.parametrize("inner", [dr.derivative, dr.grad, lambda f: dr.grad(f, mode="reverse")])
@pytest.mark.parametrize("outer", [dr.derivative, dr.grad, lambda f: dr.grad(f, mode="reverse")])
def test_nested_derivatives_are_kept_apart(inner: Any, outer: Any) -> None:
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


def test_second_derivatives_at_awkward_points() -> None:
    for mode in ("forward", "reverse"):

        def twice(f: Any, mode: str = mode) -> Any:
            return dr.grad(dr.grad(f, mode=mode), mode=mode)

        assert twice(lambda x: x**2)(0.0) == 2.0
        assert twice(lambda x: x**1)(0.0) == 0.0
        assert twice(lambda x: x**0)(0.0) == 0.0
        assert twice(abs)(0.0) == 0.0
        assert twice(np.sinc)(0.0) == pytest.approx(-(np.pi**2) / 3, rel=1e-15)
        assert twice(dr.special.relu)(0.0) == 0.0
        assert twice(lambda x: np.where(x > 0, x**3, 0.0))(0.0) == 0.0


def quiet(work: Any) -> bool:
    """Whether NumPy has nothing to warn of."""
    try:
        with np.errstate(all="raise"):
            work()
    except FloatingPointError:
        return False
    return True


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_derivative_warns_of_nothing_that_f_does_not_warn_of(mode: str) -> None:
    cases = {case: (f, x) for case, (f, x, _) in PROMISES.items() if quiet(lambda f=f, x=x: f(np.asarray(x, float)))}
    assert len(cases) > 20
    noisy = [case for case, (f, x) in cases.items() if not quiet(lambda f=f, x=x: dr.grad(f, mode=mode)(x))]
    assert noisy == []
