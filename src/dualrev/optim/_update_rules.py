"""How first-order methods update a point from its gradient: formulas, what they remember, and step sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

State = dict[str, Any]
Schedule = Callable[[int], float]
"""The step size of an iteration; the first is 1."""
_POSITIVE = "expected a positive momentum, such as 0.9"


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


class Rule(Protocol):
    """A first-order method."""

    def update(self, x: Any, gradient: Any, state: State, step: float) -> Any:
        """Return the next point; `state`, empty at first, is what is remembered between calls."""


@dataclass(frozen=True)
class GradientStep:
    """Gradient descent, with momentum (Polyak, USSR Computational Mathematics 4, 1964) or Nesterov's, as PyTorch does.

    Attributes
    ----------
    momentum, weight_decay : float
    nesterov : bool
    """

    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would climb."""
        _expect(self.momentum >= 0, f"momentum is {self.momentum!r}; expected 0 or more, such as 0.9")
        _expect(not self.nesterov or self.momentum > 0, f"nesterov=True with momentum={self.momentum}; {_POSITIVE}")
        _expect(self.weight_decay >= 0, f"weight_decay is {self.weight_decay!r}; expected 0 or more")

    def update(self, x: Any, gradient: Any, state: State, step: float) -> Any:
        """Return x - step * velocity."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * x
        if self.momentum:
            velocity = state["velocity"] = (
                self.momentum * state["velocity"] + gradient if "velocity" in state else gradient
            )
            gradient = gradient + self.momentum * velocity if self.nesterov else velocity
        return x - step * gradient


@dataclass(frozen=True)
class AdamStep:
    """Adam (Kingma and Ba, arXiv:1412.6980, algorithm 1)."""

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no mean."""
        within = len(self.betas) == 2 and all(0 <= beta < 1 for beta in self.betas)
        _expect(within, f"betas are {self.betas!r}; expected two numbers from 0 to less than 1")
        _expect(self.eps >= 0, f"eps is {self.eps!r}; expected 0 or more")
        _expect(self.weight_decay >= 0, f"weight_decay is {self.weight_decay!r}; expected 0 or more")

    def update(self, x: Any, gradient: Any, state: State, step: float) -> Any:
        """Return x - step * mean / sqrt(mean square), both means corrected for their start at 0."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * x
        first, second = self.betas
        t = state["t"] = state.get("t", 0) + 1
        mean = state["mean"] = first * state.get("mean", 0.0) + (1 - first) * gradient
        square = state["square"] = second * state.get("square", 0.0) + (1 - second) * gradient**2
        return x - step * (mean / (1 - first**t)) / (np.sqrt(square / (1 - second**t)) + self.eps)


@dataclass(frozen=True)
class RpropStep:
    """Resilient propagation: step sizes of their own for all elements, by the signs of gradients alone.

    Riedmiller and Braun, IEEE International Conference on Neural Networks, 1993; a step whose gradient changed its sign
    is left out, as in PyTorch.
    """

    etas: tuple[float, float] = (0.5, 1.2)
    step_sizes: tuple[float, float] = (1e-6, 50.0)

    def __post_init__(self) -> None:
        """Refuse factors that do not shrink and grow."""
        shrink, grow = self.etas
        _expect(0 < shrink < 1 < grow, f"etas are {self.etas!r}; expected one between 0 and 1, and one above 1")
        least, most = self.step_sizes
        _expect(0 < least <= most, f"step_sizes are {self.step_sizes!r}; expected the least and the largest")

    def update(self, x: Any, gradient: Any, state: State, step: float) -> Any:
        """Return x - sign(gradient) * size; `step` is the first size."""
        if "size" not in state:
            state["size"], state["before"] = np.full_like(x, step), np.zeros_like(x)
        agreement = np.sign(gradient * state["before"])
        shrink, grow = self.etas
        factor = np.where(agreement > 0, grow, np.where(agreement < 0, shrink, 1.0))
        state["size"] = np.clip(state["size"] * factor, *self.step_sizes)
        state["before"] = gradient = np.where(agreement < 0, 0.0, gradient)
        return x - np.sign(gradient) * state["size"]


def constant(step: float) -> Schedule:
    """Return the schedule that is the same at every iteration.

    Examples
    --------
    >>> constant(0.1)(7)
    0.1
    """
    return lambda _: step


def one_over_t(step: float, start: float = 1.0) -> Schedule:
    """Return the schedule step / (start + t - 1), which is `step` at first if `start` is 1.

    Its sum diverges and the sum of its squares does not, as stochastic approximation asks (Robbins and Monro, Annals of
    Mathematical Statistics 22, 1951).

    Examples
    --------
    >>> [one_over_t(0.5)(t) for t in (1, 2, 5)]
    [0.5, 0.25, 0.1]
    """
    return lambda t: step / (start + t - 1)


def schedule(step: float | Schedule) -> Schedule:
    """Return a schedule from a step size or a schedule.

    Raises
    ------
    ValueError
        For a step size that is not positive.
    """
    if callable(step):
        return step
    if not step > 0:
        raise ValueError(f"the step size is {step!r}; expected a positive number, or a function of the iteration")
    return constant(step)
