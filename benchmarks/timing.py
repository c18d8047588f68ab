"""Times, taken so that their ratios mean something."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple


class Result(NamedTuple):
    """One line of the table."""

    what: str
    goal: str
    ratio: float
    unit: str
    detail: str


def interleaved(calls: Sequence[Callable[[], object]], seconds: float = 2.0, least: int = 5) -> list[float]:
    """Return the least time of each call, in seconds, all measured in turn so that they meet the same machine.

    Every other turn goes backwards: none comes always after one that leaves the caches or the memory worse. Calls
    shorter than a millisecond are repeated within one measurement.
    """
    repeats = [_repeats(call) for call in calls]
    best = [float("inf")] * len(calls)
    rounds, end = 0, time.perf_counter() + seconds
    while rounds < least or time.perf_counter() < end:
        for n in range(len(calls))[:: -1 if rounds % 2 else 1]:
            start = time.perf_counter()
            for _ in range(repeats[n]):
                calls[n]()
            best[n] = min(best[n], (time.perf_counter() - start) / repeats[n])
        rounds += 1
    return best


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
