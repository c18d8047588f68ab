"""Spherical to Cartesian coordinates: three inputs and three outputs, at very many points."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def cartesian(point: Any) -> Any:
    """Return (x, y, z) of one point (radius, inclination, azimuth)."""
    r, theta, phi = point
    return np.stack([r * np.sin(theta) * np.cos(phi), r * np.sin(theta) * np.sin(phi), r * np.cos(theta)])


def loop(point: Any) -> Any:
    """Return the same, written into an array."""
    out = np.empty(3)
    across = point[0] * np.sin(point[1])
    out[0] = across * np.cos(point[2])
    out[1] = across * np.sin(point[2])
    out[2] = point[0] * np.cos(point[1])
    return out


def jacobians(points: np.ndarray) -> np.ndarray:
    """Return the Jacobians of all points (points, 3), shape (points, 3, 3)."""
    r, theta, phi = np.moveaxis(points, -1, 0)
    sine, cosine = np.sin(theta), np.cos(theta)
    rows = [
        [sine * np.cos(phi), r * cosine * np.cos(phi), -r * sine * np.sin(phi)],
        [sine * np.sin(phi), r * cosine * np.sin(phi), r * sine * np.cos(phi)],
        [cosine, -r * sine, np.zeros_like(r)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def problem(points: int = 10_000) -> Problem:
    """Return the coordinates of random points."""
    at_least(1, points=points)
    rng = np.random.default_rng(0)
    low, high = (0.5, 0.1, -3.0), (2.0, 3.0, 3.0)
    return Problem(
        name="spherical",
        title=f"spherical to Cartesian coordinates of {points} points",
        f=cartesian,
        loop=loop,
        derivative=jacobians,
        x=rng.uniform(low, high, (points, 3)),
        batched=True,
        description="A small map at very many points, for derivatives that are taken of all at once.",
    )
