"""How often f is called, and how often a recording is swept."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
import pytest
from each import each

import dualrev as dr
from dualrev.operators import fundamental


class Counted:
    """A function that counts its calls."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f, self.calls = f, 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.f(*args)

    def during(self, work: Callable[[], Any]) -> int:
        """Return how often the function was called meanwhile."""
        before = self.calls
        work()
        return self.calls - before


def outputs(m: int) -> Counted:
    """Return a function of m outputs."""
    return Counted(lambda x: np.sum(np.sin(x)) * np.arange(1.0, m + 1))


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list to which every reverse sweep adds an entry."""
    seen: list[int] = []
    right = fundamental.sweep

    def spy(*args: Any, **kwargs: Any) -> Any:
        seen.append(1)
        return right(*args, **kwargs)

    monkeypatch.setattr(fundamental, "sweep", spy)
    return seen


@each("operator", [dr.jacobian, dr.value_and_jacobian])
@each("m", [1, 5, 40])
@each("n", [0, 1, 5, 8, 17, 40])
@pytest.mark.parametrize("chunk", [None, 1, 3, 8, 100])
def test_forward_calls_once_for_each_chunk_and_reverse_once(
    operator: Any, n: int, m: int, chunk: int | None, sweeps: list[int]
) -> None:
    sweeps.clear()
    x, f = np.linspace(0.0, 1.0, n), outputs(m)
    forward = operator(f, mode="forward", chunk_size=chunk)
    size = chunk or forward.plan(x).chunk
    assert f.calls == 0, "a mode that was asked for needs no call to plan"
    assert f.during(lambda: forward(x)) == max(1, ceil(n / size))
    assert sweeps == []
    reverse = operator(f, mode="reverse", chunk_size=chunk)
    assert f.during(lambda: reverse(x)) == 1
    assert len(sweeps) == ceil(m / (chunk or reverse.plan(x).block))


@pytest.mark.parametrize(("n", "m"), [(3, 500), (8, 8), (9, 1), (9, 500), (40, 1), (40, 3), (40, 40), (12, 2000)])
@pytest.mark.parametrize("chunk", [None, 4])
def test_auto_calls_at_most_once_more_and_remembers_the_number_of_outputs(n: int, m: int, chunk: int | None) -> None:
    f = outputs(m)
    x = np.linspace(0.0, 1.0, n)
    jacobian = dr.jacobian(f, chunk_size=chunk)
    first = f.during(lambda: jacobian(x))
    assert f.during(lambda: jacobian.plan(x)) == 0
    choice = jacobian.plan(x)
    needed = ceil(n / choice.chunk) if choice.mode == "forward" else 1
    probed = choice.mode == "forward" and n > (chunk or 8)
    assert first == needed + probed
    assert f.during(lambda: jacobian(x + 1)) == needed
    assert f.during(lambda: jacobian(np.append(x, np.ones(20)))) >= 1, "another shape is asked about anew"
    assert f.during(lambda: jacobian(x)) == needed


def test_plan_calls_at_most_once() -> None:
    for n, expected in ((8, 0), (9, 1), (500, 1)):
        f = outputs(3)
        jacobian = dr.jacobian(f)
        choices = [jacobian.plan(np.ones(n)) for _ in range(3)]
        assert f.calls == expected
        assert choices[0] == choices[1] == choices[2]
        assert isinstance(choices[0], dr.ModeChoice)
        assert choices[0].reason


def test_a_number_of_outputs_that_changes_is_noticed() -> None:
    m = [1]
    f = Counted(lambda x: np.stack([np.sum(x * k) for k in range(m[0])]))
    jacobian = dr.jacobian(f)
    x = np.ones(2000)
    assert jacobian(x).shape == (1, 2000)
    assert jacobian.plan(x).mode == "reverse"
    for count in (50, 2, 1):
        m[0] = count
        np.testing.assert_array_equal(jacobian(x), np.repeat(np.arange(float(count))[:, None], 2000, axis=1))
        assert f"and {count} output" in jacobian.plan(x).reason


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
@pytest.mark.parametrize("n", [3, 40])
def test_a_gradient_calls_once(n: int, mode: str) -> None:
    f, x = Counted(lambda x: np.sum(x**3)), np.ones(n)
    for operator in (dr.grad, dr.value_and_grad):
        derivative = operator(f, mode=mode)
        assert f.during(lambda d=derivative: d.plan(x)) == 0
        assert f.during(lambda d=derivative: d(x)) == (ceil(n / derivative.plan(x).chunk) if mode == "forward" else 1)


def test_the_other_operators_call_once() -> None:
    f, g, x = Counted(lambda x: np.sum(x**3)), Counted(np.sin), np.ones(20)
    assert f.during(lambda: dr.jvp(f, x, x)) == 1
    assert f.during(lambda: dr.hvp(f, x, x)) == 1
    assert f.during(lambda: dr.hessian(f)(x[:5])) == 1
    assert f.during(lambda: dr.hessian(f, chunk_size=2)(x[:5])) == 3
    assert g.during(lambda: dr.derivative(g)(1.0)) == 1
    assert g.during(lambda: dr.elementwise_grad(g)(x)) == 1
    out, pullback = dr.vjp(f, x)
    assert f.during(lambda: [pullback(1.0) for _ in range(3)]) == 0
    assert out == 20.0
