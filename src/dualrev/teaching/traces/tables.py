"""A trace as a table: text, HTML, LaTeX and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from dualrev.teaching.recording import Recording, Step
from dualrev.teaching.summaries import counted, summary
from dualrev.teaching.traces import formulas
from dualrev.teaching.traces.notation import HTML, LATEX, TEXT, Style

_RIGHT = (False, False, False, True, False, True)


class Shown(NamedTuple):
    """What a table shows of a trace.

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


def text(trace: Shown, limit: int | None = None) -> str:
    """Return the trace as an aligned table of at most `limit` lines."""
    steps = trace.recording.steps
    if limit is None or len(steps) <= limit:
        rows = _rows(trace, TEXT, steps)
    else:
        half = max(limit // 2, 1)
        left_out = ["...", f"... {len(steps) - 2 * half} lines ...", "", "", "", ""]
        rows = [*_rows(trace, TEXT, steps[:half]), left_out, *_rows(trace, TEXT, steps[-half:])]
    head = [*_head(trace)]
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, _RIGHT, strict=True)
        ).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join([_title(trace), "", *lines])


def html(trace: Shown) -> str:
    """Return the trace as an HTML table."""
    head = "".join(f"<th style='text-align:left'>{cell}</th>" for cell in _head(trace))
    body = ""
    for name, operation, formula, value, derivative_formula, derivative in _rows(trace, HTML, trace.recording.steps):
        cells = [name, escape(operation), formula, escape(value), derivative_formula, escape(derivative)]
        body += f"<tr>{''.join(map(_cell, cells, _RIGHT))}</tr>"
    return f"<p>{escape(_title(trace))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


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


def _cell(content: str, right: bool) -> str:
    return f"<td style='text-align:{'right' if right else 'left'}'>{content}</td>"


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _title(trace: Shown) -> str:
    inputs = len(trace.recording.inputs)
    operations = len(trace.recording.operations)
    return f"{trace.name}, {trace.mode} mode: {counted(inputs, 'input')}, {counted(operations, 'operation')}"


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
