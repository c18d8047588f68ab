"""Helmholtz energy of a mixed fluid: the classic of Griewank, one output of any number of inputs.

Griewank: On automatic differentiation, in Mathematical Programming: Recent Developments and Applications (1989).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least

ROOT = 2.0**0.5


def energy(x: Any, b: np.ndarray, attraction: np.ndarray) -> Any:
    """Return sum x log(x / (1 - b'x)) - x'Ax / (sqrt(8) b'x) log((1 + (1 + sqrt 2) b'x) / (1 + (1 - sqrt 2) b'x))."""
    volume = b @ x
    mixed = np.sum(x * np.log(x / (1.0 - volume)))
    pull = x @ (attraction @ x) / (2.0 * ROOT * volume)
    return mixed - pull * np.log((1.0 + (1.0 + ROOT) * volume) / (1.0 + (1.0 - ROOT) * volume))


def loop(x: Any, b: np.ndarray, attraction: np.ndarray) -> Any:
    """Return the same, pair by pair."""
    n = x.size
    volume = 0.0
    for i in range(n):
        volume += b[i] * x[i]
    mixed, square = 0.0, 0.0
    for i in range(n):
        mixed += x[i] * np.log(x[i] / (1.0 - volume))
        inner = 0.0
        for j in range(n):
            inner += attraction[i, j] * x[j]
        square += x[i] * inner
    ratio = (1.0 + (1.0 + ROOT) * volume) / (1.0 + (1.0 - ROOT) * volume)
    return mixed - square / (2.0 * ROOT * volume) * np.log(ratio)


def gradient(x: np.ndarray, b: np.ndarray, attraction: np.ndarray) -> np.ndarray:
    """Return the gradient, shape (n,)."""
    volume, force = b @ x, attraction @ x
    top, bottom = 1.0 + (1.0 + ROOT) * volume, 1.0 + (1.0 - ROOT) * volume
    logarithm, pull = np.log(top / bottom), x @ force / (2.0 * ROOT * volume)
    mixed = np.log(x / (1.0 - volume)) + 1.0 + b * np.sum(x) / (1.0 - volume)
    to_logarithm = b * ((1.0 + ROOT) / top - (1.0 - ROOT) / bottom)
    slope: np.ndarray = mixed - (force / (ROOT * volume) - pull / volume * b) * logarithm - pull * to_logarithm
    return slope


def problem(n: int = 100) -> Problem:
    """Return the energy of a mixture with random properties."""
    at_least(1, n=n)
    rng = np.random.default_rng(0)
    attraction = rng.uniform(0.5, 1.5, (n, n))
    return Problem(
        name="helmholtz",
        title=f"Helmholtz energy of a mixture of {n} fluids",
        f=energy,
        loop=loop,
        derivative=gradient,
        x=rng.uniform(0.5, 1.5, n) / n,
        data=(rng.uniform(0.2, 0.6, n), (attraction + attraction.T) / 2.0),
        description="Energy of a mixed fluid by the equation of Redlich and Kwong (Griewank, 1989).",
    )
