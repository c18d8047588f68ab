"""Minimisation of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dualrev.active.ownership import lent, owned
from dualrev.active.trees import flatten
from dualrev.active.values import own_value
from dualrev.operators.call import interpretable, known_function, name_of
from dualrev.operators.jacobian import value_and_grad
from dualrev.optim._by_scipy import by_scipy
from dualrev.optim._methods import METHODS, NoDecreaseError, Objective
from dualrev.optim._result import STOPPED, Minimum, finished
from dualrev.optim._update_rules import Schedule, schedule
from dualrev.optim.progress import bar
from dualrev.primitives.array.packing import Packing

ITERATIONS = 1000
TOLERANCE = 1e-8
ROUNDING = 1e-6
"""Where no step decreases the loss, a gradient that is smaller, relative to the loss, means that it is rounding."""


def minimize(
    f: Callable[..., Any],
    x0: Any,
    method: str = "gradient-descent",
    *,
    args: tuple[Any, ...] = (),
    step: float | Schedule | None = None,
    iterations: int | None = None,
    tolerance: float | None = None,
    gradient_tolerance: float = 0.0,
    progress: bool = False,
    callback: Callable[[int, Any, float], object] | None = None,
    **options: Any,
) -> Minimum:
    """Minimise a function, with exact derivatives.

    Parameters
    ----------
    f : callable
        From a number, an array or a container of them to a scalar.
    x0 : number, array or container
        Where to begin; not modified. A list of numbers is taken as an array. Over dicts, tuples and other lists the
        elements of all leaves make up one vector: that is what the path, a matrix of a preconditioner and SciPy's
        arguments refer to, while `f` and the callback get the container, and the result's `x` is one.
    method : str
        "gradient-descent", "momentum", "adam", "rprop", "steepest-descent" (with a line search), "coordinate-descent",
        "preconditioned-descent", "newton"; any other is handed to `scipy.optimize.minimize` with exact derivatives:
        "L-BFGS-B", "trust-exact" and so on.
    args : tuple
        Further arguments of `f`.
    step : float or callable, optional
        The step size, or its schedule: a function of the iteration, which begins at 1. By default 0.01 for gradient
        descent, momentum and Rprop, 0.001 for Adam, 1 for preconditioned descent. Line searches begin with it.
    iterations : int, optional
        The most iterations, by default 1000. In coordinate descent one iteration goes along every coordinate.
    tolerance : float, optional
        It stops when a step is shorter than this, by default 1e-8: ||x_{t+1} - x_t|| < tolerance.
    gradient_tolerance : float
        It stops when the norm of the gradient is at most this.
    progress : bool
        Whether to show a bar, on standard error.
    callback : callable, optional
        Of the iteration, the point and the loss. It ends the minimisation by raising StopIteration.
    **options
        Of the method: `momentum`, `nesterov` and `weight_decay` for momentum; `betas`, `eps` and `weight_decay` for
        Adam; `etas` and `step_sizes` for Rprop; `preconditioner` for preconditioned descent: a matrix, an array of x's
        shape for a diagonal one, or a function that applies its inverse to the gradient; for SciPy's methods its
        arguments, such as `bounds`.

    Returns
    -------
    Minimum
        With the path, the losses and the reason it stopped. Where a loss is infinite or NaN it stops, says at which
        iteration, and keeps the best point.

    Raises
    ------
    NonScalarOutputError
        If f(x0) is no scalar.
    UnknownMethodError
        For a method that neither dualrev nor SciPy has.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> def rosenbrock(x):
    ...     return (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2
    >>> found = dr.optim.minimize(rosenbrock, np.array([-1.0, 1.0]), step=0.01)
    >>> found.x.round(4), found.reason
    (array([0.9918, 0.983 ]), 'it reached the limit of 1000 iterations')
    >>> dr.optim.minimize(rosenbrock, np.array([-1.0, 1.0]), "newton").x.round(8)
    array([1., 1.])
    >>> dr.optim.minimize(rosenbrock, np.array([-1.0, 1.0]), "L-BFGS-B").x.round(4)
    array([1., 1.])
    """
    known_function(f, "minimize")
    if isinstance(x0, list) and all(isinstance(each, int | float | np.number) for each in x0):
        x0 = np.array(x0, float)
    if step is not None:
        schedule(step)
    if iterations is not None and iterations < 0:
        raise ValueError(f"iterations is {iterations}; expected 0 or more")
    if flatten(x0)[1].spec is not None:
        options |= {"step": step, "iterations": iterations, "tolerance": tolerance, "progress": progress}
        options["gradient_tolerance"] = gradient_tolerance
        return _over_container(f, x0, method, args, callback, options)
    start = own_value(x0)
    name = method.lower().replace(" ", "-").replace("_", "-")

    if name not in METHODS:
        return by_scipy(f, start, args, method, iterations, tolerance, callback, options)
    if name == "preconditioned-descent" and "preconditioner" not in options:
        raise TypeError("preconditioned descent needs preconditioner=: a matrix, a diagonal, or a function")
    try:
        own = METHODS[name](Objective(f, args), step, **options)
    except TypeError as error:
        raise TypeError(f"{name} was given {', '.join(options)}: {str(error).partition('() ')[2]}") from error
    most, shortest = (ITERATIONS if iterations is None else iterations), TOLERANCE if tolerance is None else tolerance
    both = value_and_grad(f)
    path, losses = [start], []
    converged, reason = False, f"it reached the limit of {most} iterations"
    short = 0
    # A loss that overflows ends the loop, which says so.
    with bar(name, most, progress) as told, np.errstate(all="ignore"):
        for iteration in range(most + 1):
            x = path[-1]
            loss, gradient = both(x, *args)
            losses.append(float(loss))
            told(iteration, f"{name}: loss {losses[-1]:.6g}")
            try:
                if callback is not None:
                    callback(iteration, lent(x), losses[-1])
            except StopIteration:
                reason = STOPPED
                break
            if not np.isfinite(losses[-1]):
                reason = f"the loss is {losses[-1]} at iteration {iteration}"
                break
            short = short + 1 if iteration and _norm(x - path[-2]) < shortest else 0
            if short == own.patience:
                converged, reason = True, f"the last step was shorter than {shortest:g}"
                break
            slope = _norm(gradient)
            if not np.all(np.isfinite(gradient)):
                reason = f"the gradient is not finite at iteration {iteration}"
                break
            if slope <= gradient_tolerance:
                converged, reason = True, f"the norm of the gradient is at most {gradient_tolerance:g}"
                break
            if iteration == most:
                break
            try:
                proposed = own.propose(x, losses[-1], gradient, iteration + 1)
            except NoDecreaseError:
                converged = slope <= ROUNDING * (1 + abs(losses[-1]))
                reason = "no step along the direction decreases the loss"
                break
            path.append(np.asarray(proposed, x.dtype).reshape(x.shape)[()])
    return finished(f, args, path, losses, converged, reason, name)


class _OfVector:
    """A function of a container as a function of the vector of all its elements.

    Parameters
    ----------
    f : callable
    x0 : container
        Of numbers and arrays; tells how they are arranged.

    Attributes
    ----------
    start : ndarray
        The elements of x0, of shape (n,).
    """

    def __init__(self, f: Callable[..., Any], x0: Any) -> None:
        self.f, self.__name__ = interpretable(f, "auto"), name_of(f)
        given, self._tree = flatten(x0)
        leaves = [own_value(leaf) for leaf in given]
        self._floats = [type(leaf) is float for leaf in given]
        self._dtypes = [leaf.dtype for leaf in leaves]
        self._packing = Packing(*(leaf.shape for leaf in leaves))
        self.start: np.ndarray = np.concatenate([np.ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)

    def __call__(self, vector: Any, *args: Any) -> Any:
        """Return the function's value."""
        return self.f(self._tree.build(self._parts(vector)), *args)

    def container(self, vector: np.ndarray) -> Any:
        """Return the elements of a vector as they are arranged in x0; a Python float for a Python float."""
        parts = zip(self._parts(vector), self._floats, strict=True)
        return self._tree.build([float(part) if plain else owned(part) for part, plain in parts])

    def _parts(self, vector: Any) -> list[Any]:
        parts = zip(self._packing.split(vector), self._dtypes, strict=True)
        return [(part if part.dtype == kind else part.astype(kind))[()] for part, kind in parts]


def _over_container(
    f: Callable[..., Any], x0: Any, method: str, args: tuple[Any, ...], callback: Any, options: dict[str, Any]
) -> Minimum:
    """Minimise over the vector of all elements of a container."""
    of_vector = _OfVector(f, x0)

    def told(iteration: int, vector: Any, loss: float) -> object:
        return callback(iteration, of_vector.container(vector), loss)

    found = minimize(
        of_vector, of_vector.start, method, args=args, callback=None if callback is None else told, **options
    )
    return replace(found, x=of_vector.container(found.x))


def _norm(x: Any) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(np.ravel(x)))
