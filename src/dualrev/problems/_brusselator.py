"""Two reacting and diffusing substances on a square: a residual whose Jacobian has six numbers in a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least

A, B, DIFFUSION = 3.4, 1.0, 10.0
"""As in Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.10."""


def residual(state: Any, rate: float) -> Any:
    """Return the rates of change of u and v, for a state of shape (2 N N,) on a periodic grid.

    u' = B + u^2 v - (A + 1) u + D lap(u) and v' = A u - u^2 v + D lap(v); `rate` is D over the squared spacing.
    """
    side = round((len(state) / 2) ** 0.5)
    u, v = np.reshape(state, (2, side, side))
    reaction = u * u * v
    to_u = B + reaction - (A + 1.0) * u + rate * _laplacian(u)
    to_v = A * u - reaction + rate * _laplacian(v)
    return np.ravel(np.stack([to_u, to_v]))


def _laplacian(u: Any) -> Any:
    return np.roll(u, 1, axis=0) + np.roll(u, -1, axis=0) + np.roll(u, 1, axis=1) + np.roll(u, -1, axis=1) - 4.0 * u


def loop(state: Any, rate: float) -> Any:
    """Return the same, place by place."""
    side = int(np.rint(np.sqrt(state.size / 2)))
    count = side * side
    out = np.empty(2 * count)
    for i in range(side):
        up, down = (i - 1) % side * side, (i + 1) % side * side
        for j in range(side):
            left, right, at = i * side + (j - 1) % side, i * side + (j + 1) % side, i * side + j
            u, v = state[at], state[count + at]
            reaction = u * u * v
            across = state[up + j] + state[down + j] + state[left] + state[right] - 4.0 * u
            out[at] = B + reaction - (A + 1.0) * u + rate * across
            across = state[count + up + j] + state[count + down + j]
            across += state[count + left] + state[count + right] - 4.0 * v
            out[count + at] = A * u - reaction + rate * across
    return out


def jacobian(state: np.ndarray, rate: float) -> np.ndarray:
    """Return the Jacobian, shape (2 N N, 2 N N)."""
    u, v = np.split(state, 2)
    side = round(u.size**0.5)
    eye = np.eye(side)
    ring = np.roll(eye, 1, axis=0) + np.roll(eye, -1, axis=0) - 2.0 * eye
    spread = rate * (np.kron(ring, eye) + np.kron(eye, ring))
    by_u = np.concatenate([spread + np.diag(2.0 * u * v - A - 1.0), np.diag(A - 2.0 * u * v)])
    by_v = np.concatenate([np.diag(u * u), spread - np.diag(u * u)])
    return np.concatenate([by_u, by_v], axis=1)


def problem(side: int = 8) -> Problem:
    """Return the residual on a grid of side by side places, at the usual beginning."""
    at_least(3, side=side)
    at = np.arange(side) / side
    y, x = np.meshgrid(at, at, indexing="ij")
    return Problem(
        name="brusselator",
        title=f"the Brusselator on a grid of {side} x {side}",
        f=residual,
        loop=loop,
        derivative=jacobian,
        x=np.concatenate([(22.0 * (y * (1.0 - y)) ** 1.5).ravel(), (27.0 * (x * (1.0 - x)) ** 1.5).ravel()]),
        data=(DIFFUSION * side**2,),
        description="Reaction and diffusion in two dimensions, periodic (Hairer and Wanner, section IV.10).",
    )
