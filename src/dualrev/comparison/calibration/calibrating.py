"""The measurement of the cost constants by which auto decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from dualrev.auto.choice import choose_mode
from dualrev.auto.costs import (
    COMPILED,
    SHIPPED,
    ArrayWork,
    CompiledCosts,
    CompiledWork,
    CostConstants,
    Multiples,
    cost,
)
from dualrev.comparison._timing import Stopwatch
from dualrev.comparison.calibration._families import Case, cases
from dualrev.comparison.calibration._fitting import choice_fit, optimize
from dualrev.comparison.sweeps.families import FAMILIES, Family
from dualrev.operators import blocks
from dualrev.operators.call import Point
from dualrev.operators.fundamental import Pullback
from dualrev.operators.operator import Jacobian

LONGEST = 0.1
"""Seconds beyond which a case is left out, as the shipped constants or a trial predict."""

Constants = TypeVar("Constants", CostConstants, CompiledCosts)

Paid = tuple[Multiples, Multiples]
"""How often forward and reverse mode pay each constant."""

Pair = tuple[Paid, tuple[float, float]]
"""That, and the microseconds that they take."""

COMPILED_SIZES = (
    *((12, 3), (12, 100), (30, 1), (30, 30), (30, 300), (100, 3), (100, 100), (100, 1000)),
    *((300, 30), (300, 300), (300, 1000), (1000, 10), (1000, 300), (1000, 1000)),
)
"""Where the modes of compiled functions are close, and around there."""


@dataclass(frozen=True)
class Calibration:
    """The measurements of a calibration.

    Attributes
    ----------
    constants : CostConstants
    measurements : int
        How many times were fitted.
    error : float
        Median of the relative differences of predicted and measured times; 0 without measurements.
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
    are those that predict best which of the two is the faster. Nothing is stored; `dualrev calibrate` does that.

    Parameters
    ----------
    budget : float
        Seconds to spend on timing.
    compiled : bool
        Whether to measure compiled functions, too. Their constants are the shipped ones otherwise.
    progress : callable, optional
        Called with a phrase for each function.

    Raises
    ------
    MissingExtraError
        If SciPy is not installed, whose least squares fit the constants.

    Examples
    --------
    >>> from dualrev.comparison.calibration.calibrating import calibrate
    >>> calibrate(budget=0.0, compiled=False).constants.forward > 0
    True
    """
    optimize()  # asked for before anything is measured
    end = perf_counter() + budget
    pairs: list[Pair] = []
    pending = cases()
    for number, case in enumerate(pending):
        if progress is not None:
            progress(f"{number + 1} of {len(pending)}: {case.name}, n = {case.n}, m = {case.m}")
        pairs += _pair(case, max(0.0, end - perf_counter()) / (len(pending) - number))
    constants = _fitted(pairs, SHIPPED)
    off = [abs(cost(paid, constants) / time - 1.0) for pair in pairs for paid, time in zip(*pair, strict=True)]
    more = _compiled_pairs(budget, progress) if compiled else []
    return Calibration(
        constants, 2 * (len(pairs) + len(more)), float(np.median(off)) if off else 0.0, _fitted(more, COMPILED)
    )


def _fitted(pairs: list[Pair], known: Constants) -> Constants:
    """Return the constants that fit what was measured; those that are known where nothing was."""
    if not pairs:
        return known
    names = [field.name for field in fields(known)]
    forward, reverse = (np.array([[paid[k].get(name, 0.0) for name in names] for paid, _ in pairs]) for k in (0, 1))
    times = np.array([times for _, times in pairs])
    found = map(float, choice_fit(forward, reverse, times[:, 0], times[:, 1]))
    return type(known)(**dict(zip(names, found, strict=True)))


def _pair(case: Case, budget: float) -> list[Pair]:
    point = Point(case.f, (case.x,), {}, 0)
    _, operations, elements = Pullback.at(point).counts
    choice = choose_mode(case.n, case.m, chunk_size=case.chunk_size, operations=operations, elements=elements)
    work = ArrayWork(operations, elements)
    paid = (work.forward(case.n, case.m, choice.chunk), work.reverse(case.n, case.m, choice.block))
    return _timed((partial(_forward, case, choice.chunk), partial(_reverse, case, choice.block)), paid, SHIPPED, budget)


def _compiled_pairs(budget: float, progress: Callable[[str], None] | None) -> list[Pair]:
    pairs = []
    pending = [(family, n, m) for family in compiled_families() for n, m in COMPILED_SIZES]
    for number, (family, n, m) in enumerate(pending):
        if progress is not None:
            progress(f"compiled, {number + 1} of {len(pending)}: {family.name}, n = {n}, m = {m}")
        # Compiling takes what it takes: each function is given its share of the budget all the same.
        pairs += _compiled_pair(family, n, m, max(0.0, 0.5 * budget / len(pending)))
    return pairs


def _compiled_pair(family: Family, n: int, m: int, budget: float) -> list[Pair]:
    from dualrev.compiled.drivers.forward import WIDEST
    from dualrev.reverse.numba_adjoint_sweep import LANES

    args, operators = family.at(n, m), [Jacobian(family.compiled, mode=mode) for mode in ("forward", "reverse")]
    operator: Any = operators[0].compiled
    counts = operator.tape(args, {})
    swept = (counts.alone, counts.passed, counts.active)
    work = CompiledWork(counts.records, counts.words(n), counts.calls, swept)
    paid = (work.forward(n, m, WIDEST), work.reverse(n, m, LANES))
    return _timed([partial(operator, *args) for operator in operators], paid, COMPILED, budget)


def _timed(
    functions: Sequence[Callable[[], Any]], paid: Paid, known: CostConstants | CompiledCosts, budget: float
) -> list[Pair]:
    """Return what both modes pay, and take; nothing if one of them takes too long."""
    if any(cost(multiples, known) * 1e-6 > LONGEST for multiples in paid):
        return []
    if any(_warm_seconds(function) > LONGEST for function in functions):
        return []
    forward, reverse = [timing.fastest * 1e6 for timing in Stopwatch(functions).run(budget)]
    return [(paid, (forward, reverse))]


def _warm_seconds(function: Callable[[], Any]) -> float:
    """Return the time of a call after the first, in which kernels may be compiled."""
    function()
    start = perf_counter()
    function()
    return perf_counter() - start


def _forward(case: Case, chunk: int) -> Any:
    return blocks.forward(Point(case.f, (case.x,), {}, 0), chunk)


def _reverse(case: Case, block: int) -> Any:
    point = Point(case.f, (case.x,), {}, 0)
    return blocks.reverse(point, Pullback.at(point), block)


def compiled_families() -> list[Family]:
    """Return the functions that compiled code is measured on."""
    return list(FAMILIES.values())
