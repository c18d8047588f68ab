"""Rosenbrock's function of many variables: far more inputs than outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem

SIZE = 10_000


def rosenbrock(x: Any) -> Any:
    """Return the sum of 100 (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def problem() -> Problem:
    """Return the function away from its minimum, which is at ones."""
    return Problem(
        name="rosenbrock",
        title=f"Rosenbrock's function of {SIZE} variables",
        f=rosenbrock,
        x=np.linspace(-1.0, 1.0, SIZE),
        description="A curved valley (Rosenbrock, 1960), chained over all neighbours.",
        optimum=np.ones(SIZE),
    )
