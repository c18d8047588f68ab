"""The measurement of the cost constants by which auto decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from dualrev import jacobians
from dualrev.comparison.families import Case, cases
from dualrev.comparison.fitting import relative_fit
from dualrev.comparison.timing import Stopwatch
from dualrev.costs import SHIPPED, CostConstants, Multiples, cost, forward_multiples, reverse_multiples
from dualrev.modes import choose_mode
from dualrev.operators import Pullback
from dualrev.point import Point

LONGEST = 0.1
"""What takes more seconds than this, by the shipped constants or by a trial, is left out."""

NAMES = [field.name for field in fields(CostConstants)]


@dataclass(frozen=True)
class Calibration:
    """What was measured.

    Attributes
    ----------
    constants : CostConstants
    measurements : int
        How many times were fitted.
    error : float
        Median of the relative differences of predicted and measured times.
    """

    constants: CostConstants
    measurements: int
    error: float


def calibrate(*, budget: float = 20.0, progress: Callable[[str], None] | None = None) -> Calibration:
    """Measure the cost constants on this machine.

    Forward and reverse mode are timed on functions of several kinds and sizes, and the constants are those that predict
    the times best. Nothing is stored; `dualrev calibrate` does that.

    Parameters
    ----------
    budget : float
        Seconds to spend on timing.
    progress : callable, optional
        Called with a phrase for each function.

    Examples
    --------
    >>> from dualrev.comparison.calibrating import calibrate
    >>> calibrate(budget=0.0).constants.forward > 0
    True
    """
    end = perf_counter() + budget
    measured: list[tuple[Multiples, float]] = []
    pending = cases()
    for number, case in enumerate(pending):
        if progress is not None:
            progress(f"{number + 1} of {len(pending)}: {case.name}, n = {case.n}, m = {case.m}")
        measured += _measured(case, max(0.0, end - perf_counter()) / (len(pending) - number))
    a = np.array([[multiples.get(name, 0.0) for name in NAMES] for multiples, _ in measured])
    times = np.array([seconds for _, seconds in measured]) * 1e6
    constants = CostConstants(**dict(zip(NAMES, map(float, relative_fit(a, times)), strict=True)))
    predicted = np.array([cost(multiples, constants) for multiples, _ in measured])
    return Calibration(constants, len(measured), float(np.median(np.abs(predicted / times - 1.0))))


def _measured(case: Case, budget: float) -> list[tuple[Multiples, float]]:
    point = Point(case.f, (case.x,), {}, 0)
    pullback = Pullback(point.call, point.leaves, point.name)
    operations, elements = max(pullback.tape.operations, 1), pullback.tape.elements
    choice = choose_mode(case.n, case.m, chunk_size=case.chunk_size, operations=operations, elements=elements)
    sizes = (operations, elements)
    modes = [
        (partial(_forward, case, choice.chunk), forward_multiples(case.n, case.m, choice.chunk, *sizes)),
        (partial(_reverse, case, choice.block), reverse_multiples(case.n, case.m, choice.block, *sizes)),
    ]
    quick = [
        (function, multiples)
        for function, multiples in modes
        if cost(multiples, SHIPPED) * 1e-6 <= LONGEST and _warm_seconds(function) <= LONGEST
    ]
    timings = Stopwatch([function for function, _ in quick]).run(budget)
    return [(multiples, timing.fastest) for (_, multiples), timing in zip(quick, timings, strict=True)]


def _warm_seconds(function: Callable[[], Any]) -> float:
    """Return the time of a call after the first, in which kernels may be compiled."""
    function()
    start = perf_counter()
    function()
    return perf_counter() - start


def _forward(case: Case, chunk: int) -> Any:
    return jacobians.forward(Point(case.f, (case.x,), {}, 0), chunk)


def _reverse(case: Case, block: int) -> Any:
    point = Point(case.f, (case.x,), {}, 0)
    return jacobians.reverse(point, Pullback(point.call, point.leaves, point.name), block)
