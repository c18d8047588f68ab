"""The observer behind `detect_anomaly`: it looks on at operations and sweeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from traceback import FrameSummary
from typing import Any

from dualrev.active.number import observer, primal
from dualrev.operators.anomaly._blame import at_element, blame, from_operands
from dualrev.operators.anomaly._nan import adjoint_nan, nan_in, new_nan, tangent_nan
from dualrev.primitives.row import Row
from dualrev.reverse.adjoint_sweep import Adjoints
from dualrev.reverse.tape import RowStatement, Statement, Tape


class Observer:
    """The base of observers: it is told of every operation and sweep.

    Attributes
    ----------
    checking : bool
        Whether results are looked at. Not those of operations within a rule: the rule makes 0 of a 0 times infinity.
    line : FrameSummary or None
        The user's line to which operations belong, if that is not the one that is running.
    """

    def __init__(self, checking: bool, line: FrameSummary | None = None) -> None:
        self.checking, self.line = checking, line

    def sweep(self, tape: Tape, adjoints: Adjoints, swept: Callable[[Iterator[Statement]], Any]) -> Any:
        """Do a sweep, and look at the cotangents that each statement sends on."""
        if not self.checking:
            return swept(reversed(tape.statements))
        within = Observer(checking=False)
        token = observer.set(within)
        try:
            return swept(within.checked(tape.statements, adjoints))
        finally:
            observer.reset(token)

    def checked(self, statements: Sequence[Statement], adjoints: Adjoints) -> Iterator[Statement]:
        """Return the statements of a sweep; when the next is asked for, the one before has been done."""
        for statement in statements:
            statement.watched()  # views of an array then have adjoints of their own
        for statement in reversed(statements):
            self.line, *before = statement.watched().origin or (None,)
            before.append(adjoint_nan(adjoints, statement))
            parents = [(parent, adjoint_nan(adjoints, parent)) for parent in statement.next_functions]
            yield statement
            for parent, nan in parents:
                elementwise = isinstance(statement, RowStatement) and parent.shape == statement.shape
                found = new_nan(adjoint_nan(adjoints, parent), (nan, *before), elementwise)
                if found.any():
                    blame(statement.name, "cotangent", self.line, at_element(found))


def check(operation: Any, operands: Sequence[Any], before: Any, result: Any, line: FrameSummary) -> None:
    """Raise the error if a result holds a NaN, in its value or a tangent, that no operand held `before`."""
    row = isinstance(operation, Row)
    found = new_nan(nan_in(primal(result)), (before,), row)
    if found.any():
        blame(operation.name, "value", line, at_element(found) + (from_operands(found, operands) if row else ""))
    found = new_nan(tangent_nan(result), (before, *map(tangent_nan, operands)), row)
    if found.any():
        blame(operation.name, "tangent", line, at_element(found))
