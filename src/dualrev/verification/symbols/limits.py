"""Limits and decisions while symbols follow a function: how far it may go on, and its branches at the point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

import numpy as np
import sympy

from dualrev.kernels import numpy_rows
from dualrev.kernels.sympy_rows import Follower
from dualrev.primitives.row import Row

MOST_NODES = 20_000
"""Symbols, numbers and operations in one expression; SymPy takes seconds to differentiate larger ones."""

MOST_SHOWN = 60


class TooLargeError(Exception):
    """The expressions grew past the limit."""


class Following:
    """One run of a function on symbols.

    Parameters
    ----------
    elements : int
        Most elements that scalar primitives may be applied to.
    nodes : int
        Most nodes of one expression.
    seconds : float
        Time that it may take.

    Attributes
    ----------
    branches : list of str
        Comparisons, and selections by a primitive, as they were decided at the point; each once.
    ties : list of str
        Those of them whose sides are equal there.
    singular : list of str
        Primitives with a partial derivative that is not finite at the point.
    interrupted : bool
        Whether it was stopped by Ctrl-C.
    """

    def __init__(self, elements: int, nodes: int = MOST_NODES, seconds: float = float("inf")) -> None:
        self.elements, self.nodes, self.seconds = elements, nodes, seconds
        self.left, self.end, self.interrupted = elements, monotonic() + seconds, False
        self.branches: dict[str, None] = {}
        self.ties: dict[str, None] = {}
        self.singular: dict[str, None] = {}
        self.follower = Follower(self.chosen)
        self._sizes: dict[Any, int] = {}

    def take_over(self, other: Following) -> None:
        """Take over what another run of the same function at the same point met."""
        self.branches, self.ties, self.singular = other.branches, other.ties, other.singular

    def spend(self, elements: int) -> None:
        """Count elements, and raise `TooLargeError` where a limit is passed."""
        self.left -= elements
        if self.left < 0:
            raise TooLargeError(f"more than {self.elements} scalar operations")
        self.in_time()

    def in_time(self) -> None:
        """Raise `TooLargeError` when the time is over."""
        if monotonic() > self.end:
            raise TooLargeError(f"SymPy took more than {self.seconds:g} s")

    def weigh(self, expressions: Any) -> None:
        """Raise `TooLargeError` where an expression has grown too large."""
        for expression in np.ravel(expressions):
            size = self.size(expression)
            if size > self.nodes:
                raise TooLargeError(f"an expression grew to {size} nodes, more than {self.nodes}")

    def size(self, expression: Any) -> int:
        """Return the number of nodes, shared ones counted as often as they are printed."""
        if not isinstance(expression, sympy.Basic):
            return 1
        known = self._sizes.get(expression)
        if known is None:
            known = self._sizes[expression] = 1 + sum(map(self.size, expression.args))
        return known

    def compared(self, row: Row, parts: Sequence[Any], values: Sequence[Any], truth: np.ndarray) -> None:
        """Record a comparison of elements, if this row is one."""
        if not row.sign:
            return
        for at in np.ndindex(truth.shape):
            left, right = (part[at] for part in parts)
            if not (left.is_number and right.is_number):
                tie = bool(values[0][at] == values[1][at])
                self._record(f"{_short(left)} {row.sign} {_short(right)}", bool(truth[at]), tie)

    def chosen(self, condition: Any, truth: bool, tie: bool) -> None:
        """Record what a primitive selected."""
        if isinstance(condition, sympy.core.relational.Relational):
            sides = f"{_short(condition.lhs)} {condition.rel_op} {_short(condition.rhs)}"
            self._record(sides, truth, tie)

    def _record(self, condition: str, truth: bool, tie: bool) -> None:
        self.branches[f"{condition} is {truth}"] = None
        if tie:
            self.ties[condition] = None

    def differentiated(self, row: Row, y: Any, values: Sequence[Any], active: Sequence[bool]) -> None:
        """Record a primitive's partial derivatives that are not finite."""
        for n, partial in enumerate(numpy_rows.bound(row).partials):
            if partial is None or not active[n]:
                continue
            with np.errstate(all="ignore"):
                found = np.broadcast_to(np.asarray(partial(y, *values), np.float64), np.shape(y))
            for at in _places(~np.isfinite(found)):
                told = ", ".join(f"{float(value[at]):g}" for value in values)
                of = "the derivative" if len(values) == 1 else f"partial derivative {n}"
                self.singular[f"{of} of {row.name} at {told} is {found[at]:g}"] = None


def _places(where: np.ndarray) -> Iterator[tuple[int, ...]]:
    return (tuple(map(int, at)) for at in np.argwhere(where)[:3])


def _short(expression: Any) -> str:
    text = str(expression)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."
