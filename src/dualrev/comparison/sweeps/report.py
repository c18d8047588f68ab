"""What a sweep over n and m found: times of both modes and of auto, where they cross, and what auto loses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from math import inf, log, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.comparison.as_json import as_json
from dualrev.comparison.readable_numbers import plain
from dualrev.environment import write_whole
from dualrev.errors import SweepError

WRONG = 0.1
"""What a choice may cost, as a part of the better mode's time."""

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
class Sweep:
    """Both modes over n and m; see `sweep`.

    Attributes
    ----------
    name : str
    backend : "interpreted" or "compiled"
    calibrated : bool
        Whether the constants of this machine were used, rather than those shipped.
    points : tuple of SweepPoint
    interrupted : bool
        Whether the sweep was stopped before its end.
    notes : tuple of str
        What is odd about the function or its points.

    Examples
    --------
    >>> import dualrev as dr
    >>> found = dr.sweep("dense", n=(2, 300), m=(1,), budget=0.0)
    >>> found.ns, found.ms, [point.chosen for point in found.points]
    ([2, 300], [1], ['forward', 'reverse'])
    """

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
        >>> Sweep("example", "interpreted", False, tuple(points)).crossings()
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

    def table(self) -> str:
        """Return the sweep as text: for each n and m how many times longer forward mode takes than reverse mode."""
        from dualrev.comparison.sweeps.as_text import table

        return table(self)

    def plot(self) -> Figure:
        """Draw the map over n and m with both lines, and times along its edges.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        from dualrev.comparison.sweeps.as_picture import plot

        return plot(self)

    def to_html(self) -> str:
        """Return a page of its own, with the plot where Matplotlib is installed."""
        from dualrev.comparison.sweeps.as_text import page

        return page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, strings and dicts, for JSON: what is not finite becomes a string."""
        found: dict[str, Any] = plain(
            asdict(self)
            | {"regret_at_95": self.regret(95.0), "crossings": self.crossings(), "boundary": self.boundary()}
        )
        return found

    def save(self, path: str | Path) -> None:
        """Write the sweep to a file: a page if its name ends in `.html`, else JSON that `Sweep.load` reads."""
        path = Path(path)
        write_whole(path, self.to_html() if path.suffix == ".html" else as_json({"sweep": self.to_dict()}))

    @classmethod
    def load(cls, path: str | Path) -> Sweep:
        """Read a sweep that was saved, to print or plot it again without measuring.

        Raises
        ------
        SweepError
            If the file holds no sweep.
        """
        try:
            stored = json.loads(Path(path).read_text(encoding="utf-8"))["sweep"]
            types: dict[str, Any] = {"int": int, "float": float, "str": str}  # "inf" and "nan" are strings in JSON
            points = tuple(
                SweepPoint(
                    **{
                        field.name: types[str(field.type)](each[field.name])
                        for field in fields(SweepPoint)
                        if field.name in each or field.name != "spread"  # which older files do not hold
                    }
                )
                for each in stored["points"]
            )
            told = tuple(map(str, stored.get("notes", ())))
            return cls(stored["name"], stored["backend"], stored["calibrated"], points, stored["interrupted"], told)
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise SweepError(
                f"{path} holds no sweep ({error!r}); expected what `dualrev sweep --json` wrote"
            ) from error

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from dualrev.comparison.sweeps.as_text import fragment

        return fragment(self)


def _logarithm(a: float, b: float) -> float:
    """Return log(a / b), within what can be interpolated where one of them is not known."""
    return float(np.clip(log(a) - log(b), -20.0, 20.0)) if a < inf or b < inf else 0.0
