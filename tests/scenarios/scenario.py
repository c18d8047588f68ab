"""What a scenario is, and the arrays that scenarios share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scenario:
    """A function, its arguments, and its Jacobian in closed form.

    `jacobian` takes the arguments in double precision and returns what the Jacobian is promised to be: the output's
    structure, each leaf holding the structure of the differentiated input.
    """

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    jacobian: Callable[..., Any]
    argnums: int | tuple[int, ...] = 0


def S(name: str, f: Any, x: Any, jacobian: Any) -> Scenario:
    """Return a scenario of one argument, the point."""
    return Scenario(name, f, (x,), jacobian)


X = np.array([0.7, -1.3, 2.1])
P = np.array([0.7, 1.3, 2.1])
A = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
B = np.array([[1.0, 0.5], [-0.5, 2.0], [0.3, -1.1]])
C = np.array([[1.2, -0.4], [0.6, 0.9]])
W = np.array([[0.2, -0.7, 1.1], [0.4, 0.9, -0.3]])
LABELS = np.array([1.0, 0.0])
I2, I3 = np.eye(2), np.eye(3)


def s(x: Any) -> Any:
    """Return the softmax of a vector."""
    return np.exp(x) / np.exp(x).sum()
