"""A comparison as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from dualrev.comparison.report import TOLERATED, Comparison, ModeReport

WIDTH = 80
INDENT = 14


def table(comparison: Comparison) -> str:
    """Return the comparison as text, at most 80 columns wide."""
    rows = _rows(comparison)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [comparison.name, _sizes(comparison), ""]
    for row in rows:
        cells = [
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "   ".join(cells)).rstrip())
    lines.append("")
    for label, text in remarks(comparison):
        head = f"  {label}".ljust(INDENT)
        lines += wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * INDENT, break_long_words=False)
    return "\n".join(lines)


def html(comparison: Comparison) -> str:
    """Return the comparison as HTML, for notebooks."""
    head, *rows = _rows(comparison)
    cells = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    notes = [f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in remarks(comparison)]
    return (
        f"<p><b>{escape(comparison.name)}</b><br>{escape(_sizes(comparison))}</p>"
        f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(cells)}</tbody></table><dl>{''.join(notes)}</dl>"
    )


def remarks(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what a table cannot say: labels and sentences."""
    short = [
        (
            "cut short",
            f"{mode.mode} mode: {mode.cut_short}; its time is extrapolated from 1 of {mode.passes} passes",
        )
        for mode in (comparison.forward, comparison.reverse)
        if not mode.complete
    ]
    return [
        *short,
        ("auto", f"{comparison.choice.mode}, {_judged(comparison)}"),
        ("because", comparison.choice.reason),
        ("difference", _difference(comparison)),
        ("SymPy", str(comparison.verification.verdict) if comparison.verification else "not asked"),
    ]


def duration(seconds: float) -> str:
    """Return a time with a fitting unit and three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{_digits(seconds / size)} {unit}"
    return f"{_digits(seconds / 1e-9)} ns"


def memory(size: int) -> str:
    """Return a number of bytes with a fitting unit."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << power:
            return f"{_digits(size / (1 << power))} {unit}"
    return f"{size} B"


def passes(mode: ModeReport) -> str:
    """Return how many forward passes or reverse sweeps a mode takes."""
    one, many = ("pass", "passes") if mode.mode == "forward" else ("sweep", "sweeps")
    return f"{mode.passes} {one if mode.passes == 1 else many}"


def _digits(x: float) -> str:
    return f"{x:.0f}" if 100 <= x < 1e6 else f"{x:.3g}"


def _sizes(comparison: Comparison) -> str:
    return (
        f"n = {comparison.n}, m = {comparison.m}, {comparison.operations} operations; "
        f"f takes {duration(comparison.function_seconds)}"
    )


def _rows(comparison: Comparison) -> list[Sequence[str]]:
    head = ("mode", "time", "time/f", "calls", "passes", "at once", "tape", "predicted")
    return [head, *[_row(mode) for mode in (comparison.forward, comparison.reverse)]]


def _row(mode: ModeReport) -> Sequence[str]:
    about = "" if mode.complete else "~"
    return (
        mode.mode,
        about + duration(mode.seconds),
        about + _digits(mode.ratio),
        str(mode.calls),
        str(mode.passes),
        str(mode.together),
        memory(mode.tape_bytes) if mode.mode == "reverse" else "none",
        duration(mode.predicted_seconds),
    )


def _judged(comparison: Comparison) -> str:
    factor = f"{comparison.regret:.3g}"
    if comparison.choice.mode == comparison.faster:
        modes = (comparison.forward.seconds, comparison.reverse.seconds)
        return f"which was right: the other mode takes {_digits(max(modes) / min(modes))} times as long"
    if comparison.auto_was_right:
        return f"which was right: it takes {factor} times as long as the other, at most {TOLERATED:g}"
    return f"which was WRONG: it takes {factor} times as long as the other"


def _difference(comparison: Comparison) -> str:
    found = comparison.agreement
    text = f"at most {found.absolute:.2g}, relative to the largest entry {found.relative:.2g}"
    if found.entries < found.total:
        text += f"; {found.entries} of {found.total} entries compared"
    if found.not_finite:
        text += f"; {found.not_finite} entries are infinite or NaN in both modes"
    if found.contradictions:
        text += f"; {found.contradictions} entries are finite in one mode only"
    return text
