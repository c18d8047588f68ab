"""The Jacobian on a CUDA device: of many copies of the point at once, for a device has nothing to do with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.comparison._runs import Run, Told
from dualrev.comparison._timing import Timing
from dualrev.kernels import cuda_target
from dualrev.operators.call import Point
from dualrev.operators.operator import Jacobian
from dualrev.operators.options import Mode

MOST_POINTS = 10_000
MOST_NUMBERS = 1 << 24
"""Entries of all Jacobians together."""


def unavailable(point: Point) -> str:
    """Return why nothing can run on a device; empty if it can."""
    if len(point.positions) != 1 or len(point.leaves) != 1 or point.leaves[0].ndim != 1 or point.kwargs:
        return "batches on a device take one array of one axis"
    return cuda_target.missing() or ""


class DeviceRun(Run):
    """A mode at many points, a thread for each; the time is that of one of them."""

    def __init__(self, point: Point, m: int, f: Callable[..., Any], mode: Mode) -> None:
        super().__init__(point, m)
        self.method = mode
        self.peak_bytes = sum(x.nbytes for x in point.leaves) + m * point.n * point.leaves[0].itemsize
        self.points = max(1, min(MOST_POINTS, MOST_NUMBERS // max(1, m * point.n)))
        self.batch = np.tile(point.leaves[0], (self.points, 1))
        if mode == "reverse":
            self.unavailable = "batches run in forward mode; in a kernel of your own there is dualrev.cuda.reverse_grad"
        else:
            self.operator = Jacobian(f, point.positions[0], mode=mode, batched=True, device="cuda")

    def try_out(self, limit: float, told: Told) -> None:
        """Run the batch, unless there is none in this mode."""
        if not self.unavailable:
            super().try_out(limit, told)

    def whole(self) -> np.ndarray:
        """Return the Jacobian at the first point."""
        return np.reshape(self._all()[0], (self.m, self.point.n))

    def timed(self) -> Callable[[], Any]:
        """Return the batch."""
        return self._all

    def expected(self, timing: Timing) -> Timing:
        """Return the time of one point."""
        return timing.scaled(1 / self.points)

    def _all(self) -> Any:
        args = list(self.point.args)
        args[self.point.positions[0]] = self.batch
        return self.operator(*args)
