"""Prey and predators by the classical Runge-Kutta method: few parameters, a long trajectory."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least

STEP = 0.02


def trajectory(parameters: Any, steps: int, h: float) -> Any:
    """Return prey and predators after each step of length h, as a vector (u1, v1, u2, v2, ...) of size 2 steps.

    u' = a u - b u v and v' = c u v - d v. `parameters` are (a, b, c, d, u0, v0).
    """
    a, b, c, d, u, v = parameters
    out = []
    for _ in range(steps):
        u1, v1 = u * (a - b * v), v * (c * u - d)
        p, q = u + 0.5 * h * u1, v + 0.5 * h * v1
        u2, v2 = p * (a - b * q), q * (c * p - d)
        p, q = u + 0.5 * h * u2, v + 0.5 * h * v2
        u3, v3 = p * (a - b * q), q * (c * p - d)
        p, q = u + h * u3, v + h * v3
        u4, v4 = p * (a - b * q), q * (c * p - d)
        u, v = u + h / 6.0 * (u1 + 2.0 * u2 + 2.0 * u3 + u4), v + h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
        out += [u, v]
    return np.stack(out)


def loop(parameters: Any, steps: int, h: float) -> Any:
    """Return the same, written into an array."""
    a, b, c, d = parameters[0], parameters[1], parameters[2], parameters[3]
    u, v = parameters[4], parameters[5]
    out = np.empty(2 * steps)
    for step in range(steps):
        u1, v1 = u * (a - b * v), v * (c * u - d)
        p, q = u + 0.5 * h * u1, v + 0.5 * h * v1
        u2, v2 = p * (a - b * q), q * (c * p - d)
        p, q = u + 0.5 * h * u2, v + 0.5 * h * v2
        u3, v3 = p * (a - b * q), q * (c * p - d)
        p, q = u + h * u3, v + h * v3
        u4, v4 = p * (a - b * q), q * (c * p - d)
        u += h / 6.0 * (u1 + 2.0 * u2 + 2.0 * u3 + u4)
        v += h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
        out[2 * step] = u
        out[2 * step + 1] = v
    return out


def jacobian(parameters: np.ndarray, steps: int, h: float) -> np.ndarray:
    """Return the Jacobian, shape (2 steps, 6): the variational equation, through the same steps."""
    coefficients, state = parameters[:4], parameters[4:]
    sensitivity = np.eye(2, 6, 4)
    rows = []
    for _ in range(steps):
        slopes: list[np.ndarray] = []
        changes: list[np.ndarray] = []
        for part in (0.0, 0.5, 0.5, 1.0):
            at = state + part * h * slopes[-1] if slopes else state
            moved = sensitivity + part * h * changes[-1] if changes else sensitivity
            slope, by_state, by_coefficients = _field(coefficients, at)
            change = by_state @ moved
            change[:, :4] += by_coefficients
            slopes.append(slope)
            changes.append(change)
        state = state + h / 6.0 * (slopes[0] + 2.0 * slopes[1] + 2.0 * slopes[2] + slopes[3])
        sensitivity = sensitivity + h / 6.0 * (changes[0] + 2.0 * changes[1] + 2.0 * changes[2] + changes[3])
        rows.append(sensitivity)
    return np.concatenate(rows)


def _field(coefficients: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b, c, d = coefficients
    u, v = state
    by_state = np.array([[a - b * v, -b * u], [c * v, c * u - d]])
    by_coefficients = np.array([[u, -u * v, 0.0, 0.0], [0.0, 0.0, u * v, -v]])
    return np.array([u * (a - b * v), v * (c * u - d)]), by_state, by_coefficients


def problem(steps: int = 500) -> Problem:
    """Return the trajectory; 500 steps are about two periods."""
    at_least(1, steps=steps)
    return Problem(
        name="lotka_volterra",
        title=f"Lotka-Volterra equations by {steps} Runge-Kutta steps",
        f=trajectory,
        loop=loop,
        derivative=jacobian,
        x=np.array([1.5, 1.0, 1.0, 3.0, 1.0, 1.0]),
        data=(steps, STEP),
        description="Prey and predators (Lotka, 1925; Volterra, 1926) by the classical Runge-Kutta method.",
    )
