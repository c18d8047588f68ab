"""The measurement of the cost constants by which auto decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from dualrev import jacobians
from dualrev.api import Jacobian
from dualrev.comparison.families import Case, cases
from dualrev.comparison.fitting import choice_fit, relative_fit
from dualrev.comparison.sweep_families import FAMILIES, Family
from dualrev.comparison.timing import Stopwatch
from dualrev.costs import (
    COMPILED,
    SHIPPED,
    CompiledCosts,
    CostConstants,
    Multiples,
    compiled_forward_multiples,
    compiled_reverse_multiples,
    cost,
    forward_multiples,
    reverse_multiples,
)
from dualrev.modes import choose_mode
from dualrev.operators import Pullback
from dualrev.point import Point

LONGEST = 0.1
"""What takes more seconds than this, by the shipped constants or by a trial, is left out."""

NAMES = [field.name for field in fields(CostConstants)]
COMPILED_NAMES = [field.name for field in fields(CompiledCosts)]

COMPILED_SIZES = (
    *((12, 3), (12, 100), (30, 1), (30, 30), (30, 300), (100, 3), (100, 100), (100, 1000)),
    *((300, 30), (300, 300), (300, 1000), (1000, 10), (1000, 300), (1000, 1000)),
)
"""Where the modes of compiled functions are close, and around there."""


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
    compiled : CompiledCosts
    """

    constants: CostConstants
    measurements: int
    error: float
    compiled: CompiledCosts = COMPILED


def calibrate(
    *, budget: float = 20.0, compiled: bool = True, progress: Callable[[str], None] | None = None
) -> Calibration:
    """Measure the cost constants on this machine.

    Forward and reverse mode are timed on functions of several kinds and sizes, interpreted and compiled. The constants
    of interpreted functions are those that predict the times best, those of compiled ones predict best which is the
    shorter. Nothing is stored; `dualrev calibrate` does that.

    Parameters
    ----------
    budget : float
        Seconds to spend on timing.
    compiled : bool
        Whether to measure compiled functions, too. Their constants are the shipped ones otherwise.
    progress : callable, optional
        Called with a phrase for each function.

    Examples
    --------
    >>> from dualrev.comparison.calibrating import calibrate
    >>> calibrate(budget=0.0, compiled=False).constants.forward > 0
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
    error = float(np.median(np.abs(predicted / times - 1.0)))
    found, more = _compiled(budget, progress) if compiled else (COMPILED, 0)
    return Calibration(constants, len(measured) + more, error, found)


def _compiled(budget: float, progress: Callable[[str], None] | None) -> tuple[CompiledCosts, int]:
    """Return the constants of compiled functions, and how many times they were fitted to."""
    pairs: list[tuple[Multiples, Multiples, float, float]] = []
    pending = [(family, n, m) for family in compiled_families() for n, m in COMPILED_SIZES]
    for number, (family, n, m) in enumerate(pending):
        if progress is not None:
            progress(f"compiled, {number + 1} of {len(pending)}: {family.name}, n = {n}, m = {m}")
        # Compiling takes what it takes: each function is given its share of the budget all the same.
        pairs += _compiled_pair(family, n, m, max(0.0, 0.5 * budget / len(pending)))
    if not pairs:
        return COMPILED, 0
    forward, reverse = (
        np.array([[pair[k].get(name, 0.0) for name in COMPILED_NAMES] for pair in pairs])  # type: ignore[union-attr]
        for k in (0, 1)
    )
    times = np.array([pair[2:] for pair in pairs], dtype=np.float64)
    found = choice_fit(forward, reverse, times[:, 0], times[:, 1])
    return CompiledCosts(**dict(zip(COMPILED_NAMES, map(float, found), strict=True))), 2 * len(pairs)


def _compiled_pair(family: Family, n: int, m: int, budget: float) -> list[tuple[Multiples, Multiples, float, float]]:
    from dualrev.compiled.calls import words_of_blocks
    from dualrev.compiled.forward_driver import WIDEST
    from dualrev.reverse.numba_sweep import LANES

    args, operators = family.at(n, m), [Jacobian(family.compiled, mode=mode) for mode in ("forward", "reverse")]
    operator: Any = operators[0].compiled
    records, memory, _ = operator.tape(args, {})
    length, words = records + n + 1, words_of_blocks(records, memory, n)
    paid = (
        compiled_forward_multiples(n, m, WIDEST, length, words),
        compiled_reverse_multiples(n, m, LANES, length, words),
    )
    if any(cost(multiples, COMPILED) * 1e-6 > LONGEST for multiples in paid):
        return []
    functions = [partial(operator, *args) for operator in operators]
    if any(_warm_seconds(function) > LONGEST for function in functions):
        return []
    times = [timing.fastest * 1e6 for timing in Stopwatch(functions).run(budget)]
    return [(*paid, times[0], times[1])]


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


def compiled_families() -> list[Family]:
    """Return the functions that compiled code is measured on."""
    return list(FAMILIES.values())
