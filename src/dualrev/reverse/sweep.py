"""The adjoint sweep: cotangents from the results of a tape back to its leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dualrev.kernels.arrays import partials
from dualrev.kernels.fused import FUSED_SIZE, pull
from dualrev.primitives.array.shaping import sum_to
from dualrev.primitives.product import chain_product
from dualrev.reverse.tape import Leaf, RowStatement, RuleStatement, Statement, Tape


class Adjoints(dict[Statement, Any]):
    """The adjoint of each statement met so far.

    Those that the sweep made itself, and nothing else refers to, are `own`: they are added to, and reused, in place.
    """

    def __init__(self, seeds: Mapping[Statement, Any]) -> None:
        super().__init__(seeds)
        self.own: set[int] = set()

    def add(self, statement: Statement, term: Any, fresh: bool = False) -> None:
        """Add a term to a statement's adjoint; `fresh` if nothing else refers to its memory."""
        if term.dtype != statement.dtype:
            term = term.astype(statement.dtype)
        current = self.get(statement)
        if current is None:
            self[statement] = term
        elif statement.order in self.own:
            current += term
            return
        else:
            term = self[statement] = current + term
            fresh = True
        if fresh and type(term) is np.ndarray:
            self.own.add(statement.order)

    def buffer(self, statement: Statement, ahead: tuple[int, ...]) -> np.ndarray:
        """Return a statement's adjoint as an array that can be added to in place."""
        if statement.order not in self.own:
            current = self.get(statement)
            zeros = np.zeros(ahead + statement.shape, statement.dtype)
            self[statement] = zeros if current is None else zeros + current
            self.own.add(statement.order)
        return self[statement]  # type: ignore[no-any-return]


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
                _pull_rule(statement, cotangent, adjoints)
    return adjoints


def _pull_row(statement: RowStatement, cotangent: Any, adjoints: Adjoints) -> None:
    rules = partials(statement.row)
    active = [n for n, parent in enumerate(statement.parents) if parent is not None and rules[n][0] is not None]
    large = cotangent.size >= FUSED_SIZE
    mine = large and statement.order in adjoints.own
    for n in active:
        parent = statement.parents[n]
        assert parent is not None
        spare = cotangent if mine and n == active[-1] else None
        if large and _fused(statement, n, parent, cotangent, spare, adjoints):
            continue
        rule = rules[n][0]
        assert rule is not None
        partial = rule(statement.y, *statement.primals)
        term = np.negative(cotangent, out=spare) if _is(partial, -1.0) and spare is not None else None
        if term is None:
            term = chain_product(partial, cotangent)
        fresh = term is not cotangent or spare is not None
        mine = mine and term is not cotangent
        if parent.shape != statement.shape:
            term = sum_to(term, parent.shape, len(statement.shape))
        adjoints.add(parent, term, fresh)


def _is(partial: Any, constant: float) -> bool:
    return type(partial) is float and partial == constant


def _fused(statement: RowStatement, n: int, parent: Statement, cotangent: Any, spare: Any, adjoints: Adjoints) -> bool:
    """Let a compiled kernel add the term to the parent's adjoint, if it can."""
    if type(cotangent) is not np.ndarray:
        return False
    add = parent.shape == statement.shape and parent.order in adjoints.own
    out = adjoints[parent] if add else spare if spare is not None else np.empty(cotangent.shape, cotangent.dtype)
    if not pull(statement.row, n, statement.y, statement.primals, cotangent, statement.shape, out, add):
        return False
    if not add:
        term = out if parent.shape == statement.shape else sum_to(out, parent.shape, len(statement.shape))
        adjoints.add(parent, term, fresh=True)
    return True


def _pull_rule(statement: RuleStatement, cotangent: Any, adjoints: Adjoints) -> None:
    for n, parent in enumerate(statement.parents):
        if parent is None:
            continue
        accumulate = getattr(statement.linearization, "accumulate", None)
        if accumulate is not None and _plain(cotangent) and _plain(adjoints.get(parent, cotangent)):
            accumulate(adjoints.buffer(parent, cotangent.shape[: cotangent.ndim - len(statement.shape)]), cotangent)
        else:
            adjoints.add(parent, statement.linearization.pull(n, cotangent))


def _plain(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic)
