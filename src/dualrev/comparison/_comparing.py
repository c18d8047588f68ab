"""The comparison of all ways to the Jacobian of one function at one point."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from dualrev.comparison import _ways as ways
from dualrev.comparison._agreement import Reference, agreement
from dualrev.comparison._differences import first_line
from dualrev.comparison._timing import Stopwatch, Timing
from dualrev.comparison._ways import Way
from dualrev.comparison.report import Comparison
from dualrev.errors import NonFinitePointError
from dualrev.kernels import cuda_target
from dualrev.operators.call import Point, known_function, name_of
from dualrev.operators.options import Argnums
from dualrev.problems import Problem

if TYPE_CHECKING:
    from dualrev.verification import Verification

Progress = Callable[[str], None]

CORNER = 5
"""Rows and columns whose entries are verified in any case: what is cut short computes those, too."""

SLOWEST = 0.02
"""A second way is not tried if one call of the function takes this part of the limit: its Jacobian takes far more."""


def compare(
    f: Callable[..., Any] | Problem,
    *args: Any,
    argnums: Argnums = 0,
    chunk_size: int | None = None,
    backend: str = "auto",
    compiled: Callable[..., Any] | None = None,
    by_hand: Callable[..., Any] | None = None,
    budget: float = 1.0,
    limit: float = 10.0,
    verify: bool = True,
    name: str | None = None,
    progress: Progress | None = None,
    **kwargs: Any,
) -> Comparison:
    """Compare all ways to the Jacobian of a function at a point: what they cost, and how exact they are.

    Forward mode, reverse mode and auto are timed in turns with the function itself, with forward and central
    differences, the complex step where the function takes complex numbers, and SymPy's derivative where SymPy can
    follow the function. A function that Numba compiled is compared compiled and interpreted; where there is a CUDA
    device, on that as well, at many points at once, where batches run in forward mode. What would take longer than
    `limit`, or would make a Jacobian of more than half a GiB, is cut short: some of its passes are timed, and the
    report says so.

    Errors are measured against `by_hand` if that is given, else against SymPy's derivative evaluated to 50 digits, else
    against forward mode.

    A comparison that is interrupted (Ctrl-C) returns what was measured until then, with `.interrupted` set.

    Parameters
    ----------
    f : callable or Problem
    *args
        The point. Of a `Problem` it is the problem's own.
    argnums : int or tuple of int
        The arguments to differentiate.
    chunk_size : int, optional
        Directions to carry in one pass, or cotangents in one sweep.
    backend : "auto", "numpy", "numba" or "both"
        How the function is to run. By default, a compiled function runs compiled and interpreted, another one
        interpreted; with "both" it is also compiled for the comparison.
    compiled : callable, optional
        The same function as Numba compiled it, where that is written differently.
    by_hand : callable, optional
        The Jacobian written by hand, of the same arguments.
    budget : float
        Seconds to spend on timing. Everything is run at least twice, whatever it takes.
    limit : float
        Seconds that the Jacobian may take by one method.
    verify : bool
        Whether to check the derivatives against SymPy.
    name : str, optional
        By default that of the function.
    progress : callable, optional
        Called with a phrase whenever something new begins.
    **kwargs
        Passed to `f`.

    Returns
    -------
    Comparison
        Readable when printed and in a notebook; `.verdict`, `.plot()`, `.save("report.html")`.

    Raises
    ------
    UnknownBackendError
        If `backend` is none of the four.

    Notes
    -----
    Times are medians over interleaved batches of calls after a warm-up, given with their quartiles; see `Timing`.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> comparison = dr.compare(lambda x: np.sum(np.sin(x)), np.ones(500), budget=0.0)
    >>> comparison.n, comparison.m, comparison.choice.mode
    (500, 1, 'reverse')
    >>> comparison.reverse.passes, comparison.agreement.contradictions
    (1, 0)
    >>> comparison.main.method("forward differences").calls
    501
    """
    function: Any = f
    if isinstance(f, Problem):
        function, args, compiled, by_hand, name = _of_problem(f, args, compiled, by_hand, name)
    known_function(function, "compare")
    told = progress or _silent
    settings = (args, kwargs, argnums, chunk_size)
    told("recording")
    tried = _Tried(name or name_of(function), limit, told)
    main, *others = ways.backends_of(function, compiled, backend)
    make = {"interpreted": ways.interpreted, "compiled": ways.compiled}
    of = {"interpreted": function, "compiled": compiled or function}
    tried.ways.append(make[main](of[main], *settings))
    way = tried.ways[0]
    try:
        ways.add_differences(way)
        by_sympy = ways.add_symbolic(way, Point(function, args, kwargs, argnums, backend="numpy"))
        if by_hand is not None:
            ways.add_by_hand(way, by_hand)
        tried.try_all(way)
        for other in others:

            def another(other: str = other) -> Way:
                made = make[other](of[other], *settings)
                ways.add_differences(made)
                return made

            tried.add(other, another, way)
        if cuda_target.missing() is None:
            tried.add("cuda", lambda: ways.device(compiled or function, args, kwargs, argnums, way.m), way)
        if by_hand is not None:
            tried.reference = Reference.whole("the derivative by hand", way.runs[-1].part)
        tried.time(budget)
        if verify:
            from dualrev.verification.verifying import verified

            told("verifying with SymPy")
            with suppress(NonFinitePointError):  # which the notes tell
                tried.verify(verified(function, args, kwargs, argnums, known=by_sympy.followed, corner=CORNER))
    except KeyboardInterrupt:
        tried.interrupted = True
    return tried.comparison()


class _Tried:
    """The results so far of a comparison that is under way."""

    def __init__(self, name: str, limit: float, told: Progress) -> None:
        self.name, self.limit, self.told = name, limit, told
        self.ways: list[Way] = []
        self.done: list[Any] = []
        self.stopwatch = Stopwatch([])
        self.reference: Reference | None = None
        self.verification: Verification | None = None
        self.interrupted = False

    def add(self, name: str, make: Callable[[], Way], main: Way) -> None:
        """Try another way; where it does not work, that is what is reported of it."""
        ways, done = len(self.ways), len(self.done)
        try:
            way = make()
            self.ways.append(way)
            if not way.unavailable and name == "interpreted":
                clock = Stopwatch([way.function])
                seconds = clock.run(0.0)[0].seconds
                if seconds > SLOWEST * self.limit:
                    way.unavailable, way.runs = f"a call of the function alone takes {seconds:.2g} s", []
            if not way.unavailable:
                self.try_all(way)
        except Exception as error:  # the user's function was not written for this way
            why = f"not possible: {first_line(error)}"
            self.ways[ways:] = [Way(name, main.f, main.args, main.kwargs, why, main.point, main.m)]
            del self.done[done:]

    def try_all(self, way: Way) -> None:
        """Run every method of a way once."""
        for run in way.runs:
            run.try_out(self.limit, self.told)
            if not run.unavailable:
                if way.name == "interpreted" or (not run.peak_bytes and way.name != "cuda"):
                    run.measure_peak()
                self.done.append(run)

    def verify(self, found: Verification) -> None:
        """Take the entries that were verified as what errors are measured against, unless there is a better one."""
        self.verification, self.interrupted = found, found.interrupted
        if self.reference is None and found.exact is not None:
            self.reference = Reference("SymPy to 50 digits", *found.exact)

    def time(self, budget: float) -> None:
        """Time in turns what was tried, and the functions themselves."""
        self.told("timing")
        functions = [way.function for way in self.ways if not way.unavailable]
        for function in functions:
            function()
        self.stopwatch = Stopwatch([*functions, *(run.timed() for run in self.done)])
        self.stopwatch.run(budget)

    def comparison(self) -> Comparison:
        """Return what is known."""
        found = self.stopwatch.timings
        running = [way for way in self.ways if not way.unavailable]
        functions: list[Timing] = found[: len(running)] or [ways.NOTHING] * len(running)
        timings = dict(zip(map(id, self.done), found[len(running) :], strict=False))
        main = self.ways[0]
        forward, reverse = (run.part for run in main.runs[:2])
        if self.reference is None and forward.size:
            self.reference = Reference.whole(f"forward mode, {main.name}", forward)
        executions = []
        for way in self.ways:
            # On a device the function is not run by itself: its derivatives are measured in calls of the first way.
            own = functions[running.index(way)] if way in running and way.name != "cuda" else functions[0]
            executions.append(way.report(own, [timings.get(id(run)) for run in way.runs], self.reference))
        return Comparison(
            self.name,
            main.point.n,
            main.m,
            tuple(executions),
            "" if self.reference is None else self.reference.name,
            agreement(forward, reverse, main.point.n * main.m),
            self.verification,
            tuple(_notes(main)),
            self.interrupted,
        )


def _notes(way: Way) -> list[str]:
    notes = []
    for what, arrays in (("the point holds", way.point.leaves), ("f returns", way.values)):
        numbers = [np.ravel(x) for x in arrays]
        odd = sum(int(np.sum(~np.isfinite(x))) for x in numbers)
        if odd:
            total = sum(x.size for x in numbers)
            notes.append(f"{what} {odd} of {total} numbers that are not finite; derivatives there say little")
    return notes


def _of_problem(problem: Problem, args: Any, compiled: Any, by_hand: Any, name: Any) -> tuple[Any, ...]:
    x, *data = args or problem.args
    if problem.batched and not args:
        x = x[0]
    derivative = None if problem.batched else problem.derivative
    title = f"{problem.name}: {problem.title}"
    return problem.f, (x, *data), compiled or problem.compiled, by_hand or derivative, name or title


def _silent(_: str) -> None:
    """Tell nobody."""
