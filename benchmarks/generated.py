"""Generated adjoints of compiled functions beside gradients by hand, over the functions themselves, on one core."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numba
import numpy as np

import dualrev as dr
from benchmarks import adjoint_functions as functions
from benchmarks import adjoint_models as models
from benchmarks.adjoint_corpora import taped
from benchmarks.compiled import PARAMETERS, lotka_volterra, rosenbrock, waves
from benchmarks.timing import Result, interleaved, keep_memory
from dualrev.compiled.drivers import generated

CLOSE = 1e-12
"""Of the largest element of each gradient array."""


class Case(NamedTuple):
    """A function, its gradient by hand, and the arguments, of which the first ones are differentiated.

    Attributes
    ----------
    calls
        How often compiled code calls it; 0 where Python does.
    few
        Arguments for the comparison with the tape, where these would make it too long.
    """

    what: str
    goal: str
    f: Any
    by_hand: Any
    arguments: tuple[Any, ...]
    inputs: int = 1
    calls: int = 0
    few: tuple[Any, ...] = ()

    @property
    def argnums(self) -> Any:
        """The inputs, as derivatives take them."""
        return tuple(range(self.inputs)) if self.inputs > 1 else 0


def cases() -> Iterator[Case]:
    """Yield what is measured, on drawn data."""
    random = np.random.default_rng(1)
    for n, goal in ((1_000, "1.6"), (10_000, "1.1"), (1_000_000, "1.0")):
        name = f"Rosenbrock loop, n = {n:,}"
        yield Case(name, goal, rosenbrock, functions.rosenbrock_by_hand, (random.random(n),))
    name = "Rosenbrock loop, n = 10, from compiled code"
    yield Case(name, "3.3", rosenbrock, functions.rosenbrock_by_hand, (random.random(10),), calls=2000)
    steps = (PARAMETERS, 10_000)
    yield Case("Lotka-Volterra, 10,000 steps", "2.3", lotka_volterra, functions.lotka_volterra_by_hand, steps)
    wave = np.sin(np.linspace(0.0, 6.0, 1000)), 1000
    yield Case("Burgers, 1,000 points and steps", "6", functions.burgers, functions.burgers_by_hand, wave)
    data = random.standard_normal((1000, 50)), random.integers(10, size=1000)
    arguments = 0.1 * random.standard_normal((50, 10)), *data
    yield Case("softmax regression, 1,000 points", "2.0", functions.softmax, functions.softmax_by_hand, arguments)
    layers = [random.standard_normal(shape) / 7.0 for shape in ((50, 50), 50, (50, 10), 10)]
    arguments = *layers, data[0], random.standard_normal((1000, 10))
    yield Case("network of two layers", "1.35", functions.network, functions.network_by_hand, arguments, 4)
    for count in (2, 4):
        shapes = (count, 8, 14), (3, 14), (2, count, 14), (1024, 14)
        arguments = tuple(map(random.random, shapes))
        yield Case(f"LSTM, {count} layers", "1.35", models.lstm, models.lstm_by_hand, arguments, 2)
    for d, k, goal in ((10, 25, "2.6"), (20, 50, "2.5")):
        shapes = (k,), (k, d), (k, d + d * (d - 1) // 2), (1000, d)
        arguments = *(0.3 * random.standard_normal(shape) for shape in shapes), 1.0
        name = f"Gaussian mixture, d = {d}, K = {k}"
        few = *arguments[:3], arguments[3][:50], 1.0
        yield Case(name, goal, models.mixture, models.mixture_by_hand, arguments, 3, few=few)
    yield Case("sin and exp loop, n = 100,000", "1.3", waves, functions.waves_by_hand, (random.random(100_000),))


def gradient_of(case: Case) -> Any:
    """Return the function that computes the gradient."""
    return dr.grad(case.f, case.argnums, mode="reverse")


def expect_equal(case: Case, gradient: Any) -> None:
    """Raise an error where the gradient is not the one by hand, or not the tape's."""
    few = case.few or case.arguments
    others = dict(zip(inspect.signature(case.f.py_func).parameters, few, strict=True))
    floats = [others.pop(name) for name in list(others)[: case.inputs]]
    halves = taped(case.f, floats, others)  # the cotangent of a number is 0.5 there
    _expect_equal(f"{case.what}, the tape", gradient(*few), [2.0 * each for each in halves])
    _expect_equal(f"{case.what}, by hand", gradient(*case.arguments), case.by_hand(*case.arguments))


def _expect_equal(what: str, *gradients: Any) -> None:
    for own, other in zip(*(each if isinstance(each, list | tuple) else [each] for each in gradients), strict=True):
        error = np.max(np.abs(own - other)) / np.max(np.abs(other))
        if not error <= CLOSE:
            raise AssertionError(f"{what}: {error:.1e} away")


def directly(case: Case, gradient: Any) -> Any:
    """Return a compiled function that calls the adjoint, without the tests that a derivative makes around it."""
    gradient.source(*case.arguments)  # which writes and compiles it, also where the machine code lies on disk
    [adjoint] = [each for each in vars(case.f)["_dualrev_adjoints"].values() if isinstance(each, generated.Adjoint)]
    scope = {"adjoint": adjoint.generated.function, "workspace": generated.workspace, "back": generated.give_back}
    names = ", ".join(f"x{n}" for n in range(len(case.arguments)))
    found = "found[0]" if case.inputs == 1 else "found"
    if adjoint.generated.keeps:
        body = f"kept = workspace(); found = adjoint({names}, 1.0, kept); back((kept,)); return {found}"
    else:
        body = f"found = adjoint({names}, 1.0); return {found}"
    exec(f"def called({names}): {body}", scope)
    return numba.njit(scope["called"])


def repeated(f: Any, calls: int) -> Callable[..., Any]:
    """Return a compiled loop over calls of a function of an array, each of which depends on the one before."""

    @numba.njit
    def loop(x: Any) -> Any:
        s = 0.0
        for _ in range(calls):
            x[0] += 1e-12
            s += f(x)
        return s

    return loop


def _first_of(gradient: Any) -> Any:
    """Return the function that computes the first element of a gradient."""
    return numba.njit(lambda x: gradient(x)[0])


def measured(case: Case) -> Result:
    """Measure a case."""
    gradient = gradient_of(case)
    expect_equal(case, gradient)
    value_and_gradient = dr.value_and_grad(case.f, case.argnums, mode="reverse")
    ways = [case.by_hand, gradient, directly(case, gradient), value_and_gradient]
    if case.calls:
        ways[-1] = numba.njit(lambda x: value_and_gradient(x)[1])
        ways = [repeated(each, case.calls) for each in (case.f, *map(_first_of, ways))]
    else:
        ways.insert(0, case.f)
    arguments = case.arguments
    times = interleaved([lambda way=way: way(*arguments) for way in ways], seconds=4.0)
    ratios = [each / times[0] for each in times]
    beside = dict(zip(("by hand", "adjoint alone", "value and gradient"), (ratios[1], *ratios[3:]), strict=True))
    spread = f"function {times[0] / (case.calls or 1) * 1e6:.4g} µs (middle {times[0].spread:+.0%})"
    return Result(case.what, case.goal, ratios[2], "", spread, beside)


class Further(NamedTuple):
    """A derivative of a compiled function that is no gradient, by an operator of arguments."""

    what: str
    goal: str
    f: Any
    operator: Any
    x: np.ndarray
    arguments: tuple[Any, ...] = ()
    calls: int = 1
    """By how many the time is divided: rows of a Jacobian."""


def further() -> Iterator[Further]:
    """Yield Jacobians by rows and second derivatives."""
    random = np.random.default_rng(2)
    few, many, rows = random.random(100), random.random(100_000), random.random(6000)
    yield Further("8 rows of 6,000 sines", "2.9", functions.sines, dr.jacobian(functions.sines, mode="reverse"), rows)
    jacobian = dr.jacobian(functions.burgers_end, mode="reverse")
    wave = np.sin(np.linspace(0.0, 6.0, 50))
    yield Further("Burgers, 50 points and steps, a row", "1.5", functions.burgers_end, jacobian, wave, (50,), 50)
    product = dr.hvp(rosenbrock)
    yield Further("Rosenbrock loop, n = 100,000, hvp", "6", rosenbrock, lambda x: product(x, x), many)
    yield Further("Rosenbrock loop, n = 100, Hessian", "80", rosenbrock, dr.hessian(rosenbrock), few)
    through = dr.hvp(lotka_volterra)
    name = "Lotka-Volterra, 10,000 steps, hvp"
    yield Further(name, "6", lotka_volterra, lambda x, n: through(x, x, n), np.array(PARAMETERS), (10_000,))


def measured_further(case: Further) -> Result:
    """Measure a case."""
    arguments = case.x, *case.arguments
    times = interleaved([lambda way=way: way(*arguments) for way in (case.f, case.operator)], seconds=2.0)
    spread = f"function {times[0] * 1e6:.4g} µs (middle {times[0].spread:+.0%})"
    return Result(case.what, case.goal, times[1] / times[0] / case.calls, "", spread, {})


def run() -> Iterator[Result]:
    """Measure all."""
    yield from map(measured, cases())
    yield from map(measured_further, further())


if __name__ == "__main__":
    keep_memory()
    for result in run():
        print(result.line, flush=True)
