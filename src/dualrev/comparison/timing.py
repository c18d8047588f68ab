"""Times of functions that are to be compared: measured in turns, the fastest of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

BATCH = 5e-4
"""A function is called in a row for about this many seconds between two looks at the clock."""

QUICK = 5e-3
"""A function that takes less is called once more before each batch, to have the caches that the others took."""

MOST_ROUNDS = 200


@dataclass(frozen=True)
class Timing:
    """The time of one call.

    Attributes
    ----------
    seconds : float
        Of the fastest batch, for each call.
    runs : int
        How many calls were timed.
    """

    seconds: float
    runs: int


def fastest(functions: Sequence[Callable[[], Any]], budget: float, rounds: int = MOST_ROUNDS) -> list[Timing]:
    """Time functions in turns, so that what else the machine does falls on all of them.

    Parameters
    ----------
    functions
        Each has been called before, so that nothing is compiled any more.
    budget : float
        Seconds after which no further round begins. One round is always run.
    rounds : int
        The most rounds.

    Returns
    -------
    list of Timing

    Examples
    --------
    >>> from dualrev.comparison.timing import fastest
    >>> [timing.runs for timing in fastest([lambda: sum(range(100_000))], budget=0.0)]
    [1]
    """
    end = perf_counter() + budget
    best = [_batch(function, 1) for function in functions]
    loops = [max(1, int(BATCH / max(seconds, 1e-9))) for seconds in best]
    runs = [1] * len(functions)
    order = list(enumerate(functions))
    for _ in range(rounds):
        if perf_counter() >= end:
            break
        order.reverse()  # each comes after each of its neighbours: what one leaves behind in the caches falls on both
        for n, function in order:
            if best[n] < QUICK:
                function()
            best[n] = min(best[n], _batch(function, loops[n]))
            runs[n] += loops[n]
    return [Timing(seconds, count) for seconds, count in zip(best, runs, strict=True)]


def _batch(function: Callable[[], Any], loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        function()
    return (perf_counter() - start) / loops
