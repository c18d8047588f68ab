"""A model curve at many times: far fewer inputs than outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem

TIMES = np.linspace(0.0, 5.0, 5000)
TIMES.flags.writeable = False


def curve(parameters: Any) -> Any:
    """Return a exp(-b t) + c sin(d t) at all times t, for parameters (a, b, c, d)."""
    a, b, c, d = parameters
    return a * np.exp(-b * TIMES) + c * np.sin(d * TIMES)


def problem() -> Problem:
    """Return the curve at four parameters."""
    return Problem(
        name="curve",
        title=f"the curve a exp(-b t) + c sin(d t) at {TIMES.size} times",
        f=curve,
        x=np.array([2.0, 0.5, 1.0, 3.0]),
        description="A decay and an oscillation, as in fits by least squares.",
    )
