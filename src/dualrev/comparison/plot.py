"""A comparison as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualrev.comparison.report import Comparison
from dualrev.comparison.text import duration, passes
from dualrev.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(comparison: Comparison) -> Figure:
    """Draw the times of the function and of both modes, measured and predicted."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError("plot() needs Matplotlib, which is not installed: pip install dualrev[plot]") from error
    modes = (comparison.reverse, comparison.forward)
    names = [f"{mode.mode}{' (auto)' if mode.mode == comparison.choice.mode else ''}" for mode in modes]
    seconds, predicted = [mode.seconds for mode in modes], [mode.predicted_seconds for mode in modes]
    labels = [f"{'' if mode.complete else '~'}{duration(mode.seconds)}, {passes(mode)}" for mode in modes]
    bars = [*seconds, comparison.function_seconds]
    ends = [*map(max, seconds, predicted), comparison.function_seconds]
    figure, axes = plt.subplots(figsize=(7.0, 2.6), layout="constrained")
    axes.barh([*names, "f"], bars, color=["tab:orange", "tab:blue", "tab:gray"], height=0.6)
    axes.scatter(predicted, names, marker="D", color="black", zorder=3, label="predicted")
    for row, (end, label) in enumerate(zip(ends, [*labels, duration(comparison.function_seconds)], strict=True)):
        axes.annotate(label, (end, row), xytext=(8, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    axes.set_xlim(min(bars) / 3, max(ends) * 100)
    axes.set_xlabel("seconds")
    axes.set_title(f"{comparison.name}: n = {comparison.n}, m = {comparison.m}", loc="left")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
