"""The way through the house: how many files, and calls, one gradient passes when all is warm."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import dualrev as dr

ROOT = str(Path(dr.__file__).parent)


def walked(call: Callable[[], Any]) -> list[str]:
    """Return the file of each function of dualrev that a call enters, in order."""
    files: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOT):
            files.append(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return files


@pytest.mark.parametrize(
    ("f", "x", "most_files", "most_calls"),
    [
        (lambda x: np.sin(x) * x + x, 1.5, 14, 90),
        (lambda x: np.sum(np.sin(x) * x), np.array([0.5, 1.0, 1.5]), 19, 90),
    ],
    ids=["of a number", "of an array"],
)
def test_a_reverse_gradient_of_three_operations_is_a_short_walk(
    f: Callable[[Any], Any], x: Any, most_files: int, most_calls: int
) -> None:
    gradient = dr.grad(f, mode="reverse")
    for _ in range(3):
        expected = gradient(x)
    results: list[Any] = []
    files = walked(lambda: results.append(gradient(x)))
    np.testing.assert_array_equal(results, [expected])
    np.testing.assert_allclose(expected, np.cos(x) * x + np.sin(x) + (np.ndim(x) == 0))
    assert len(set(files)) <= most_files, sorted(set(files))
    assert len(files) <= most_calls
    assert {Path(name).name for name in files} >= {"operator.py", "call.py", "tape.py", "adjoint_sweep.py"}
