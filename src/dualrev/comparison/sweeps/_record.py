"""The data of a sweep over n and m: times of both modes and of auto, where they cross, and the regret of auto."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import inf, log, nan
from typing import Any

import numpy as np

from dualrev.documents import plain

WRONG = 0.1
"""The regret that a choice may have, as a part of the better mode's time."""


@dataclass(frozen=True)
class SweepPoint:
    """A Jacobian of shape (m, n).

    Attributes
    ----------
    n, m : int
    forward, reverse, auto : float
        Seconds, the fastest of interleaved batches; infinite for what was predicted to take longer than the limit and
        not run, of which `auto` is NaN where it would have been that.
    chosen : "forward" or "reverse"
        What auto takes.
    predicted_forward, predicted_reverse : float
        Seconds by the cost model.
    operations : int
        Recorded operations.
    spread : float
        Half the distance of the quartiles over the median, of the mode whose batches lie furthest apart; 0 where there
        were too few to say.
    """

    n: int
    m: int
    forward: float
    reverse: float
    auto: float
    chosen: str
    predicted_forward: float
    predicted_reverse: float
    operations: int
    spread: float = 0.0

    @property
    def better(self) -> float:
        """Time of the better mode."""
        return min(self.forward, self.reverse)

    @property
    def regret(self) -> float:
        """Auto's time over the better mode's: what auto does besides counts, and noise may bring it below 1."""
        return self.auto / self.better if self.better < inf else nan

    @property
    def choice_regret(self) -> float:
        """Time of the mode that auto chose over the better mode's."""
        chosen = self.forward if self.chosen == "forward" else self.reverse
        return chosen / self.better if self.better < inf else nan

    @property
    def wrong(self) -> bool:
        """Whether auto's choice costs more than a tenth, and more than the spread of the times."""
        return self.choice_regret > 1 + max(WRONG, self.spread)


@dataclass(frozen=True)
class SweepRecord:
    """Both modes over n and m, without the means to show them; see `Sweep`."""

    name: str
    backend: str
    calibrated: bool
    points: tuple[SweepPoint, ...]
    interrupted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def ns(self) -> list[int]:
        """Numbers of inputs."""
        return sorted({point.n for point in self.points})

    @property
    def ms(self) -> list[int]:
        """Numbers of outputs."""
        return sorted({point.m for point in self.points})

    def regret(self, percentile: float = 95.0) -> float:
        """Return a percentile of auto's time over the better mode's."""
        found = [point.regret for point in self.points if point.regret == point.regret]
        return float(np.percentile(found, percentile)) if found else nan

    def crossings(self) -> list[tuple[float, int]]:
        """Return (n, m) where forward and reverse mode take the same time, measured: for each m, n between two points.

        Examples
        --------
        >>> points = [SweepPoint(n, 1, n * 1.0, 10.0, n * 1.0, "forward", 1.0, 2.0, 1) for n in (1, 100)]
        >>> SweepRecord("example", "interpreted", False, tuple(points)).crossings()
        [(10.0, 1)]
        """
        return self._crossings(lambda point: _logarithm(point.forward, point.reverse))

    def boundary(self) -> list[tuple[float, int]]:
        """Return (n, m) where `choose_mode` goes over from forward to reverse mode: the line that it draws."""

        def chosen(point: SweepPoint) -> float:
            predicted = _logarithm(point.predicted_forward, point.predicted_reverse)
            # Where all inputs fit in one pass, auto takes forward mode whatever is predicted.
            return max(predicted, 1e-9) if point.chosen == "reverse" else min(predicted, -1e-9)

        return self._crossings(chosen)

    def _crossings(self, ratio: Callable[[SweepPoint], float]) -> list[tuple[float, int]]:
        found = []
        for m in self.ms:
            column = sorted((point for point in self.points if point.m == m), key=lambda point: point.n)
            for a, b in pairwise(column):
                low, high = ratio(a), ratio(b)
                if low < 0 <= high:
                    part = -low / (high - low)
                    found.append((round(float(np.exp(log(a.n) + part * (log(b.n) - log(a.n)))), 3), m))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, strings and dicts, for JSON: what is not finite becomes a string."""
        found: dict[str, Any] = plain(
            asdict(self)
            | {"regret_at_95": self.regret(95.0), "crossings": self.crossings(), "boundary": self.boundary()}
        )
        return found


def _logarithm(a: float, b: float) -> float:
    """Return log(a / b), within what can be interpolated where one of them is not known."""
    return float(np.clip(log(a) - log(b), -20.0, 20.0)) if a < inf or b < inf else 0.0
