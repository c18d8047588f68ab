"""Slopes at 0.0 and -0.0 of every row that is infinite there: the limit from inside the domain."""

from __future__ import annotations

from typing import Any

import numpy as np
from each import each

import dualrev as dr
from dualrev.kernels.numpy_rows import FUNCTIONS, ROWS
from dualrev.primitives.row import HostRow, Row

NEAR = 1e-200
BEYOND_SCIPY = {"zeta", "beta"}
"""What SciPy gives at -0.0, or at a negative number next to it, is not the value of the function there."""


def arguments(row: Row, n: int, x: float) -> list[float]:
    """Return a point inside the domain, with one argument replaced."""
    at = [max(part) if isinstance(part, frozenset) else 0.4 * part[0] + 0.6 * part[1] for part in row.domain]
    return [*at[:n], x, *at[n + 1 :]]


def slope(row: Row, n: int, x: float, mode: str) -> tuple[float, float]:
    """Return the value and the slope in an argument."""
    with np.errstate(all="ignore"):
        value, derivative = dr.value_and_jacobian(FUNCTIONS[row.name], n, mode=mode)(*arguments(row, n, x))
    return float(value), float(derivative)


CASES = [
    (row, n)
    for row in ROWS.values()
    for n, rule in enumerate(row.partials)
    if rule is not None and not isinstance(row.domain[n], frozenset) and row.name not in BEYOND_SCIPY
    if not (isinstance(row, HostRow) and row.refuses(n))
]


@each("case", CASES)
def test_slopes_at_zeros_of_either_sign(case: tuple[Row, int]) -> None:
    row, n = case
    for mode in ("forward", "reverse"):
        sides: dict[float, Any] = {side: slope(row, n, side * NEAR, mode) for side in (1.0, -1.0)}
        inside = [
            side for side, (value, derivative) in sides.items() if np.isfinite(value) and not np.isnan(derivative)
        ]
        for sign in inside and (1.0, -1.0):
            side = sign if sign in inside else inside[0]
            value, derivative = slope(row, n, sign * 0.0, mode)
            limit = sides[side][1]
            if np.isnan(value):
                continue
            if abs(limit) > 1e60:
                assert derivative == np.copysign(np.inf, limit), (mode, sign)
            else:
                assert np.isfinite(derivative) or np.sign(derivative) == np.sign(limit), (mode, sign)
