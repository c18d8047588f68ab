"""Shadows: arrays of adjoints, which are views, choices and exchanges of each other as the arrays are."""

from __future__ import annotations

from typing import Any

import numpy as np
from adjoint_stages import stages

from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._shadows import shadows

X = np.array([0.3, 0.8, 0.5])


def _lines(body: str, *arguments: Any) -> list[str]:
    made = stages(f"def f(x, n):\n    {body}", *(arguments or (X, 1)))
    lines = Lines()
    shadows(lines, made.program.body, made.facts, made.activity)
    return [line.indented.strip() for line in lines.lines]


def test_an_array_that_the_function_makes() -> None:
    assert _lines("y = np.empty(2)\n    y[0] = x[n]\n    return y[0]") == ["y_b = np.zeros(y.shape, np.float64)"]


def test_an_array_without_an_adjoint_has_none() -> None:
    assert _lines("y = np.empty(2)\n    y[0] = 2.0\n    return y[0] * x[n]") == []


def test_a_view() -> None:
    assert _lines("v = x[n:]\n    return v[0] * v[1]") == ["x_2_b = x_b[n:]"]


def test_a_choice_between_two_arrays() -> None:
    lines = _lines("y = 2.0 * x\n    if n > 0:\n        z = y\n    else:\n        z = x\n    return z[0]")
    assert lines[-3:] == ["z_b = y_b", "else:", "z_b = x_b"]
