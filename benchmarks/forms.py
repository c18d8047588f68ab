"""The same problems as people write them: with functions inside, results as tuples, as arrays, written into `out`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import njit

import dualrev as dr
from benchmarks import hand_tracking
from benchmarks.compiled import PARAMETERS, curve, everywhere, lotka_volterra, ratio, rotated, waves
from benchmarks.timing import Result, keep_memory


@njit
def written_out(p, steps):
    """Integrate Lotka and Volterra's equations like `lotka_volterra`, without a function for their right-hand side."""
    u, v = p[4], p[5]
    h = 10.0 / steps
    for _ in range(steps):
        a1, b1 = u * (p[0] - p[1] * v), v * (p[2] * u - p[3])
        u2, v2 = u + 0.5 * h * a1, v + 0.5 * h * b1
        a2, b2 = u2 * (p[0] - p[1] * v2), v2 * (p[2] * u2 - p[3])
        u3, v3 = u + 0.5 * h * a2, v + 0.5 * h * b2
        a3, b3 = u3 * (p[0] - p[1] * v3), v3 * (p[2] * u3 - p[3])
        u4, v4 = u + h * a3, v + h * b3
        a4, b4 = u4 * (p[0] - p[1] * v4), v4 * (p[2] * u4 - p[3])
        u += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        v += h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    return u * u + v * v


@njit
def five(x, y):
    return math.log(x * y) * math.sin(y) + x


five_slopes = dr.value_and_grad(five, (0, 1))


@njit
def in_a_loop(x, count):
    s = 0.0
    for k in range(count):
        s += five(x + 1e-3 * k, 2.0 + 1e-4 * k)
    return s


@njit
def slopes_in_a_loop(x, count):
    s = 0.0
    for k in range(count):
        value, (a, b) = five_slopes(x + 1e-3 * k, 2.0 + 1e-4 * k)
        s += value + a + b
    return s


@njit
def as_array(x):
    return np.array([x[0] * x[1], np.sin(x[1]) * x[2], x[0] * np.exp(x[2])])


@njit
def as_tuple(x):
    return x[0] * x[1], np.sin(x[1]) * x[2], x[0] * np.exp(x[2])


@njit
def arrays(points):
    out = np.empty(points.shape)
    for n in range(points.shape[0]):
        out[n] = as_array(points[n])
    return out


@njit
def tuples(points):
    out = np.empty(points.shape)
    for n in range(points.shape[0]):
        out[n, 0], out[n, 1], out[n, 2] = as_tuple(points[n])
    return out


LOOP = """
@njit
def f(x):
    s = 0.0
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] * x[i]
        s += {factor} * a * a + (1.0 - x[i]) ** 2
    return s
"""


def first(what: str, goals: tuple[str, str], derivative: Any) -> Iterator[Result]:
    """Measure the processor time of a first derivative of a loop of six lines, and of one more function like it."""
    x = np.linspace(0.0, 1.0, 20)
    for which, goal in zip(("first", "second"), goals, strict=True):
        scope: dict[str, Any] = {"njit": njit}
        exec(LOOP.format(factor=100.0 + len(which)), scope)
        scope["f"](x)
        begun = time.process_time()
        derivative(scope["f"], x)
        yield Result(f"{which} {what} of a loop of 6 lines", goal, time.process_time() - begun, " s", "processor time")


def run() -> Iterator[Result]:
    """Measure all. What is compiled first comes first."""
    yield from first("forward gradient", ("0.7", "0.3"), lambda f, x: dr.grad(f, mode="forward")(x))
    yield from first("reverse gradient", ("1.2", "0.4"), lambda f, x: dr.grad(f, mode="reverse")(x))
    yield from first("Hessian-vector product", ("2.5", "0.8"), lambda f, x: dr.hvp(f, x, x))
    forward, loop = {"mode": "forward"}, (PARAMETERS, 10_000)
    for name, f in (("with an inner function", lotka_volterra), ("written out", written_out)):
        yield ratio(f"Lotka-Volterra loop {name}, forward", "1.65", f, dr.grad(f, **forward), *loop)
    p = np.array([1.0, 2.0, 3.0, 4.0])
    for m in (1_000, 100_000):
        yield ratio(f"curve, m = {m:,}, forward", "1.6", curve, dr.jacobian(curve, **forward), p, np.linspace(0, 1, m))
    yield ratio("five operations in a compiled loop", "1.45", in_a_loop, slopes_in_a_loop, 1.0, 10_000)
    yield from hand_tracking.run()
    x = np.random.default_rng(1).random(100_000)
    yield ratio("sin and exp loop, n = 100,000, reverse", "2.0", waves, dr.grad(waves, mode="reverse"), x)
    points = np.random.default_rng(2).random((100_000, 3))
    for name, f, loops in (("array", as_array, arrays), ("out", rotated, everywhere), ("tuple", as_tuple, tuples)):
        derivative = dr.jacobian(f, batched=True)
        yield ratio(f"Jacobians at 100,000 points, result as {name}", "1.5", loops, derivative, points)


if __name__ == "__main__":
    keep_memory()
    for result in run():
        print(result.line, flush=True)
