"""A sweep as the parts of a document: a table over n and m, and what it says."""

from __future__ import annotations

from math import inf

from dualrev.comparison._readable_numbers import digits
from dualrev.comparison._timing import NOISY
from dualrev.comparison.sweeps._record import SweepPoint, SweepRecord
from dualrev.documents import Part, Table, Title


def parts(sweep: SweepRecord) -> list[Part]:
    """Return the ratio of forward to reverse mode for each n and m, what auto chose, and sentences."""
    stopped = "\ninterrupted: this is what was measured until then" if sweep.interrupted else ""
    at = {(point.n, point.m): point for point in sweep.points}
    rows = [[str(n), *(_cell(at.get((n, m))) for m in sweep.ms)] for n in sweep.ns]
    table = Table(["n \\ m", *map(str, sweep.ms)], rows)
    return [Title(f"{sweep.name}, {sweep.backend}{stopped}"), table, *_sentences(sweep)]


def _sentences(sweep: SweepRecord) -> list[str]:
    """Return what a sweep says."""
    if not sweep.points:
        return ["Nothing was measured."]
    not_run = sum((point.forward == inf) + (point.reverse == inf) for point in sweep.points)
    found = [
        "Time of forward mode over that of reverse mode: below 1 forward mode is faster, above 1 reverse mode. F and R "
        "are what auto takes, with ! where that costs more than a tenth and more than the spread of the times.",
        f"Auto's time over the better mode's: median {sweep.regret(50):.2f}, 95th percentile {sweep.regret(95):.2f}, "
        f"worst {sweep.regret(100):.2f}, of {len(sweep.points)} Jacobians; constants "
        f"{'of this machine' if sweep.calibrated else 'as shipped'}.",
    ]
    if len(sweep.ns) > 1:
        crossings, boundary = (_places(line) for line in (sweep.crossings(), sweep.boundary()))
        found.append(f"Measured, the modes cross {f'at {crossings}' if crossings else 'nowhere between these sizes'}.")
        found.append(f"Auto goes over to reverse mode {f'at {boundary}' if boundary else 'at none of them'}.")
    noisy = sum(point.spread > NOISY / 2 for point in sweep.points)
    if noisy:
        found.append(f"{noisy} of {len(sweep.points)} were too noisy to tell small differences.")
    if not_run:
        found.append(f"{not_run} times were predicted to pass the limit and not measured (-).")
    return [*found, *sweep.notes]


def _places(line: list[tuple[float, int]]) -> str:
    return ", ".join(f"n = {digits(n)} for m = {m}" for n, m in line)


def _cell(point: SweepPoint | None) -> str:
    if point is None:
        return ""
    known = point.forward < inf and point.reverse < inf
    ratio = digits(point.forward / point.reverse) if known else "-"
    return f"{ratio} {'!' if point.wrong else ' '}{point.chosen[0].upper()}"
