"""Times, taken so that their ratios mean something."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple


class Result(NamedTuple):
    """One line of a table.

    Attributes
    ----------
    beside
        Further ratios of the same run, by what they are of.
    """

    what: str
    goal: str
    ratio: float
    unit: str
    detail: str
    beside: Mapping[str, float] = {}

    @property
    def line(self) -> str:
        """The result as a line of text."""
        beside = "".join(f"{name} {ratio:.3g}, " for name, ratio in self.beside.items())
        return f"{self.what}: {self.ratio:.3g}{self.unit} (goal {self.goal}; {beside}{self.detail})"


class Seconds(float):
    """A time that most runs take at least, and by how much of it the middle one is longer.

    Attributes
    ----------
    spread : float
        The median over this time, less 1: large where something else disturbed the machine.
    """

    spread = 0.0

    @classmethod
    def of(cls, times: Sequence[float]) -> Seconds:
        """Return the time that a tenth of all are below: the least one may be a slip of the clock."""
        ordered = sorted(times)
        low = cls(ordered[len(ordered) // 10])
        low.spread = ordered[len(ordered) // 2] / low - 1.0 if low else 0.0
        return low


def interleaved(calls: Sequence[Callable[[], object]], seconds: float = 2.0, least: int = 5) -> list[Seconds]:
    """Return a low quantile of each call's times, all measured in short slots in turn, so that they meet one machine.

    Every other turn goes backwards: none comes always after one that leaves the caches or the memory worse. Calls
    shorter than a millisecond are repeated within one slot.
    """
    repeats = [_repeats(call) for call in calls]
    times: list[list[float]] = [[] for _ in calls]
    rounds, end = 0, time.perf_counter() + seconds
    while rounds < least or time.perf_counter() < end:
        for n in range(len(calls))[:: -1 if rounds % 2 else 1]:
            start = time.perf_counter()
            for _ in range(repeats[n]):
                calls[n]()
            times[n].append((time.perf_counter() - start) / repeats[n])
        rounds += 1
    return [Seconds.of(each) for each in times]


SETTINGS = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "OPENBLAS_NUM_THREADS": "1"}
"""Settings by which glibc keeps large arrays. It maps them anew at each call otherwise, whose pages the first write to
them has to fetch: a cost of the machine that is larger than what is measured. A threshold is not enough, because glibc
ignores one beyond 32 MiB. Matrix products run on one core, like the loops that they are compared with."""


def keep_memory() -> None:
    """Start the program again with those settings, which are read when a process begins, where it has none."""
    if sys.platform == "linux" and "MALLOC_MMAP_MAX_" not in os.environ:
        os.execve(sys.executable, [sys.executable, "-m", *_module(), *sys.argv[1:]], os.environ | SETTINGS)


def _module() -> list[str]:
    name = sys.modules["__main__"].__spec__
    assert name is not None, "run as python -m"
    return [name.name.removesuffix(".__main__")]


def _repeats(call: Callable[[], object]) -> int:
    call()
    start = time.perf_counter()
    call()
    return max(1, min(2000, int(1e-3 / max(time.perf_counter() - start, 1e-9))))


def process(code: str, runs: int = 9) -> float:
    """Return the least time of a whole Python process that runs some code, in seconds."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        run_process(code)
        best = min(best, time.perf_counter() - start)
    return best


def run_process(code: str) -> None:
    """Run a new Python process."""
    subprocess.run([sys.executable, "-c", code], check=True)


def machine(packages_measured: Sequence[str] = ("numpy", "numba", "autograd", "torch")) -> str:
    """Return the machine and the versions that were measured."""
    packages = []
    for name in packages_measured:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} not installed")
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(packages)}"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
