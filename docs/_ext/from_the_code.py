"""Sphinx directives that write parts of pages from the package: its table, its public names, its constants."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import dualrev
from dualrev.auto import choice, costs
from dualrev.primitives import array, host, scalar
from dualrev.primitives.row import HostRow, Row
from dualrev.primitives.rule_text import shown
from dualrev.verification import coverage
from dualrev.verification.promises import CONTRADICTIONS, PROMISES


def table(header: Sequence[str], rows: Iterable[Sequence[list[str]]]) -> list[str]:
    """Return a list-table; each cell is a list of lines."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [[[title] for title in header], *rows]:
        for n, cell in enumerate(row):
            bullet, line_of_many = ("   * - " if n == 0 else "     - "), "| " if len(cell) > 1 else ""
            for k, line in enumerate(cell or [""]):
                lines.append(f"{bullet if k == 0 else '       '}{line_of_many}{line}")
    return [*lines, ""]


def code(texts: Iterable[str]) -> list[str]:
    """Return texts as literals."""
    return [f"``{text}``" for text in texts]


def heading(text: str) -> list[str]:
    """Return a section heading."""
    return [text, "-" * len(text), ""]


def first_line(thing: Any) -> str:
    """Return the first line of a docstring, without its full stop."""
    return (inspect.getdoc(thing) or "").partition("\n")[0].rstrip(".")


class FromTheCode(SphinxDirective):
    """A directive whose content is reStructuredText made at build time."""

    def lines(self) -> list[str]:
        """Return the content."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Parse the content where the directive stands."""
        return self.parse_text_to_nodes("\n".join(self.lines()), allow_section_headings=True)


class ScalarPrimitives(FromTheCode):
    """Every row of the table, a section for each family."""

    families: Sequence[Any] = scalar.FAMILIES

    def lines(self) -> list[str]:
        """Return the content."""
        lines = []
        for family in self.families:
            lines += heading(re.split(r"[.:]", first_line(family))[0])
            lines += table(
                ["name", "function", "partial derivatives", "spellings"],
                [
                    [
                        code([row.name]),
                        code([shown(row.fn)]),
                        _partials(row),
                        code([*row.names, f"dualrev.special.{row.name}"]),
                    ]
                    for row in family.ROWS
                ],
            )
        return lines


def _partials(row: Row) -> list[str]:
    refused = [isinstance(row, HostRow) and row.refuses(n) for n in range(len(row.partials))]
    rules = zip(row.partials, refused, strict=True)
    return ["no closed form" if no else f"``{shown(rule)}``" for rule, no in rules] or ["flat"]


class HostPrimitives(ScalarPrimitives):
    """Every row whose value SciPy computes, a section for each family."""

    families = host.HOST_FAMILIES


class Formulas(FromTheCode):
    """The formulas that rows share."""

    def lines(self) -> list[str]:
        """Return the content."""
        named = {
            f"{name}({', '.join(inspect.signature(rule).parameters)})": rule for name, rule in scalar.FORMULAS.items()
        }
        return table(["formula", "expression"], [[code([name]), code([shown(rule)])] for name, rule in named.items()])


class ArrayRules(FromTheCode):
    """Every function of arrays that has a rule."""

    def lines(self) -> list[str]:
        """Return the content."""
        rules = [(spelling(function), rule) for function, rule in array.RULES.items()]
        return table(
            ["function", "differentiated", "options", "what it does"],
            [
                [code([name]), code(rule.operands), code(sorted(rule.options)), [first_line(rule.linearize)]]
                for name, rule in rules
                if name
            ],
        )


class ArrayComposites(FromTheCode):
    """Every function of arrays that is made of others."""

    def lines(self) -> list[str]:
        """Return the content."""
        names = [(spelling(function), made) for function, made in array.COMPOSITES.items()]
        shown = [(name, made) for name, made in names if name and name.removeprefix("numpy.") not in scalar.TABLE]
        return table(["function", "what it does"], [[code([name]), [first_line(made)]] for name, made in shown])


def spelling(function: Any) -> str:
    """Return how users reach a function, or nothing if they cannot call it by a name."""
    name = function.__name__
    for module, prefix in (
        (np, "numpy"),
        (np.linalg, "numpy.linalg"),
        (np.fft, "numpy.fft"),
        (dualrev.special, "dualrev.special"),
        (dualrev.linalg, "dualrev.linalg"),
    ):
        if getattr(module, name, None) == function:
            return f"{prefix}.{name}"
    return {"index": "x[...]", "astype": "x.astype"}.get(name, "")


class CoverageTables(FromTheCode):
    """Every public function of NumPy's and SciPy's modules, by how it is covered."""

    def lines(self) -> list[str]:
        """Return the content."""
        lines = []
        for module in coverage.MODULES:
            entries = coverage.coverage(module)
            counts = [sum(entry.status in group for entry in entries) for _, group in COVERAGE]
            numbers = ", ".join(f"{count} {name}" for count, (name, _) in zip(counts, COVERAGE, strict=True) if count)
            lines += [*heading(module), f"{numbers}.", ""]
            rows = []
            for name, group in COVERAGE:
                notes = dict.fromkeys(entry.note for entry in entries if entry.status in group)
                for note in notes:
                    names = [e.name for e in entries if e.status in group and e.note == note]
                    rows.append([[name], [", ".join(code(names))], [note]])
            lines += table(["", "functions", ""], rows)
        return lines


COVERAGE = (
    ("covered", coverage.COVERED),
    ("constant", (coverage.FLAT,)),
    ("of plain numbers", (coverage.PLAIN,)),
    ("not covered", (coverage.MISSING,)),
)


_ONLY = ((lambda promise: promise.compiled, "interpreted"), (lambda promise: promise.interpreted, "compiled"))
"""What a promise does not hold for, and the word for what is left."""


class PromisedLaws(FromTheCode):
    """The promises that the tests prove, by law."""

    def lines(self) -> list[str]:
        """Return the content."""
        lines = []
        for law, promises in PROMISES.items():
            rows = [
                [
                    code([promise.expression]),
                    [_numbers(np.ravel(promise.at))],
                    [_numbers(np.ravel(promise.gradient))],
                    [] if promise.second is None else [_numbers([promise.second])],
                    [word for runs, word in _ONLY if not runs(promise)],
                ]
                for promise in promises
            ]
            lines += [*heading(law), *table(["function of x", "at", "derivative", "second", "only"], rows)]
        return lines


class Contradictions(FromTheCode):
    """Smooth functions that the promises make wrong, and how to write them."""

    def lines(self) -> list[str]:
        """Return the content."""
        rows = [
            [code([each.expression]), [_numbers(np.ravel(each.at))], code([each.spelling])] for each in CONTRADICTIONS
        ]
        return table(["function of x", "wrong at", "right"], rows)


class PromisedValues(FromTheCode):
    """The points of the rows."""

    def lines(self) -> list[str]:
        """Return the content."""
        rows = [
            [code([row.name]), [_numbers(at)], [_promises(row, promised)]]
            for row in (*scalar.TABLE.values(), *host.HOST.values())
            for at, promised in row.points
        ]
        return table(["primitive", "arguments", "partial derivatives"], rows)


def _promises(row: Row, values: Sequence[float]) -> str:
    shown = [n for n in range(row.arity) if not (isinstance(row, HostRow) and row.refuses(n))]
    return _numbers(values[n] for n in shown)


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


class CostTable(FromTheCode):
    """The cost constants that dualrev ships with."""

    def lines(self) -> list[str]:
        """Return the content."""
        constants = asdict(choice.SHIPPED).items()
        return table(["constant", "microseconds"], [[code([name]), [f"{value:g}"]] for name, value in constants])


class CompiledCostTable(FromTheCode):
    """The cost constants of compiled functions that dualrev ships with."""

    def lines(self) -> list[str]:
        """Return the content."""
        constants = asdict(costs.COMPILED).items()
        return table(["constant", "microseconds"], [[code([name]), [f"{value:g}"]] for name, value in constants])


class ModeLimits(FromTheCode):
    """The limits on directions."""

    def lines(self) -> list[str]:
        """Return the content."""
        names = ("SURE_FORWARD", "CACHED_ELEMENTS", "MOST_DIRECTIONS")
        return table(["limit", "value"], [[code([name]), [str(getattr(choice, name))]] for name in names])


class PublicNames(FromTheCode):
    """The public names of the package, modules aside."""

    def lines(self) -> list[str]:
        """Return the content."""
        things = {name: getattr(dualrev, name) for name in sorted(dualrev.__all__, key=str.lower)}
        classes = [name for name, thing in things.items() if inspect.isclass(thing)]
        errors = [name for name in classes if issubclass(things[name], Exception)]
        functions = [name for name, thing in things.items() if inspect.isfunction(thing)]
        lines: list[str] = []
        for title, names, directive in (
            ("Functions", functions, "autofunction"),
            ("Classes", [name for name in classes if name not in errors], "autoclass"),
        ):
            lines += heading(title)
            lines += [".. autosummary::", "   :nosignatures:", "", *[f"   dualrev.{name}" for name in names], ""]
            for name in names:
                members = ["   :members:"] if directive == "autoclass" else []
                if dataclasses.is_dataclass(things[name]):
                    members.append("   :inherited-members:")  # what is data stands in a class below
                lines += [f".. {directive}:: dualrev.{name}", *members, ""]
        return lines


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    for directive, name in (
        (ScalarPrimitives, "scalar-primitives"),
        (HostPrimitives, "host-primitives"),
        (Formulas, "shared-formulas"),
        (ArrayRules, "array-rules"),
        (ArrayComposites, "array-composites"),
        (PromisedValues, "promised-values"),
        (PromisedLaws, "promised-laws"),
        (Contradictions, "contradictions"),
        (CoverageTables, "coverage"),
        (CostTable, "cost-constants"),
        (CompiledCostTable, "compiled-costs"),
        (ModeLimits, "mode-limits"),
        (PublicNames, "public-names"),
    ):
        app.add_directive(name, directive)
    return {"version": dualrev.__version__, "parallel_read_safe": True}
