"""A trace as a table: the parts of a document, LaTeX and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dualrev.documents import Markup, Part, Table, Title
from dualrev.teaching._recording import Recording, Step
from dualrev.teaching._traces import formulas
from dualrev.teaching._traces.notation import HTML, LATEX, Style
from dualrev.teaching.summaries import counted, summary

_FORMULAS = (0, 2, 4)
"""Columns that each style writes in its own way."""


class Shown(NamedTuple):
    """The part of a trace that a table shows.

    Attributes
    ----------
    name, mode
        The function's, and "forward" or "reverse".
    recording
        What it did.
    derivatives
        The tangent or adjoint of every step.
    formula
        Returns the formula of it in a style.
    """

    name: str
    mode: str
    recording: Recording
    derivatives: Mapping[Step, Any]
    formula: Callable[[Step, Style], str]


def parts(trace: Shown, style: Style, limit: int | None = None) -> list[Part]:
    """Return the title and the table of at most `limit` lines; in HTML's style, formulas are HTML."""
    steps = trace.recording.steps
    if limit is None or len(steps) <= limit:
        rows = _rows(trace, style, steps)
    else:
        half = max(limit // 2, 1)
        left_out = ["...", f"... {len(steps) - 2 * half} lines ...", "", "", "", ""]
        rows = [*_rows(trace, style, steps[:half]), left_out, *_rows(trace, style, steps[-half:])]
    if style is HTML:
        rows = [[Markup(cell) if n in _FORMULAS else cell for n, cell in enumerate(row)] for row in rows]
    inputs, operations = len(trace.recording.inputs), len(trace.recording.operations)
    title = f"{trace.name}, {trace.mode} mode: {counted(inputs, 'input')}, {counted(operations, 'operation')}"
    return [Title(title), Table(_head(trace), rows, left=(1, 2, 4))]


def latex(trace: Shown) -> str:
    """Return the trace as a tabular."""
    head = " & ".join(_head(trace))
    lines = [r"\begin{tabular}{lllrlr}", rf"{head} \\ \hline"]
    for name, operation, formula, value, derivative_formula, derivative in _rows(trace, LATEX, trace.recording.steps):
        words = operation.replace("_", r"\_")
        cells = [f"${name}$", words, f"${formula}$", value, f"${_seeded(derivative_formula)}$", derivative]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\end{tabular}"])


def markdown(trace: Shown) -> str:
    """Return the trace as a Markdown table."""
    lines = [f"| {' | '.join(_head(trace))} |", "| --- | --- | --- | ---: | --- | ---: |"]
    for name, operation, formula, value, derivative_formula, derivative in _rows(trace, LATEX, trace.recording.steps):
        cells = [f"${name}$", operation, f"${formula}$", value, f"${_seeded(derivative_formula)}$", derivative]
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    return "\n".join(lines)


def _seeded(formula: str) -> str:
    return formula.replace("seed", r"\text{seed}")


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _head(trace: Shown) -> Sequence[str]:
    return ("variable", "operation", "formula", "value", "tangent" if trace.mode == "forward" else "adjoint", "value")


def _rows(trace: Shown, style: Style, steps: Sequence[Step]) -> list[list[str]]:
    return [
        [
            style.name(step.number, ""),
            formulas.operation_name(step),
            formulas.primal(step, style),
            summary(step.value),
            trace.formula(step, style),
            summary(trace.derivatives[step]),
        ]
        for step in steps
    ]
