"""The table on SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy

from dualrev.kernels.binding import Bound, Target
from dualrev.kernels.sympy_host import HOST_NATIVE
from dualrev.kernels.sympy_hyperbolic import cosh, sinh, tanh
from dualrev.kernels.sympy_mpmath import MPMATH
from dualrev.primitives.host import HOST_FORMULAS
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import FORMULAS


class Step(sympy.Function):  # type: ignore[misc]
    """A function whose derivative is zero wherever it exists."""

    nargs = 1
    of_sympy: Any
    """SymPy's own function of that value."""

    @classmethod
    def eval(cls, x: Any) -> Any:
        """Return the value at a number."""
        return cls.of_sympy(x) if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative."""
        return sympy.Integer(0)

    def _printed(self, printer: Any) -> Any:
        return printer.doprint(self.of_sympy(self.args[0], evaluate=False))

    _numpycode = _mpmathcode = _pythoncode = _printed


class Floor(Step):
    """The floor, which SymPy does not differentiate."""

    of_sympy = sympy.floor


class Ceil(Step):
    """The ceiling."""

    of_sympy = sympy.ceiling


class Sign(Step):
    """The sign, whose derivative SymPy leaves open where it does not know the argument to be real."""

    of_sympy = sympy.sign


def select(condition: Any, a: Any, b: Any) -> Any:
    """Return a where the condition holds, else b."""
    if isinstance(condition, sympy.logic.boolalg.Boolean) and condition not in (sympy.true, sympy.false):
        return sympy.Piecewise((a, condition), (b, True))
    return a if condition else b


def _trunc(x: Any) -> Any:
    return select(x > 0, Floor(x), Ceil(x))


def _rint(x: Any) -> Any:
    return Floor(x + sympy.Rational(1, 2))


_NATIVE: dict[str, Any] = {
    **{
        name: getattr(sympy, name)
        for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "exp", "log", "sqrt")
    },
    **{name: getattr(sympy, name) for name in ("asinh", "acosh", "atanh", "cbrt")},
    **{function.__name__: function for function in (sinh, cosh, tanh)},
    **{name: getattr(sympy, name) for name in ("erf", "erfc", "gamma", "digamma", "polygamma", "pi", "nan")},
    "inf": sympy.oo,
    "lgamma": sympy.loggamma,
    "fabs": sympy.Abs,
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "log1p": lambda x: sympy.log(1 + x),
    "hypot": lambda a, b: sympy.sqrt(a * a + b * b),
    "sign": Sign,
    "copysign": lambda a, b: select(b >= 0, sympy.Abs(a), -sympy.Abs(a)),
    "floor": Floor,
    "ceil": Ceil,
    "trunc": _trunc,
    "rint": _rint,
    "fmod": lambda a, b: a - b * _trunc(a / b),
    "modulo": lambda a, b: a - b * Floor(a / b),
    "log_ratio": lambda a, b: sympy.log(a / b),
    "isnan": lambda x: False,
    "isinf": lambda x: False,
    "isfinite": lambda x: True,
    "select": select,
    **HOST_NATIVE,
    **MPMATH,
}
_TARGET = Target(_NATIVE, formulas=FORMULAS | HOST_FORMULAS)
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
        choices = {"select": self._select, "fabs": self._fabs, "copysign": self._copysign, "trunc": self._trunc}
        self._target = Target(_NATIVE | choices)
        self._chosen = chosen
        self._bound: dict[Row, Any] = {}
        self._at: dict[Any, Any] = {}
        self._meant: dict[Any, Any] = {}

    def value(self, row: Row, expressions: Any, values: Any) -> Any:
        """Return a row's expression, of arguments that have these expressions and these values."""
        if row not in self._bound:
            self._bound[row] = self._target.bind(row.definition or row.fn)
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
        if not tie:
            return bool(abs(difference.subs(self._at).evalf()) > NEGLIGIBLE)
        return any(bool(abs(difference.diff(x).subs(self._at).evalf()) > NEGLIGIBLE) for x in self._at)

    def _fabs(self, x: Any) -> Any:
        """Return x or -x; SymPy takes long to differentiate and to evaluate an absolute value."""
        value = sympy.sympify(x).subs(self._at)
        if not x.is_number:
            self._chosen((x >= 0).xreplace(self._meant), bool(value >= 0), bool(value.is_zero))
        return x if value > 0 else -x if value < 0 else sympy.Abs(x)

    def _copysign(self, a: Any, b: Any) -> Any:
        return self._select(b >= 0, self._fabs(a), -self._fabs(a))

    def _trunc(self, x: Any) -> Any:
        return self._select(x > 0, Floor(x), Ceil(x))
