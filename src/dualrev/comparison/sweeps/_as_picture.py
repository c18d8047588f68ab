"""A sweep as a picture: a map over n and m with both lines, and times along its edges."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.comparison._as_picture import COLORS
from dualrev.comparison.sweeps._record import SweepPoint, SweepRecord
from dualrev.environment import pyplot
from dualrev.problems.problem import MUCH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SATURATED = 2.0
"""Powers of ten from which on a ratio is drawn in full colour."""
FAR = {
    "n": "n, inputs            n much larger than m →",
    "m": "m, outputs            n much smaller than m →",
}
"""Names of the far ends of the axes."""


def plot(sweep: SweepRecord) -> Figure:
    """Draw the map and the curves; of a sweep over n alone, the curves."""
    plt = pyplot()
    mapped = len(sweep.ns) > 1 and len(sweep.ms) > 1 and len(sweep.points) > max(len(sweep.ns), len(sweep.ms))
    figure: Figure
    if not mapped:
        figure, axes = plt.subplots(figsize=(5.6, 4.0), layout="constrained")
        over, other = ("m", "n") if len(sweep.ns) == 1 and len(sweep.ms) > 1 else ("n", "m")
        fixed = {getattr(point, other) for point in sweep.points}
        _times(axes, list(sweep.points), over, f"{other} = {fixed.pop()}" if len(fixed) == 1 else "")
    else:
        figure, places = plt.subplot_mosaic("ab;ac", figsize=(11.0, 5.6), layout="constrained", width_ratios=[1.45, 1])
        _map(figure, places["a"], sweep)
        low_m, low_n = sweep.ms[0], sweep.ns[0]
        _times(places["b"], [p for p in sweep.points if p.m == low_m], "n", f"n much larger than m = {low_m}")
        _times(places["c"], [p for p in sweep.points if p.n == low_n], "m", f"n = {low_n} much smaller than m")
    stopped = " (interrupted)" if sweep.interrupted else ""
    figure.suptitle(f"{sweep.name}, {sweep.backend}{stopped}", x=0.01, ha="left", fontsize="medium")
    return figure


def _map(figure: Figure, axes: Axes, sweep: SweepRecord) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    ns, ms = sweep.ns, sweep.ms
    shade = np.full((len(ns), len(ms)), np.nan)
    for point in sweep.points:
        row, column = ns.index(point.n), ms.index(point.m)
        known = point.forward < inf or point.reverse < inf
        if known:
            shade[row, column] = np.clip(np.log10(point.forward) - np.log10(point.reverse), -SATURATED, SATURATED)
        if point.wrong:
            cost, place = f"{point.choice_regret:.2f}", (column + 0.5, row + 0.5)
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0}
            axes.annotate(cost, place, ha="center", va="center", fontsize="small", bbox=box, zorder=5)
    colours = LinearSegmentedColormap.from_list("modes", [COLORS["forward"], "#f7f7f7", COLORS["reverse"]])
    colours = colours.with_extremes(bad="0.85")
    drawn = axes.pcolormesh(
        np.ma.masked_invalid(shade), cmap=colours, vmin=-SATURATED, vmax=SATURATED, edgecolors="white", linewidth=0.5
    )
    _lines(axes, sweep)
    axes.set_xticks(np.arange(len(ms)) + 0.5, [f"{m:,}" for m in ms])
    axes.set_yticks(np.arange(len(ns)) + 0.5, [f"{n:,}" for n in ns])
    axes.set_xlabel(FAR["m"])
    axes.set_ylabel(FAR["n"])
    bar = figure.colorbar(drawn, ax=axes, ticks=[-2, -1, 0, 1, 2], pad=0.01, fraction=0.05)
    bar.ax.set_yticklabels(["forward\n100 times faster", "10 times", "equal", "10 times", "reverse\n100 times faster"])
    bar.ax.tick_params(labelsize="small")


def _lines(axes: Axes, sweep: SweepRecord) -> None:
    for line, style, label in (
        (sweep.crossings(), {"color": "black", "linewidth": 2.0}, "measured crossing"),
        (sweep.boundary(), {"color": "black", "linewidth": 1.5, "linestyle": "--"}, "where auto goes over"),
    ):
        if line:
            columns = [sweep.ms.index(m) + 0.5 for _, m in line]
            rows = np.interp(np.log([n for n, _ in line]), np.log(sweep.ns), np.arange(len(sweep.ns)) + 0.5)
            axes.plot(columns, rows, marker="o", markersize=3.5, label=label, **style)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", fontsize="small", framealpha=0.9, bbox_to_anchor=(0.0, -0.11), ncols=2)
    axes.set_title("forward over reverse; numbers: what a wrong choice costs", loc="left", fontsize="small")


def _far(over: str, points: list[SweepPoint]) -> str:
    """Return the label of an axis of a curve; its end is named where n and m are far apart there."""
    n, m = (points[-1].n, points[-1].m) if points else (1, 1)
    many, few = (n, m) if over == "n" else (m, n)
    return FAR[over] if many >= MUCH * few else FAR[over].partition("  ")[0]


def _times(axes: Axes, points: list[SweepPoint], over: str, title: str) -> None:
    points = sorted(points, key=lambda point: getattr(point, over))
    sizes = [getattr(point, over) for point in points]
    styles: dict[str, dict[str, Any]] = {
        "auto": {"color": COLORS["auto"], "linewidth": 6.0, "alpha": 0.35},
        "forward": {"color": COLORS["forward"], "marker": "o", "markersize": 3.5},
        "reverse": {"color": COLORS["reverse"], "marker": "s", "markersize": 3.5},
    }
    for mode, style in styles.items():
        times = [getattr(point, mode) for point in points]
        axes.plot(sizes, [time if time < inf else np.nan for time in times], label=mode, **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(_far(over, points))
    axes.set_ylabel("seconds")
    axes.set_title(title, loc="left", fontsize="small")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize="small", frameon=False)
