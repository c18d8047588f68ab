"""Results of a minimisation and of the search for a root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.documents import Facts, Illustrated, Part, Title
from dualrev.optim._methods import Objective
from dualrev.optim._plot import plot_minimum, plot_root

if TYPE_CHECKING:
    from matplotlib.figure import Figure


STOPPED = "the callback raised StopIteration"


@dataclass(frozen=True)
class Minimum(Illustrated):
    """The result of `minimize`. `.plot()` draws the losses, and for two variables the path over contours.

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

    _alt = "losses by iteration"

    def _parts(self, html: bool = False) -> list[Part]:
        facts = [("loss", f"{self.loss:.7g}"), ("x", _point(self.x, 7))]
        steps = f"{self.iterations}{'' if self.best == self.iterations else f', the least loss at {self.best}'}"
        return [Title(self.method), Facts([*facts, ("iterations", steps), _end(self.converged, self.reason)])]

    def _draw(self) -> Figure:
        return plot_minimum(self.losses, self.path, self.x, self.f, self.method)


@dataclass(frozen=True)
class Root(Illustrated):
    """The result of `newton_root`. `.plot()` draws the residuals.

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

    _alt = "norm of the function by iteration"

    def _parts(self, html: bool = False) -> list[Part]:
        facts = [("residual", f"{self.residual:.3g}"), ("x", _point(self.x, 15)), ("iterations", f"{self.iterations}")]
        return [Title("newton_root"), Facts([*facts, _end(self.converged, self.reason)])]

    def _draw(self) -> Figure:
        return plot_root(self.residuals)


def _point(x: Any, digits: int) -> str:
    with np.printoptions(precision=digits, linewidth=60):
        return str(x if isinstance(x, dict | list | tuple) else np.asarray(x))


def _end(converged: bool, reason: str) -> tuple[str, str]:
    return "converged", f"{'yes' if converged else 'no'}: {reason}"


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
