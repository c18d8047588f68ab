"""The Jacobian by SymPy: expressions that are differentiated once and evaluated."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.comparison._differences import first_line
from dualrev.comparison._runs import Run, Told
from dualrev.operators.call import Point

if TYPE_CHECKING:
    from dualrev.verification.symbolic import Symbolic
    from dualrev.verification.symbols.limits import Following

MOST_OPERATIONS = 2_000
"""Elements that operations may be applied to until SymPy stops following."""

MOST_ENTRIES = 400
"""A larger Jacobian is not differentiated by SymPy as a whole."""


class SymbolicRun(Run):
    """SymPy's derivative, compiled to NumPy by `lambdify` with common subexpressions taken out."""

    method = "SymPy"

    def __init__(self, point: Point, m: int, plain: Point) -> None:
        super().__init__(point, m)
        self.plain, self.calls = plain, 0
        self.followed: tuple[Symbolic, Following] | None = None
        self.numbers = [float(v) for x in point.leaves for v in np.ravel(x)]
        self.evaluate: Callable[..., Any] = lambda *numbers: None

    def try_out(self, limit: float, told: Told) -> None:
        """Follow the function, differentiate, and compile what comes out; the time of all that is the first call's."""
        if self.point.n * self.m > MOST_ENTRIES:
            self.unavailable = f"the Jacobian has {self.point.n * self.m} entries, more than {MOST_ENTRIES}"
            return
        from dualrev.verification.symbolic import Symbolic
        from dualrev.verification.symbols.limits import Following
        from dualrev.verification.symbols.number import follow

        told("SymPy")
        start = perf_counter()
        try:
            following = Following(MOST_OPERATIONS, seconds=limit)
            plain = self.plain
            symbolic = Symbolic(*follow(plain.call, plain.leaves, plain.name, MOST_OPERATIONS, following))
            self.followed = symbolic, following
            self.evaluate = _compiled(symbolic, limit)
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


def _compiled(symbolic: Symbolic, limit: float) -> Callable[..., Any]:
    import sympy

    from dualrev.verification.symbols.exact import derivative, numeric_modules
    from dualrev.verification.symbols.limits import TooLargeError

    entries, end = [], perf_counter() + limit
    for expression in symbolic.expressions:
        for symbol in symbolic.symbols:
            if perf_counter() > end:
                raise TooLargeError(f"SymPy took more than {limit:g} s")
            entries.append(derivative(expression, symbol))
    compiled: Callable[..., Any] = sympy.lambdify(symbolic.symbols, entries, modules=numeric_modules(), cse=True)
    return compiled
