"""Time and memory over the number of recorded operations: `python -m benchmarks.growth [--write]`.

The time of an operation, recorded and swept, is to be the same for 10^3 and for 10^7 of them.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np

import dualrev as dr
from benchmarks.timing import interleaved, machine

DOCS = Path(__file__).parents[1] / "docs"
COMPILED = (10**3, 10**4, 10**5, 10**6, 10**7)
INTERPRETED = (10**2, 10**3, 10**4, 10**5, 3 * 10**5)
STATE = np.array([0.3, 0.4])


class Growth(NamedTuple):
    """One recording: its length, its memory in bytes, and the seconds that a gradient takes."""

    how: str
    operations: int
    memory: int
    seconds: float


@numba.njit
def looped(x: Any, steps: int) -> Any:
    """Turn and bend a pair of numbers, two records a step."""
    a, b = x[0], x[1]
    for _ in range(steps):
        a, b = 0.8 * a - 0.6 * b, 0.6 * np.sin(a) + 0.8 * b
    return a + b


def chained(x: Any, steps: int) -> Any:
    """Do the same with two numbers of NumPy's, six operations a step."""
    return looped.py_func(x, steps)


def measure(tiny: bool = False) -> Iterator[Growth]:
    """Time gradients of recordings of growing length."""
    compiled, interpreted = dr.grad(looped, mode="reverse"), dr.grad(chained, mode="reverse")
    for operations in COMPILED[:2] if tiny else COMPILED:
        steps = operations // 2
        records, memory, *_ = compiled.compiled.tape((STATE, steps), {})
        [seconds] = interleaved([lambda steps=steps: compiled(STATE, steps)], 1.0, least=3)
        yield Growth("compiled", records, memory, seconds)
    for operations in INTERPRETED[:2] if tiny else INTERPRETED:
        steps = operations // 6
        tracemalloc.start()
        result = chained(dr.Var(STATE), steps)
        memory = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        recorded = dr.Tape([result.grad_fn]).operations
        del result
        for how, calls in (
            ("interpreted", interpreted),
            ("interpreted, no collector", _without_collector(interpreted)),
        ):
            [seconds] = interleaved([lambda steps=steps, calls=calls: calls(STATE, steps)], 0.5, least=1)
            yield Growth(how, recorded, memory, seconds)


def _without_collector(gradient: Any) -> Any:
    """Return the gradient without Python's collector, which looks through all recorded objects now and then."""

    def call(*args: Any) -> Any:
        gc.disable()
        try:
            return gradient(*args)
        finally:
            gc.enable()

    return call


def plot(results: list[Growth], path: Path) -> None:
    """Draw time and memory of an operation over how many there are."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    time, memory = figure.subplots(1, 2)
    for how in dict.fromkeys(r.how for r in results):
        chosen = [r for r in results if r.how == how]
        counts = [r.operations for r in chosen]
        time.loglog(counts, [r.seconds / r.operations * 1e9 for r in chosen], "o-", label=how)
        memory.loglog(counts, [r.memory for r in chosen], "o-", label=how)
    time.set(xlabel="recorded operations", ylabel="ns for each, recording and sweep")
    memory.set(xlabel="recorded operations", ylabel="bytes kept")
    time.legend()
    figure.savefig(path)


def page(results: list[Growth]) -> str:
    """Return the results as a page of the documentation."""
    lines = [
        "# Long recordings",
        "",
        "Time and memory of a gradient in reverse mode, over the number of operations recorded, by",
        "`python -m benchmarks.growth --write`. An operation's time is that of its recording and its part of the",
        "sweep; Python's collector of cycles, which looks through all objects now and then, has its part in the time",
        "of interpreted ones. The memory is that of a compiled tape, or what `tracemalloc` counts for an interpreted",
        "one.",
        "",
        f"Measured on {date.today()}: {machine(('numpy', 'numba'))}.",
        "",
        "![Time and memory over the number of recorded operations](growth.svg)",
        "",
        "| how | operations | seconds | ns for each | bytes for each |",
        "| --- | --- | --- | --- | --- |",
    ]
    for r in results:
        each, memory = r.seconds / r.operations * 1e9, r.memory / r.operations
        lines.append(f"| {r.how} | {r.operations:,} | {r.seconds:.3g} | {each:.3g} | {memory:.3g} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--write", action="store_true", help="also write docs/growth.md and its figure")
    arguments = parser.parse_args()
    results = []
    for result in measure():
        print(*result, f"{result.seconds / result.operations * 1e9:.3g} ns each", flush=True)
        results.append(result)
    if arguments.write:
        plot(results, DOCS / "growth.svg")
        (DOCS / "growth.md").write_text(page(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
