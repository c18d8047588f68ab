"""A function's derivative along a random direction against differences, and where those are wrong themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active.trees import flatten_output
from dualrev.operators.call import Point
from dualrev.operators.fundamental import pushforward
from dualrev.verification import numeric

STEPS = (1.0, 2.0**-5, 2.0**-10)
"""Parts of the best step of differences: smaller ones serve where a branch changes within it."""


SPREADS, MOST_SPREAD = 4.0, 1e-4
"""How many times the least spread of differences with two steps a derivative may be off, and never more than this."""


class Differences:
    """Jv for a random v, against central differences and the complex step.

    Attributes
    ----------
    error, tolerance : float
        The relative error against the differences that come closest, and what can be asked of them.
    complex_error : float or None
        That against the complex step, where it serves.
    """

    def __init__(self, point: Point, followed: Point, rng: np.random.Generator) -> None:
        self.point, self.v = point, numeric.random_like(point.leaves, rng)
        values, _, pushed = pushforward(point.call, point.leaves, self.v, point.name)
        found = [np.zeros(np.shape(value)) if t is None else t for t, value in zip(pushed, values, strict=True)]
        precision = max((float(np.finfo(x.dtype).eps) for x in point.leaves), default=1e-16)
        self.error, self.tolerance = float("inf"), precision**0.5
        spread, before = float("inf"), None
        for part in STEPS:
            with np.errstate(all="ignore"):
                expected = numeric.directional_difference(self.call, point.leaves, self.v, part)
                error = _difference(found, expected, values)
            if error > self.tolerance:
                error = numeric.lost(error, found, expected, self.call, point.leaves, self.v, part)
            if error < self.error or part == STEPS[0]:
                self.error, self.expected, self.part = error, expected, part
            if self.error <= self.tolerance:
                break
            if before is not None:
                spread = min(spread, numeric.relative_error(expected, before))
            before = expected
        else:  # differences that disagree with each other cannot be asked for more than that
            self.tolerance = max(self.tolerance, min(SPREADS * spread, MOST_SPREAD))
        stepped = numeric.complex_step(followed.call, followed.leaves, self.v)
        self.complex_error = None
        if stepped is None or [np.shape(s) for s in stepped] != [np.shape(e) for e in self.expected]:
            return
        # A function that is not analytic as it is written has an imaginary part that is no derivative.
        if numeric.relative_error(stepped, self.expected) <= self.tolerance:
            self.complex_error = numeric.relative_error(found, stepped)

    def call(self, leaves: list[Any]) -> list[Any]:
        """Return the outputs at other leaves."""
        return flatten_output(self.point.call(leaves), self.point.name)[0]

    def off_for(self, symbolic: Any, precision: float) -> bool:
        """Whether the differences of SymPy's expressions, evaluated to 50 digits, are the same: then they are wrong."""

        def exact(leaves: list[Any]) -> list[Any]:
            flat = np.array(symbolic.evaluate([v for leaf in leaves for v in np.ravel(leaf)]))
            ends = np.cumsum([np.size(e) for e in self.expected])[:-1]
            return [part.reshape(np.shape(e)) for part, e in zip(np.split(flat, ends), self.expected, strict=True)]

        theirs = numeric.directional_difference(exact, self.point.leaves, self.v, self.part)
        return bool(numeric.relative_error(theirs, self.expected) <= precision**0.5)


def _difference(found: list[Any], expected: list[Any], values: list[Any]) -> float:
    """Return the relative error of a derivative against differences.

    Those of a large value carry its rounding error, whatever the size of the derivative.
    """
    error = numeric.relative_error(found, expected)
    noise = max((float(np.max(np.abs(np.asarray(value)), initial=0.0)) for value in values), default=0.0)
    largest = max((float(np.max(np.abs(e), initial=0.0)) for e in expected), default=0.0)
    return error * largest / max(largest, 1e-3 * noise) if largest and np.isfinite(error) else error
