"""Expressions in arrays of objects while NumPy computes with them: the time is watched, and sums are made at once.

NumPy adds the elements of an object array one after the other. SymPy would arrange the sum anew each time, which takes
a time that grows with the square of their number, in a single call that nothing outside could stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from dualrev.verification.symbols.limits import Following


class Watched:
    """A SymPy expression, as the terms of a sum that is yet to be arranged.

    Parameters
    ----------
    terms : tuple
        SymPy expressions.
    following : Following
        Whose time it is; every operation raises `TooLargeError` when that is over.
    """

    __slots__ = ("following", "terms")

    def __init__(self, terms: tuple[Any, ...], following: Following) -> None:
        self.terms, self.following = terms, following

    @property
    def expression(self) -> Any:
        """The sum."""
        return self.terms[0] if len(self.terms) == 1 else sympy.Add(*self.terms)

    def _sympy_(self) -> Any:
        """Answer `sympify`."""
        self.following.in_time()
        return self.expression

    def __add__(self, other: Any) -> Watched:
        self.following.in_time()
        return Watched(self.terms + _terms(other), self.following)

    def __radd__(self, other: Any) -> Watched:
        self.following.in_time()
        return Watched(_terms(other) + self.terms, self.following)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # by such names SymPy knows its own
            raise AttributeError(name)
        return getattr(self.expression, name)

    def __hash__(self) -> int:
        return hash(self.expression)


def _terms(x: Any) -> tuple[Any, ...]:
    return x.terms if isinstance(x, Watched) else (sympy.sympify(x),)


def _forwarded(name: str) -> Callable[..., Any]:
    """Return a method that does to the expressions what SymPy does."""

    def method(self: Watched, *others: Any) -> Any:
        self.following.in_time()
        found = getattr(self.expression, name)(*[sympy.sympify(other) for other in others])
        return Watched((found,), self.following) if isinstance(found, sympy.Expr) else found

    return method


_ARITHMETIC = ("sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "mod", "pow", "rpow", "neg", "abs")
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
for _name in (*_ARITHMETIC, *_COMPARISONS, "bool", "float", "int"):
    setattr(Watched, f"__{_name}__", _forwarded(f"__{_name}__"))


def watched(expressions: Any, following: Following) -> Any:
    """Return an array of expressions, or one of them, as watched ones."""
    made = np.empty(np.shape(expressions), dtype=object)
    for at in np.ndindex(made.shape):
        made[at] = Watched((expressions[at],), following)
    return made
