"""Fills as loops over stores, so that whatever is true of those is true of them."""

from __future__ import annotations

from itertools import count

from numba.core import types

from dualrev.compiled.adjoints._form import (
    Block,
    Constant,
    Fill,
    If,
    Loop,
    Make,
    Operand,
    Operation,
    Program,
    Statement,
    Store,
    Value,
)

_ZERO, _ONE = Constant(0, types.intp), Constant(1, types.intp)


def with_loops_for_fills(program: Program) -> None:
    """Replace every fill in a program by a loop for each axis."""
    numbers = count()
    pending = [program.body]
    while pending:
        block = pending.pop()
        replaced: list[Statement] = []
        for statement in block.statements:
            if isinstance(statement, Fill):
                replaced += _loops(statement, block, numbers)
                continue
            replaced.append(statement)
            if isinstance(statement, If):
                pending += [statement.then, statement.otherwise]
            elif isinstance(statement, Loop):
                pending.append(statement.body)
        block.statements = replaced


def _loops(fill: Fill, block: Block, numbers: count[int]) -> list[Statement]:
    array, line = fill.array, fill.line
    made = array.made_by
    before: list[Statement] = []
    indices: list[Operand] = []
    outer = inner = None
    here = block
    for axis in range(array.type.ndim):
        # The length is that which the array was made with, where that is known: a loop over it then overwrites all.
        if isinstance(made, Make):
            length: Operand = made.shape[axis]
        else:
            length = Value(f"length_{next(numbers)}_filled", types.intp, block)
            length.made_by = Operation(block, line, length, f"{{0}}.shape[{axis}]", (array,))
            before.append(length.made_by)
        body = Block(here)
        variable = Value(f"k_{next(numbers)}_filled", types.intp, body)
        loop = Loop(here, line, body, variable, _ZERO, length, _ONE)
        variable.made_by = body.owner = loop
        if inner is not None:
            inner.body.statements.append(loop)
        outer = outer or loop
        inner, here = loop, body
        indices.append(variable)
    assert outer is not None
    here.statements.append(Store(here, line, array, tuple(indices), fill.value))
    return [*before, outer]
