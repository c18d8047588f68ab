"""`type(x)(1)` makes a plain number, as it does of a float, whatever kind of active number x is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev.active.carried import Carried
from dualrev.active.number import Active

MADE: dict[str, tuple[Callable[[Any], Any], float]] = {
    "int": (lambda x: type(x)(1), 1.0),
    "float": (lambda x: type(x)(1.5), 1.5),
    "bool": (lambda x: type(x)(True), 1.0),
    "nothing": (lambda x: type(x)(), 0.0),
    "text": (lambda x: x.__class__("2.5"), 2.5),
    "numpy": (lambda x: type(x)(np.float32(0.5)), 0.5),
    "result": (lambda x: type(x * 2.0)(3), 3.0),
}
made = pytest.mark.parametrize(("make", "number"), MADE.values(), ids=MADE)
WAYS: dict[str, Callable[[Any, float], Any]] = {
    "forward": lambda f, x: dr.grad(f, mode="forward", backend="numpy")(x),
    "reverse": lambda f, x: dr.grad(f, mode="reverse", backend="numpy")(x),
    "jacobian": lambda f, x: dr.jacobian(f, backend="numpy")(x),
    "jvp": lambda f, x: dr.jvp(f, x, 1.0)[1],
    "vjp": lambda f, x: dr.vjp(f, x)[1](1.0)[0],
    "hessian": lambda f, x: dr.hessian(f)(x),
    "forward over reverse": lambda f, x: dr.derivative(dr.grad(f, mode="reverse"))(x),
    "reverse over forward": lambda f, x: dr.grad(dr.derivative(f), mode="reverse")(x),
    "taylor": lambda f, x: dr.taylor(f, x, order=2)[2],
    "trace, forward": lambda f, x: dr.trace(f, x, mode="forward").derivative,
    "trace, reverse": lambda f, x: dr.trace(f, x, mode="reverse").derivative[0],
}
SECOND = {"hessian", "forward over reverse", "reverse over forward"}


@pytest.mark.parametrize("way", WAYS)
@made
def test_a_number_is_plain(make: Any, number: float, way: str) -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(make(x))
        return seen[-1] * x**2

    found = WAYS[way](f, 0.3)
    expected = number * (2.0 if way in SECOND else 1.0 if way == "taylor" else 0.6)
    assert np.isclose(found, expected, rtol=1e-14)
    assert {type(each) for each in seen} == {float}
    assert set(seen) == {number}


@made
def test_pictures_and_symbols_have_it_as_a_constant(make: Any, number: float) -> None:
    assert dr.verify(lambda x: make(x) + np.sin(x), 0.3)
    assert "input" in dr.trace(lambda x: make(x) + x, 0.3).table()
    assert dr.graph(lambda x: make(x) + x, 0.3).dot


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_result_of_it_alone_is_a_constant(mode: str) -> None:
    value, slope = dr.value_and_grad(lambda x: type(x)(1), mode=mode)(0.3)
    assert (value, slope) == (1.0, 0.0)
    assert not isinstance(value, Active)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_active_number_stays_as_it_is(mode: str) -> None:
    assert np.isclose(dr.grad(lambda x: x * type(x)(x), mode=mode)(0.3), 0.6)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_arrays_are_no_numbers(mode: str) -> None:
    with pytest.raises(TypeError):
        dr.grad(lambda x: np.sum(type(x)(x)), mode=mode)(np.ones(2))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_compiled_functions_run_by_numpy(mode: str) -> None:
    f = njit(lambda x: type(x)(1) / (type(x)(1) + x * x))
    assert np.isclose(dr.grad(f, mode=mode, backend="numpy")(0.3), -0.6 / 1.09**2, rtol=1e-14)


def test_every_class_of_numbers_is_made_by_derivatives_alone() -> None:
    """A new class is in the sweep above, or is one that users call."""
    import dualrev.operators.taylor._linear
    import dualrev.verification.symbols.number  # noqa: F401

    own = {kind for kind in Active.kinds if kind.__module__.startswith("dualrev.")}
    called = {kind.__name__ for kind in own if not isinstance(kind, Carried)}
    assert called == {"Var", "Dual", "Outline"}  # of which the last meets rules alone
    assert {kind.__name__ for kind in own} >= {"traced number", "Series", "Expressions", "Written"}


def test_numbers_made_by_hand() -> None:
    leaf, dual = dr.Var(3.0), dr.Dual(3.0, 2.0)
    assert type(leaf) is dr.Var
    assert isinstance(leaf * 2.0, dr.Var)
    assert isinstance(type(leaf)(4.0), dr.Var)
    assert isinstance(dual, dr.Dual)
    assert (type(dual)(1) * dual).tangent == 2.0
    with pytest.raises(TypeError, match="tangent"):
        dr.Dual(3.0)
    assert dr.grad(lambda x: x if isinstance(x * 1.0, dr.Var) else 0.0 * x, mode="reverse")(1.0) == 1.0
