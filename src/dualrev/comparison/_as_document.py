"""A comparison as the parts of a document: what it says, a table for each way to run, and notes."""

from __future__ import annotations

from math import isnan

from dualrev.comparison._readable_numbers import digits, duration, memory, spread
from dualrev.comparison._record import MODES, ComparisonRecord, Execution, MethodReport
from dualrev.comparison._verdict import verdict
from dualrev.documents import Facts, Part, Table, Title, Verdict

HEAD = ("", "time", "±", "time/f", "calls", "memory", "first", "error")
"""Titles of the columns. `first` is how much longer the first call took, `calls` are those of the function."""

TITLES = (
    *("method", "time", "spread", "time / f", "calls of f", "peak memory", "first call, more", "error"),
    *("recorded", "tape"),  # there is no room for these in text
)
COLUMNS = (
    "time: the median of a whole Jacobian, ± half the distance of the quartiles; time/f: over the time of f; "
    "calls: of f; memory: at its peak; first: how much longer the first call took; error: against the reference"
)

WHERE = {
    "interpreted": "interpreted",
    "compiled": "compiled",
    "cuda": "on the CUDA device, for each point of a large batch, beside f on the host",
}


def parts(comparison: ComparisonRecord) -> list[Part]:
    """Return the parts."""
    stopped = "\ninterrupted: this is what was measured until then" if comparison.interrupted else ""
    return [
        Title(f"{comparison.name}\nn = {comparison.n}, m = {comparison.m}{stopped}"),
        Verdict(verdict(comparison)),
        *map(_table, comparison.executions),
        Facts(_notes(comparison)),
    ]


def _table(execution: Execution) -> Table:
    fastest = min(
        (each for each in execution.methods if each.timed and each.method in MODES),
        key=lambda each: each.seconds,
        default=None,
    )
    marks = ["none" if each.unavailable else "best" if each is fastest else "" for each in execution.methods]
    return Table(HEAD, [_row(each) for each in execution.methods], _about(execution), titles=TITLES, marks=marks)


def _about(execution: Execution) -> str:
    where = WHERE[execution.name]
    if execution.unavailable:
        return f"{where}: {execution.unavailable}"
    if execution.name == "cuda":
        return where
    function = execution.function
    around = spread(function.low, function.seconds, function.high) if function.batches > 1 else ""
    takes = f"f takes {duration(function.seconds)} {around}".strip()
    if isnan(function.seconds):
        takes = "f was not timed"
    reverse = execution.method("reverse")
    tape = f"its tape holds {execution.operations:,} operations, {memory(reverse.tape_bytes)}"
    return f"{where}: {takes}; {tape}"


def _notes(comparison: ComparisonRecord) -> list[tuple[str, str]]:
    """Return what a table cannot say: labels and sentences."""
    main = comparison.main
    both = len([each for each in comparison.executions if each.methods]) > 1
    short = []
    for execution in comparison.executions:
        where = f", {execution.name}" if both else ""
        for each in execution.methods:
            name = f"{each.method}{' mode' if each.method in MODES else ''}{where}"
            if each.cut_short and each.method != "auto":
                told = "extrapolated from 1 of" if each.passes_run else "predicted, for"
                short.append(("cut short", f"{name}: {each.cut_short}; its time is {told} {each.passes} passes"))
            if each.unavailable:
                short.append(("left out", f"{name}: {each.unavailable}"))
    found = comparison.verification
    return [
        *short,
        *(("not finite", note) for note in comparison.notes),
        ("auto", f"{comparison.choice.mode}, because {comparison.choice.reason}"),
        ("passes", f"{_passes(main.method('forward'))} forward against {_passes(main.method('reverse'))} back"),
        ("difference", f"forward and reverse: {_difference(comparison)}"),
        ("errors", _against(comparison)),
        ("SymPy", "not verified" if found is None else str(found.verdict)),
        ("columns", COLUMNS),
    ]


def _row(report: MethodReport) -> tuple[str, ...]:
    if report.unavailable:
        return (report.method, "none", *[""] * (len(TITLES) - 2))
    about = "~" if report.approximate and report.timed else ""
    timing = report.timing
    return (
        report.method,
        about + duration(report.seconds),
        spread(timing.low, timing.seconds, timing.high) if timing.batches > 1 else "",
        about + digits(report.ratio) if report.ratio == report.ratio else "?",
        str(report.calls),
        memory(report.peak_bytes) if report.peak_bytes else "",
        duration(report.compile_seconds) if report.compile_seconds > 0 else "",
        "" if not report.entries else f"{report.error:.0e}" if report.error else "0",
        *((f"{report.operations:,}", memory(report.tape_bytes)) if report.operations else ("", "")),
    )


def _passes(report: MethodReport) -> str:
    one, many = ("pass", "passes") if report.method == "forward" else ("sweep", "sweeps")
    return f"{report.passes} {one if report.passes == 1 else many} of {report.together}"


def _against(comparison: ComparisonRecord) -> str:
    if not comparison.reference:
        return "not measured"
    entries = max((each.entries for each in comparison.main.methods), default=0)
    total = comparison.n * comparison.m
    share = f"{entries} of {total} entries" if entries < total else "all entries" if total > 1 else "the one entry"
    return f"against {comparison.reference}, {share}; the largest difference over the largest entry"


def _difference(comparison: ComparisonRecord) -> str:
    found = comparison.agreement
    text = f"at most {found.absolute:.2g}, relative to the largest entry {found.relative:.2g}"
    if found.entries < found.total:
        text += f"; {found.entries} of {found.total} entries compared"
    if found.not_finite:
        text += f"; {found.not_finite} entries are infinite or NaN in both modes"
    if found.contradictions:
        text += f"; {found.contradictions} entries are finite in one mode only"
    return text
