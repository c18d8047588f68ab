"""Every row of the table against SymPy: as expressions at points of its domain, and in its last digits anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from dualrev.kernels import numpy_rows, sympy_rows
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE
from dualrev.verification._accuracy import inaccuracy

DIGITS = 50
IDENTITY_TOLERANCE = 1e-15
"""Rows hold constants, such as log(2), as the nearest double; without those the identity holds to 45 digits."""

FLOAT_TOLERANCE = 1e-12
"""Relative, for values and partials in double precision; cancellation in a partial takes a few digits."""


@dataclass(frozen=True)
class RowVerification:
    """The outcome for one row.

    Attributes
    ----------
    name : str
    ok : bool
    error : float
        The largest relative error found.
    detail : str
        Where it was found.
    units : float
        The largest error in units in the last place, over the whole range of numbers; at most the row's `ulp`.
    where : str
        Where that was found.
    """

    name: str
    ok: bool
    error: float
    detail: str
    units: float
    where: str


def verify_primitives(
    rows: Iterable[Row] | None = None, points: int = 4, seed: int = 0, accuracy: bool = True
) -> list[RowVerification]:
    """Check the derivatives of primitives symbolically.

    For each row SymPy differentiates the function; the row's partials, as expressions and in double precision, are
    compared with the result at random points of the domain, evaluated to 50 digits, and with the promised values. Far
    out, near 0 and in single precision too, the function, its partials and their derivatives have to be right to as
    many units in the last place as the row says: see `dualrev.verification._accuracy`.

    Parameters
    ----------
    rows : iterable of Row, optional
        By default the whole table.
    points : int
        How many random points of the domain for each row; for the accuracy of one with several arguments, four times as
        many.
    seed : int
        Seed of the random points.
    accuracy : bool
        Whether to look at the last digits, too, which takes seconds for some functions of SciPy.

    Returns
    -------
    list of RowVerification

    Examples
    --------
    >>> from dualrev.primitives.scalar import TABLE
    >>> from dualrev.verification import verify_primitives
    >>> [result.ok for result in verify_primitives([TABLE["tanh"], TABLE["hypot"]])]
    [True, True]
    """
    asked = TABLE.values() if rows is None else rows
    return [_verify(row, points, np.random.default_rng(seed), accuracy) for row in asked]


def sample(row: Row, rng: np.random.Generator) -> list[float]:
    """Return a random point of a row's domain."""
    return [
        float(rng.choice(sorted(part))) if isinstance(part, frozenset) else float(rng.uniform(*part))
        for part in row.domain
    ]


def _verify(row: Row, points: int, rng: np.random.Generator, accuracy: bool) -> RowVerification:
    worst, detail = 0.0, "no partial to check" if row.flat else "all points agree"
    ok = True
    for _ in range(points):
        at = sample(row, rng)
        for error, tolerance, what in _errors(row, at):
            ok = ok and error <= tolerance
            if not error <= worst:
                worst, detail = error, f"{what} at {tuple(round(x, 6) for x in at)}"
    for arguments, promised in row.points:
        for n, error in enumerate(_promise_errors(row, arguments, promised)):
            ok = ok and error <= FLOAT_TOLERANCE
            if not error <= worst:
                worst, detail = error, f"promised partial {n} at {arguments}"
    units, where = inaccuracy(row, 4 * points, rng) if accuracy and row.partials else (0.0, "not looked at")
    return RowVerification(row.name, ok and units <= row.ulp, worst, detail, units, where)


def _errors(row: Row, at: list[float]) -> Iterable[tuple[float, float, str]]:
    free = {n: sympy.Symbol(f"x{n}", real=True) for n, part in enumerate(row.domain) if not isinstance(part, frozenset)}
    exact = {symbol: sympy.Rational(at[n]) for n, symbol in free.items()}
    arguments = [free.get(n, sympy.Integer(int(x))) for n, x in enumerate(at)]
    rules, numeric = sympy_rows.bound(row), numpy_rows.bound(row)
    expression = sympy.sympify(rules.value(*arguments))
    numbers = [np.float64(x) for x in at]
    y = numpy_rows.FUNCTIONS[row.name](*numbers) if row.name in numpy_rows.FUNCTIONS else numeric.value(*numbers)
    if isinstance(expression, sympy.logic.boolalg.Boolean):
        truth = bool(expression.subs(exact))
        yield (0.0 if truth == bool(y) else 1.0), 0.0, "value"
        return
    value = _evaluated(expression, exact)
    yield _relative(y, value), FLOAT_TOLERANCE, "value"
    for n, symbol in free.items():
        derivative = _evaluated(sympy.diff(expression, symbol), exact)
        rule = rules.partials[n] if row.partials else None
        partial = rule(expression, *arguments) if rule is not None else sympy.Integer(0)
        yield _relative(_evaluated(partial, exact), derivative), IDENTITY_TOLERANCE, f"identity of partial {n}"
        over_numpy = numeric.partials[n] if row.partials else None
        if over_numpy is not None:
            with np.errstate(all="ignore"):
                yield _relative(over_numpy(y, *numbers), derivative), FLOAT_TOLERANCE, f"partial {n}"


def _promise_errors(row: Row, arguments: tuple[float, ...], promised: tuple[float, ...]) -> list[float]:
    numbers = [np.float64(x) for x in arguments]
    rules = numpy_rows.bound(row)
    with np.errstate(all="ignore"):
        y = numpy_rows.FUNCTIONS[row.name](*numbers)
        found = [0.0 if rule is None else float(rule(y, *numbers)) for rule in rules.partials or (None,) * row.arity]
    return [
        0.0 if a == b or (np.isnan(a) and np.isnan(b)) else _relative(a, sympy.Float(b))
        for a, b in zip(found, promised, strict=True)
    ]


def _evaluated(expression: Any, exact: dict[Any, Any]) -> Any:
    return sympy.N(sympy.sympify(expression).subs(exact).doit(), DIGITS)


def _relative(found: Any, exact: Any) -> float:
    """Return |found - exact| / |exact|, or |found| where exact is 0; anything that is not a real number is inf."""
    found = sympy.Float(float(found), DIGITS) if isinstance(found, float | np.floating) else sympy.sympify(found)
    difference = abs(found - exact)
    scale = abs(exact) if exact != 0 else sympy.Integer(1)
    ratio = difference / scale
    return float(ratio) if ratio.is_real and ratio.is_finite else float("inf")
