"""The adjoint sweep: cotangents from the results of a tape back to its leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dualrev.kernels.arrays import bound
from dualrev.primitives.array.shaping import sum_to
from dualrev.primitives.product import chain_product
from dualrev.reverse.tape import Leaf, RowStatement, RuleStatement, Statement, Tape


class Adjoints(dict[Statement, Any]):
    """The adjoint of each statement met so far. Arrays that the sweep made itself are added to in place."""

    def __init__(self, seeds: Mapping[Statement, Any]) -> None:
        super().__init__(seeds)
        self.own: set[int] = set()

    def add(self, statement: Statement, term: Any) -> None:
        """Add a term to a statement's adjoint."""
        if term.dtype != statement.dtype:
            term = term.astype(statement.dtype)
        current = self.get(statement)
        if current is None:
            self[statement] = term
        elif statement.order in self.own:
            current += term
        else:
            total = self[statement] = current + term
            if type(total) is np.ndarray:
                self.own.add(statement.order)


def sweep(tape: Tape, seeds: Mapping[Statement, Any]) -> dict[Statement, Any]:
    """Propagate cotangents backwards.

    Parameters
    ----------
    tape
        The statements that the results depend on.
    seeds
        Per result statement its cotangent: of its shape, or with one leading axis of the same length in all of them.

    Returns
    -------
    dict
        Per leaf that a seed reaches its adjoint.
    """
    adjoints = Adjoints(seeds)
    with np.errstate(all="ignore"):
        for statement in reversed(tape.statements):
            cotangent = adjoints.get(statement)
            if cotangent is None or isinstance(statement, Leaf):
                continue
            del adjoints[statement]
            if type(statement) is RowStatement:
                _pull_row(statement, cotangent, adjoints)
            elif type(statement) is RuleStatement:
                for n, parent in enumerate(statement.parents):
                    if parent is not None:
                        adjoints.add(parent, statement.linearization.pull(n, cotangent))
    return adjoints


def _pull_row(statement: RowStatement, cotangent: Any, adjoints: Adjoints) -> None:
    rules = bound(statement.row).partials
    for n, parent in enumerate(statement.parents):
        rule = rules[n]
        if parent is None or rule is None:
            continue
        term = chain_product(rule(statement.y, *statement.primals), cotangent)
        if parent.shape != statement.shape:
            term = sum_to(term, parent.shape, len(statement.shape))
        adjoints.add(parent, term)
