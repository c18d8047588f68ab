"""The comparison of forward and reverse mode on one function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dualrev.api import Jacobian
from dualrev.calibration import current_constants
from dualrev.comparison.agreement import agreement
from dualrev.comparison.report import Comparison, ModeReport
from dualrev.comparison.runs import ForwardRun, ReverseRun, Run
from dualrev.comparison.timing import Timing, fastest
from dualrev.modes import choose_mode
from dualrev.operators import Pullback
from dualrev.point import Argnums, Point

Progress = Callable[[str], None]


def compare(
    f: Callable[..., Any],
    *args: Any,
    argnums: Argnums = 0,
    chunk_size: int | None = None,
    budget: float = 1.0,
    limit: float = 10.0,
    verify: bool = True,
    name: str | None = None,
    progress: Progress | None = None,
    **kwargs: Any,
) -> Comparison:
    """Compare forward and reverse mode on the Jacobian of a function at a point.

    Both are timed in turns with the function itself, and their Jacobians are compared entry by entry. A mode that would
    take longer than `limit`, or whose Jacobian would take more than half a GiB, is cut short: some of its passes are
    timed, and the report says so.

    Parameters
    ----------
    f : callable
    *args
        The point.
    argnums : int or tuple of int
        The arguments to differentiate.
    chunk_size : int, optional
        Directions to carry in one pass, or cotangents in one sweep.
    budget : float
        Seconds to spend on timing. Everything is run at least twice, whatever it takes.
    limit : float
        Seconds that the Jacobian may take in one mode.
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
        Readable when printed and in a notebook.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> comparison = dr.compare(lambda x: np.sum(np.sin(x)), np.ones(500), budget=0.0)
    >>> comparison.n, comparison.m, comparison.choice.mode
    (500, 1, 'reverse')
    >>> comparison.reverse.passes, comparison.agreement.contradictions
    (1, 0)
    """
    told = progress or _silent
    told("recording")
    point = Point(f, args, kwargs, argnums)
    pullback = Pullback(point.call, point.leaves, point.name)
    m = sum(int(np.size(value)) for value in pullback.values)
    operations, elements = max(pullback.tape.operations, 1), pullback.tape.elements
    choice = choose_mode(
        point.n, m, chunk_size=chunk_size, operations=operations, elements=elements, constants=current_constants()
    )
    tape_bytes = pullback.tape.nbytes
    operator = Jacobian(f, argnums, chunk_size=chunk_size)
    if operator.compiled is not None:
        choice = operator.compiled.choice(args, kwargs, m)
        operations, tape_bytes = operator.compiled.tape(args, kwargs)
        elements = operations
    runs: list[Run] = [
        ForwardRun(point, m, choice.chunk, limit, told),
        ReverseRun(point, m, choice.block, limit, told),
    ]
    told("timing")
    functions: list[Callable[[], Any]] = [partial(f, *args, **kwargs)]
    for run in runs:
        whole = Jacobian(f, argnums, mode=run.mode, chunk_size=run.together)
        functions.append(run.first_pass if run.cut_short else partial(whole, *args, **kwargs))
    for warmed in functions:
        warmed()  # what Numba compiles, it compiles now
    function, *timings = fastest(functions, budget)
    # Costs of compiled code are predicted in calls of the function.
    unit = 1e-6 if operator.compiled is None else function.seconds
    forward, reverse = (
        _report(run, timing, function.seconds, bytes_, cost)
        for run, timing, bytes_, cost in zip(
            runs, timings, (0, tape_bytes), (choice.forward_cost * unit, choice.reverse_cost * unit), strict=True
        )
    )
    told("comparing the Jacobians")
    apart = agreement(runs[0].part, runs[1].part, point.n * m)
    verification = None
    if verify:
        from dualrev.verification import verify as verified

        told("verifying with SymPy")
        verification = verified(f, *args, argnums=argnums, **kwargs)
    return Comparison(
        name or point.name,
        point.n,
        m,
        operations,
        elements,
        function.seconds,
        forward,
        reverse,
        choice,
        apart,
        verification,
    )


def _report(run: Run, timing: Timing, function_seconds: float, tape_bytes: int, cost: float) -> ModeReport:
    seconds = run.expected(timing.seconds) if run.cut_short else timing.seconds
    return ModeReport(
        mode=run.mode,
        seconds=seconds,
        runs=timing.runs,
        complete=not run.cut_short,
        cut_short=run.cut_short,
        calls=run.calls,
        passes=run.passes,
        together=run.together,
        passes_run=run.passes_run,
        tape_bytes=tape_bytes,
        ratio=seconds / function_seconds,
        predicted_seconds=cost,
    )


def _silent(_: str) -> None:
    """Tell nobody."""
