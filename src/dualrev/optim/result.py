"""What a minimisation, or the search for a root, found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.optim.methods import Objective

if TYPE_CHECKING:
    from matplotlib.figure import Figure


STOPPED = "the callback raised StopIteration"


@dataclass(frozen=True)
class Minimum:
    """What `minimize` found.

    Attributes
    ----------
    x : number, array or container
        The last point; the best one, where the loss became infinite or NaN.
    loss : float
        There.
    path : ndarray
        The points, the start first, one in each entry of its first axis; those of containers as vectors.
    losses : ndarray
        The loss at each of them.
    iterations : int
    converged : bool
        Whether it stopped because a stopping rule held.
    reason : str
        Why it stopped.
    best : int
        The iteration of the least loss, 0 being the start.
    method : str
    scipy : OptimizeResult or None
        SciPy's own result, for its methods.

    Examples
    --------
    >>> import dualrev as dr
    >>> found = dr.optim.minimize(lambda x: (x - 3.0) ** 2, 0.0, step=0.5)
    >>> found.converged, found.iterations, float(found.x)
    (True, 1, 3.0)
    """

    x: Any
    loss: float
    path: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    iterations: int
    converged: bool
    reason: str
    best: int
    method: str
    f: Callable[[Any], Any] = field(repr=False)
    scipy: Any = field(default=None, repr=False)

    def __str__(self) -> str:
        with np.printoptions(precision=7):
            point = str(self.x if isinstance(self.x, dict | list | tuple) else np.asarray(self.x))
        return f"{self.method}: loss {self.loss:.7g} at {point} after {self.iterations} iterations; {self.reason}"

    def plot(self) -> Figure:
        """Draw the losses, and for two variables the path over the contours of the function.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        from dualrev.optim.plot import plot_minimum

        return plot_minimum(self.losses, self.path, self.x, self.f, self.method)


@dataclass(frozen=True)
class Root:
    """What `newton_root` found.

    Attributes
    ----------
    x : number or array
        The last point.
    residual : float
        The norm of the function there.
    path : ndarray
        The points, the start first.
    residuals : ndarray
        The norm of the function at each of them.
    iterations : int
    converged : bool
    reason : str
        Why it stopped.

    Examples
    --------
    >>> import dualrev as dr
    >>> found = dr.optim.newton_root(lambda x: x**2 - 2.0, 1.0)
    >>> found.converged, round(float(found.x), 12)
    (True, 1.414213562373)
    """

    x: Any
    residual: float
    path: np.ndarray = field(repr=False)
    residuals: np.ndarray = field(repr=False)
    iterations: int
    converged: bool
    reason: str

    def __str__(self) -> str:
        return (
            f"newton_root: residual {self.residual:.3g} at {np.array2string(np.asarray(self.x), precision=15)} after "
            f"{self.iterations} iterations; {self.reason}"
        )

    def plot(self) -> Figure:
        """Draw the residuals.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        from dualrev.optim.plot import plot_root

        return plot_root(self.residuals)


def finished(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    path: list[Any],
    losses: list[float],
    converged: bool,
    reason: str,
    method: str,
    scipy: Any = None,
) -> Minimum:
    """Return the result: the last point, or the best if the last loss is not finite."""
    finite = np.isfinite(losses)
    best = int(np.argmin(np.where(finite, losses, np.inf))) if finite.any() else 0
    last = len(losses) - 1 if finite[-1] else best
    points, values = np.stack(path), np.array(losses)
    return Minimum(
        x=path[last].copy(),
        loss=losses[last],
        path=points,
        losses=values,
        iterations=len(losses) - 1,
        converged=converged,
        reason=reason,
        best=best,
        method=method,
        f=Objective(f, args),
        scipy=scipy,
    )
