"""One way to a Jacobian, tried once, whole or cut short: its part of the Jacobian, and what it takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from math import ceil, inf, nan
from time import perf_counter
from typing import Any

import numpy as np

from dualrev.active.trees import flatten
from dualrev.comparison._timing import Timing
from dualrev.operators import blocks as jacobians
from dualrev.operators.blocks import matrix_of
from dualrev.operators.call import Point
from dualrev.operators.fundamental import Pullback, one_hot, pushforward

MOST_BYTES = 1 << 29
"""A Jacobian larger than this is not computed as a whole."""


TRIALS = 3
"""A method is cut short if its first pass is too slow this many times: one alone may have been disturbed."""

Told = Callable[[str], None]


class Run:
    """A method, run once.

    Attributes
    ----------
    method : str
    together : int
        Directions in a pass, or cotangents in a sweep.
    passes, passes_run : int
        Passes that the Jacobian takes, and how many of them were run.
    calls : int
        Calls of the function that the Jacobian takes.
    cut_short : str
        Why not the whole Jacobian was computed; empty if it was.
    unavailable : str
        Why the method does not serve; empty if it does.
    part : ndarray
        The first columns (forward) or rows (reverse) of the Jacobian, as a matrix.
    first_seconds : float
        What the first call took, in which things may be compiled.
    peak_bytes, operations, tape_bytes : int
    predicted_seconds : float
    """

    method: str
    one, many = "pass", "passes"

    def __init__(self, point: Point, m: int, together: int = 1, total: int = 1) -> None:
        self.point, self.m = point, m
        self.together = max(1, min(together, max(total, 1)))
        self.passes, self.passes_run = max(1, ceil(total / self.together)), 0
        self.calls, self.peak_bytes, self.operations, self.tape_bytes = self.passes, 0, 0, 0
        self.cut_short, self.unavailable, self.part = "", "", np.zeros((m, 0))
        self.first_seconds, self.predicted_seconds, self._estimated_seconds = 0.0, nan, nan

    def try_out(self, limit: float, told: Told) -> None:
        """Run the method for the first time: whole, or one pass of it if the whole would take too long."""
        self._first_pass_within(limit, told)
        if not self.cut_short:
            told(f"{self.method}, {self.passes} {self.one if self.passes == 1 else self.many}")
            start = perf_counter()
            self.part = self.whole()
            self.first_seconds += perf_counter() - start
            self.passes_run = self.passes

    def whole(self) -> np.ndarray:
        """Return the whole Jacobian as a matrix."""
        raise NotImplementedError

    def first_pass(self) -> np.ndarray:
        """Run the first pass and return its columns or rows."""
        raise NotImplementedError

    def timed(self) -> Callable[[], Any]:
        """Return what is to be timed."""
        return self.first_pass if self.cut_short else self.whole

    def untimed(self) -> Timing:
        """Return what is known of the time before anything was timed: that of the first call, or of its first pass."""
        if not self.passes_run:
            return Timing.of([], 0)
        seconds = self.first_seconds if self.passes_run == self.passes else self._estimated_seconds
        return Timing(seconds, seconds, seconds, seconds, 0, 0)

    def expected(self, timing: Timing) -> Timing:
        """Return the time of the whole Jacobian, from that of what was timed."""
        return timing.scaled(self.passes) if self.cut_short else timing

    def measure_peak(self) -> None:
        """Measure the most memory that NumPy and Python hold at once."""
        self.peak_bytes = peak_of(self.timed())

    def _first_pass_within(self, limit: float, told: Told) -> None:
        if self.passes <= 1:
            return
        told(f"{self.method}, the first of {self.passes} {self.many}")
        start = perf_counter()
        self.part = self.first_pass()
        first, self.passes_run = perf_counter() - start, 1
        size = self.point.n * self.m * 8
        for _ in range(TRIALS):
            start = perf_counter()
            self.first_pass()
            once = perf_counter() - start
            self.first_seconds = max(0.0, first - once)
            seconds = self._estimated_seconds = self._offset + once * self.passes
            if seconds <= limit:
                break
        if seconds > limit:
            self.cut_short = f"it would take about {seconds:.2g} s, more than {limit:g} s"
        elif size > MOST_BYTES:
            self.cut_short = f"the Jacobian would take {size / 2**30:.1f} GiB"

    _offset = 0.0
    """Seconds before the first pass."""


def peak_of(function: Callable[[], Any]) -> int:
    """Return the most memory that NumPy and Python hold at once in a call; 0 if somebody else measures memory."""
    if tracemalloc.is_tracing():
        return 0
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        function()
        return max(0, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()


class ForwardRun(Run):
    """Forward mode, interpreted, by columns."""

    method = "forward"

    def __init__(self, point: Point, m: int, together: int) -> None:
        super().__init__(point, m, together, point.n)

    def first_pass(self) -> np.ndarray:
        """Push the first directions forward and return their columns."""
        point = self.point
        values, _, tangents = pushforward(point.call, point.leaves, _seeds(point.leaves, self.together), point.name)
        return _joined(tangents, values, self.together).T

    def whole(self) -> np.ndarray:
        """Return the Jacobian."""
        return matrix_of(jacobians.forward(self.point, self.together), self.point)


class ReverseRun(Run):
    """Reverse mode, interpreted, by rows."""

    method = "reverse"
    one, many = "sweep", "sweeps"

    def __init__(self, point: Point, m: int, together: int) -> None:
        super().__init__(point, m, together, m)
        self.calls, self.part = 1, np.zeros((0, point.n))
        self.recorded: Pullback | None = None
        self._offset = 0.0

    def first_pass(self) -> np.ndarray:
        """Sweep the first cotangents back and return their rows; recorded once, on the first call."""
        if self.recorded is None:
            start = perf_counter()
            self.recorded = self._recording()
            self._offset = perf_counter() - start
        adjoints = self.recorded(_seeds(self.recorded.values, self.together))
        return _joined(adjoints, self.point.leaves, self.together)

    def expected(self, timing: Timing) -> Timing:
        """Return what the whole Jacobian would take if every sweep took that long."""
        return timing.scaled(self.passes, self._offset) if self.cut_short else timing

    def whole(self) -> np.ndarray:
        """Return the Jacobian."""
        return matrix_of(jacobians.reverse(self.point, self._recording(), self.together), self.point)

    def _recording(self) -> Pullback:
        return Pullback.at(self.point)


class OperatorRun(Run):
    """A run of an operator as users call it: one call, which is not taken apart."""

    def __init__(self, point: Point, m: int, method: str, operator: Callable[[], Any], outputs: Sequence[int]) -> None:
        super().__init__(point, m)
        self.method, self.operator, self.outputs = method, operator, outputs
        self.like: Run | None = None

    def try_out(self, limit: float, told: Told) -> None:
        """Run the operator, unless it was predicted to take too long, or what it does was cut short before."""
        size = self.point.n * self.m * 8
        if self.like is not None:
            self.calls, self.passes, self.together = self.like.calls, self.like.passes, self.like.together
            self.one, self.many = self.like.one, self.like.many
            self.operations, self.tape_bytes = self.like.operations, self.like.tape_bytes
            self.peak_bytes = self.like.peak_bytes
        if self.like is not None and self.like.cut_short:
            self.cut_short, self.part, self.passes_run = self.like.cut_short, self.like.part, self.like.passes_run
        elif self.like is None and limit < self.predicted_seconds < inf:
            self.cut_short = f"it was predicted to take {self.predicted_seconds:.2g} s, more than {limit:g} s"
        elif size > MOST_BYTES:
            self.cut_short = f"the Jacobian would take {size / 2**30:.1f} GiB"
        if not self.cut_short:
            super().try_out(limit, told)

    def _first_pass_within(self, limit: float, told: Told) -> None:
        return

    def whole(self) -> np.ndarray:
        """Return the Jacobian."""
        parts, _ = flatten(self.operator())
        sizes = self.point.sizes
        rows = [
            np.concatenate([np.reshape(parts[k * len(sizes) + n], (out, size)) for n, size in enumerate(sizes)], axis=1)
            for k, out in enumerate(self.outputs)
        ]
        return np.concatenate(rows) if rows else np.zeros((0, self.point.n))

    def timed(self) -> Callable[[], Any]:
        """Return the operator itself, or what stands for it."""
        if self.cut_short:
            return self.like.timed() if self.like is not None else _nothing
        return self.operator

    def expected(self, timing: Timing) -> Timing:
        """Return the predicted time where nothing was run."""
        if not self.cut_short:
            return timing
        if self.like is not None:
            return self.like.expected(timing)
        seconds = self.predicted_seconds
        return Timing(seconds, seconds, seconds, seconds, 0, 0)


def _nothing() -> None:
    """Stand for what is not run."""


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
