"""The adjoint sweep: cotangents from the results of a tape back to its leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from dualrev.active.number import Active, observer
from dualrev.errors import ShapeMismatchError
from dualrev.kernels.fused import FUSED_SIZE, pays, pull
from dualrev.primitives.array.indexing import Selection
from dualrev.primitives.array.shaping import sum_to
from dualrev.primitives.array.vector_parts import Overwriting, Window
from dualrev.primitives.chain_rule import product
from dualrev.reverse.tape import Leaf, RowStatement, RuleStatement, Statement, Tape

_ZERO = np.float64(0)
_PLAIN = (np.ndarray, np.generic)
_SELECTIONS = frozenset({Selection, Window})
"""Linearizations whose pullback can add to the operand's adjoint in place."""


class Adjoints(dict[Statement, Any]):
    """The adjoint of each statement met so far.

    Those that the sweep made itself, and nothing else refers to, are `own`: they are added to, and reused, in place.
    """

    def __init__(self, seeds: Mapping[Statement, Any]) -> None:
        super().__init__(seeds)
        self.own: set[int] = set()

    def add(self, statement: Statement, term: Any, fresh: bool = False) -> None:
        """Add a term to a statement's adjoint; `fresh` if nothing else refers to its memory."""
        # `is` first: NumPy's types are nearly always one object, and to compare them by value is a call.
        if term.dtype is not statement.dtype and term.dtype != statement.dtype:
            # A real operand of a complex result cannot move off the real line: only the real part of its adjoint is a
            # derivative.
            if term.dtype.kind == "c" and statement.dtype.kind != "c":
                term = np.real(term)
            term, fresh = term.astype(statement.dtype), True
        # A small term, and no array of this sweep's own: there is no place to look for. Where there is one, even a
        # single element may belong into it.
        if (self.own or term.size >= FUSED_SIZE) and _plain(term):
            place = self.place(statement, term.shape[: term.ndim - len(statement.shape)])
            if place is not None:
                place += term
                return
        current = self.get(statement)
        if current is not None:
            term, fresh = current + term, True
        self[statement] = term
        # Only what was made here may be written to: a term can be a cotangent that users hold, or the adjoint of
        # another statement.
        if fresh and type(term) is np.ndarray and term.size >= FUSED_SIZE:
            self.own.add(statement.order)

    # A loop that reads an array of n elements one by one, or row by row, gives n terms. In the array's own adjoint they
    # cost n together; as arrays of their own, n squared.
    def place(self, statement: Statement, ahead: tuple[int, ...]) -> np.ndarray | None:
        """Return the array in which plain terms of a statement's adjoint can be added up, if there is one.

        For what was selected from an array as a view, that is the view of the array's adjoint.
        """
        if statement.order in self.own:
            return self[statement]  # type: ignore[no-any-return]
        if type(statement) is RuleStatement and type(statement.linearization) in _SELECTIONS and not statement.watch:
            parent = statement.parents[0]
            assert parent is not None
            if statement.linearization.basic and _plain(self.get(parent, _ZERO)):
                whole = self.place(parent, ahead)
                memory = self.buffer(parent, ahead) if whole is None else whole
                return statement.linearization.view(memory)  # type: ignore[no-any-return]
        return None

    def buffer(self, statement: Statement, ahead: tuple[int, ...]) -> np.ndarray:
        """Return a statement's adjoint as an array that can be added to in place."""
        if statement.order not in self.own:
            current = self.get(statement)
            # A copy, because what stands there may be a seed of the user's, or be repeated by strides of 0.
            zeros = np.zeros(ahead + statement.shape, statement.dtype)
            self[statement] = zeros if current is None else zeros + current
            self.own.add(statement.order)
        return self[statement]  # type: ignore[no-any-return]


def sweep(tape: Tape, seeds: Mapping[Statement, Any], free: bool = False) -> dict[Statement, Any]:
    """Propagate cotangents backwards.

    Parameters
    ----------
    tape
        The statements that the results depend on.
    seeds
        Per result statement its cotangent: of its shape, or with one leading axis of the same length in all of them.
    free
        Whether to free each statement when it is done with.

    Returns
    -------
    dict
        Per leaf that a seed reaches, and per statement that retains it, the adjoint.
    """
    adjoints = Adjoints(seeds)
    looking_on = observer.get()
    if looking_on is None:
        return _swept(reversed(tape.statements), adjoints, free)
    return looking_on.sweep(tape, adjoints, lambda statements: _swept(statements, adjoints, free))  # type: ignore[no-any-return]


def _swept(statements: Iterable[Any], adjoints: Adjoints, free: bool) -> dict[Statement, Any]:
    retained: dict[Statement, Any] = {}
    # Once around the sweep: to set and restore it takes longer than the product of two small arrays.
    with np.errstate(all="ignore"):
        for statement in statements:
            if statement.watch is not None and statement in adjoints:
                adjoints[statement] = hooked(statement, adjoints[statement])
                # A hook may have kept the array that it saw, so that nobody adds to it from here on.
                adjoints.own.discard(statement.order)
                if statement.watch.retains:
                    retained[statement] = adjoints[statement]
            kind = type(statement)
            if kind is Leaf:
                continue
            # Every later statement that depends on this one has been swept: its adjoint is complete, and its memory is
            # free for what comes.
            cotangent = adjoints.pop(statement, None)
            if cotangent is not None:
                if kind is RuleStatement:
                    _pull_rule(statement, cotangent, adjoints)
                elif cotangent.size < FUSED_SIZE or type(cotangent) is not np.ndarray:
                    _pull_row(statement, cotangent, adjoints)
                else:
                    _pull_large_row(statement, cotangent, adjoints)
            if free:
                statement.free()
    adjoints |= retained
    return adjoints


# A user's function sees a gradient of the number's shape, whatever number of cotangents the sweep carries.
def hooked(statement: Statement, cotangent: Any) -> Any:
    """Let a statement's hooks see its adjoint, direction by direction, and put theirs in its place."""
    assert statement.watch is not None
    for hook in list(statement.watch.hooks.values()):
        ahead = cotangent.shape[: cotangent.ndim - len(statement.shape)]
        if ahead:
            cotangent = np.stack([_answer(hook, each, statement) for each in cotangent])
        else:
            cotangent = _answer(hook, cotangent, statement)
    return cotangent


# It is shown a copy: what it writes there is not the adjoint.
def _answer(hook: Any, adjoint: Any, statement: Statement) -> Any:
    shown = adjoint.copy() if isinstance(adjoint, np.ndarray) else adjoint
    answer = hook(shown)
    if answer is None:
        return adjoint
    if np.shape(answer) != statement.shape:
        raise ShapeMismatchError(
            f"a hook returned shape {np.shape(answer)} for a gradient of shape {statement.shape}; "
            "expected the same shape, or None to leave the gradient as it is"
        )
    return answer.snapshot() if isinstance(answer, Active) else np.array(answer, statement.dtype)[()]


def _pull_row(statement: RowStatement, cotangent: Any, adjoints: Adjoints) -> None:
    y, primals, shape = statement.y, statement.primals, statement.shape
    for n, rule in statement.recipe.rules:
        parent: Any = statement.parents[n]
        term = product(rule(y, *primals), cotangent)
        if parent.shape != shape:
            term = sum_to(term, parent.shape, len(shape))
        # Where the partial is 1, the product is the cotangent itself, which other parents share.
        adjoints.add(parent, term, term is not cotangent)


def _pull_large_row(statement: RowStatement, cotangent: np.ndarray, adjoints: Adjoints) -> None:
    """Pull a row of large arrays: by fused kernels, which add into adjoints that exist."""
    rules = statement.recipe.rules
    # The cotangent of a sum is one number, repeated by strides of 0. Where the partial is a number too, so is the
    # product, and no array is written at all.
    repeated = not any(cotangent.strides)
    numbers = repeated and not any(np.ndim(p) for p in (statement.y, *statement.primals) if p is not None)
    # Of the last parent nobody reads the cotangent again: its memory takes the term, and the page faults of a new array
    # are saved.
    spare = cotangent if not repeated and statement.order in adjoints.own else None
    for n, rule in rules:
        parent = statement.parents[n]
        assert parent is not None
        mine = spare if n == rules[-1][0] else None
        if not numbers and _fused(statement, n, parent, cotangent, mine, adjoints):
            continue
        partial = rule(statement.y, *statement.primals)
        if numbers:
            element = cotangent[(0,) * cotangent.ndim]
            term = np.broadcast_to(product(partial, element), cotangent.shape)
        # Subtractions are common, and their second term needs no array of its own.
        elif mine is not None and type(partial) is float and partial == -1.0:
            term = np.negative(cotangent, out=mine)
        else:
            term = product(partial, cotangent)
        same = term is cotangent
        fresh = not numbers and not (same and mine is None)
        if parent.shape != statement.shape:
            term = sum_to(term, parent.shape, len(statement.shape))
        adjoints.add(parent, term, fresh)
        # The cotangent has become this parent's adjoint, so that no later parent may write into it.
        if same and parent in adjoints and parent.order not in adjoints.own:
            spare = None


# Where the parent has an adjoint of the sweep's own already, the kernel adds to it: one pass over memory instead of
# three.
def _fused(statement: RowStatement, n: int, parent: Statement, cotangent: Any, spare: Any, adjoints: Adjoints) -> bool:
    """Let a compiled kernel add the term to the parent's adjoint, if it can."""
    if not pays(statement.row, n, cotangent):
        return False
    place = None
    if parent.shape == statement.shape:
        place = adjoints.place(parent, cotangent.shape[: cotangent.ndim - len(statement.shape)])
    out = place if place is not None else spare if spare is not None else np.empty(cotangent.shape, cotangent.dtype)
    y, primals = statement.y, statement.primals
    if not pull(statement.row, n, y, primals, cotangent, statement.shape, out, place is not None):
        return False
    if place is None:
        term = out if parent.shape == statement.shape else sum_to(out, parent.shape, len(statement.shape))
        adjoints.add(parent, term, fresh=True)
    return True


def _pull_rule(statement: RuleStatement, cotangent: Any, adjoints: Adjoints) -> None:
    linearization = statement.linearization
    kind = type(linearization)
    if kind is Overwriting and type(cotangent) is np.ndarray and statement.order in adjoints.own:
        _pull_overwriting(statement, cotangent, adjoints)
        return
    n = -1
    for parent in statement.parents:
        n += 1
        if parent is None:
            continue
        # A selection's term is zero nearly everywhere. It is added where it was taken from, and no array of zeros is
        # made.
        if kind in _SELECTIONS and _plain(cotangent) and _plain(adjoints.get(parent, _ZERO)):
            ahead = cotangent.shape[: cotangent.ndim - len(statement.shape)]
            place = adjoints.place(parent, ahead)
            whole = adjoints.buffer(parent, ahead) if place is None else place
            linearization.accumulate(whole, cotangent)
        else:
            adjoints.add(parent, linearization.pull(n, cotangent))


# A loop that writes n elements makes n such statements of the same memory. The adjoint changes hands, so that they cost
# n together and not n squared.
def _pull_overwriting(statement: RuleStatement, adjoint: np.ndarray, adjoints: Adjoints) -> None:
    """Hand the memory's adjoint on, without a copy, and the part that was overwritten to what was written."""
    before, written = statement.parents
    part = statement.linearization.taken(adjoint)
    if written is not None:
        adjoints.add(written, part, fresh=True)
    if before is not None and before in adjoints:
        adjoints.add(before, adjoint, fresh=True)
    elif before is not None:
        adjoints[before] = adjoint
        adjoints.own.add(before.order)


def _plain(x: Any) -> bool:
    return isinstance(x, _PLAIN)
