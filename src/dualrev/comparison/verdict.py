"""The verdict on a comparison, in words."""

from __future__ import annotations

from dualrev.comparison.report import MODES, TOLERATED, Comparison, Execution, MethodReport
from dualrev.comparison.words import digits, duration

CLOSE = 2.0
"""Times are told apart as numbers of times from here on, below in per cent."""

EXACT = 1e-10
"""A relative error up to which a method counts as exact."""

CONTRADICTED = 1e-3
"""A relative error that is none of differences, where several of them have it."""


def verdict(comparison: Comparison) -> str:
    """Return what a comparison says, in sentences."""
    if comparison.interrupted and not comparison.main.function.batches:
        known = any(each.timed for each in comparison.main.methods)
        told = ", so that times (~) are those of first calls, in which things are compiled and loaded"
        return f"Interrupted before anything was timed{told if known else ''}."
    sentences = [_of_execution(each) for each in comparison.executions if not each.unavailable]
    sentences += [_auto(comparison), _others(comparison), _contradicted(comparison)]
    if len(sentences) > 3:
        sentences.insert(1, _between(comparison))
    if _noisy(comparison):
        sentences.append(
            "The machine is too noisy to tell small differences: between the quartiles of its times lies more than a "
            "quarter of the median. Close other programs, or give a larger budget."
        )
    return " ".join(sentence for sentence in sentences if sentence)


def _of_execution(execution: Execution) -> str:
    if execution.name == "cuda":
        device = execution.method("forward")
        return f"On the device, in a large batch, a Jacobian takes {duration(device.seconds)}." if device.timed else ""
    forward, reverse = (execution.method(mode) for mode in MODES)
    how = execution.name.capitalize()
    if not (forward.timed and reverse.timed):
        return ""
    if forward.runs and reverse.runs and not forward.timing.differs_from(reverse.timing):
        low, high = sorted((forward, reverse), key=lambda each: each.seconds)
        ratios = f"{digits(low.ratio)} and {digits(high.ratio)}" if low.ratio == low.ratio else ""
        over = f", {ratios} times the time of f" if ratios else ""
        return f"{how}, forward and reverse mode take the same time within the spread{over}."
    better, worse = (forward, reverse) if forward.seconds <= reverse.seconds else (reverse, forward)
    return (
        f"{how}, {better.method} mode is {_times(worse.seconds / better.seconds)} than {worse.method} mode: it takes "
        f"{_over(better)}."
    )


def _between(comparison: Comparison) -> str:
    """Compare the two ways to run the function."""
    best = {
        each.name: min((m.seconds for m in each.methods if m.method in MODES and m.timed), default=None)
        for each in comparison.executions
        if not each.unavailable and each.name != "cuda"
    }
    if len(best) < 2 or None in best.values():
        return ""
    times = best["interpreted"] / best["compiled"]  # type: ignore[operator]
    faster, slower = ("compiled", "interpreted") if times >= 1 else ("interpreted", "compiled")
    return f"The Jacobian is {_times(max(times, 1 / times))} {faster} than {slower}."


def _auto(comparison: Comparison) -> str:
    if not (comparison.forward.timed and comparison.reverse.timed):
        return ""
    chosen = comparison.choice.mode
    if chosen == comparison.faster:
        return f"Auto takes {chosen} mode, which was right."
    if comparison.auto_was_right:
        per_cent = round(100 * (comparison.regret - 1))
        return f"Auto takes {chosen} mode, which costs {per_cent} % more than the other, at most {TOLERATED - 1:.0%}."
    return f"Auto takes {chosen} mode, which was WRONG: it takes {comparison.regret:.3g} times as long as the other."


def _others(comparison: Comparison) -> str:
    """Compare differences with the better mode."""
    methods = {each.method: each for each in comparison.main.methods}
    central = methods.get("central differences")
    better = comparison.forward if comparison.faster == "forward" else comparison.reverse
    if central is None or not central.timed or not better.timed:
        return ""
    error = f" and are off by {central.error:.0e}" if central.entries and central.error > EXACT else ""
    ratio = central.seconds / better.seconds
    cost = f"cost {digits(ratio)} times as much" if ratio >= 1 else f"cost {digits(1 / ratio)} times less"
    return (
        f"Central differences {cost} as {comparison.faster} mode{error}."
        if ratio >= 1
        else (f"Central differences {cost} than {comparison.faster} mode{error}.")
    )


def _contradicted(comparison: Comparison) -> str:
    """Say so where all differences are off by the same: then it is the derivative that is not the function's."""
    named = ("forward differences", "central differences", "complex step")
    errors = [each.error for each in comparison.main.methods if each.method in named and each.entries]
    if len(errors) < 2 or not min(errors) > CONTRADICTED or max(errors) - min(errors) > 0.01 * max(errors):
        return ""
    return (
        "All differences contradict the derivative, by the same: it is that of the branches taken. A loop that ends "
        "when nothing changes any more, or a root by bisection, drops the derivative; dualrev.implicit_root keeps it."
    )


def _over(report: MethodReport) -> str:
    return f"{digits(report.ratio)} times the time of f" if report.ratio == report.ratio else duration(report.seconds)


def _times(ratio: float) -> str:
    return f"{digits(ratio)} times faster" if ratio >= CLOSE else f"{ratio - 1:.0%} faster"


def _noisy(comparison: Comparison) -> bool:
    timings = [each.function for each in comparison.executions if not each.unavailable]
    timings += [m.timing for each in comparison.executions for m in each.methods if m.method in MODES and m.runs]
    return sum(timing.noisy for timing in timings) > len(timings) / 3
