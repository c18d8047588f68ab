"""dualrev beside other systems: `python -m benchmarks.peers [--write]`, with whichever of them are installed.

All derive the same functions, at the same points, in turns in one process, each with all cores and as its documentation
says; what they return is compared with the derivative written by hand before anything is timed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import dualrev as dr
from benchmarks.peer_systems import SYSTEMS
from benchmarks.timing import interleaved, machine

PAGE = Path(__file__).parents[1] / "docs" / "peers.md"
PROBLEMS: dict[str, dict[str, int]] = {
    "rosenbrock": {"n": 1000},
    "logistic": {"n": 100, "points": 500},
    "curve": {"m": 5000},
    "burgers": {"n": 50, "steps": 30},
    "spherical": {"points": 1000},
}
TINY: dict[str, dict[str, int]] = {"rosenbrock": {"n": 5}}
PACKAGES = ("numpy", "numba", "jax", "torch", "autograd", "casadi", "scipy")


class Measured(NamedTuple):
    """The times of one problem, in seconds: per system of a call, and of all that precedes the second call."""

    problem: Any
    calls: dict[str, float]
    first: dict[str, float]
    failures: dict[str, str]


def measure(problem: Any, seconds: float) -> Measured:
    """Check every installed system on a problem, and time them in turns."""
    expected = problem.derivative(*problem.args)
    calls: dict[str, Callable[[], Any]] = {
        "f": lambda: [problem.f(x) for x in problem.x] if problem.batched else problem.f(*problem.args),
        "by hand": lambda: problem.derivative(*problem.args),
    }
    first, failures = {}, {}
    for name, (package, build) in SYSTEMS.items():
        if package is not None and find_spec(package) is None:
            continue
        if package is not None:
            import_module(package)  # which is not what is timed
        start = time.perf_counter()
        try:
            call = build(problem)
            result = np.asarray(call()).reshape(expected.shape)
        except Exception as error:  # what a peer cannot do is a line of the table
            failures[name] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
            continue
        first[name] = time.perf_counter() - start
        error = float(np.max(np.abs(result - expected)) / np.max(np.abs(expected)))
        if error > (1e-5 if name == "differences" else 1e-10):
            failures[name] = f"wrong by {error:.1g}"
            continue
        calls[name] = call
    times = interleaved(list(calls.values()), seconds, least=3)
    return Measured(problem, dict(zip(calls, times, strict=True)), first, failures)


def page(results: list[Measured]) -> str:
    """Return the results as a page of the documentation."""
    names = [name for name in SYSTEMS if any(name in r.calls or name in r.failures for r in results)]
    lines = [
        "# Beside other systems",
        "",
        "Times of a derivative over that of the one written by hand with NumPy, by",
        "`python -m benchmarks.peers --write`; the last column is that derivative's own time. Below 1 is faster than",
        "by hand. The least ratio of a row is bold, whosever it is. Every result was compared with the derivative by",
        "hand before it was timed: to 1e-10, differences to 1e-5.",
        "",
        f"Measured on {date.today()}: dualrev {dr.__version__}, {machine(PACKAGES)}.",
        "",
        f"| derivative | f | {' | '.join(names)} | by hand |",
        f"| --- | --- | {' | '.join('---' for _ in names)} | --- |",
    ]
    for r in results:
        hand = r.calls["by hand"]
        best = min(r.calls[name] for name in names if name in r.calls)
        lines.append(
            f"| {_what(r.problem)} | {r.calls['f'] / hand:.2g} | "
            + " | ".join(_ratio(r, name, hand, best) for name in names)
            + f" | {hand * 1e6:.1f} µs |"
        )
    lines += [
        "",
        "Seconds until the first result, compilation included, in a process that has imported all packages:",
        "",
        f"| derivative | {' | '.join(names)} |",
        f"| --- | {' | '.join('---' for _ in names)} |",
    ]
    for r in results:
        cells = (f"{r.first[name]:.2g}" if name in r.first else "-" for name in names)
        lines.append(f"| {_what(r.problem)} | {' | '.join(cells)} |")
    failures = [f"- {name}, {_what(r.problem)}: {why}" for r in results for name, why in r.failures.items()]
    if failures:
        lines += ["", "What did not run, or was wrong:", "", *failures]
    lines += [
        "",
        "`dualrev, NumPy` is `jacobian(f)` of the function over NumPy, `dualrev, Numba` the same of its loops,",
        "compiled. Both choose their mode themselves. JAX runs under `jit` with 64 bits. JAX and PyTorch run in",
        "reverse for gradients and forward for Jacobians; autograd has reverse mode alone, and CasADi chooses itself.",
        "`differences` is SciPy's `approx_fprime`.",
    ]
    return "\n".join(lines) + "\n"


def _what(problem: Any) -> str:
    points = f" at {problem.points} points" if problem.batched else ""
    return f"{problem.name}, R^{problem.n} to R^{problem.m}{points}"


def _ratio(r: Measured, name: str, hand: float, best: float) -> str:
    if name not in r.calls:
        return "-"
    text = f"{r.calls[name] / hand:.3g}"
    return f"**{text}**" if r.calls[name] == best else text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"also write the tables to docs/{PAGE.name}")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each problem (default: 8)")
    parser.add_argument("--tiny", action="store_true", help="one tiny problem, to see that all runs")
    arguments = parser.parse_args()
    results = []
    for name, sizes in (TINY if arguments.tiny else PROBLEMS).items():
        results.append(measure(dr.problems.get(name, **sizes), arguments.seconds))
        times = ", ".join(f"{who} {seconds * 1e6:.1f} µs" for who, seconds in results[-1].calls.items())
        print(f"{name}: {times} {results[-1].failures or ''}", file=sys.stderr, flush=True)
    text = page(results)
    print(text)
    if arguments.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
