"""What auto is told of the sweeps of a compiled Jacobian: how many records they come by, and how many are reached."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

import dualrev as dr
from dualrev.reverse.numba_adjoint_sweep import LANES

N, M = 12, 6 * LANES


@njit
def apart_or_running(x: Any, running: bool) -> Any:
    y = np.empty(M)
    total = 0.0
    for k in range(M):
        product = x[k % N] * x[(k + 1) % N]
        total += product
        y[k] = total if running else product
    return y


@njit
def numbers(x: Any) -> Any:
    constant = np.exp(0.5)
    return x[0] * x[1] ** 2.5, np.sqrt(x[1]) * np.sin(x[2]) + constant


def test_all_or_few_of_the_records_are_reached() -> None:
    x = np.linspace(0.5, 1.5, N)
    operator: Any = dr.jacobian(apart_or_running).compiled
    counts = operator.tape((x, True), {})
    records = 2 * M - 1  # the first sum is its product
    assert (counts.records, counts.outputs, counts.alone, counts.calls) == (records, M, 0, 0)
    # Of six sweeps four are followed, those from the groups 0, 2, 3 and 5, and those begin at their last sums.
    tops = [2 * LANES * (group + 1) - 1 for group in (0, 2, 3, 5)]
    assert counts.passed == counts.active == sum(tops) * 6 // 4
    counts = operator.tape((x, False), {})
    assert counts.records == records
    assert counts.active == 6 * LANES < counts.passed


def test_single_outputs_are_swept_one_by_one() -> None:
    counts = dr.jacobian(numbers).compiled.tape((np.ones(3),), {})
    assert (counts.records, counts.outputs) == (2, 2)
    assert counts.calls == 2, "the power and the sine, but neither the square root nor what is a constant"
    assert (counts.alone, counts.passed, counts.active) == (2 * (2 + 3 + 1), 0, 0)
