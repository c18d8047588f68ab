"""The testers are tested: they pass what is right, and a derivative that is wrong by 0.1 % does not get past them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from each import each

import dualrev as dr
from dualrev.kernels import numpy_rows
from dualrev.operators.call import Point
from dualrev.primitives.array import RULES
from dualrev.primitives.array.rule import Each, Pair
from dualrev.primitives.row import Row, math
from dualrev.primitives.scalar import TABLE
from dualrev.verification import check_grads, numeric, verify, verify_primitives

X = np.array([0.7, 1.3, 2.1])
WRONG_TANH = dataclasses.replace(TABLE["tanh"], partials=(lambda y, x: 1.001 * (1.0 - y * y),))
WRONG_ARCTAN2 = dataclasses.replace(
    TABLE["arctan2"], partials=(TABLE["arctan2"].partials[0], lambda y, a, b: -1.001 * a / (a * a + b * b))
)
WRONG_VALUE = dataclasses.replace(TABLE["sinh"], fn=lambda x: 1.001 * math.sinh(x))
WRONG_POINT = dataclasses.replace(TABLE["absolute"], points=(((0.0,), (1.0,)),))


@pytest.fixture
def wrong_tanh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let np.tanh of active numbers use a partial that is wrong by 0.1 %."""
    from dualrev.active import numpy_protocol

    monkeypatch.setitem(numpy_protocol._ROWS, np.tanh, WRONG_TANH)


def perturbed(function: Any, push: float, pull: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Multiply the pushforward and the pullback of an array rule by factors."""
    rule = RULES[function]

    def linearize(y: Any, *args: Any, **options: Any) -> Each:
        right = rule.linearize(y, *args, **options)
        return Each(
            Pair(lambda t: right.push([t]) * push, lambda w, n=n: right.pull(n, w) * pull)
            for n in range(len(rule.operands))
        )

    monkeypatch.setitem(RULES, function, rule._replace(linearize=linearize))


def f(x: Any) -> Any:
    return np.tanh(x) * x


def g(x: Any) -> Any:
    return np.cumsum(x**2)


def found_by(tester: Callable[[], Any]) -> bool:
    """Whether a tester finds something wrong."""
    try:
        outcome = tester()
    except AssertionError:
        return True
    return outcome is not None and not outcome


def test_what_is_right_passes() -> None:
    assert all(row.ok for row in verify_primitives([TABLE["tanh"], TABLE["arctan2"], TABLE["sinh"], TABLE["absolute"]]))
    for function in (f, g):
        outcome = verify(function, X)
        assert outcome
        assert outcome.method == "symbolic"
        assert outcome.entries == 9
        check_grads(function, (X,))


@pytest.mark.parametrize("row", [WRONG_TANH, WRONG_ARCTAN2, WRONG_VALUE, WRONG_POINT], ids=lambda row: row.name)
def test_a_row_that_is_wrong_fails_the_symbolic_check(row: Row) -> None:
    (outcome,) = verify_primitives([row])
    assert not outcome.ok
    assert outcome.error > 5e-4
    assert verify_primitives([TABLE[row.name]])[0].ok


@pytest.mark.usefixtures("wrong_tanh")
def test_a_row_that_is_wrong_fails_every_check_of_a_function() -> None:
    outcome = verify(f, X)
    assert not outcome
    assert outcome.forward_error > 1e-4
    assert outcome.reverse_error > 1e-4
    assert outcome.difference_error > 1e-4
    assert outcome.identity_error < 1e-13, "both modes use the one row, so that they agree"
    assert "NOT verified" in str(outcome)
    for mode in ("forward", "reverse"):
        with pytest.raises(AssertionError, match=rf"derivative 1 of f in {mode} mode"):
            check_grads(f, (X,), modes=(mode,))


@pytest.mark.usefixtures("wrong_tanh")
def test_a_row_that_is_wrong_fails_differences_where_sympy_cannot_follow() -> None:
    def untraceable(x: Any) -> Any:
        return f(x) * (1.0 if np.argmax(np.asarray(dr.stop_gradient(x))) == 2 else 0.0) + len(opaque(x))

    outcome = verify(untraceable, X)
    assert outcome.method == "numeric"
    assert outcome.reason
    assert outcome.difference_error > 1e-4
    assert not outcome


def opaque(x: Any) -> list[Any]:
    """Refuse symbols."""
    if not isinstance(x, dr.Dual | dr.Var | np.ndarray):
        raise NotImplementedError("no symbols")
    return []


@pytest.mark.parametrize(("push", "pull", "mode"), [(1.0, 1.001, "reverse"), (1.001, 1.0, "forward")])
def test_a_pushforward_or_pullback_that_is_wrong_alone_fails(
    push: float, pull: float, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"forward": "reverse", "reverse": "forward"}[mode]
    perturbed(np.cumsum, push, pull, monkeypatch)
    outcome = verify(g, X)
    assert not outcome
    assert outcome.identity_error > 1e-5
    assert getattr(outcome, f"{mode}_error") > 1e-4
    assert getattr(outcome, f"{other}_error") < 1e-13
    assert numeric.identity_error(Point(g, (X,), {}, 0), np.random.default_rng(0)) > 1e-5
    with pytest.raises(AssertionError, match=f"in {mode} mode"):
        check_grads(g, (X,), order=1)
    check_grads(g, (X,), order=1, modes=(other,))


def test_a_linear_map_that_is_wrong_on_both_sides_fails_all_but_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    perturbed(np.cumsum, 1.001, 1.001, monkeypatch)
    outcome = verify(g, X)
    assert not outcome
    assert outcome.identity_error < 1e-13
    assert outcome.difference_error > 1e-4
    assert found_by(lambda: check_grads(g, (X,), order=1))


def test_an_error_in_the_second_derivative_alone_is_found_at_order_2(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualrev.active import numpy_protocol

    constant = dataclasses.replace(TABLE["tanh"], partials=(lambda y, x: math.floor(1e9 * (1.0 - y * y)) / 1e9,))
    monkeypatch.setitem(numpy_protocol._ROWS, np.tanh, constant)
    check_grads(f, (X,), order=1)
    with pytest.raises(AssertionError, match="derivative 2"):
        check_grads(f, (X,), order=2)


@pytest.mark.parametrize("never", [np.nan, np.inf])
def test_nan_and_infinity_are_never_close_to_a_number(never: float) -> None:
    assert numeric.relative_error([never], [1.0]) == np.inf
    assert numeric.relative_error([1.0], [never]) == np.inf
    assert numeric.relative_error([np.array([1.0, never])], [np.array([1.0, 2.0])]) == np.inf
    assert numeric.relative_error([1.0], [1.0]) == 0.0
    assert numeric.relative_error([1.0], [0.0]) == np.inf
    assert numeric.relative_error([1.001], [1.0]) == pytest.approx(1e-3)


def test_a_derivative_that_is_nan_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualrev.active import numpy_protocol

    broken = dataclasses.replace(TABLE["tanh"], partials=(lambda y, x: math.nan * x,))
    monkeypatch.setitem(numpy_protocol._ROWS, np.tanh, broken)
    assert numpy_rows.bound(broken).partials[0] is not None
    assert not verify_primitives([broken])[0].ok
    assert not verify(f, X)
    assert found_by(lambda: check_grads(f, (X,), order=1))


def test_nan_does_not_verify_nan() -> None:
    def undefined(x: Any) -> Any:
        return x * np.nan

    assert numeric.relative_error([np.nan], [np.nan]) == np.inf
    assert not verify(undefined, X)
    for mode in ("forward", "reverse"):
        assert found_by(lambda mode=mode: check_grads(undefined, (X,), modes=(mode,)))


def test_many_cases_in_one_item_fail_each_by_itself() -> None:
    @each("n", [1, 2, 3])
    def odd(n: int) -> None:
        assert n % 2

    with pytest.raises(BaseExceptionGroup, match="1 of 3 cases") as caught:
        odd()
    assert caught.value.exceptions[0].__notes__ == ["n = 2"]

    @each("n", [1])
    def skipped(n: int) -> None:
        pytest.skip("in the middle of many")

    with pytest.raises(AssertionError, match="cannot be skipped"):
        skipped()
    with pytest.raises(AssertionError, match="without a case"):
        each("n", [])
    with pytest.raises(AssertionError, match="no parameter m"):
        each("m", [1])(lambda n: None)
