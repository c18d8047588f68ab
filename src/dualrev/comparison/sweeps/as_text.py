"""A sweep as text and as HTML."""

from __future__ import annotations

from html import escape
from math import inf
from textwrap import wrap

from dualrev.comparison.as_html import STYLE, document, picture
from dualrev.comparison.readable_numbers import digits
from dualrev.comparison.sweeps.as_picture import plot
from dualrev.comparison.sweeps.record import SweepPoint, SweepRecord
from dualrev.comparison.timing import NOISY
from dualrev.environment import installed


def table(sweep: SweepRecord) -> str:
    """Return the ratio of forward to reverse mode for each n and m, and what auto chose."""
    lines = [*_title(sweep), ""]
    if sweep.points:
        at = {(point.n, point.m): point for point in sweep.points}
        body = [["n \\ m", *map(str, sweep.ms)]]
        body += [[str(n), *(_cell(at.get((n, m))) for m in sweep.ms)] for n in sweep.ns]
        widths = [max(len(row[k]) for row in body) for k in range(len(body[0]))]
        lines += ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in body]
        lines.append("")
    for sentence in sentences(sweep):
        lines += wrap(sentence, 80, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines)


def sentences(sweep: SweepRecord) -> list[str]:
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


def fragment(sweep: SweepRecord) -> str:
    """Return the sweep as HTML, for notebooks."""
    return f"<style>{STYLE[STYLE.index('.dualrev') :]}</style>{_body(sweep)}"


def page(sweep: SweepRecord) -> str:
    """Return the sweep as a page of its own."""
    parts = [_body(sweep)]
    if installed("matplotlib") and sweep.points:
        parts.append(f'<img alt="both modes over n and m" src="{picture(plot(sweep))}">')
    return document(sweep.name, parts)


def _body(sweep: SweepRecord) -> str:
    at = {(point.n, point.m): point for point in sweep.points}
    head = "".join(f"<th>{m}</th>" for m in sweep.ms)
    rows = "".join(
        f"<tr><td>{n}</td>{''.join(f'<td>{escape(_cell(at.get((n, m))))}</td>' for m in sweep.ms)}</tr>"
        for n in sweep.ns
    )
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences(sweep))
    title = "<br>".join(escape(line) for line in _title(sweep))
    return (
        f'<div class="dualrev"><p><b>{title}</b></p><table><thead><tr><th>n \\ m</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{told}</div>"
    )


def _title(sweep: SweepRecord) -> list[str]:
    stopped = ["interrupted: this is what was measured until then"] if sweep.interrupted else []
    return [f"{sweep.name}, {sweep.backend}", *stopped]


def _cell(point: SweepPoint | None) -> str:
    if point is None:
        return ""
    known = point.forward < inf and point.reverse < inf
    ratio = digits(point.forward / point.reverse) if known else "-"
    wrong = "!" if point.wrong else " "
    return f"{ratio} {point.chosen[0].upper()}{wrong}"
