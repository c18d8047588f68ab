"""The catalogue of coverage: every public function has one place, and what it says is so."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.primitives.array import COMPOSITES, RULES
from dualrev.primitives.array.constant import CONSTANT, REFUSED
from dualrev.verification.coverage import (
    COVERED,
    FLAT,
    MADE,
    MISSING,
    MODULES,
    NO_RULE,
    PLAIN,
    REASONS,
    ROW,
    RULE,
    coverage,
)

ENTRIES = {module: {entry.name: entry for entry in coverage(module)} for module in MODULES}
X = np.array([0.3, 0.5, 0.2])


@pytest.mark.parametrize("module", ["numpy", "numpy.linalg", "numpy.fft", "numpy.emath"])
def test_of_numpy_nothing_is_left_without_a_reason(module: str) -> None:
    assert [name for name, entry in ENTRIES[module].items() if entry.note == NO_RULE] == []
    assert [name for name, entry in ENTRIES[module].items() if entry.status == MISSING and not entry.note] == []


def test_most_is_covered() -> None:
    counts = {module: sum(e.status in COVERED for e in entries.values()) for module, entries in ENTRIES.items()}
    assert counts["numpy"] >= 210
    assert counts["numpy.linalg"] >= 29
    assert counts["numpy.fft"] >= 16
    assert counts["scipy.special"] >= 80


@pytest.mark.parametrize("module", MODULES)
def test_every_reason_is_that_of_a_function_which_needs_one(module: str) -> None:
    for status, note, names in REASONS.get(module, ()):
        for pattern in names.split():
            found = [entry for name, entry in ENTRIES[module].items() if fnmatchcase(name, pattern)]
            assert any((entry.status, entry.note) == (status, note) for entry in found), pattern


def test_the_tables_of_functions_without_derivatives_hold_no_others() -> None:
    for table in (CONSTANT, REFUSED):
        assert not [f.__name__ for f in table if f in RULES or f in COMPOSITES]


CALLS: dict[str, Any] = {
    "polydiv": lambda f, x: f(x, x),
    "polyfit": lambda f, x: f(x, x, 1),
    "power": lambda f, x: f(x, 2),
    "logn": lambda f, x: f(2, x),
}
EXAMPLES = ["poly", "roots", "polyfit", "polydiv", "frexp", "sort_complex", "unique_counts", "invert"]


@pytest.mark.parametrize("name", [*EXAMPLES, *(f"emath.{n}" for n in ("arccos", "power", "logn"))])
def test_the_error_names_the_function_and_the_way_out(name: str) -> None:
    module, _, short = name.rpartition(".")
    function = getattr(np.emath if module else np, short)
    with pytest.raises(dr.errors.MissingRuleError, match=rf"{short} has no derivative rule: .*(Use|Give)"):
        dr.jacobian(lambda x: CALLS.get(short, lambda f, x: f(x))(function, x))(X)


def test_the_error_of_an_unknown_function_points_to_the_page() -> None:
    def unheard_of(x: Any) -> Any:
        return x

    function = np._core.overrides.array_function_dispatch(lambda x: (x,), verify=False)(unheard_of)
    with pytest.raises(dr.errors.MissingRuleError, match=r"unheard_of has no derivative rule.*docs/coverage.md"):
        dr.jacobian(function)(X)


@pytest.mark.parametrize("name", ["array", "asarray", "ascontiguousarray", "require"])
def test_what_holds_active_numbers_is_differentiated(name: str) -> None:
    assert ENTRIES["numpy"][name].status in COVERED
    found = dr.jacobian(lambda x: getattr(np, name)([x[0] * x[1], x[2]]))(X)
    np.testing.assert_array_equal(np.reshape(found, (2, 3)), [[X[1], X[0], 0.0], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("tanh", ROW),
        ("sort", RULE),
        ("ptp", MADE),
        ("floor", FLAT),
        ("argsort", FLAT),
        ("diag_indices", PLAIN),
        ("zeros", MADE),
    ],
)
def test_statuses(name: str, status: str) -> None:
    assert ENTRIES["numpy"][name].status == status


def test_scipy_functions_that_are_reached_by_dualrev_s_own_names() -> None:
    assert ENTRIES["scipy.special"]["logsumexp"].note == "as dualrev.special.logsumexp"
    assert ENTRIES["scipy.linalg"]["expm"].note == "as dualrev.linalg.expm"
    assert ENTRIES["scipy.special"]["erf"].status == "a row"
