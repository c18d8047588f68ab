"""Arrays that may be one share a root: those that a branch chooses from, and those exchanged that have views."""

from __future__ import annotations

from collections.abc import Iterator

from dualrev.compiled.adjoints._form import (
    Array,
    Choice,
    Exchange,
    Fill,
    If,
    Load,
    Make,
    Operation,
    Program,
    Statement,
    Store,
    View,
    leaves,
    statements,
)
from dualrev.compiled.adjoints._steps import Step


def with_shared_roots(program: Program) -> None:
    """Give all arrays that may be one the same root, of which no proof says then that two elements are different."""
    inside = [array for statement in statements(program.body) for array in _arrays(statement)]
    given = [*program.parameters, *program.differentiated, *leaves(program.result)]
    arrays = [*inside, *(each for each in given if isinstance(each, Array))]
    shared = {choice.result.root.group for each in statements(program.body) for choice in _choices(each)}
    # A view that is made before an exchange has the memory of another name behind it.
    exchanged = {each.targets[0].root.group for each in statements(program.body) if isinstance(each, Exchange)}
    for each in statements(program.body):
        if isinstance(each, View) and not each.block.loops() and each.result.root.group in exchanged:
            shared.add(each.result.root.group)
    for array in arrays:
        if array.root.group in shared:
            array.root = array.root.group


def _choices(statement: Statement) -> list[Choice]:
    return statement.choices if isinstance(statement, If) else []


def _arrays(statement: Statement) -> Iterator[Array]:
    if isinstance(statement, Operation | Step):
        yield from (each for each in statement.operands if isinstance(each, Array))
    elif isinstance(statement, Load | Store | Fill):
        yield statement.array
    elif isinstance(statement, Make):
        yield statement.result
    elif isinstance(statement, View):
        yield from (statement.result, statement.source)
    elif isinstance(statement, Exchange):
        yield from (*statement.targets, *statement.sources)
    if isinstance(statement, Step):
        yield from (each for each in statement.results if isinstance(each, Array))
    for choice in _choices(statement):
        yield from (choice.result, choice.first, choice.second)
