"""Times of functions that are to be compared: measured in turns, with their spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from time import perf_counter
from typing import Any

import numpy as np

BATCH = 5e-4
"""A function is called in a row for about this many seconds between two looks at the clock."""

QUICK = 5e-3
"""A function that takes less is called once more before each batch, to have the caches that the others took."""

MOST_ROUNDS = 200

NOISY = 0.25
"""A spread over the median from which on a machine is called noisy."""

WILD = 1.0
"""A spread over the median from which on a time says nothing about how many times longer another is."""

FEWEST = 5
"""Batches from which on quartiles say something."""

UNKNOWN = 2.0
"""How many times longer a time has to be than another for the two to differ, where a spread is not known."""


@dataclass(frozen=True)
class Timing:
    """The time of one call, from several batches of calls.

    Attributes
    ----------
    seconds : float
        The median; NaN if nothing was timed.
    low, high : float
        The quartiles: half of the batches lie between them.
    fastest : float
        The fastest batch, which what else the machine did disturbed least.
    runs : int
        How many calls were timed.
    batches : int
        How many batches they came in.
    """

    seconds: float
    low: float
    high: float
    fastest: float
    runs: int
    batches: int

    @classmethod
    def of(cls, samples: Sequence[float], runs: int) -> Timing:
        """Return what samples say, each the time of a call in one batch.

        Examples
        --------
        >>> Timing.of([1.0, 2.0, 3.0, 4.0, 100.0], 5)
        Timing(seconds=3.0, low=2.0, high=4.0, fastest=1.0, runs=5, batches=5)
        """
        if not samples:
            return cls(nan, nan, nan, inf, 0, 0)
        low, middle, high = map(float, np.percentile(samples, (25, 50, 75)))
        return cls(middle, low, high, min(samples), runs, len(samples))

    @property
    def noisy(self) -> bool:
        """Whether the quartiles are so far apart that small differences mean nothing."""
        return self.batches >= FEWEST and self.high - self.low > NOISY * self.seconds

    @property
    def wild(self) -> bool:
        """Whether the quartiles are so far apart that no factor can be told."""
        return self.batches >= FEWEST and self.high - self.low > WILD * self.seconds

    def differs_from(self, other: Timing) -> bool:
        """Whether the ranges between the quartiles of two times do not overlap; of few batches, whether one is double.

        Examples
        --------
        >>> once, again, slow = (Timing(t, t, t, t, 1, 1) for t in (1.0, 1.1, 3.0))
        >>> once.differs_from(again), once.differs_from(slow)
        (False, True)
        """
        if min(self.batches, other.batches) < FEWEST:
            short, long = sorted((self.seconds, other.seconds))
            return long > UNKNOWN * short
        return self.high < other.low or other.high < self.low

    def over(self, other: Timing) -> float:
        """Return how many times longer this is than another; NaN where noise, or no time, says nothing of it.

        Examples
        --------
        >>> calm, wild = Timing(2.0, 1.9, 2.1, 1.8, 9, 9), Timing(1.0, 0.1, 5.0, 0.1, 9, 9)
        >>> calm.over(calm), calm.over(wild)
        (1.0, nan)
        """
        return nan if self.wild or other.wild or not other.seconds else self.seconds / other.seconds

    def scaled(self, times: float, offset: float = 0.0) -> Timing:
        """Return the time of so many calls, and of something before them."""
        middle, low, high, fastest = (offset + times * t for t in (self.seconds, self.low, self.high, self.fastest))
        return Timing(middle, low, high, fastest, self.runs, self.batches)


class Stopwatch:
    """Times functions in turns, so that what else the machine does falls on all of them.

    What was measured stays at hand when a run is interrupted.

    Parameters
    ----------
    functions
        Each has been called before, so that nothing is compiled any more.
    clock : callable
        Returns seconds.
    """

    def __init__(self, functions: Sequence[Callable[[], Any]], clock: Callable[[], float] | None = None) -> None:
        self.functions, self.clock = list(functions), clock or perf_counter
        self.runs = [0] * len(self.functions)
        self._samples: list[list[float]] = [[] for _ in self.functions]
        self._alone: list[list[float]] = [[] for _ in self.functions]
        self._loops = [1] * len(self.functions)

    @property
    def timings(self) -> list[Timing]:
        """The times so far. A first call, which comes alone, counts only where there is no other."""
        return [
            Timing.of(samples or alone, runs)
            for samples, alone, runs in zip(self._samples, self._alone, self.runs, strict=True)
        ]

    def run(self, budget: float, rounds: int = MOST_ROUNDS) -> list[Timing]:
        """Time every function once, and then in further rounds until `budget` seconds are spent.

        Examples
        --------
        >>> [timing.runs for timing in Stopwatch([lambda: sum(range(100_000))]).run(budget=0.0)]
        [1]
        """
        end = self.clock() + budget
        for n in range(len(self.functions)):
            self._alone[n].append(self._batch(n))
        order = list(range(len(self.functions)))
        for _ in range(rounds):
            if self.clock() >= end:
                break
            order.reverse()  # each comes after each of its neighbours: what one leaves in the caches falls on both
            for n in order:
                if self._alone[n][0] < QUICK:
                    self.functions[n]()
                self._samples[n].append(self._batch(n))
        # Where one slow function has used the budget up, the others are not left with a single batch.
        for _ in range(FEWEST):
            for n in order:
                if len(self._samples[n]) < FEWEST and self._alone[n][0] < budget:
                    self._samples[n].append(self._batch(n))
        return self.timings

    def _batch(self, n: int) -> float:
        function, loops = self.functions[n], self._loops[n]
        start = self.clock()
        for _ in range(loops):
            function()
        self.runs[n] += loops
        seconds = (self.clock() - start) / loops
        self._loops[n] = max(1, int(BATCH / max(seconds, 1e-9)))
        return seconds


def told_apart(a: Any, b: Any) -> bool:
    """Whether the times of two methods differ by more than their spread; those that were not measured have none."""
    return not (a.runs and b.runs) or a.timing.differs_from(b.timing)
