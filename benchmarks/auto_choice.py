"""How good the choice of auto is: its time over that of the better mode, for Jacobians of families of functions.

    python -m benchmarks.auto_choice [--json] [--sizes 1,3,10] [--save folder]

Forward, reverse and auto are timed in turns, for n inputs and m outputs from 1 to 3000, interpreted and compiled. Auto
is timed as users call it, so its own overhead counts. The constants of this machine are used if `dualrev calibrate` has
measured them. What a mode is predicted to take longer than the limit for is not run, and counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import Result
from dualrev.auto.calibration import calibration_file
from dualrev.comparison import Sweep, sweep
from dualrev.comparison.sweeps.families import FAMILIES

SIZES = (1, 3, 10, 30, 100, 300, 1000, 3000)
BACKENDS = ("numpy", "numba")
BUDGET = 0.05
LIMIT = 0.1
PERCENTILE = 95
PROMISED, PROMISED_SHIPPED = 1.10, 1.30


def measure(
    sizes: tuple[int, ...] = SIZES, folder: Path | None = None, budget: float = BUDGET, limit: float = LIMIT
) -> list[Sweep]:
    """Sweep over all families, interpreted and compiled."""
    sweeps = []
    for backend in BACKENDS:
        for family in FAMILIES:
            sweeps.append(
                sweep(
                    family,
                    n=sizes,
                    m=sizes,
                    backend=backend,
                    budget=budget,
                    limit=limit,
                    progress=lambda done, total, phrase: show(f"{family} {backend}: {done} of {total}, {phrase}"),  # noqa: B023
                )
            )
            if folder is not None:
                sweeps[-1].save(folder / f"{family}_{sweeps[-1].backend}.json")
    show("")
    return sweeps


def summary(sweeps: list[Sweep]) -> dict[str, Any]:
    """Return the distribution of auto's time over that of the better mode."""
    points = [(found, point) for found in sweeps for point in found.points if point.auto == point.auto]
    ratios = np.array([point.regret for _, point in points])
    choices = np.array([point.choice_regret for _, point in points])
    parts: dict[str, Any] = {}
    for found in sweeps:
        own = np.array([point.regret for point in found.points if point.auto == point.auto])
        parts[f"{found.name.partition(':')[0]}, {found.backend}"] = [
            float(np.percentile(own, q)) for q in (50, 95, 100)
        ]
    return {
        "calibrated": sweeps[0].calibrated,
        "calibration": str(calibration_file()),
        "cases": [{"family": found.name, **found.to_dict()} for found in sweeps],
        "families": parts,
        "percentile": PERCENTILE,
        "ratio_at_percentile": float(np.percentile(ratios, PERCENTILE)),
        "ratio_median": float(np.median(ratios)),
        "ratio_worst": float(np.max(ratios)),
        "choice_ratio_at_percentile": float(np.percentile(choices, PERCENTILE)),
        "wrong": int(np.sum(choices > PROMISED)),
        "count": len(points),
        "not_run": sum((p.forward == inf) + (p.reverse == inf) for found in sweeps for p in found.points),
        "promised": PROMISED if sweeps[0].calibrated else PROMISED_SHIPPED,
    }


def results() -> list[Result]:
    """Return the line of the table of all benchmarks."""
    found = summary(measure())
    detail = (
        f"{found['count']} Jacobians, {len(FAMILIES)} families interpreted and compiled, n and m from 1 to 3000; "
        f"median {found['ratio_median']:.2f}, worst {found['ratio_worst']:.2f}; constants "
        f"{'of this machine' if found['calibrated'] else 'as shipped'}"
    )
    what = f"auto against the better mode, {PERCENTILE}th percentile"
    return [Result(what, str(found["promised"]), found["ratio_at_percentile"], "", detail)]


def show(phrase: str) -> None:
    """Tell people in a terminal what is being measured."""
    if sys.stderr.isatty():
        print(f"\r\033[K{phrase}", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Print the ratios; with `--json` everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep each sweep, for `dualrev sweep --from`")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of timing for each Jacobian")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds that a mode may be predicted to take")
    arguments = parser.parse_args()
    sizes = tuple(map(int, arguments.sizes.split(",")))
    found = summary(measure(sizes, arguments.save, arguments.budget, arguments.limit))
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    constants = "measured on this machine" if found["calibrated"] else "shipped"
    print(f"auto's time over the better mode's, constants {constants}")
    for family, (median, percentile, worst) in found["families"].items():
        print(f"  {family:<24} median {median:.2f}, 95th percentile {percentile:.2f}, worst {worst:.2f}")
    print(
        f"\nmedian {found['ratio_median']:.2f}, {PERCENTILE}th percentile {found['ratio_at_percentile']:.2f} "
        f"(promised {found['promised']}), worst {found['ratio_worst']:.2f}; "
        f"wrong choices {found['wrong']} of {found['count']}; {found['not_run']} times not run"
    )


if __name__ == "__main__":
    main()
