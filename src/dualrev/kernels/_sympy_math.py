"""Python's `math`, and what formulas of the table call, on SymPy's expressions: what SymPy itself has otherwise."""

from __future__ import annotations

from typing import Any

import sympy

from dualrev.kernels._sympy_hyperbolic import cosh as cosh
from dualrev.kernels._sympy_hyperbolic import sinh as sinh
from dualrev.kernels._sympy_hyperbolic import tanh as tanh


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

    # SymPy's printers know its own functions, so that code made of an expression calls those.
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


def modulo(a: Any, b: Any) -> Any:
    """Return Python's remainder."""
    return a - b * Floor(a / b)


def log_ratio(a: Any, b: Any) -> Any:
    """Return the logarithm of a quotient."""
    return sympy.log(a / b)


floor, ceil, sign = Floor, Ceil, Sign
fabs, lgamma, inf = sympy.Abs, sympy.loggamma, sympy.oo
