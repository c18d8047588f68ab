"""Rosenbrock's function of many variables: far more inputs than outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def rosenbrock(x: Any) -> Any:
    """Return the sum of 100 (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def loop(x: Any) -> Any:
    """Return the same, term by term."""
    total = 0.0
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] * x[i]
        b = 1.0 - x[i]
        total += 100.0 * a * a + b * b
    return total


def gradient(x: np.ndarray) -> np.ndarray:
    """Return the gradient, shape (n,)."""
    residual = x[1:] - x[:-1] ** 2
    slope = np.zeros_like(x)
    slope[:-1] = -400.0 * x[:-1] * residual - 2.0 * (1.0 - x[:-1])
    slope[1:] += 200.0 * residual
    return slope


def problem(n: int = 10_000) -> Problem:
    """Return the function away from its minimum, which is at ones."""
    at_least(2, n=n)
    return Problem(
        name="rosenbrock",
        title=f"Rosenbrock's function of {n} variables",
        f=rosenbrock,
        loop=loop,
        derivative=gradient,
        x=np.linspace(-1.0, 1.0, n),
        description="A curved valley (Rosenbrock, 1960), chained over all neighbours.",
        optimum=np.ones(n),
    )
