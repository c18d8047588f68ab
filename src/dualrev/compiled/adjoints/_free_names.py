"""Names of the program that would mean something else in the adjoint's text get a letter more."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator

from dualrev.compiled._array_functions.pullbacks import FUNCTIONS
from dualrev.compiled.adjoints._form import (
    Array,
    If,
    Load,
    Loop,
    Make,
    Operation,
    Program,
    Value,
    View,
    statements,
)
from dualrev.compiled.adjoints._primal_text import scope_of
from dualrev.compiled.adjoints._row_sweeps import NAMES
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints._workspace import HELPERS

_OF_THE_TEXT = re.compile(
    r"(kept|top)(_integers)?|workspace|first_row|cotangent\d+|value\d+|math_\w+|\w+_b|\w+_carried"
    r"|pull_\w+|(sum_)?into_\w+|(trips|base|base_integers|iteration|old|cotangent|sum|pulled)_\d+(_\d+)?"
)
"""Names that the generator writes."""


def with_free_names(program: Program) -> None:
    """Rename what has a name of the text's own, or one of the scope."""
    things = list(dict.fromkeys(_named(program)))
    meant = set(scope_of(program)) | set(HELPERS) | set(FUNCTIONS) | set(NAMES) | set(vars(builtins))
    taken = meant | {thing.name for thing in things}
    assert len({thing.name for thing in things}) == len(things), "each value and array has a name of its own"
    for thing in things:
        if thing.name in meant or _OF_THE_TEXT.fullmatch(thing.name):
            # Some of the text's names are known by their beginning.
            name = f"{'u_' * (_OF_THE_TEXT.fullmatch(f'{thing.name}_u') is not None)}{thing.name}_u"
            while name in taken:
                name += "u"
            taken.add(name)
            thing.name = name


def _named(program: Program) -> Iterator[Value | Array]:
    yield from program.parameters
    for statement in statements(program.body):
        if isinstance(statement, Operation | Load | View | Make):
            yield statement.result
        if isinstance(statement, Step):
            yield from statement.results
        if isinstance(statement, If):
            yield from (merge.result for merge in statement.merges)
            yield from (choice.result for choice in statement.choices)
        if isinstance(statement, Loop):
            yield from (each for each in (statement.variable, statement.trips) if each is not None)
            for each in statement.carried:
                yield each.inside
                yield each.after
