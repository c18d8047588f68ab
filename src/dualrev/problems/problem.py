"""What a test problem is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Problem:
    """A function, a point, and what is known about it.

    Attributes
    ----------
    name, title : str
    f : callable
        A function of one array.
    x : ndarray
        The point; read-only.
    description : str
        What it is and where the data come from.
    optimum : ndarray, optional
        Where f is smallest, if that is known.

    Examples
    --------
    >>> import dualrev as dr
    >>> problem = dr.problems.get("curve")
    >>> dr.jacobian(problem.f)(problem.x).shape == (problem.m, problem.n)
    True
    """

    name: str
    title: str
    f: Callable[[Any], Any]
    x: np.ndarray
    description: str
    optimum: np.ndarray | None = None

    def __post_init__(self) -> None:
        for array in (self.x, self.optimum):
            if array is not None:
                array.flags.writeable = False

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.x.size

    @cached_property
    def m(self) -> int:
        """Number of outputs."""
        return int(np.size(self.f(self.x)))
