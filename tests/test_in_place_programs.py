"""Random programs that write in place: both modes and nested ones against plain NumPy with a complex step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_place_programs import STEPS, Program, complex_step, run, valid

import dualrev as dr

X = np.array([[0.3, -0.6, 0.9], [0.5, 0.2, -0.4]])
_numbers = st.integers(0, 7)
programs = st.lists(st.tuples(st.integers(0, STEPS - 1), _numbers, _numbers, _numbers), min_size=1, max_size=12)


def drawn(seed: int, length: int = 10) -> Program:
    """Return a program of random steps that NumPy can do."""
    numbers = np.random.default_rng(seed).integers(0, [STEPS, 8, 8, 8], (6 * length, 4))
    return valid([tuple(map(int, row)) for row in numbers], X)[:length]


def error(program: Program, mode: str) -> float:
    """Return how far a program's value and Jacobian are from NumPy's and the complex step's."""
    value, jacobian = dr.value_and_jacobian(lambda x: run(program, x), mode=mode)(X)
    expected, there = run(program, X), complex_step(program, X)
    if value.shape != expected.shape:
        return np.inf
    far = np.max(np.abs(jacobian - there)) / (1.0 + np.max(np.abs(there)))
    return float(max(far, np.max(np.abs(value - expected))))


@settings(max_examples=120, deadline=None)
@given(programs)
def test_both_modes_agree_with_the_complex_step(steps: Program) -> None:
    program, before = valid(steps, X), X.copy()
    for mode in ("forward", "reverse"):
        assert error(program, mode) < 1e-13
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("seed", range(12))
def test_nested_derivatives_of_programs(seed: int) -> None:
    program = drawn(seed)

    def f(x: Any) -> Any:
        return np.sum(np.sin(run(program, x)))

    steps = 1e-5 * np.eye(X.size).reshape(-1, *X.shape)
    gradient = dr.grad(f, mode="reverse")
    expected = np.stack([(gradient(X + h) - gradient(X - h)) / 2e-5 for h in steps], axis=-1).reshape(X.shape * 2)
    for outer, inner in (
        ("forward", "reverse"),
        ("reverse", "reverse"),
        ("forward", "forward"),
        ("reverse", "forward"),
    ):
        found = dr.jacobian(dr.grad(f, mode=inner), mode=outer)(X)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * (1.0 + np.max(np.abs(expected))))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_single_precision_stays_single(mode: str) -> None:
    for seed in range(4):
        program = drawn(seed)
        value, jacobian = dr.value_and_jacobian(lambda x, p=program: run(p, x), mode=mode)(X.astype(np.float32))
        assert value.dtype == jacobian.dtype == np.float32
        expected = complex_step(program, X)
        np.testing.assert_allclose(jacobian, expected, rtol=1e-3, atol=1e-4 * (1.0 + np.max(np.abs(expected))))


def _broken(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    from dualrev.active._in_place import storage
    from dualrev.forward import dual
    from dualrev.reverse import var

    if fault == "views that nobody knows of":
        monkeypatch.setattr(dual, "tie", lambda *_: None)
        monkeypatch.setattr(var, "tie", lambda *_: None)
    elif fault == "writes to what was recorded":
        monkeypatch.setattr(storage, "_sole", lambda *_: True)
    else:
        monkeypatch.setattr(storage.Storage, "write", _forgetful(storage.Storage.write))


def _forgetful(write: Any) -> Any:
    def keep(self: Any, *args: Any) -> None:
        cells = [(cell, list(cell)) for cell in self.cells]
        write(self, *args)
        for cell, content in cells:
            cell.extend(content)

    return keep


@pytest.mark.parametrize(
    "fault",
    ["views that nobody knows of", "writes to what was recorded", "readings that outlive a write"],
)
def test_the_programs_find_errors(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = [drawn(seed) for seed in range(40)]
    assert all(error(program, mode) < 1e-13 for program in programs for mode in ("forward", "reverse"))
    _broken(monkeypatch, fault)
    found = 0
    for program in programs:
        try:
            found += error(program, "reverse") > 1e-6
        except (ValueError, TypeError, IndexError):
            found += 1
    assert found >= 3
