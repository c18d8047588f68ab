"""Gradients to 50 digits: the function followed on symbols, and differences of it in 80 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from dualrev.verification.symbols._evaluation import evaluate
from dualrev.verification.symbols.limits import Following
from dualrev.verification.symbols.number import follow

ELEMENTS, DIGITS = 2000, 80
STEP = mpmath.mpf(10) ** -25
"""The error of central differences is of the order of its square, and the digits of the quotient lost are as many."""

NEARBY = 1e-9
WORST = 1e-5
"""Where a relative change of the point by `NEARBY` changes the gradient by more than this, no comparison says much."""


def exact_gradient(f: Callable[..., Any], x: Any) -> Any:
    """Return the gradient of a function of a vector, which does not read a derivative of the table."""
    symbols, at, outputs = follow(lambda leaves: f(leaves[0]), [x], "f", ELEMENTS, Following(ELEMENTS, nodes=1500))
    with mpmath.workdps(DIGITS):
        numbers = [mpmath.mpf(v.p) / v.q for v in at]

        def along(n: int, step: Any) -> Any:
            moved = [v + step if k == n else v for k, v in enumerate(numbers)]
            return evaluate(outputs[0], dict(zip(symbols, moved, strict=True)))

        return np.array([float((along(n, STEP) - along(n, -STEP)) / (2 * STEP)) for n in range(x.size)])


def tolerance(gradient: Callable[..., Any], x: Any) -> float | None:
    """Return the error that rounding may make in a gradient at a point, None where it can make it meaningless."""
    at = gradient(x)
    nearby = [gradient(x * (1 + sign * NEARBY * np.array([1, -1, 1, -1]))) for sign in (1, -1)]
    scale = 1.0 + np.max(np.abs(at))
    change = max(float(np.max(np.abs(other - at))) for other in nearby)
    if not np.isfinite(scale) or scale > 1e6 or not change < WORST * scale:
        return None
    return float(1e-11 * scale + change)
