"""The Jacobian by SymPy: expressions that are differentiated once and evaluated, and exact entries to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from dualrev.comparison.agreement import Reference
from dualrev.comparison.differences import first_line
from dualrev.comparison.runs import Run, Told
from dualrev.operators.call import Point

MOST_OPERATIONS = 2_000
"""Elements that operations may be applied to until SymPy stops following."""

MOST_ENTRIES = 400
"""A larger Jacobian is not differentiated by SymPy as a whole."""

COMPARED = 64
"""Entries that are evaluated to 50 digits."""


class SymbolicRun(Run):
    """SymPy's derivative, compiled to NumPy by `lambdify` with common subexpressions taken out."""

    method = "SymPy"

    def __init__(self, point: Point, m: int, followed: Callable[[], Any]) -> None:
        super().__init__(point, m)
        self.followed, self.calls = followed, 0
        self.numbers = [float(v) for x in point.leaves for v in np.ravel(x)]
        self.evaluate: Callable[..., Any] = lambda *numbers: None

    def try_out(self, limit: float, told: Told) -> None:
        """Follow the function, differentiate, and compile what comes out; the time of all that is the first call's."""
        if self.point.n * self.m > MOST_ENTRIES:
            self.unavailable = f"the Jacobian has {self.point.n * self.m} entries, more than {MOST_ENTRIES}"
            return
        told("SymPy")
        start = perf_counter()
        try:
            symbols, _, outputs = self.followed()
            self.evaluate = _compiled(symbols, outputs, limit)
            self.part = self.whole()
        except Exception as error:  # SymPy raises whatever it meets on its way
            self.unavailable = f"SymPy cannot follow f: {first_line(error)}"
            return
        self.first_seconds = perf_counter() - start
        self.passes_run = 1

    def whole(self) -> np.ndarray:
        """Evaluate the Jacobian."""
        return np.array(self.evaluate(*self.numbers), dtype=np.float64).reshape(self.m, self.point.n)

    def timed(self) -> Callable[[], Any]:
        """Return the compiled expressions."""
        return self.whole


def exact_entries(followed: Callable[[], Any], n: int, m: int, limit: float) -> Reference | None:
    """Return entries of the Jacobian to 50 digits, or None where SymPy cannot follow the function in so many seconds.

    Half of them are in the corner that a method which is cut short computes, too; the others are drawn at random.
    """
    from dualrev.verification.symbols.exact import evaluated

    try:
        symbols, at, outputs = followed()
        rows, columns = _sample(n, m)
        values = dict(zip(symbols, at, strict=True))
        entries = _derivatives([(outputs[i], symbols[j]) for i, j in zip(rows, columns, strict=True)], limit)
        exact = [float(evaluated(entry, values)) for entry in entries]  # None, no finite number, raises
    except Exception:  # SymPy raises whatever it meets; then another reference serves, which the report names
        return None
    return Reference("SymPy to 50 digits", rows, columns, np.array(exact))


def follower(point: Point, limit: float) -> Callable[[], Any]:
    """Return a function that runs the user's function on symbols, once, for at most so many seconds."""
    from dualrev.verification.symbols.limits import Following
    from dualrev.verification.symbols.number import follow

    kept: list[Any] = []

    def followed() -> Any:
        if not kept:
            try:
                following = Following(MOST_OPERATIONS, seconds=limit)
                kept.append(follow(point.call, point.leaves, point.name, MOST_OPERATIONS, following))
            except Exception as error:  # kept, so that the second who asks hears the same
                kept.append(error)
        if isinstance(kept[0], Exception):
            raise kept[0]
        return kept[0]

    return followed


def _sample(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    if n * m <= COMPARED:
        rows, columns = np.indices((m, n)).reshape(2, -1)
        return rows, columns
    random = np.random.default_rng(0)
    side = max(1, int(np.sqrt(COMPARED // 2)))
    corner = [(i, j) for i in range(min(m, side)) for j in range(min(n, side))]
    drawn = [(int(i), int(j)) for i, j in zip(random.integers(m, size=32), random.integers(n, size=32), strict=True)]
    rows, columns = np.array(sorted({*corner, *drawn})).T
    return rows, columns


def _derivatives(places: list[tuple[Any, Any]], limit: float) -> Iterator[Any]:
    """Yield derivatives of expressions with respect to symbols, until so many seconds are over."""
    from dualrev.verification.symbols.exact import derivative
    from dualrev.verification.symbols.limits import TooLargeError

    end = perf_counter() + limit
    for expression, symbol in places:
        if perf_counter() > end:
            raise TooLargeError(f"SymPy took more than {limit:g} s")
        yield derivative(expression, symbol)


def _compiled(symbols: list[Any], outputs: list[Any], limit: float) -> Callable[..., Any]:
    import sympy

    from dualrev.verification.symbols.exact import numeric_modules

    entries = list(_derivatives([(out, symbol) for out in outputs for symbol in symbols], limit))
    compiled: Callable[..., Any] = sympy.lambdify(symbols, entries, modules=numeric_modules(), cse=True)
    return compiled
