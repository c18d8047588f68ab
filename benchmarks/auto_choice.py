"""How good the choice of auto is: its time over that of the better mode, for Jacobians of three families of functions.

    python -m benchmarks.auto_choice

Forward, reverse and auto are timed in turns, for n inputs and m outputs from 1 to 1000. Auto is timed as users call it,
so its own overhead counts. The constants of this machine are used if `dualrev calibrate` has measured them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import dualrev as dr
from benchmarks.timing import Result
from dualrev.calibration import calibration_file, current_constants
from dualrev.comparison.timing import fastest
from dualrev.modes import SHIPPED

SIZES = (1, 3, 10, 30, 100, 300, 1000)
BUDGET = 0.4
PERCENTILE = 90
PROMISED = 1.15


def dense(n: int, m: int) -> Callable[[Any], Any]:
    """Return x -> tanh(A x)."""
    matrix = np.random.default_rng(0).standard_normal((m, n)) / np.sqrt(n)
    return lambda x: np.tanh(matrix @ x)


def stencil(n: int, m: int) -> Callable[[Any], Any]:
    """Return a function whose every output depends on two inputs."""
    left = np.arange(m) % n
    right = (np.arange(m) * 7 + 1) % n

    def f(x: Any) -> Any:
        u = x * np.sin(x)
        return u[left] - 0.5 * u[right] ** 2

    return f


def scalars(n: int, m: int) -> Callable[[Any], Any]:
    """Return a loop over numbers: a running sum over all inputs that m outputs are taken from."""

    def f(x: Any) -> Any:
        total, outputs = 0.0, []
        for k in range(max(n, m)):
            total = total + x[k % n] * x[(k + 1) % n]
            if k < m:
                outputs.append(total)
        outputs[-1] = total
        return outputs

    return f


FAMILIES = {"dense": dense, "stencil": stencil, "scalars": scalars}


def measure(family: str, n: int, m: int) -> dict[str, Any]:
    """Time the three modes on one function."""
    f, x = FAMILIES[family](n, m), np.random.default_rng(1).uniform(0.5, 1.5, n)
    auto = dr.jacobian(f)
    plan = auto.plan(x)
    single = [
        dr.jacobian(f, mode=mode, chunk_size=together)
        for mode, together in (("forward", plan.chunk), ("reverse", plan.block if plan.reverse_cost < np.inf else None))
    ]
    operators = [partial(operator, x) for operator in (*single, auto)]
    for operator in operators:
        operator()
    forward, reverse, auto_ = (timing.seconds for timing in fastest(operators, BUDGET))
    counts = single[1]._counts[x.shape,]
    better = min(forward, reverse)
    chosen = forward if plan.mode == "forward" else reverse
    return {
        "family": family,
        "n": n,
        "m": m,
        "forward": forward,
        "reverse": reverse,
        "auto": auto_,
        "chosen": plan.mode,
        "operations": counts[1],
        "elements": counts[2],
        "predicted_forward": plan.forward_cost * 1e-6,
        "predicted_reverse": plan.reverse_cost * 1e-6,
        "ratio": auto_ / better,
        "choice_ratio": chosen / better,
    }


def run() -> dict[str, Any]:
    """Measure all families and sizes, and return the distribution of auto's time over that of the better mode."""
    cases = []
    for family in FAMILIES:
        for n in SIZES:
            for m in SIZES:
                cases.append(measure(family, n, m))
                show(f"{family}: n = {n}, m = {m}")
    show("")
    ratios = np.array([case["ratio"] for case in cases])
    choices = np.array([case["choice_ratio"] for case in cases])
    return {
        "calibrated": current_constants() is not SHIPPED,
        "calibration": str(calibration_file()),
        "cases": cases,
        "percentile": PERCENTILE,
        "ratio_at_percentile": float(np.percentile(ratios, PERCENTILE)),
        "ratio_median": float(np.median(ratios)),
        "ratio_worst": float(np.max(ratios)),
        "choice_ratio_at_percentile": float(np.percentile(choices, PERCENTILE)),
        "wrong": int(np.sum(choices > PROMISED)),
        "promised": PROMISED,
    }


def results() -> list[Result]:
    """Return the line of the table of all benchmarks."""
    found = run()
    detail = (
        f"{len(found['cases'])} Jacobians, {len(FAMILIES)} families, n and m from 1 to 1000; median "
        f"{found['ratio_median']:.2f}, worst {found['ratio_worst']:.2f}; constants "
        f"{'of this machine' if found['calibrated'] else 'as shipped'}"
    )
    what = f"auto against the better mode, {PERCENTILE}th percentile"
    return [Result(what, str(PROMISED), found["ratio_at_percentile"], "", detail)]


def show(phrase: str) -> None:
    """Tell people in a terminal what is being measured."""
    if sys.stderr.isatty():
        print(f"\r\033[K{phrase}", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Print the ratios; with `--json` everything."""
    found = run()
    if "--json" in sys.argv[1:]:
        print(json.dumps(found, indent=2))
        return
    constants = "measured on this machine" if found["calibrated"] else "shipped"
    print(f"auto's time over the better mode's, constants {constants}")
    for family in FAMILIES:
        print(f"\n{family}: ratio, and F or R for what auto chose; rows are n, columns m")
        print("      " + "".join(f"{m:>9}" for m in SIZES))
        for n in SIZES:
            row = [case for case in found["cases"] if case["family"] == family and case["n"] == n]
            print(f"{n:>6}" + "".join(f"{case['ratio']:>7.2f} {case['chosen'][0].upper()}" for case in row))
    print(
        f"\nmedian {found['ratio_median']:.2f}, {PERCENTILE}th percentile {found['ratio_at_percentile']:.2f} "
        f"(promised {PROMISED}), worst {found['ratio_worst']:.2f}; "
        f"wrong choices {found['wrong']} of {len(found['cases'])}"
    )


if __name__ == "__main__":
    main()
