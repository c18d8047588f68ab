"""The table on SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy

from dualrev.kernels import _sympy_host as sympy_host
from dualrev.kernels import _sympy_math as sympy_math
from dualrev.kernels import _sympy_mpmath as sympy_mpmath
from dualrev.kernels._binding import Bound, Target
from dualrev.primitives.host import HOST, HOST_FORMULAS
from dualrev.primitives.row import Row, calls
from dualrev.primitives.scalar import FORMULAS, TABLE

ROWS = (*TABLE.values(), *HOST.values())
_FORMULAS = FORMULAS | HOST_FORMULAS
# Not where a row's recipe calls itself by name: that is the function that SymPy has to know.
_FORMULAS |= {row.name: rule for row in ROWS if row.name not in calls(rule := row.definition or row.fn)}
"""Functions that are expressions of other functions: the table's formulas, and rows with a definition."""


def _native() -> dict[str, Any]:
    """Return what SymPy, and what stands here beside it, has of all that rules call."""
    rules = [*_FORMULAS.values(), *(rule for row in ROWS for rule in (row.definition, row.fn, *row.partials) if rule)]
    called = {"select"}.union(*map(calls, rules))
    own = vars(sympy_math) | vars(sympy_host) | vars(sympy_mpmath)
    theirs = {name: getattr(sympy, name) for name in called - _FORMULAS.keys() if hasattr(sympy, name)}
    return theirs | {name: own[name] for name in called & own.keys()}


_NATIVE = _native()
_TARGET = Target(_NATIVE, formulas=_FORMULAS)
NEGLIGIBLE = 1e-9
"""Branches that differ by less are recipes for one function."""


@cache
def bound(row: Row) -> Bound:
    """Return the row on SymPy expressions. The function is its definition, not the numerical recipe."""
    rules = _TARGET.row(row)
    if row.definition is not None:
        rules.value = _TARGET.bind(row.definition)
    return rules


class Input(sympy.Symbol):  # type: ignore[misc]
    """An input of a function. It is equal to no other symbol, nor are expressions of it, of which more is known."""


# `_assumptions` is SymPy's own cache of answers; a copy, because expressions share it.
def _of_reals(expression: Any) -> Any:
    """Let SymPy know that the value of a primitive is a real number, which it was when the function ran.

    Of a logarithm it would not know, and to find out about what is made of it would expand imaginary parts.
    """
    if expression.args and expression._assumptions.get("real") is None:
        expression._assumptions = expression._assumptions.copy()
        expression._assumptions.deduce_all_facts((("real", True),))
    return expression


class Follower:
    """Rows on expressions whose values are known: of two branches the one that is taken there.

    Parameters
    ----------
    chosen
        Called with the condition, its truth and whether its sides are equal, for each choice that shows at the point:
        between values that differ, or that change differently where the sides are equal.
    """

    def __init__(self, chosen: Callable[[Any, bool, bool], None] = lambda condition, truth, tie: None) -> None:
        self._target = Target(_NATIVE | {"select": self._select, "fabs": self._fabs}, formulas=_FORMULAS)
        self._chosen = chosen
        self._bound: dict[Row, Any] = {}
        self._at: dict[Any, Any] = {}
        self._meant: dict[Any, Any] = {}

    def value(self, row: Row, expressions: Any, values: Any) -> Any:
        """Return a row's expression, of arguments that have these expressions and these values."""
        if row not in self._bound:
            self._bound[row] = self._target.bind(row.definition or row.fn)
        # The row is applied to placeholders, and they are replaced at the end. To ask of the whole expression whether
        # a condition holds would walk through all of it at each choice.
        places = [e if e.is_number else sympy.Dummy(real=True) for e in expressions]
        self._at = {place: sympy.Float(v) for place, v in zip(places, values, strict=True) if place.is_Dummy}
        self._meant = {place: e for place, e in zip(places, expressions, strict=True) if place.is_Dummy}
        return _of_reals(sympy.sympify(self._bound[row](*places)).xreplace(self._meant))

    def _select(self, condition: Any, a: Any, b: Any) -> Any:
        asked = sympy.sympify(condition)
        truth = bool(asked.subs(self._at))
        if isinstance(asked, sympy.core.relational.Relational):
            tie = bool(asked.lhs.subs(self._at) - asked.rhs.subs(self._at) == 0)
            if self._shows(sympy.sympify(a) - b, tie):
                self._chosen(asked.xreplace(self._meant), truth, tie)
        return a if truth else b

    def _shows(self, difference: Any, tie: bool) -> bool:
        """Whether two branches differ: in value or, where the choice is about to change, in the derivative."""
        # Branches that agree there, as those of a function that is written in two ways, are no choice that shows.
        if not tie:
            return bool(abs(difference.subs(self._at).evalf()) > NEGLIGIBLE)
        return any(bool(abs(difference.diff(x).subs(self._at).evalf()) > NEGLIGIBLE) for x in self._at)

    def _fabs(self, x: Any) -> Any:
        """Return x or -x; SymPy takes long to differentiate and to evaluate an absolute value."""
        value = sympy.sympify(x).subs(self._at)
        if not x.is_number:
            self._chosen((x >= 0).xreplace(self._meant), bool(value >= 0), bool(value.is_zero))
        return x if value > 0 else -x if value < 0 else sympy.Abs(x)
