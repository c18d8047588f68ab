"""Pictures of how a minimum or a root was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.active.trees import flatten
from dualrev.environment import pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID = 80
"""Points along each side of the contours."""


def plot_minimum(losses: np.ndarray, path: np.ndarray, end: Any, f: Callable[[Any], Any], method: str) -> Figure:
    """Draw the losses, and for two variables the path over the contours of the function."""
    two = path.shape[1:] == (2,)
    figure, places = pyplot().subplots(1, 1 + two, figsize=(5.0 + 4.5 * two, 3.4), layout="constrained", squeeze=False)
    axes = places[0, 0]
    axes.plot(losses, color="tab:blue")
    axes.set_xlabel("iteration")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("loss")
    finite = losses[np.isfinite(losses)]
    if finite.size and finite.min() > 0 and finite.max() > 20 * finite.min():
        axes.set_yscale("log")
    axes.set_title(method, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    if two:
        _contours(path, end, f, places[0, 1])
    return figure


def _contours(path: np.ndarray, end: Any, f: Callable[[Any], Any], axes: Axes) -> None:
    path = path[np.all(np.isfinite(path), axis=1)]
    low, high = path.min(axis=0), path.max(axis=0)
    margin = 0.25 * max(float(np.max(high - low)), 1e-3)
    sides = [np.linspace(a - margin, b + margin, GRID) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*sides), axis=-1)
    with np.errstate(all="ignore"):
        values = np.apply_along_axis(lambda x: float(f(x)), 2, points)
    # Levels by quantiles show valleys as well as walls.
    levels = np.unique(np.quantile(values[np.isfinite(values)], np.linspace(0.0, 0.95, 14)))
    axes.contour(*sides, values, levels=levels, colors="0.75", linewidths=0.8)
    axes.plot(path[:, 0], path[:, 1], ".-", color="tab:red", markersize=2.5, linewidth=0.9)
    axes.plot(*path[0], "o", color="tab:red", markerfacecolor="white", label="start")
    axes.plot(*np.concatenate([np.ravel(leaf) for leaf in flatten(end)[0]]), "o", color="tab:red", label="end")
    axes.set_xlabel("x[0]")
    axes.set_ylabel("x[1]")
    axes.legend(framealpha=1.0, edgecolor="none")


def plot_root(residuals: np.ndarray) -> Figure:
    """Draw the residuals."""
    figure, axes = pyplot().subplots(figsize=(5.0, 3.4), layout="constrained")
    shown = np.where(residuals > 0, residuals, np.nan)  # 0 has no place on a logarithmic axis
    axes.semilogy(shown, "o-", color="tab:blue")
    axes.set_xlabel("iteration")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("norm of f")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
