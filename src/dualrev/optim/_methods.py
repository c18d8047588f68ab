"""The methods of `minimize`: each proposes the next point from the present one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from dualrev.errors import ShapeMismatchError
from dualrev.operators.hessian import hessian
from dualrev.operators.jacobian import grad
from dualrev.operators.vector_products import jvp
from dualrev.optim._update_rules import AdamStep, GradientStep, RpropStep, Rule, Schedule, State, schedule

ARMIJO = 1e-4
"""A step is accepted if it decreases the loss by this part of what the slope promises (Armijo, 1966)."""

HALVINGS = 60


class NoDecreaseError(Exception):
    """No step along the direction decreases the loss."""


@dataclass(frozen=True)
class Objective:
    """A function of a point, with further arguments, and its derivatives."""

    f: Callable[..., Any]
    args: tuple[Any, ...] = ()

    def __call__(self, x: Any) -> Any:
        """Return the loss."""
        return self.f(x, *self.args)

    def gradient(self, x: Any) -> Any:
        """Return the gradient."""
        return grad(self.f)(x, *self.args)

    def hessian(self, x: Any) -> np.ndarray:
        """Return the Hessian as a matrix."""
        return np.reshape(hessian(self.f)(x, *self.args), (x.size, x.size))

    def product(self, x: Any, v: Any) -> Any:
        """Return the Hessian times a vector."""
        return jvp(lambda y: grad(self.f, mode="reverse")(y, *self.args), x, v)[1]


class Method(Protocol):
    """A way to minimise.

    Attributes
    ----------
    patience : int
        How many short steps in a row mean that it has converged.
    """

    patience: int

    def propose(self, x: Any, loss: float, gradient: Any, iteration: int) -> Any:
        """Return the next point."""


def line_search(f: Objective, x: Any, loss: float, direction: Any, slope: float, step: float) -> float:
    """Return the first of step, step / 2, step / 4 ... that decreases the loss enough.

    Raises
    ------
    NoDecreaseError
        If none does.
    """
    for _ in range(HALVINGS):
        new = f(x + step * direction)
        if new <= loss + ARMIJO * step * slope:
            return step
        step /= 2
    raise NoDecreaseError


@dataclass
class FirstOrder:
    """A rule of `_update_rules.py` with a schedule of step sizes."""

    rule: Rule
    schedule: Schedule
    patience: int = 1
    state: State = field(default_factory=dict)

    def propose(self, x: Any, loss: float, gradient: Any, iteration: int) -> Any:
        """Apply the rule."""
        return self.rule.update(x, gradient, self.state, self.schedule(iteration))


@dataclass
class SteepestDescent:
    """Against the gradient, as far as a line search says; it begins with twice the last step."""

    f: Objective
    step: float = 1.0
    patience: int = 1

    def propose(self, x: Any, loss: float, gradient: Any, iteration: int) -> Any:
        """Search along the negative gradient."""
        self.step = 2 * line_search(self.f, x, loss, -gradient, -float(np.sum(gradient**2)), self.step)
        return x - 0.5 * self.step * gradient


@dataclass
class CoordinateDescent:
    """One coordinate after another, by Newton's step where the loss is convex along it, each with a line search."""

    f: Objective
    patience: int = 1

    def propose(self, x: Any, loss: float, gradient: Any, iteration: int) -> Any:
        """Go along every coordinate once."""
        moved = False
        for n in range(x.size):
            unit = np.zeros(x.size, x.dtype)
            unit[n] = 1.0
            unit = unit.reshape(x.shape)[()]
            slope = float(np.ravel(self.f.gradient(x))[n])
            if slope == 0.0:
                continue
            curvature = float(np.ravel(self.f.product(x, unit))[n])
            size = -slope / curvature if curvature > 0 else -slope
            try:
                size *= line_search(self.f, x, self.f(x), size * unit, size * slope, 1.0)
            except NoDecreaseError:
                continue
            x, moved = x + size * unit, True
        if not moved:
            raise NoDecreaseError
        return x


@dataclass
class Preconditioned:
    """Against the gradient times the inverse of a matrix."""

    preconditioner: Any
    schedule: Schedule
    patience: int = 1

    def propose(self, x: Any, loss: float, gradient: Any, iteration: int) -> Any:
        """Solve for the direction, and step."""
        return x - self.schedule(iteration) * self.direction(x, gradient)

    def direction(self, x: Any, gradient: Any) -> Any:
        """Return the inverse of the preconditioner times the gradient."""
        if callable(self.preconditioner):
            return self.preconditioner(gradient)
        matrix = np.asarray(self.preconditioner, x.dtype)
        if matrix.shape == x.shape:
            return gradient / matrix
        if matrix.shape != (x.size, x.size):
            raise ShapeMismatchError(
                f"the preconditioner has shape {matrix.shape}; expected {(x.size, x.size)}, the shape {x.shape} of x "
                "for a diagonal, or a function of the gradient"
            )
        return np.linalg.solve(matrix, np.ravel(gradient)).reshape(x.shape)


@dataclass
class Newton:
    """Newton's method with a line search; negative eigenvalues of the Hessian count by their size, so that it descends.

    Without a line search that is Dauphin et al., Advances in Neural Information Processing Systems 27, 2014.
    """

    f: Objective
    patience: int = 1

    def propose(self, x: Any, loss: float, gradient: Any, iteration: int) -> Any:
        """Solve with the Hessian."""
        matrix = self.f.hessian(x)
        if not np.all(np.isfinite(matrix)):
            raise NoDecreaseError
        values, vectors = np.linalg.eigh(matrix)
        sizes = np.abs(values)
        sizes = np.maximum(sizes, np.finfo(x.dtype).eps * np.max(sizes, initial=0.0))
        sizes[sizes == 0] = 1.0
        direction = -(vectors @ ((vectors.T @ np.ravel(gradient)) / sizes)).reshape(x.shape)[()]
        step = line_search(self.f, x, loss, direction, float(np.sum(gradient * direction)), 1.0)
        return x + step * direction


def rate(step: float | Schedule | None, default: float) -> Schedule:
    """Return the schedule that was asked for, or the default."""
    return schedule(default if step is None else step)


def _preconditioned(f: Any, step: Any, preconditioner: Any) -> Method:
    return Preconditioned(preconditioner, rate(step, 1.0))


METHODS: dict[str, Callable[..., Method]] = {
    "gradient-descent": lambda f, step, **o: FirstOrder(GradientStep(**o), rate(step, 0.01)),
    "momentum": lambda f, step, momentum=0.9, **o: FirstOrder(GradientStep(momentum, **o), rate(step, 0.01)),
    "adam": lambda f, step, **o: FirstOrder(AdamStep(**o), rate(step, 0.001)),
    "rprop": lambda f, step, **o: FirstOrder(RpropStep(**o), rate(step, 0.01), patience=3),
    "steepest-descent": lambda f, step: SteepestDescent(f, rate(step, 1.0)(1)),
    "coordinate-descent": lambda f, step: CoordinateDescent(f),
    "preconditioned-descent": _preconditioned,
    "newton": lambda f, step: Newton(f),
}
"""dualrev's own methods, by name."""
