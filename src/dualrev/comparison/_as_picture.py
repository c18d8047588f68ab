"""A comparison as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualrev.comparison._readable_numbers import digits, duration
from dualrev.comparison._record import ComparisonRecord, Execution, MethodReport
from dualrev.environment import pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = {"forward": "tab:blue", "reverse": "tab:orange", "auto": "tab:green", "by hand": "tab:brown"}
OTHERS = "0.72"


def plot(comparison: ComparisonRecord) -> Figure:
    """Draw a bar for the function and for each method, with its quartiles, an axis for each way to run."""
    plt = pyplot()
    shown = [each for each in comparison.executions if any(method.timed for method in each.methods)]
    shown = shown or [comparison.main]
    heights = [1 + sum(method.timed for method in each.methods) for each in shown]
    figure: Figure
    figure, places = plt.subplots(
        len(shown),
        figsize=(8.0, 0.6 + 0.32 * sum(heights) + 0.45 * len(shown)),
        layout="constrained",
        sharex=True,
        squeeze=False,
        gridspec_kw={"height_ratios": heights},
    )
    for execution, axes in zip(shown, places[:, 0], strict=True):
        _bars(axes, execution)
    stopped = " (interrupted)" if comparison.interrupted else ""
    title = f"{comparison.name}: n = {comparison.n}, m = {comparison.m}{stopped}"
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    seconds = [method.seconds for each in shown for method in each.methods if method.timed]
    seconds += [each.function.seconds for each in shown if each.function.batches]
    places[-1, 0].set_xlabel("seconds")
    if seconds:
        places[-1, 0].set_xlim(min(seconds) / 3, max(seconds) * 60)
    return figure


def _bars(axes: Axes, execution: Execution) -> None:
    methods = [method for method in execution.methods if method.timed][::-1]
    names = [_name(method, execution) for method in methods]
    timings = [method.timing for method in methods]
    colors = [COLORS.get(method.method, OTHERS) for method in methods]
    labels = [_label(method) for method in methods]
    if execution.function.batches:
        names, timings, colors = [*names, "f"], [*timings, execution.function], [*colors, "0.35"]
        labels.append(duration(execution.function.seconds))
    seconds = [timing.seconds for timing in timings]
    spread = [
        [timing.seconds - timing.low for timing in timings],
        [timing.high - timing.seconds for timing in timings],
    ]
    rows = range(len(names))
    axes.barh(rows, seconds, color=colors, height=0.62, xerr=spread, error_kw={"ecolor": "black", "elinewidth": 1.2})
    axes.set_yticks(rows, names)
    for place, (timing, label) in enumerate(zip(timings, labels, strict=True)):
        axes.annotate(
            label, (timing.high, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize="small"
        )
    axes.set_xscale("log")
    axes.set_title(execution.name, loc="left", fontsize="small", color="0.35")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _name(method: MethodReport, execution: Execution) -> str:
    chosen = execution.choice is not None and method.method == "auto"
    return f"auto ({execution.choice.mode})" if chosen and execution.choice else method.method


def _label(method: MethodReport) -> str:
    about = "~" if method.approximate else ""
    error = f", error {method.error:.0e}" if method.entries and method.error > 0 else ""
    return f"{about}{duration(method.seconds)}, {digits(method.ratio)} f{error}"
