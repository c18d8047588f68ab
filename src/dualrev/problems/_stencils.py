"""Partial differential equations on a ring, by explicit steps: as many outputs as inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def heat(u: Any, steps: int, r: float) -> Any:
    """Return the temperatures after steps of u[i] + r (u[i - 1] - 2 u[i] + u[i + 1])."""
    for _ in range(steps):
        u = u + r * (np.roll(u, 1) - 2.0 * u + np.roll(u, -1))
    return u


def heat_loop(u: Any, steps: int, r: float) -> Any:
    """Return the same, place by place."""
    u, n = u.copy(), u.size
    v = np.empty(n)
    for _ in range(steps):
        for i in range(n):
            v[i] = u[i] + r * (u[i - 1] - 2.0 * u[i] + u[(i + 1) % n])
        u[:] = v
    return u


def heat_jacobian(u: np.ndarray, steps: int, r: float) -> np.ndarray:
    """Return the Jacobian, shape (n, n): a power of one matrix."""
    identity = np.eye(u.size)
    step = (1.0 - 2.0 * r) * identity + r * (np.roll(identity, 1, axis=0) + np.roll(identity, -1, axis=0))
    return np.linalg.matrix_power(step, steps)


def burgers(u: Any, steps: int, a: float, b: float) -> Any:
    """Return the velocities after steps of u[i] - a u[i] (u[i + 1] - u[i - 1]) + b (u[i + 1] - 2 u[i] + u[i - 1])."""
    for _ in range(steps):
        left, right = np.roll(u, 1), np.roll(u, -1)
        u = u - a * u * (right - left) + b * (right - 2.0 * u + left)
    return u


def burgers_loop(u: Any, steps: int, a: float, b: float) -> Any:
    """Return the same, place by place."""
    u, n = u.copy(), u.size
    v = np.empty(n)
    for _ in range(steps):
        for i in range(n):
            left, right = u[i - 1], u[(i + 1) % n]
            v[i] = u[i] - a * u[i] * (right - left) + b * (right - 2.0 * u[i] + left)
        u[:] = v
    return u


def burgers_jacobian(u: np.ndarray, steps: int, a: float, b: float) -> np.ndarray:
    """Return the Jacobian, shape (n, n): the product of one matrix of three bands for each step."""
    result = np.eye(u.size)
    for _ in range(steps):
        left, right = np.roll(u, 1), np.roll(u, -1)
        to_left, to_right, here = a * u + b, b - a * u, 1.0 - a * (right - left) - 2.0 * b
        before, after = np.roll(result, 1, axis=0), np.roll(result, -1, axis=0)
        result = here[:, None] * result + to_left[:, None] * before + to_right[:, None] * after
        u = u - a * u * (right - left) + b * (right - 2.0 * u + left)
    return result


def heat_problem(n: int = 100, steps: int = 50) -> Problem:
    """Return the heat equation from a smooth beginning."""
    at_least(1, steps=steps)
    at_least(3, n=n)
    return Problem(
        name="heat",
        title=f"{steps} steps of the heat equation at {n} places",
        f=heat,
        loop=heat_loop,
        derivative=heat_jacobian,
        x=_wave(n),
        data=(steps, 0.25),
        description="Explicit steps on a ring: a linear map.",
    )


def burgers_problem(n: int = 100, steps: int = 50) -> Problem:
    """Return Burgers' equation from a smooth beginning."""
    at_least(1, steps=steps)
    at_least(3, n=n)
    return Problem(
        name="burgers",
        title=f"{steps} steps of Burgers' equation at {n} places",
        f=burgers,
        loop=burgers_loop,
        derivative=burgers_jacobian,
        x=_wave(n),
        data=(steps, 0.1, 0.2),
        description="Explicit steps on a ring, with central differences (Burgers, 1948).",
    )


def _wave(n: int) -> np.ndarray:
    wave: np.ndarray = 1.0 + 0.5 * np.sin(2.0 * np.pi * np.arange(n) / n)
    return wave
