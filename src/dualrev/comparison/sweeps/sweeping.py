"""Sweeps over numbers of inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf, nan
from typing import Any

import numpy as np

from dualrev.active.trees import flatten
from dualrev.auto.calibration import calibration_file
from dualrev.auto.choice import ModeChoice
from dualrev.comparison._timing import FEWEST, Stopwatch
from dualrev.comparison.sweeps._record import SweepPoint
from dualrev.comparison.sweeps.report import Sweep
from dualrev.comparison.sweeps.subjects import asked
from dualrev.errors import SweepError
from dualrev.operators.call import Point, is_dispatcher, name_of
from dualrev.operators.fundamental import Pullback
from dualrev.operators.interpreted import plan_of
from dualrev.operators.operator import Jacobian
from dualrev.operators.options import Backend, Mode

SIZES = (1, 3, 10, 30, 100, 300, 1000)

Progress = Callable[[int, int, str], None]


def sweep(
    f: str | Callable[..., Any] = "dense",
    *,
    n: Sequence[int] = SIZES,
    m: Sequence[int] | None = SIZES,
    at: Callable[[int, int], Any] | None = None,
    over: str | None = None,
    backend: Backend = "auto",
    budget: float = 0.1,
    limit: float = 2.0,
    name: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Measure forward mode, reverse mode and auto over n and m: where they cross, and what auto loses.

    A sweep that is interrupted (Ctrl-C) returns what was measured until then, with `.interrupted` set.

    Parameters
    ----------
    f : str or callable
        A family of functions, "dense", "stencil", "running", "waves", "steps" or "rates"; one of the problems, such as
        "helmholtz"; or a function of x and further arguments.
    n, m : sequence of int
        Numbers of inputs and outputs. With `m=None`, m is what `f` returns, and the sweep is over n alone.
    at : callable, optional
        `at(n, m)` returns x, or all arguments as a tuple, for a function of your own to have n inputs and m outputs. By
        default x is `np.linspace(0.5, 1.5, n)`.
    over : str, optional
        For a problem: the size that grows, as "side" of the problem "brusselator". Then `n` holds values of it, and the
        numbers of inputs and outputs are what the problem has. By default it is n or m where the problem has such a
        size, else its first.
    backend : "auto", "numpy" or "numba"
        Whether to run interpreted or compiled. "auto" runs a function as it is, and a family interpreted.
    budget : float
        Seconds to spend on timing each Jacobian.
    limit : float
        A mode that is predicted to take longer, in seconds, is not run.
    name : str, optional
        By default that of the function.
    progress : callable, optional
        Called with how many Jacobians are done, how many there are, and a phrase.

    Returns
    -------
    Sweep
        Readable when printed and in a notebook; `.plot()`, `.save("sweep.json")`, `Sweep.load("sweep.json")`.

    Raises
    ------
    SweepError
        If there is no such family, if a size is not positive, if `f` does not have n inputs and m outputs at
        `at(n, m)`, or if neither changes over a problem's size.
    UnknownBackendError
        If `backend` is none of the three.

    Examples
    --------
    >>> import dualrev as dr
    >>> found = dr.sweep("dense", n=(2, 300), m=(1, 3), budget=0.0)
    >>> [(point.n, point.m, point.chosen) for point in found.points]
    [(2, 1, 'forward'), (2, 3, 'forward'), (300, 1, 'reverse'), (300, 3, 'reverse')]
    """
    told = progress or _silent
    function, arguments, title, growing = asked(f, at, over, backend)
    if growing is not None:
        if m is not None and m is not SIZES:
            raise SweepError(f"m={m!r} was given with {title}; how many outputs there are is what the problem has")
        m = None
    operators = _Operators(function, backend)
    sizes = [(_positive(i), None if m is None else _positive(j)) for i in n for j in (m if m is not None else (0,))]
    points: list[SweepPoint] = []
    interrupted = False
    try:
        for done, (inputs, outputs) in enumerate(sizes):
            told(done, len(sizes), f"{growing or 'n'} = {inputs}{'' if outputs is None else f', m = {outputs}'}")
            given = _given(arguments, inputs, outputs)
            points.append(
                operators.measure(given, inputs if growing is None else _inputs(given), outputs, budget, limit)
            )
        told(len(sizes), len(sizes), "done")
    except KeyboardInterrupt:
        interrupted = True
    if growing is not None and len({(point.n, point.m) for point in points}) < len(points):
        raise SweepError(f"neither inputs nor outputs of {title} change; give over= another of its sizes")
    kind = "compiled" if operators.compiled else "interpreted"
    return Sweep(name or title, kind, calibration_file().exists(), tuple(points), interrupted, operators.notes)


class _Operators:
    """The three Jacobians of a function."""

    def __init__(self, f: Callable[..., Any], backend: Backend) -> None:
        self.f, self.backend = f, backend
        self.compiled = Jacobian(f, backend=backend).compiled is not None
        self.odd: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """Where numbers are not finite."""
        if not self.odd:
            return ()
        more = f" and at {len(self.odd) - 1} other sizes" if len(self.odd) > 1 else ""
        return (f"Not all numbers are finite at {self.odd[0]}{more}; derivatives there say little.",)

    def measure(self, args: tuple[Any, ...], n: int, m: int | None, budget: float, limit: float) -> SweepPoint:
        """Return the times at one point."""
        outputs, finite = _expect_sizes(self.f, args, n, m, self.backend)
        if not finite:
            self.odd.append(f"n = {n}, m = {outputs}")
        # An operator remembers m by the shape of x: where other arguments tell m, each point needs one of its own.
        auto = Jacobian(self.f, backend=self.backend)
        plan = auto.plan(*args)
        if auto.compiled is None:
            # Of few inputs auto does not ask how many outputs there are, so that the plan has no cost of reverse mode.
            plan, operations = _interpreted_plan(self.f, args, plan, self.backend)
        else:
            plan = auto.compiled.choice(args, {}, whole=True)
            operations = auto.compiled.tape(args, {})[0]
        predicted = {"forward": plan.forward_cost * 1e-6, "reverse": plan.reverse_cost * 1e-6}
        ran = {}
        together: dict[Mode, int] = {"forward": plan.chunk, "reverse": plan.block}
        for mode in together:
            if predicted[mode] <= limit:
                chunk = None if self.compiled else together[mode]
                ran[mode] = partial(Jacobian(self.f, mode=mode, chunk_size=chunk, backend=self.backend), *args)
        if plan.mode in ran:
            ran["auto"] = partial(auto, *args)
        for operator in ran.values():
            operator()
        stopwatch = Stopwatch(list(ran.values()))
        timings = dict(zip(ran, stopwatch.run(budget), strict=True))
        times = {name: timing.fastest for name, timing in timings.items()}
        known = [t for name, t in timings.items() if name != "auto" and t.batches >= FEWEST and t.seconds]
        return SweepPoint(
            n,
            outputs,
            times.get("forward", inf),
            times.get("reverse", inf),
            times.get("auto", nan),
            plan.mode,
            predicted["forward"],
            predicted["reverse"],
            operations,
            max((0.5 * (t.high - t.low) / t.seconds for t in known), default=0.0),
        )


def _interpreted_plan(f: Any, args: tuple[Any, ...], plan: ModeChoice, backend: str) -> tuple[ModeChoice, int]:
    point = Point(f, args, {}, 0, backend=backend)
    counts = Pullback.at(point).counts
    known = plan_of(point, counts)
    assert known.mode == plan.mode
    return known, counts.operations


def _inputs(args: tuple[Any, ...]) -> int:
    return sum(int(np.size(leaf)) for leaf in flatten(args[0])[0])


def _given(at: Callable[[int, int], Any], n: int, m: int | None) -> tuple[Any, ...]:
    found = at(n, 1 if m is None else m)
    return found if isinstance(found, tuple) else (found,)


def _expect_sizes(f: Any, args: tuple[Any, ...], n: int, m: int | None, backend: Backend) -> tuple[int, bool]:
    """Return the number of outputs, and whether the point and they are finite."""
    leaves, copies = flatten(args[0])[0], [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    values = flatten((f.py_func if _plain(f, backend) else f)(*copies))[0]
    inputs, outputs = _inputs(args), sum(int(np.size(leaf)) for leaf in values)
    if inputs != n or (m is not None and outputs != m):
        wanted = f"{n} inputs{'' if m is None else f' and {m} outputs'}"
        raise SweepError(
            f"{name_of(f)} was to have {wanted}, and has {inputs} and {outputs}; give at=, a function of n and m that "
            "returns arguments for which it has them, or m=None to take m as it is"
        )
    return outputs, all(bool(np.isfinite(leaf).all()) for leaf in (*leaves, *values))


def _plain(f: Any, backend: Backend) -> bool:
    return backend == "numpy" and is_dispatcher(f)


def _positive(size: Any) -> int:
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise SweepError(f"{size!r} is no number of inputs or outputs; expected a positive integer")
    return int(size)


def _silent(done: int, total: int, phrase: str) -> None:
    """Tell nobody."""
