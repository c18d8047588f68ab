"""How many units in the last place the functions of the table are off, over the whole range of numbers.

A unit in the last place is that of the exact number. Where a change of an argument by one unit in its last place
changes the exact number by more, as near a zero of a sine, that is the unit. Numbers below the smallest normal one may
become 0, and derivatives of derivatives are looked at between the fourth roots of the smallest and the largest number,
so that their squares are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import frexp
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy

from dualrev.kernels import sympy_rows
from dualrev.kernels.numpy_rows import FUNCTIONS, bound
from dualrev.operators.vector_products import jvp
from dualrev.primitives.row import HostRow, Row
from dualrev.verification.symbols._evaluation import evaluate

PRECISIONS = (np.float64, np.float32)
SIZES = (
    *(
        1e-300,
        1e-160,
        1e-70,
        1e-20,
        1e-8,
        1e-4,
        0.03,
        0.11,
        0.3,
        0.49,
        0.7,
        0.95,
        1 - 2.0**-20,
        1.0,
        1.0 + 2.0**-20,
        1.3,
    ),
    *(2.0, 2.9, 5.0, 9.01, 12.0, 18.0, 20.5, 40.0, 88.0, 300.0, 700.0, 1e4, 1e8, 1e16, 1e70, 1e155, 1e300),
)
"""Where functions of one number are looked at, with either sign."""

_DIGITS = (30, 60, 240, 1600)
"""Expressions as they are written cancel: more digits are taken until two results agree, all beyond those of x * x."""


class Inaccuracy(NamedTuple):
    """The largest error of a row, in units in the last place, and where it is."""

    units: float
    where: str


def inaccuracy(row: Row, points: int, rng: np.random.Generator) -> Inaccuracy:
    """Return the largest error of a row's function, partials and their derivatives, in both precisions.

    Functions of several numbers are looked at in as many random points; `points` is no limit for those of one.
    """
    with np.errstate(all="ignore"):
        found = [error for dtype in PRECISIONS for error in _errors(row, _points(row, dtype, points, rng), dtype)]
    return max(found, default=Inaccuracy(0.0, "no point"), key=lambda each: each.units)


def _points(row: Row, dtype: Any, count: int, rng: np.random.Generator) -> list[Any]:
    """Return an array for each argument."""
    axes = [_axis(row, n, dtype) for n in range(row.arity)]
    if row.arity == 1:
        return axes
    return [
        rng.choice(axis, count) * (1 if isinstance(part, frozenset) else _jitter(dtype, count, rng))
        for axis, part in zip(axes, row.domain, strict=True)
    ]


def _jitter(dtype: Any, count: int, rng: np.random.Generator) -> Any:
    """Return factors near 1, so that no two arguments tie."""
    return rng.uniform(0.99, 1.0, count).astype(dtype)


def _axis(row: Row, n: int, dtype: Any) -> Any:
    part = row.domain[n]
    if isinstance(part, frozenset):
        return np.array(sorted(part), dtype)
    low, high = row.reach[n] if row.reach else (-np.inf, np.inf)
    smallest, largest = float(np.finfo(dtype).tiny), float(np.finfo(dtype).max)
    sizes = np.array([x for x in SIZES if smallest * 4 < x < largest / 4])
    # Numbers of single precision serve both, and have to be evaluated exactly only once.
    signed = np.concatenate([-sizes[::-1], sizes])
    single = signed.astype(np.float32).astype(np.float64)
    signed = np.where(np.isfinite(single) & (np.abs(single) > np.finfo(np.float32).tiny), single, signed)
    return signed[(signed >= low) & (signed <= high)].astype(dtype)


def _errors(row: Row, columns: list[Any], dtype: Any) -> Iterator[Inaccuracy]:
    f: Any = FUNCTIONS.get(row.name, bound(row).value)
    partials = bound(row).partials
    exact = _Exact(row)
    active = [
        n for n in exact.free if row.partials and row.partials[n] and not (isinstance(row, HostRow) and row.refuses(n))
    ]

    def slope(n: int) -> Callable[..., Any]:
        rule = partials[n]
        assert rule is not None
        return lambda *x: rule(f(*x), *x)

    def curvature(n: int, m: int) -> Any:
        return jvp(
            lambda a: slope(n)(*columns[:m], a, *columns[m + 1 :]), columns[m], np.ones(columns[m].shape, dtype)
        )[1]

    orders: list[tuple[int, ...]] = [(), *((n,) for n in active), *((n, m) for n in active for m in active if m >= n)]
    for order in orders:
        numbers = curvature(*order) if len(order) == 2 else slope(*order)(*columns) if order else f(*columns)
        values = np.broadcast_to(np.asarray(numbers, dtype), columns[0].shape)
        for at, value in zip(zip(*columns, strict=True), values, strict=True):
            units = _units(exact, order, at, value)
            if units is not None:
                yield Inaccuracy(
                    units, f"{_words(row, order)} at {tuple(float(f'{x:.9g}') for x in at)} in {np.dtype(dtype)}"
                )


def _words(row: Row, order: tuple[int, ...]) -> str:
    names = row.fn.__code__.co_varnames
    return "the value" if not order else "the derivative in " + " and ".join(names[n] for n in order)


def _units(exact: _Exact, order: tuple[int, ...], at: tuple[Any, ...], found: Any) -> float | None:
    """Return the error at a point; None where there is no exact number, or it is none of this precision."""
    smallest, largest = float(np.finfo(found.dtype).tiny), float(np.finfo(found.dtype).max)
    bound = largest**0.25
    if len(order) == 2 and not all(1 / bound <= abs(at[n]) <= bound for n in exact.free):
        return None
    for known in range(len(order)):  # outside of the domain a derivative may be a real number all the same
        if exact(order[:known], at) is None:
            return None
    number = exact(order, at)
    if number is None or abs(number) > largest:
        return None
    if not np.isfinite(found):
        return np.inf
    error = abs(mpmath.mpf(float(found)) - number)
    unit = max(float(np.spacing(found.dtype.type(float(abs(number))))), smallest)
    if error > unit:
        unit = max([unit, *(abs(each - number) for each in exact.near(order, at) if each is not None)])
    return float(error / unit)


class _Exact:
    """A row's function and its derivatives, by SymPy, evaluated until the digits agree."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.free = {
            n: sympy.Symbol(f"x{n}", real=True) for n, part in enumerate(row.domain) if not isinstance(part, frozenset)
        }
        self._expressions: dict[Any, Any] = {}

    def __call__(self, order: tuple[int, ...], at: tuple[Any, ...]) -> Any:
        """Return a derivative at a point, of no order the value; None where it is no real number."""
        fixed = tuple(None if n in self.free else int(x) for n, x in enumerate(at))
        return _evaluated(self._expression(order, fixed), tuple((self.free[n], float(at[n])) for n in self.free))

    def near(self, order: tuple[int, ...], at: tuple[Any, ...]) -> Iterator[Any]:
        """Return the derivative where one argument is the next number."""
        for n in self.free:
            yield self(order, (*at[:n], np.nextafter(at[n], at[n].dtype.type(np.inf)), *at[n + 1 :]))

    def _expression(self, order: tuple[int, ...], fixed: tuple[Any, ...]) -> Any:
        if (order, fixed) not in self._expressions:
            if order:
                slope = sympy.diff(self._expression(order[:-1], fixed), self.free[order[-1]])
                expression = slope.replace(sympy.DiracDelta, lambda *at: sympy.Integer(0))
            else:
                arguments = [self.free[n] if x is None else sympy.Integer(x) for n, x in enumerate(fixed)]
                expression = sympy.sympify(sympy_rows.bound(self.row).value(*arguments))
            self._expressions[order, fixed] = expression
        return self._expressions[order, fixed]


@cache
def _evaluated(expression: Any, at: tuple[tuple[Any, float], ...]) -> Any:
    """Return a real number of at least 25 digits, or None where there is none."""
    before = None
    cancelled = max((abs(frexp(x)[1]) for _, x in at), default=0)
    for digits in _DIGITS:
        with mpmath.workdps(digits + int(0.61 * cancelled)):
            try:
                number = mpmath.mpmathify(_number(expression, {symbol: mpmath.mpf(x) for symbol, x in at}))
            except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence):
                return None
            if not isinstance(number, mpmath.mpf):
                if number.imag:
                    return None
                number = number.real
            if not mpmath.isfinite(number):
                return None
            if before is not None and number and abs(number - before) <= abs(number) * mpmath.mpf(10) ** -25:
                return number
        before = number
    return before if before == 0 else None


def _number(expression: Any, at: dict[Any, Any]) -> Any:
    """Return an expression's value in mpmath's working precision."""
    try:
        return evaluate(expression, at)
    except NameError:  # a function of ours, which evaluates itself
        return sympy.N(expression.xreplace({x: sympy.Float(a) for x, a in at.items()}).doit(), mpmath.mp.dps)
