"""Newton's method for roots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active.ownership import owned
from dualrev.active.values import own_value
from dualrev.errors import ShapeMismatchError
from dualrev.operators.jacobian import value_and_jacobian
from dualrev.optim._result import Root


def newton_root(
    f: Callable[..., Any],
    x0: Any,
    *,
    args: tuple[Any, ...] = (),
    tolerance: float = 1e-12,
    iterations: int = 50,
) -> Root:
    """Find a root by Newton's method, with the exact Jacobian.

    Parameters
    ----------
    f : callable
        From a number to a number, or from an array to one of the same size.
    x0 : number or array
        Where to begin. Newton's method converges to a root nearby, quadratically if the Jacobian there is regular.
    args : tuple
        Further arguments of `f`.
    tolerance : float
        It stops when a step is shorter than this times 1 + norm(x), or f is 0.
    iterations : int
        The most steps.

    Returns
    -------
    Root

    Raises
    ------
    ShapeMismatchError
        If f(x0) does not have as many elements as x0.

    Examples
    --------
    >>> import dualrev as dr
    >>> found = dr.optim.newton_root(lambda x: x**2 - 2, 1.0)
    >>> round(float(found.x), 12), found.iterations
    (1.414213562373, 5)
    """
    both = value_and_jacobian(f)
    x = own_value(x0)
    path, residuals = [x], []
    converged, reason = False, f"it reached the limit of {iterations} iterations"
    for step in range(iterations + 1):
        value, jacobian = both(x, *args)
        if np.size(value) != x.size:
            raise ShapeMismatchError(
                f"f maps shape {x.shape} to {np.shape(value)}; for a root there must be as many equations as unknowns"
            )
        residuals.append(float(np.linalg.norm(np.ravel(value))))
        if not np.isfinite(residuals[-1]) or not np.all(np.isfinite(jacobian)):
            reason = f"f or its Jacobian is not finite at iteration {step}"
            break
        if residuals[-1] == 0.0:
            converged, reason = True, "f is 0"
            break
        if step and np.linalg.norm(np.ravel(x - path[-2])) <= tolerance * (1 + np.linalg.norm(np.ravel(x))):
            converged, reason = True, f"the last step was shorter than {tolerance:g} * (1 + norm(x))"
            break
        if step == iterations:
            break
        try:
            delta = np.linalg.solve(np.reshape(jacobian, (x.size, x.size)), np.ravel(value))
        except np.linalg.LinAlgError:
            reason = f"the Jacobian is singular at iteration {step}"
            break
        x = x - delta.reshape(x.shape)[()]
        path.append(x)
    return Root(owned(x), residuals[-1], np.stack(path), np.array(residuals), len(path) - 1, converged, reason)
