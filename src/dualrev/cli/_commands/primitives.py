"""`dualrev primitives`."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from textwrap import fill
from typing import Any

import numpy as np

from dualrev import linalg, special
from dualrev.cli._outcome import FINE
from dualrev.errors import MissingExtraError
from dualrev.primitives.array import COMPOSITES, RULES
from dualrev.primitives.host import HOST, HOST_FAMILIES
from dualrev.primitives.row import HostRow, Row
from dualrev.primitives.rule_text import shown
from dualrev.primitives.scalar import FAMILIES, TABLE
from dualrev.verification.coverage import COVERED, FLAT, MISSING, MODULES, PLAIN, coverage

WIDTH = 80


def run(arguments: argparse.Namespace) -> int:
    """Print the table of scalar primitives, or that of functions of arrays."""
    for line in _arrays() if arguments.arrays else _scalars():
        print(line)
    return FINE


def _scalars() -> Iterator[str]:
    yield f"{len(TABLE)} scalar primitives; y is the result. Each is also dualrev.special.<name>."
    yield f"{len(HOST)} more take their values from SciPy: they are on the host alone, with the extra `scipy`."
    for family in (*FAMILIES, *HOST_FAMILIES):
        title = (inspect.getdoc(family) or "").partition("\n")[0].rstrip(".")
        yield from ("", fill(title, WIDTH), "-" * min(len(title), WIDTH))
        for row in family.ROWS:
            yield from _row(row)


def _row(row: Row) -> Iterator[str]:
    names = row.fn.__code__.co_varnames[: row.arity]
    yield _folded(f"{row.name}({', '.join(names)}) = ", shown(row.fn))
    for n, (name, rule) in enumerate(zip(names, row.partials, strict=False)):
        refused = isinstance(row, HostRow) and row.refuses(n)
        yield _folded(f"    d/d{name}  ", "no closed form: an error where it is active" if refused else shown(rule))
    if row.flat:
        yield "    flat: its derivative is 0 wherever it exists"
    if row.names:
        yield _folded("    names ", ", ".join(row.names))


def _folded(head: str, text: str) -> str:
    return fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * 8, break_long_words=False)


def _arrays() -> Iterator[str]:
    rules = [(_spelling(function), rule) for function, rule in RULES.items()]
    named = sorted((name, rule) for name, rule in rules if name)
    yield f"{len(named)} functions of arrays with a rule: what is differentiated, and the options known"
    yield ""
    for name, rule in named:
        options = f"; {', '.join(sorted(rule.options))}" if rule.options else ""
        yield _folded(f"{name.ljust(22)} ", ", ".join(rule.operands) + options)
    made = sorted({_spelling(function) for function in COMPOSITES} - {""})
    yield from ("", f"{len(made)} functions written in terms of others", "", fill(", ".join(made), WIDTH))
    for module in MODULES:
        yield from _uncovered(module)


def _uncovered(module: str) -> Iterator[str]:
    """Say of a module what has no derivative, and why."""
    try:
        entries = coverage(module)
    except MissingExtraError as error:
        yield from ("", _folded(f"{module}: ", str(error)))
        return
    count = sum(entry.status in COVERED for entry in entries)
    yield from ("", f"{module}: {count} of {len(entries)} functions are covered")
    for status in (FLAT, PLAIN, MISSING):
        for note in dict.fromkeys(entry.note for entry in entries if entry.status == status):
            names = ", ".join(entry.name for entry in entries if entry.status == status and entry.note == note)
            yield _folded(f"    {status}: ", f"{names}{note and f' ({note})'}")


def _spelling(function: Any) -> str:
    """Return how users reach a function, or nothing if they cannot call it by a name."""
    name = function.__name__
    for module, prefix in (
        (np, "numpy"),
        (np.linalg, "numpy.linalg"),
        (np.fft, "numpy.fft"),
        (special, "dualrev.special"),
        (linalg, "dualrev.linalg"),
    ):
        if getattr(module, name, None) == function:
            return f"{prefix}.{name}"
    return {"index": "x[...]", "astype": "x.astype"}.get(name, "")
