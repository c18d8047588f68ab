"""One mode run once, whole or cut short: its part of the Jacobian, and how many passes it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np

from dualrev import jacobians
from dualrev.jacobians import Blocks
from dualrev.operators import Pullback, one_hot, pushforward
from dualrev.point import Point

MOST_BYTES = 1 << 29
"""A Jacobian larger than this is not computed as a whole."""


TRIALS = 3
"""A mode is cut short if its first pass is too slow this many times: one alone may have been disturbed."""


class Run:
    """A mode, run once.

    Attributes
    ----------
    mode : "forward" or "reverse"
    together : int
        Directions in a pass, or cotangents in a sweep.
    passes, passes_run : int
        Passes that the Jacobian takes, and how many of them were run.
    calls : int
        Calls of the function that the Jacobian takes.
    cut_short : str
        Why not the whole Jacobian was computed; empty if it was.
    part : ndarray
        The first columns (forward) or rows (reverse) of the Jacobian, as a matrix.
    """

    mode: str

    def __init__(self, point: Point, m: int, together: int, limit: float, progress: Callable[[str], None]) -> None:
        self.point, self.m, self.progress = point, m, progress
        self.total = point.n if self.mode == "forward" else m
        self.together = min(together, max(self.total, 1))
        self.passes, self.passes_run = max(1, ceil(self.total / self.together)), 1
        self.calls = self.passes if self.mode == "forward" else 1
        self.cut_short, self.part = "", np.zeros((m, point.n))
        if self.passes > 1:
            self._try(limit)
        if not self.cut_short:
            self.progress(f"{self.mode} mode, {self.passes} {'pass' if self.passes == 1 else 'passes'}")
            self._run_whole()

    def first_pass(self) -> np.ndarray:
        """Run the first pass and return its columns or rows."""
        raise NotImplementedError

    def expected(self, seconds: float) -> float:
        """Return what the whole Jacobian would take if a pass took that long."""
        return seconds * self.passes

    def _whole(self, point: Point) -> Blocks:
        raise NotImplementedError

    def _try(self, limit: float) -> None:
        self.progress(f"{self.mode} mode, the first of {self.passes} passes")
        self.part = self.first_pass()
        size = self.point.n * self.m * 8
        for _ in range(TRIALS):
            start = perf_counter()
            self.first_pass()
            seconds = self.expected(perf_counter() - start)
            if seconds <= limit:
                break
        if seconds > limit:
            self.cut_short = f"it would take about {seconds:.2g} s, more than {limit:g} s"
        elif size > MOST_BYTES:
            self.cut_short = f"the Jacobian would take {size / 2**30:.1f} GiB"

    def _run_whole(self) -> None:
        point = Point(self.point.f, self.point.args, self.point.kwargs, self.point.argnums)
        self.calls, self.passes_run = 0, 0

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return self.point.f(*args, **kwargs)

        point.f = counted
        blocks = self._whole(point)
        rows = [
            np.concatenate([np.reshape(b, (v.size, x.size)) for b, x in zip(row, point.leaves, strict=True)], axis=1)
            for row, v in zip(blocks.blocks, blocks.values, strict=True)
        ]
        self.part = np.concatenate(rows)


class ForwardRun(Run):
    """Forward mode, by columns."""

    mode = "forward"

    def first_pass(self) -> np.ndarray:
        """Push the first directions forward and return their columns."""
        point = self.point
        seeds = _seeds(point.leaves, self.together)
        values, _, tangents = pushforward(point.call, point.leaves, seeds, point.name)
        return _joined(tangents, values, self.together).T

    def _whole(self, point: Point) -> Blocks:
        blocks = jacobians.forward(point, self.together)
        self.passes_run = self.calls
        return blocks


class ReverseRun(Run):
    """Reverse mode, by rows."""

    mode = "reverse"

    def __init__(self, *args: Any) -> None:
        self.recorded: Pullback | None = None
        self.recording_seconds = 0.0
        super().__init__(*args)

    def first_pass(self) -> np.ndarray:
        """Sweep the first cotangents back and return their rows; recorded once, on the first call."""
        if self.recorded is None:
            start = perf_counter()
            self.recorded = Pullback(self.point.call, self.point.leaves, self.point.name)
            self.recording_seconds = perf_counter() - start
        adjoints = self.recorded(_seeds(self.recorded.values, self.together))
        return _joined(adjoints, self.point.leaves, self.together)

    def expected(self, seconds: float) -> float:
        """Return what the whole Jacobian would take if a sweep took that long."""
        return self.recording_seconds + seconds * self.passes

    def _whole(self, point: Point) -> Blocks:
        return jacobians.reverse(point, _Counted(point, self), self.together)


class _Counted(Pullback):
    """A pullback that counts its sweeps."""

    def __init__(self, point: Point, run: Run) -> None:
        super().__init__(point.call, point.leaves, point.name)
        self.run = run

    def __call__(self, cotangents: Sequence[Any], last: bool = False) -> list[Any]:
        """Sweep."""
        self.run.passes_run += 1
        return super().__call__(cotangents, last)


def _seeds(leaves: Sequence[Any], count: int) -> list[Any]:
    sizes = [int(np.size(x)) for x in leaves]
    return [one_hot(x.shape, x.dtype, 0, count, sum(sizes[:n])) for n, x in enumerate(leaves)]


def _joined(parts: Sequence[Any], like: Sequence[Any], count: int) -> np.ndarray:
    """Return derivatives per leaf as one matrix with a row for each direction; None is zero."""
    rows = [
        np.zeros((count, np.size(x))) if part is None else np.reshape(part, (count, -1))
        for part, x in zip(parts, like, strict=True)
    ]
    return np.concatenate(rows, axis=1)
