"""Adjoint statements and tapes.

Each operation on a Var makes one statement, which knows the statements that its operands came from and nothing later.
A tape is the statements that results depend on, in the order in which they were recorded. Statements are linked to
their operands only, so numbers made independently can meet, and what nothing depends on any more is freed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from dualrev.active.ownership import private
from dualrev.errors import FreedTapeError
from dualrev.kernels.numpy_rows import known_partial, partials
from dualrev.primitives.array.rule import ArrayRule, Linearization
from dualrev.primitives.row import Row, reads
from dualrev.reverse._adjoint_hooks import Watch
from dualrev.reverse.recording_memory import STATEMENT, Recorded, held, kept_bytes, recount
from dualrev.reverse.tape_limit import Allowance, current_allowance, new_allowance

# One count for all tapes, so that numbers of independent origin can meet. Its `next` is one step of the interpreter:
# threads get different numbers without a lock.
_order = itertools.count()
_ORDER = attrgetter("order")


class Statement(Recorded):
    """One recorded operation, or a leaf where it has no operands.

    Attributes
    ----------
    parents : tuple of Statement or None
        Per operand the statement it came from, None for a constant.
    shape, dtype
        Of the result, and so of its adjoint.
    watch : Watch or None
        Hooks and the retained gradient, if there are such.
    """

    __slots__ = ("dtype", "order", "parents", "shape", "watch")

    def __init__(self, parents: Sequence[Statement | None], y: Any) -> None:
        self.order = next(_order)
        self.parents: Sequence[Statement | None] = parents
        self.shape: tuple[int, ...] = y.shape
        self.dtype: np.dtype[Any] = y.dtype
        self.watch: Watch | None = None

    @property
    def name(self) -> str:
        """Name of the operation: of a row or rule of the table, or "leaf"."""
        return "leaf"

    @property
    def next_functions(self) -> tuple[Statement, ...]:
        """The statements that the operands came from, constants left out: the next ones of a sweep backwards."""
        return tuple(parent for parent in self.parents if parent is not None)

    def free(self) -> None:
        """Drop what the statement keeps, operands included."""

    def watched(self) -> Watch:
        """Return the statement's watch, made if there is none."""
        if self.watch is None:
            self.watch = Watch()
        return self.watch

    def __repr__(self) -> str:
        return f"<{self.name}, shape {self.shape}>"


class Leaf(Statement):
    """An input, with the gradient that backward passes have added up for it."""

    __slots__ = ("grad",)

    def __init__(self, value: Any) -> None:
        super().__init__((), value)
        self.grad: Any = None


# Found once for each row and set of active arguments, or every operation of a user's function would look at the rules.
class Recipe(NamedTuple):
    """The statements of a row whose active arguments are known: which values they keep, and how they are pulled.

    Attributes
    ----------
    rules
        Per active argument in which the row is not flat its position and its partial.
    result
        Whether a partial reads the result.
    unread
        Positions of the arguments that no partial reads.
    constants
        Positions of the arguments that a partial reads but are not active.
    """

    rules: tuple[tuple[int, Callable[..., Any]], ...]
    result: bool
    unread: tuple[int, ...]
    constants: tuple[int, ...]


@cache
def recipe(row: Row, active: int) -> Recipe:
    """Return the recipe of a row; the bits of `active`, the last argument's being 1, tell which arguments are."""
    places = range(row.arity)
    chosen = [n for n in places if active >> (row.arity - 1 - n) & 1]
    for n in chosen:
        known_partial(row, n)  # while the function runs, so that the error tells the line
    rules = [(n, entry.rule) for n, entry in enumerate(partials(row)) if n in chosen and entry.rule is not None]
    # A partial's code names the arguments that it reads; the others are not kept, which often is most of a tape's
    # memory.
    written = [rule for n, _ in rules if (rule := row.partials[n]) is not None]
    read = {rule.__code__.co_varnames.index(name) for rule in written for name in reads(rule)}
    return Recipe(
        tuple(rules),
        0 in read,
        tuple(n for n in places if n + 1 not in read),
        tuple(n for n in places if n + 1 in read and n not in chosen),
    )


def charged(y: Any) -> Allowance:
    """Return the context's allowance, from which what a new statement with this result takes is subtracted.

    A statement sets it when all else is set, so that none is counted half made.
    """
    allowance = current_allowance() or new_allowance()
    # A subtraction and a comparison in each operation. What is really in use is counted when the allowance is used up,
    # which is rare.
    allowance.left -= y.nbytes + STATEMENT
    if allowance.left < 0:
        recount(allowance, y.nbytes + STATEMENT)
    return allowance


class RowStatement(Statement):
    """A scalar primitive. It keeps the values that the partials of its active arguments read, and None for others."""

    __slots__ = ("primals", "recipe", "row", "y")

    # Written out, without `super().__init__`: this runs once in every operation of a user's function.
    def __init__(self, row: Row, y: Any, primals: list[Any], parents: Sequence[Statement | None], active: int) -> None:
        self.order = next(_order)
        self.parents = parents
        self.shape = y.shape
        self.dtype = y.dtype
        self.watch = None
        self.row = row
        self.recipe = known = recipe(row, active)
        self.y = y if known.result else None
        for n in known.unread:
            primals[n] = None
        for n in known.constants:
            # Users may write to their own arrays before the sweep; what belongs to numbers is protected already.
            primals[n] = private(primals[n])
        self.primals = primals
        self.allowance = charged(y)

    @property
    def name(self) -> str:
        """Name of the row."""
        return self.row.name

    def saved(self) -> Iterable[Any]:
        """Return the kept values."""
        return [value for value in (self.y, *self.primals) if value is not None]

    def free(self) -> None:
        """Drop the kept values and the operands."""
        self.y, self.primals, self.parents = None, [], ()


class RuleStatement(Statement):
    """An array function. It keeps the linearization."""

    __slots__ = ("linearization", "rule")

    def __init__(
        self, rule: ArrayRule, y: Any, linearization: Linearization, parents: Sequence[Statement | None]
    ) -> None:
        self.order = next(_order)
        self.parents = parents
        self.shape = y.shape
        self.dtype = y.dtype
        self.watch = None
        self.rule = rule
        self.linearization: Any = linearization
        self.allowance = charged(y)

    @property
    def name(self) -> str:
        """Name of the array function."""
        return self.rule.name

    def saved(self) -> Iterable[Any]:
        """Return the arrays that the linearization's functions hold."""
        return held(self.linearization)

    def free(self) -> None:
        """Drop the linearization and the operands."""
        self.linearization, self.parents = None, ()


class Tape:
    """The statements that results depend on, in the order in which they were recorded.

    Parameters
    ----------
    results : iterable of Statement
        The statements of the results.

    Raises
    ------
    FreedTapeError
        If a statement on the way was freed by an earlier backward pass.

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.Var(2.0)
    >>> tape = dr.Tape([(x * x + x).grad_fn])
    >>> tape.operations, [statement.name for statement in tape]
    (2, ['leaf', 'multiply', 'add'])
    """

    def __init__(self, results: Iterable[Statement]) -> None:
        # A stack of our own: a loop of 10,000 steps is a chain that deep, and Python's stack is not.
        found = set(results)
        pending = list(found)
        while pending:
            statement = pending.pop()
            parents = statement.parents
            if not parents and type(statement) is not Leaf:
                raise FreedTapeError(
                    "the graph was freed by an earlier backward(); call that one with retain_graph=True, "
                    "or compute the result again"
                )
            for parent in parents:
                if parent is not None and parent not in found:
                    found.add(parent)
                    pending.append(parent)
        # An operand is older than what was made of it, so that the order of recording is an order for the sweep.
        self.statements = sorted(found, key=_ORDER)

    def __len__(self) -> int:
        return len(self.statements)

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    @property
    def operations(self) -> int:
        """Number of recorded operations, leaves not counted."""
        return sum(1 for statement in self.statements if not isinstance(statement, Leaf))

    @property
    def elements(self) -> int:
        """Number of elements of all results of operations together."""
        return sum(int(np.prod(s.shape, dtype=np.intp)) for s in self.statements if not isinstance(s, Leaf))

    @property
    def nbytes(self) -> int:
        """Memory that the arrays kept for the sweep take, each counted once."""
        return kept_bytes(self.statements)
