"""Loops that end when nothing changes drop the derivative: `verify`, `compare` and `check_grads` find it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr


def series(x: Any) -> Any:
    """(1 - cos(sqrt(x))) / x, by its series."""
    total, term, k = 0.5, -x / 24, 1
    while total + term != total:
        total, k = total + term, k + 1
        term = (-x) ** k / math.gamma(2 * k + 3)
    return total


def cube_root(a: Any) -> Any:
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if middle**3 < a:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit
def compiled_series(x):
    total, term, k = 0.5, -x / 24, 1
    while total + term != total:
        total, k = total + term, k + 1
        term = (-x) ** k / math.gamma(2 * k + 3)
    return total


@njit
def compiled_cube_root(a):
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if middle**3 < a:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


CASES = [(series, 0.0), (cube_root, 2.0), (compiled_series, 0.0), (compiled_cube_root, 2.0)]
names = [f.__name__ for f, _ in CASES]


@pytest.mark.parametrize(("f", "at"), CASES, ids=names)
def test_verify_and_check_grads_find_it(f: Any, at: float) -> None:
    assert dr.derivative(f)(at) == 0.0
    found = dr.verify(f, at)
    assert not found
    assert "central differences" in found.verdict
    assert any("implicit_root" in note for note in found.notes)
    with pytest.raises(AssertionError):
        dr.check_grads(f, (at,), order=1)


@pytest.mark.parametrize(
    ("f", "at"), [*CASES[:2], pytest.param(*CASES[2], marks=pytest.mark.exhaustive)], ids=names[:3]
)
def test_compare_says_that_differences_contradict_it(f: Any, at: float) -> None:
    assert "All differences contradict the derivative" in " ".join(str(dr.compare(f, at, budget=0.02)).split())
    away = dr.compare(f, 5.0, budget=0.02) if f is not cube_root else dr.compare(np.sin, 1.0, budget=0.02)
    assert "contradict" not in str(away)


def test_an_implicit_root_keeps_the_derivative() -> None:
    root = dr.implicit_root(lambda z, a: z**3 - a, cube_root)
    assert dr.verify(root, 2.0)


def test_values_whose_differences_are_lost_say_nothing_against_a_derivative() -> None:
    for at in (1e-160, 1e-12, -1e-200):
        assert dr.verify(lambda x: x**2, at)
        assert dr.verify(lambda x: x**3, at, order=2)
        dr.check_grads(lambda x: x**2, (at,))
    assert not dr.verify(lambda x: x * dr.stop_gradient(x), 1.0)
    assert "kink" in dr.verify(np.abs, 0.0).verdict
