"""Both Jacobians against SymPy's, entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from dualrev.auto.choice import directions_at_once
from dualrev.errors import DualrevError
from dualrev.operators.blocks import forward, matrix_of, reverse
from dualrev.operators.call import Point
from dualrev.operators.fundamental import Pullback
from dualrev.verification import numeric
from dualrev.verification.symbolic import Symbolic
from dualrev.verification.symbols.exact import Entry, derivative, evaluated, in_double, units_in_the_last_place
from dualrev.verification.symbols.limits import Following, TooLargeError
from dualrev.verification.symbols.number import follow

CANNOT_FOLLOW = (
    DualrevError,
    TypeError,
    ValueError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    RecursionError,
    TooLargeError,
)


INTERRUPTED = "interrupted"


@dataclass
class Compared:
    """The result of a comparison with SymPy: errors of both modes, or the reason why there are none."""

    errors: tuple[float, float] | None = None
    count: int = 0
    reason: str = ""
    undefined: int = 0
    symbolic: Symbolic | None = None
    worst: Entry | None = None
    exact: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None


def compared(
    followed: Point,
    point: Point,
    recorded: Pullback,
    rng: np.random.Generator,
    most: int,
    following: Following,
    known: Symbolic | None = None,
    corner: int = 0,
) -> Compared:
    """Compare entries of both Jacobians with SymPy's derivatives to 50 digits.

    Parameters
    ----------
    known
        The function's expressions, if it was followed before.
    corner
        The first rows and columns whose common entries are compared in any case.
    """
    if recorded.tape.elements > following.elements:
        return Compared(reason=f"not tried: {recorded.tape.elements} scalar operations, more than {following.elements}")
    try:
        symbolic = known or Symbolic(*follow(followed.call, followed.leaves, point.name, following.elements, following))
    except CANNOT_FOLLOW as error:
        return Compared(reason=_told(error))
    found = Compared(symbolic=symbolic)
    width = len(symbolic.symbols)
    total = len(symbolic.expressions) * width
    if not total:
        found.errors = (0.0, 0.0)
        return found
    drawn = np.arange(total)
    if total > most:
        first = [i * width + j for i in range(min(corner, total // width)) for j in range(min(corner, width))][:most]
        others = rng.choice(total, most, replace=False)
        drawn = np.sort(np.concatenate([first, others[~np.isin(others, first)]])[:most]).astype(int)
    chosen, exact = _evaluated(symbolic, [divmod(int(k), width) for k in drawn], following, found)
    if not chosen:
        found.reason = found.reason or "SymPy finds no finite real derivative at the point"
        return found
    m = len(symbolic.expressions)
    columns = matrix_of(forward(point, directions_at_once(point.n, None, m)), point).ravel()
    rows = matrix_of(reverse(point, recorded, directions_at_once(m, None, point.n)), point).ravel()
    flat = [i * width + j for i, j in chosen]
    rounded = np.array([float(each) for each in exact])
    errors = [numeric.relative_error([jacobian[flat]], [rounded]) for jacobian in (columns, rows)]
    found.errors, found.count = (errors[0], errors[1]), len(chosen)
    found.exact = (*np.array(chosen).T, rounded)
    found.worst = _worst(symbolic, chosen, exact, columns[flat], rows[flat])
    return found


def _evaluated(
    symbolic: Symbolic, places: Sequence[tuple[int, int]], following: Following, found: Compared
) -> tuple[list[tuple[int, int]], list[Any]]:
    chosen, exact = [], []
    for i, j in places:
        try:
            following.in_time()
            number = evaluated(derivative(symbolic.expressions[i], symbolic.symbols[j]), symbolic.values)
        except KeyboardInterrupt:  # what was compared until now is kept
            following.interrupted, found.reason = True, INTERRUPTED
            break
        except CANNOT_FOLLOW as error:
            found.reason = _told(error)
            if not isinstance(error, TooLargeError):
                return [], []
            break
        if number is None:
            found.undefined += 1
        else:
            chosen.append((i, j))
            exact.append(number)
    return chosen, exact


def _worst(symbolic: Symbolic, chosen: Sequence[tuple[int, int]], exact: Sequence[Any], by: Any, of: Any) -> Entry:
    """Return the entry in which one of the modes differs most."""
    rounded = np.array([float(each) for each in exact])
    with np.errstate(invalid="ignore"):
        away = np.maximum(np.abs(by - rounded), np.abs(of - rounded))
    k = int(np.argmax(np.where(np.isnan(away), np.inf, away)))
    (row, column), true, scale = chosen[k], exact[k], float(np.max(np.abs(rounded)))
    double = in_double(derivative(symbolic.expressions[row], symbolic.symbols[column]), symbolic.values)
    sides = (float(by[k]), float(of[k]), double)
    units = [units_in_the_last_place(side, true, by.dtype, scale) for side in sides]
    with mpmath.workdps(20):
        digits = mpmath.nstr(+true, 20)
    return Entry(row, column, digits, *sides, *units)


def _told(error: Exception) -> str:
    if isinstance(error, TooLargeError):
        return f"stopped: {error}"
    return f"cannot follow the function: {type(error).__name__.removeprefix('_')}: {error}".strip().splitlines()[0]
