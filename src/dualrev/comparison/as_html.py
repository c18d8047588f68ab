"""Comparisons as HTML: a fragment for notebooks, and a page of its own."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from dualrev.comparison.as_json import measured_on
from dualrev.comparison.as_picture import plot
from dualrev.comparison.as_text import HEAD, about, remarks, row
from dualrev.comparison.readable_numbers import memory
from dualrev.comparison.record import ComparisonRecord, Execution, MethodReport
from dualrev.environment import installed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
body{font-family:system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;line-height:1.45;color:#222}
img{max-width:100%} footer{color:#666;font-size:small}
.dualrev table{border-collapse:collapse;margin:.4rem 0 1rem}
.dualrev th,.dualrev td{padding:.15rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #ddd;
font-variant-numeric:tabular-nums}
.dualrev th:first-child,.dualrev td:first-child{text-align:left}
.dualrev tr.best td{font-weight:600;background:#eef6ee}.dualrev tr.none td{color:#888}
.dualrev dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
.dualrev dt{color:#666}.dualrev dd{margin:0}
.dualrev .verdict{background:#f4f6fa;border-left:4px solid #4a6fa5;padding:.6rem .9rem;margin:.6rem 0}
"""
TITLES = {
    "": "method",
    "time": "time",
    "±": "spread",
    "time/f": "time / f",
    "calls": "calls of f",
    "memory": "peak memory",
    "first": "first call, more",
    "error": "error",
}
RECORDED = ("recorded", "tape")
"""Titles of what there is no room for in text."""


def fragment(comparison: ComparisonRecord) -> str:
    """Return the comparison as HTML, for notebooks."""
    style = STYLE.partition("\n")[2].partition("\n")[2]
    return f"<style>{style[style.index('.dualrev') :]}</style>{_body(comparison)}"


def page(comparisons: Sequence[ComparisonRecord]) -> str:
    """Return comparisons as a page of its own, with plots where Matplotlib is installed."""
    parts = []
    for comparison in comparisons:
        parts.append(_body(comparison))
        if installed("matplotlib") and comparison.forward.timed:
            parts.append(f'<img alt="times of all methods" src="{picture(plot(comparison))}">')
    return document(" and ".join(comparison.name for comparison in comparisons), parts)


def document(title: str, parts: Sequence[str]) -> str:
    """Return a whole document."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}: dualrev</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}<footer>{escape(measured_on())}</footer></body></html>\n"
    )


def picture(figure: Figure) -> str:
    """Return a figure as the address of a picture that is part of the page, and close it."""
    import matplotlib.pyplot as plt

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=150)
    plt.close(figure)
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"


def _body(comparison: ComparisonRecord) -> str:
    (_, verdict), *others = remarks(comparison)
    notes = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in others)
    stopped = "<br>interrupted: this is what was measured until then" if comparison.interrupted else ""
    tables = "".join(map(_table, comparison.executions))
    return (
        f'<div class="dualrev"><p><b>{escape(comparison.name)}</b><br>n = {comparison.n}, m = {comparison.m}{stopped}'
        f'</p><p class="verdict">{escape(verdict)}</p>{tables}<dl>{notes}</dl></div>'
    )


def _recorded(report: MethodReport) -> tuple[str, str]:
    return (f"{report.operations:,}", memory(report.tape_bytes)) if report.operations else ("", "")


def _table(execution: Execution) -> str:
    head = f"<p>{escape(about(execution))}</p>"
    if not execution.methods:
        return head
    timed = [each.seconds for each in execution.methods if each.timed and each.method in ("forward", "reverse")]
    rows = []
    for each in execution.methods:
        kind = ' class="none"' if each.unavailable else ""
        if each.timed and each.method in ("forward", "reverse") and each.seconds == min(timed):
            kind = ' class="best"'
        cells = (*row(each), *_recorded(each))
        rows.append(f"<tr{kind}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    titles = "".join(f"<th>{escape(title)}</th>" for title in (*(TITLES[cell] for cell in HEAD), *RECORDED))
    return f"{head}<table><thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
