"""A model curve at many times: far fewer inputs than outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def curve(parameters: Any, times: np.ndarray) -> Any:
    """Return a exp(-b t) + c sin(d t) at all times t, for parameters (a, b, c, d)."""
    a, b, c, d = parameters
    return a * np.exp(-b * times) + c * np.sin(d * times)


def loop(parameters: Any, times: np.ndarray) -> Any:
    """Return the same, time by time."""
    out = np.empty(times.size)
    for i in range(times.size):
        out[i] = parameters[0] * np.exp(-parameters[1] * times[i]) + parameters[2] * np.sin(parameters[3] * times[i])
    return out


def jacobian(parameters: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the Jacobian, shape (times, 4)."""
    a, b, c, d = parameters
    decay = np.exp(-b * times)
    return np.stack([decay, -a * times * decay, np.sin(d * times), c * times * np.cos(d * times)], axis=1)


def problem(m: int = 5000) -> Problem:
    """Return the curve at four parameters."""
    at_least(1, m=m)
    return Problem(
        name="curve",
        title=f"the curve a exp(-b t) + c sin(d t) at {m} times",
        f=curve,
        loop=loop,
        derivative=jacobian,
        x=np.array([2.0, 0.5, 1.0, 3.0]),
        data=(np.linspace(0.0, 5.0, m),),
        description="A decay and an oscillation, as in fits by least squares.",
    )
