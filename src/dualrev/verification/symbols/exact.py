"""Expressions evaluated to 50 digits, and floating-point numbers measured against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy

from dualrev.environment import installed
from dualrev.verification._rows import DIGITS
from dualrev.verification.symbols._evaluation import evaluate

CANNOT_COMPILE = (
    AttributeError,
    NameError,
    TypeError,
    ValueError,
    ArithmeticError,
    SyntaxError,
    RecursionError,
    MemoryError,
    NotImplementedError,
)


@dataclass(frozen=True)
class Entry:
    """An entry of a Jacobian to 50 digits, and what both modes and SymPy in double precision make of it.

    Attributes
    ----------
    row, column : int
        Of the Jacobian as a matrix, all outputs by all inputs.
    exact : str
        The first 20 digits.
    forward, reverse, symbolic : float
        By forward mode, by reverse mode, and by SymPy's expression in double precision; NaN where that does not run.
    forward_units, reverse_units, symbolic_units : float
        Their errors in units in the last place of the exact entry.
    """

    row: int
    column: int
    exact: str
    forward: float
    reverse: float
    symbolic: float
    forward_units: float
    reverse_units: float
    symbolic_units: float


def derivative(expression: Any, symbol: Any) -> Any:
    """Return an expression's derivative.

    Term by term, also below a power: of a whole sum SymPy would ask whether its derivative is zero, which takes far
    longer.
    """
    if expression.is_Add:
        return sympy.Add(*[derivative(term, symbol) for term in expression.args if term.has(symbol)])
    if expression.is_Pow and expression.exp.is_number:
        base, power = expression.args
        return power * base ** (power - 1) * derivative(base, symbol)
    return sympy.diff(expression, symbol)


def evaluated(expression: Any, values: Mapping[Any, Any]) -> Any:
    """Return a real number of 50 digits, or None where the expression is no finite real number."""
    with mpmath.workdps(DIGITS):
        try:
            # A hundred times faster than to substitute, which makes SymPy ask for the sign of everything.
            at = {symbol: mpmath.mpf(number.p) / number.q for symbol, number in values.items()}
            found = mpmath.mpmathify(evaluate(expression, at))
        except CANNOT_COMPILE:
            # All at once: one after the other, 0 would be cancelled against what is about to become 0, too.
            number = sympy.N(expression.xreplace(dict(values)).doit(), DIGITS)
            if not (number.is_Float or number.is_Rational):
                return None
            found = mpmath.mpmathify(number)
        if isinstance(found, mpmath.mpc):
            if found.imag:
                return None
            found = found.real
        return found if mpmath.isfinite(found) else None


def numeric_modules() -> list[str]:
    """Return the packages in which SymPy's functions are evaluated in double precision."""
    return ["scipy", "numpy"] if installed("scipy") else ["numpy"]


def in_double(expression: Any, values: Mapping[Any, Any]) -> float:
    """Return what SymPy's expression is when it is evaluated in double precision; NaN where it cannot be."""
    used = sorted(expression.free_symbols, key=str)
    try:
        found = sympy.lambdify(used, expression, modules=numeric_modules())(*[np.float64(values[s]) for s in used])
        return float(found)
    except CANNOT_COMPILE:
        return float("nan")


def units_in_the_last_place(found: float, exact: Any, dtype: Any, scale: float) -> float:
    """Return the distance of a number from the exact one in units in the last place; of `scale` where that is 0."""
    if not np.isfinite(found):
        return float("inf")
    of = np.asarray(abs(float(exact)) or scale, dtype)
    unit = float(np.spacing(of)) if np.isfinite(of) else 0.0
    with mpmath.workdps(DIGITS):
        return float(abs(mpmath.mpf(found) - exact) / unit) if unit else float("inf")
