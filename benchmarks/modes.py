"""Forward against reverse, where n is much larger than m and where it is much smaller: `python -m benchmarks.modes`.

With `--write`, the page of the documentation and its pictures are written. The functions are those of the groups for
pytest-benchmark, and the families that `dualrev sweep` knows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks import auto_choice
from benchmarks.cases import GROUPS, WAYS, Case, cases
from benchmarks.timing import interleaved, machine
from dualrev.comparison import Sweep

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "modes_measured.md"
DRAWN = (("dense", "interpreted"), ("running", "compiled"))
SECONDS = 1.0

Measured = tuple[Case, Sequence[float]]


def measure(seconds: float = SECONDS, tiny: bool = False) -> list[Measured]:
    """Time f, the derivative by hand, forward, reverse and auto in turns, for each case of all groups."""
    return [
        (case, interleaved([case.calls[way] for way in WAYS], seconds, least=3))
        for group in GROUPS
        for case in cases(group, tiny)
    ]


def table(measured: Sequence[Measured]) -> list[str]:
    """Return a table for each group: times over that of f, the faster mode bold."""
    lines = []
    for group in dict.fromkeys(case.group for case, _ in measured):
        lines += [
            f"### {group.replace('_', ' ')}",
            "",
            "| function | f | by hand | forward | reverse | auto |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [row(case.name, times) for case, times in measured if case.group == group]
        lines.append("")
    return lines


def row(name: str, times: Sequence[float]) -> str:
    """Return the row of a function."""
    f, *others = times
    ratios = [f"{time / f:,.0f}" if time >= 100 * f else f"{time / f:.3g}" for time in others]
    better = 1 if others[1] < others[2] else 2
    ratios[better] = f"**{ratios[better]}**"
    unit, size = ("ms", 1e3) if f >= 1e-3 else ("µs", 1e6)
    return f"| {name} | {f * size:.3g} {unit} | {' | '.join(ratios)} |"


def regrets(sweeps: Sequence[Sweep]) -> list[str]:
    """Return what the choice of auto costs, for each family."""
    found = auto_choice.summary(list(sweeps))
    lines = ["| family | median | 95th percentile | worst |", "| --- | --- | --- | --- |"]
    for family, (median, percentile, worst) in found["families"].items():
        lines.append(f"| {family} | {median:.2f} | {percentile:.2f} | {worst:.2f} |")
    whole = (found[f"ratio_{name}"] for name in ("median", "at_percentile", "worst"))
    return [*lines, f"| all {found['count']} Jacobians | {' | '.join(f'{ratio:.2f}' for ratio in whole)} |"]


def page(measured: Sequence[Measured], sweeps: Sequence[Sweep]) -> str:
    """Return the page of the documentation."""
    drawn = {f"{sweep.name.partition(':')[0]}, {sweep.backend}": sweep for sweep in sweeps}
    pictures = []
    for family, backend in DRAWN:
        sweep = drawn[f"{family}, {backend}"]
        pictures += [f"![{sweep.name}, {sweep.backend}](sweep_{family}_{backend}.svg)", ""]
    lines = [
        "# n much larger than m, n much smaller than m",
        "",
        "A Jacobian of n inputs and m outputs takes forward mode n directions, and reverse mode m cotangents and a",
        "tape. Where the two take the same time is measured here, by `python -m benchmarks.modes --write`, on",
        f"{date.today()}: {machine(('numpy', 'numba'))}.",
        "",
        "## Functions",
        "",
        "Times of a whole derivative over that of the function itself; the faster mode is bold. `by hand` is the",
        "derivative written by hand over NumPy, compiled only in the last row of overhead. The group of loops and that",
        "of batches are compiled by Numba; a batch runs one derivative for all points, and f point by point.",
        "",
        *table(measured),
        "## Maps over n and m",
        "",
        "Blue is where forward mode is faster and orange where reverse mode is. The drawn line is where both took the",
        "same time, the dashed one where auto goes over from one to the other; beside the map stand the times along",
        "two of its edges.",
        "",
        *pictures,
        "## What the choice of auto costs",
        "",
        "The time of auto over that of the better mode, its own overhead included, for n and m from 1 to 3000. The",
        f"constants are {'those of this machine' if sweeps[0].calibrated else 'as shipped'}.",
        "Those of compiled functions are fitted to these families, at sizes some of which are among these, so that",
        "this is not a test on functions that the fit has not seen. Those of interpreted functions are fitted to",
        "others.",
        "",
        *regrets(sweeps),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.modes", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and pictures of the documentation")
    arguments = parser.parse_args()
    measured, sweeps = measure(), auto_choice.measure()
    text = page(measured, sweeps)
    if not arguments.write:
        sys.stdout.write(text)
        return
    PAGE.write_text(text, encoding="utf-8")
    for sweep in sweeps:
        family = sweep.name.partition(":")[0]
        if (family, sweep.backend) in DRAWN:
            sweep.plot().savefig(DOCS / f"sweep_{family}_{sweep.backend}.svg")


if __name__ == "__main__":
    main()
