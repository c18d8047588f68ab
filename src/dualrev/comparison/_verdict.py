"""The verdict on a comparison, in words."""

from __future__ import annotations

from math import inf, isnan, nan

from dualrev.comparison._readable_numbers import digits, duration
from dualrev.comparison._record import MODES, TOLERATED, ComparisonRecord, Execution, MethodReport
from dualrev.comparison._timing import FEWEST, told_apart

CLOSE = 2.0
"""Times are told apart as numbers of times from here on, below in per cent."""

TOO_NOISY = "too noisy to tell"
FEW = "too few times to tell them apart"

EXACT = 1e-10
"""A relative error up to which a method counts as exact."""

CONTRADICTED = 1e-3
"""A relative error that is none of differences, where several of them have it."""


def verdict(comparison: ComparisonRecord) -> str:
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
    if not told_apart(forward, reverse):
        low, high = sorted((forward, reverse), key=lambda each: each.seconds)
        if isnan(high.timing.over(low.timing)):
            return f"{how}, the times of forward and reverse mode are {TOO_NOISY}."
        ratios = f"{digits(low.ratio)} and {digits(high.ratio)}" if low.ratio == low.ratio else ""
        over = f", {ratios} times the time of f" if ratios else ""
        same = "take the same time within the spread" if _known(low, high) else f"were timed {FEW}"
        return f"{how}, forward and reverse mode {same}{over}."
    better, worse = (forward, reverse) if forward.seconds <= reverse.seconds else (reverse, forward)
    return (
        f"{how}, {better.method} mode is {_times(worse, better, 'than')} {worse.method} mode: it takes {_over(better)}."
    )


def _between(comparison: ComparisonRecord) -> str:
    """Compare the two ways to run the function."""
    best = {}
    for each in comparison.executions:
        timed = [m for m in each.methods if m.method in MODES and m.timed]
        if not each.unavailable and each.name != "cuda":
            best[each.name] = min(timed, key=lambda m: m.seconds, default=None)
    fast, slow = best.get("compiled"), best.get("interpreted")
    if fast is None or slow is None:
        return ""
    names = ["compiled", "interpreted"]
    if fast.seconds > slow.seconds:
        names, fast, slow = names[::-1], slow, fast
    if not told_apart(fast, slow):
        if not _known(fast, slow):
            return f"The Jacobian {names[0]} and {names[1]} was timed {FEW}."
        return f"The Jacobian takes the same time {names[0]} and {names[1]} within the spread."
    return f"The Jacobian is {_times(slow, fast, names[0] + ' than')} {names[1]}."


def _auto(comparison: ComparisonRecord) -> str:
    if not (comparison.forward.timed and comparison.reverse.timed):
        return ""
    chosen = comparison.choice.mode
    if not comparison.told_apart:
        if isnan(comparison.forward.timing.over(comparison.reverse.timing)):
            return f"Auto takes {chosen} mode; which is the faster one is {TOO_NOISY}."
        if not _known(comparison.forward, comparison.reverse):
            return f"Auto takes {chosen} mode; the modes were timed {FEW}."
        return f"Auto takes {chosen} mode; the modes are equally fast within the spread."
    if chosen == comparison.faster:
        return f"Auto takes {chosen} mode, which was right{_overhead(comparison)}."
    if isnan(comparison.forward.timing.over(comparison.reverse.timing)):
        return f"Auto takes {chosen} mode, which was slower; by how much is {TOO_NOISY}."
    if comparison.auto_was_right:
        per_cent = round(100 * (comparison.regret - 1))
        return f"Auto takes {chosen} mode, which costs {per_cent} % more than the other, at most {TOLERATED - 1:.0%}."
    return f"Auto takes {chosen} mode, which was WRONG: it takes {comparison.regret:.3g} times as long as the other."


def _overhead(comparison: ComparisonRecord) -> str:
    """Say where auto itself took notably longer than the mode that it chose."""
    auto, chosen = comparison.main.method("auto"), comparison.main.method(comparison.choice.mode)
    known = _known(auto, chosen) and auto.complete and chosen.complete
    ratio = auto.timing.over(chosen.timing) if known else nan
    if not ratio > TOLERATED or not told_apart(auto, chosen):
        return ""
    return f"; to choose and to run it took {digits(ratio)} times as long as that mode alone"


def _others(comparison: ComparisonRecord) -> str:
    """Compare differences with the better mode."""
    methods = {each.method: each for each in comparison.main.methods}
    central = methods.get("central differences")
    better = comparison.forward if comparison.faster == "forward" else comparison.reverse
    if central is None or not central.timed or not better.timed:
        return ""
    error = f" and are off by {central.error:.0e}" if central.entries and EXACT < central.error < inf else ""
    ratio = central.timing.over(better.timing)
    if not told_apart(central, better):
        if not _known(central, better):
            return f"Central differences and {comparison.faster} mode were timed {FEW}{error}."
        return f"Central differences take as long as {comparison.faster} mode within the spread{error}."
    if isnan(ratio):
        return f"What central differences cost beside {comparison.faster} mode is {TOO_NOISY}."
    if ratio >= 1:
        return f"Central differences cost {digits(ratio)} times as much as {comparison.faster} mode{error}."
    return f"Central differences cost {digits(1 / ratio)} times less than {comparison.faster} mode{error}."


def _contradicted(comparison: ComparisonRecord) -> str:
    """Say so where all differences are off by the same: then it is the derivative that is not the function's."""
    named = ("forward differences", "central differences", "complex step")
    errors = [each.error for each in comparison.main.methods if each.method in named and each.entries]
    if len(errors) < 2 or not (min(errors) > CONTRADICTED and max(errors) - min(errors) <= 0.01 * max(errors)):
        return ""
    return (
        "All differences contradict the derivative, by the same: it is that of the branches taken. A loop that ends "
        "when nothing changes any more, or a root by bisection, drops the derivative; dualrev.implicit_root keeps it."
    )


def _known(*methods: MethodReport) -> bool:
    """Whether the spread of times is known."""
    return min(each.timing.batches for each in methods) >= FEWEST


def _over(report: MethodReport) -> str:
    return f"{digits(report.ratio)} times the time of f" if report.ratio == report.ratio else duration(report.seconds)


def _times(slow: MethodReport, fast: MethodReport, than: str) -> str:
    """Say how many times faster one is than another, unless noise says nothing of it."""
    ratio = slow.timing.over(fast.timing)
    if isnan(ratio):
        return f"faster (by how much is {TOO_NOISY}) {than}"
    return f"{digits(ratio)} times faster {than}" if ratio >= CLOSE else f"{ratio - 1:.0%} faster {than}"


def _noisy(comparison: ComparisonRecord) -> bool:
    timings = [each.function for each in comparison.executions if not each.unavailable]
    timings += [m.timing for each in comparison.executions for m in each.methods if m.method in MODES and m.runs]
    return sum(timing.noisy for timing in timings) > len(timings) / 3
