"""The ways in which a function runs, interpreted, compiled or on a device, with all methods on each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import nan
from typing import Any

import numpy as np

from dualrev.auto.choice import ModeChoice
from dualrev.comparison import _on_device as on_device
from dualrev.comparison._agreement import Reference
from dualrev.comparison._by_sympy import SymbolicRun
from dualrev.comparison._differences import ComplexStepRun, DifferencesRun
from dualrev.comparison._record import Execution, MethodReport
from dualrev.comparison._runs import ForwardRun, OperatorRun, ReverseRun, Run
from dualrev.comparison._timing import Timing
from dualrev.errors import UnknownBackendError
from dualrev.operators.call import Point, interpretable, is_dispatcher
from dualrev.operators.fundamental import Pullback
from dualrev.operators.interpreted import plan_of
from dualrev.operators.operator import Jacobian
from dualrev.operators.options import Argnums, Mode
from dualrev.reverse.numba_adjoint_sweep import LANES
from dualrev.reverse.recording_memory import STATEMENT

BACKENDS = ("auto", "numpy", "numba", "both")
NOTHING = Timing.of([], 0)


@dataclass
class Way:
    """A function as it runs in one way, and what is tried on it."""

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    unavailable: str = ""
    point: Any = None
    m: int = 0
    operations: int = 0
    elements: int = 0
    tape_bytes: int = 0
    choice: ModeChoice | None = None
    runs: list[Run] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    @property
    def function(self) -> Callable[[], Any]:
        """A call of the function itself."""
        return partial(self.f, *self.args, **self.kwargs)

    def report(self, function: Timing, timings: Sequence[Timing | None], reference: Reference | None) -> Execution:
        """Return what was found, with what was timed so far; None for what is yet to be tried."""
        reports = tuple(
            _report(run, run.untimed() if timing is None else run.expected(timing), function, reference)
            for run, timing in zip(self.runs, timings, strict=True)
        )
        return Execution(self.name, self.unavailable, function, self.operations, self.elements, self.choice, reports)


def backends_of(f: Any, compiled: Any, backend: str) -> list[str]:
    """Return the names of the ways to try; the first is how the function runs by itself."""
    if backend not in BACKENDS:
        raise UnknownBackendError(
            f"backend={backend!r} does not exist; expected one of {', '.join(map(repr, BACKENDS))}"
        )
    if backend != "auto":
        return {"numpy": ["interpreted"], "numba": ["compiled"], "both": ["interpreted", "compiled"]}[backend]
    if is_dispatcher(f):
        return ["compiled", "interpreted"]
    return ["interpreted", "compiled"] if compiled is not None else ["interpreted"]


def interpreted(f: Any, args: Any, kwargs: Any, argnums: Argnums, chunk_size: int | None) -> Way:
    """Return the methods on a function that runs over NumPy."""
    plain = interpretable(f, "numpy") if is_dispatcher(f) else f
    point = Point(plain, args, kwargs, argnums)
    pullback = Pullback.at(point)
    m, operations, elements = pullback.counts
    choice = plan_of(point, pullback.counts, chunk_size)
    tape_bytes = pullback.tape.nbytes + STATEMENT * len(pullback.tape.statements)
    way = Way("interpreted", plain, args, kwargs, "", point, m, operations, elements, tape_bytes, choice)
    way.values = pullback.values
    forward, reverse = ForwardRun(point, m, choice.chunk), ReverseRun(point, m, choice.block)
    forward.predicted_seconds, reverse.predicted_seconds = choice.forward_cost * 1e-6, choice.reverse_cost * 1e-6
    reverse.operations, reverse.tape_bytes = operations, way.tape_bytes
    way.runs = [forward, reverse]
    way.runs.append(_auto(way, Jacobian(plain, argnums, chunk_size=chunk_size)))
    return way


def compiled(f: Any, args: Any, kwargs: Any, argnums: Argnums, chunk_size: int | None) -> Way:
    """Return the methods on a function that Numba compiles."""
    auto = Jacobian(f, argnums, chunk_size=chunk_size, backend="numba")
    operator: Any = auto.compiled
    dispatcher = operator.f
    point = Point(dispatcher, args, kwargs, argnums)
    out = Point(dispatcher, tuple(_copied(args)), kwargs, argnums)
    values = _values(out)
    m = sum(int(np.size(value)) for value in values)
    choice = operator.plan(args, kwargs, "auto", whole=True)
    adjoint = operator.by_adjoint(args, kwargs)
    operations, tape_bytes, *_ = operator.tape(args, kwargs)
    way = Way("compiled", dispatcher, args, kwargs, "", point, m, operations, operations, tape_bytes, choice)
    way.values = values
    sizes = [int(np.size(value)) for value in values]
    costs: dict[Mode, float] = {"forward": choice.forward_cost, "reverse": choice.reverse_cost}
    for mode, cost in costs.items():
        operator = Jacobian(f, argnums, mode=mode, chunk_size=chunk_size, backend="numba")
        run = OperatorRun(point, m, mode, partial(operator, *args, **kwargs), sizes)
        run.predicted_seconds = cost * 1e-6
        total, run.together = (point.n, choice.chunk) if mode == "forward" else (m, choice.block)
        run.together = max(1, min(run.together, total))
        run.passes = max(1, -(-total // run.together))
        run.calls = run.passes if mode == "forward" else 1
        if mode == "reverse":
            run.one, run.many, run.part = "sweep", "sweeps", np.zeros((0, point.n))
            run.operations, run.tape_bytes = operations, tape_bytes
        run.peak_bytes = 8 * m * point.n
        if mode == "reverse" and not adjoint:
            # One adjoint for each record and cotangent of a sweep, beside the tape and the result.
            lanes = 1 if m < 3 else LANES
            run.peak_bytes += tape_bytes + 8 * lanes * (operations + point.n + 1)
        way.runs.append(run)
    way.runs.append(_auto(way, auto))
    return way


def device(f: Any, args: Any, kwargs: Any, argnums: Argnums, m: int) -> Way:
    """Return the modes on a device."""
    point = Point(f, args, kwargs, argnums)
    way = Way("cuda", f, args, kwargs, on_device.unavailable(point), point, m)
    if not way.unavailable:
        way.runs = [on_device.DeviceRun(point, m, f, mode) for mode in ("forward", "reverse", "auto")]
    return way


def add_differences(way: Way) -> None:
    """Add differences and the complex step."""
    way.runs += [DifferencesRun(way.point, way.m, way.f, central) for central in (False, True)]
    way.runs.append(ComplexStepRun(way.point, way.m, way.f))


def add_symbolic(way: Way, plain: Point) -> SymbolicRun:
    """Add SymPy, which follows the function as it runs over NumPy."""
    run = SymbolicRun(way.point, way.m, plain)
    way.runs.append(run)
    return run


def add_by_hand(way: Way, by_hand: Callable[..., Any]) -> None:
    """Add a derivative that was written by hand."""
    operator = partial(by_hand, *way.args, **way.kwargs)
    run = OperatorRun(way.point, way.m, "by hand", operator, [int(np.size(value)) for value in way.values])
    run.calls = 0
    way.runs.append(run)


def _auto(way: Way, operator: Any) -> Run:
    sizes = [int(np.size(value)) for value in way.values]
    run = OperatorRun(way.point, way.m, "auto", partial(operator, *way.args, **way.kwargs), sizes)
    assert way.choice is not None
    run.like = way.runs[0 if way.choice.mode == "forward" else 1]
    run.predicted_seconds = run.like.predicted_seconds
    return run


def _copied(args: Any) -> list[Any]:
    return [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]


def _values(point: Point) -> list[Any]:
    from dualrev.active.trees import flatten_output

    return flatten_output(point.f.dispatcher(*point.args, **point.kwargs), point.name)[0]


def _report(run: Run, timing: Timing, function: Timing, reference: Reference | None) -> MethodReport:
    error, entries = (nan, 0) if reference is None or not run.passes_run else reference.error_of(run.part)
    operations, tape_bytes = run.operations, run.tape_bytes
    return MethodReport(
        method=run.method,
        timing=timing,
        ratio=timing.over(function),
        complete=not run.cut_short and not run.unavailable,
        cut_short=run.cut_short,
        unavailable=run.unavailable,
        calls=run.calls,
        passes=run.passes,
        passes_run=run.passes_run,
        together=run.together,
        operations=operations,
        tape_bytes=tape_bytes,
        peak_bytes=run.peak_bytes,
        compile_seconds=max(0.0, run.first_seconds - timing.seconds) if timing.batches and not run.cut_short else nan,
        error=error,
        entries=entries,
        predicted_seconds=run.predicted_seconds,
    )
