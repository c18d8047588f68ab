"""The calibration: its least squares, what it stores, and what auto does with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest

import dualrev as dr
from dualrev.auto import calibration
from dualrev.auto.choice import ModeChoice, choose
from dualrev.auto.costs import (
    COMPILED,
    SHIPPED,
    ArrayWork,
    CompiledCosts,
    CompiledWork,
    CostConstants,
    cost,
)
from dualrev.comparison.calibration import calibrating
from dualrev.comparison.calibration._families import cases, numbers, total
from dualrev.comparison.calibration._fitting import choice_fit, relative_fit
from dualrev.comparison.sweeps.families import FAMILIES
from dualrev.operators.operator import Jacobian


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep calibrations in a folder of their own."""
    monkeypatch.setenv("DUALREV_CONFIG_DIR", str(tmp_path))
    calibration.forget()
    yield tmp_path
    calibration.forget()


def test_scipy_is_asked_for_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    measured: list[str] = []
    with pytest.raises(dr.errors.MissingExtraError, match=r"a calibration needs SciPy.*\[scipy\]"):
        calibrating.calibrate(progress=measured.append)
    assert measured == []


def test_a_column_of_zeros_gets_nothing() -> None:
    assert list(relative_fit(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([3.0, 6.0]))) == [pytest.approx(3.0), 0.0]


def test_a_disturbed_measurement_does_not_spoil_the_fit() -> None:
    a = np.arange(1.0, 41.0)[:, None]
    times = 2.0 * a[:, 0]
    times[7] *= 50.0
    assert relative_fit(a, times)[0] == pytest.approx(2.0, rel=0.01)


def test_the_constants_are_recovered_from_predicted_times() -> None:
    rows, times = [], []
    for case in cases():
        for operations in (3, 20):
            elements = operations * max(case.n, case.m)
            for multiples in (
                ArrayWork(operations, elements).forward(case.n, case.m, min(case.n, 16)),
                ArrayWork(operations, elements).reverse(case.n, case.m, min(case.m, 16)),
            ):
                rows.append([multiples.get(field.name, 0.0) for field in fields(CostConstants)])
                times.append(cost(multiples, SHIPPED))
    predicted = np.array(rows) @ relative_fit(np.array(rows), np.array(times))
    np.testing.assert_allclose(predicted, times, rtol=0.05)


def test_a_calibration_of_two_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "cases", lambda: [total(30, 2), numbers(3, 4)])
    monkeypatch.setattr(calibrating, "compiled_families", list)
    told: list[str] = []
    found = calibrating.calibrate(budget=0.0, progress=told.append)
    assert found.measurements == 4
    assert all(value >= 0.0 for value in asdict(found.constants).values())
    assert told == ["1 of 2: sum, n = 30, m = 1", "2 of 2: loop over numbers, n = 3, m = 4"]


def test_what_would_take_too_long_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "cases", lambda: [total(100_000, 4)])
    monkeypatch.setattr(calibrating, "compiled_families", list)
    found = calibrating.calibrate(budget=0.0)
    assert found.measurements == 0
    assert found.constants is SHIPPED


def test_every_case_has_the_sizes_it_says() -> None:
    for case in cases():
        assert np.size(case.f(case.x)) == case.m
        assert case.x.size == case.n


def test_stored_constants_are_those_that_auto_uses(folder: Path) -> None:
    assert calibration.current_constants() is SHIPPED
    matrix = np.ones((20, 20))
    x = np.ones(20)
    assert Jacobian(lambda x: np.tanh(matrix @ x)).plan(x).mode == "forward"
    free_tape = CostConstants(recording=0.0, record=0.0, record_element=0.0, sweep=0.0, pull=0.0)
    path = calibration.store(free_tape)
    assert path == folder / "calibration.json"
    assert calibration.current_constants() == free_tape
    assert Jacobian(lambda x: np.tanh(matrix @ x)).plan(x).mode == "reverse"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"interpreted": {"forward": "much"}}'])
def test_a_broken_calibration_says_what_to_do(folder: Path, text: str) -> None:
    (folder / "calibration.json").write_text(text, encoding="utf-8")
    with pytest.raises(dr.errors.CalibrationError, match="run `dualrev calibrate` again"):
        calibration.current_constants()


def test_every_constant_counts_in_one_mode_or_both() -> None:
    names = {field.name for field in fields(CostConstants)}
    forward, reverse = ArrayWork(5, 7).forward(3, 2, 3), ArrayWork(5, 7).reverse(3, 2, 2)
    assert forward.keys() | reverse.keys() == names
    ones = CostConstants(**dict.fromkeys(names, 1.0))
    assert cost(forward, ones) == 1 + 5 + 7 + 21 + 9 + 6
    assert cost(reverse, ones) == 1 + 5 + 7 + 1 + 5 + 14 + 4 + 6


@pytest.mark.exhaustive
def test_a_calibration_of_a_compiled_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "cases", lambda: [numbers(3, 4)])
    monkeypatch.setattr(calibrating, "compiled_families", lambda: [FAMILIES["running"]])
    monkeypatch.setattr(calibrating, "COMPILED_SIZES", ((12, 3), (30, 30), (20, 1)))
    told: list[str] = []
    found = calibrating.calibrate(budget=0.0, progress=told.append)
    assert found.measurements == 2 + 6
    assert told[1:] == [
        f"compiled, {k} of 3: running, n = {n}, m = {m}" for k, (n, m) in enumerate(((12, 3), (30, 30), (20, 1)), 1)
    ]
    assert all(value >= 0.0 for value in asdict(found.compiled).values())
    assert found.compiled != COMPILED


def test_the_fit_that_chooses_recovers_the_choices() -> None:
    names = [field.name for field in fields(CompiledCosts)]
    rows = []
    for n in (12, 30, 100, 300, 1000):
        for m in (1, 3, 10, 100, 1000):
            for records, words in ((max(n, m), 0), (n * m, 0), (m, n * m)):
                pair = (
                    CompiledWork(records, words).forward(n, m, 8),
                    CompiledWork(records, words).reverse(n, m, 8),
                )
                rows.append([[multiples.get(name, 0.0) for name in names] for multiples in pair])
    forward, reverse = np.array(rows).transpose(1, 0, 2)
    true = np.array([getattr(COMPILED, name) for name in names])
    found = choice_fit(forward, reverse, forward @ true, reverse @ true)
    ratio, expected = (forward @ found) / (reverse @ found), (forward @ true) / (reverse @ true)
    wrong = (ratio > 1) != (expected > 1)
    assert np.max(np.maximum(expected, 1 / expected)[wrong], initial=1.0) < 1.3
    assert np.median(np.abs(np.log(ratio / expected))) < 0.15


def test_compiled_costs_are_stored_and_used(folder: Path) -> None:
    def chosen() -> ModeChoice:
        return choose(100, 1, 8, 8, CompiledWork(100), calibration.current_compiled_costs(), False)

    assert calibration.current_compiled_costs() is COMPILED
    calibration.store(SHIPPED)
    assert calibration.current_compiled_costs() is COMPILED, "a file of interpreted constants alone is read, too"
    assert chosen().mode == "reverse"
    calibration.store(SHIPPED, CompiledCosts(reverse_call=1e9))
    assert calibration.current_compiled_costs() == CompiledCosts(reverse_call=1e9)
    assert chosen().mode == "forward"


def test_the_file_holds_plain_numbers(folder: Path) -> None:
    calibration.store(SHIPPED)
    stored = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert stored["interpreted"] == asdict(SHIPPED)
