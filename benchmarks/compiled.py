"""Derivatives of functions that Numba compiles, over the functions themselves, on one core."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import njit

import dualrev as dr
from benchmarks.timing import Result, interleaved, keep_memory


@njit
def recurrence(x, steps):
    y = x
    for _ in range(steps):
        y = 0.5 * y + 0.1 * y * y - 0.3 * x
    return y


@njit
def curve(p, t):
    out = np.empty(t.size)
    for i in range(t.size):
        out[i] = p[0] * np.exp(-p[1] * t[i]) + p[2] * np.sin(p[3] * t[i])
    return out


@njit
def burgers(u, viscosity, dt, steps):
    u = u.copy()
    n = u.size
    v = np.empty(n)
    for _ in range(steps):
        for i in range(n):
            left, right = u[i - 1], u[(i + 1) % n]
            v[i] = u[i] - 0.5 * dt * u[i] * (right - left) + viscosity * dt * (right - 2.0 * u[i] + left)
        u[:] = v
    return u


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] * x[i]
        b = 1.0 - x[i]
        s += 100.0 * a * a + b * b
    return s


@njit
def prey_and_predators(p, u, v):
    return u * (p[0] - p[1] * v), v * (p[2] * u - p[3])


@njit
def lotka_volterra(p, steps):
    """Integrate by Runge and Kutta's method; four rates and two initial values in, one number out."""
    u, v = p[4], p[5]
    h = 10.0 / steps
    for _ in range(steps):
        a1, b1 = prey_and_predators(p, u, v)
        a2, b2 = prey_and_predators(p, u + 0.5 * h * a1, v + 0.5 * h * b1)
        a3, b3 = prey_and_predators(p, u + 0.5 * h * a2, v + 0.5 * h * b2)
        a4, b4 = prey_and_predators(p, u + h * a3, v + h * b3)
        u += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        v += h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    return u * u + v * v


@njit
def waves(x):
    s = 0.0
    for i in range(x.size):
        s += np.sin(x[i]) * np.exp(-x[i])
    return s


@njit
def small(x, y):
    return math.log(x * y) * math.sin(y) + x


@njit
def rotated(x):
    y = np.empty(3)
    y[0] = x[0] * x[1]
    y[1] = np.sin(x[1]) * x[2]
    y[2] = x[0] * np.exp(x[2])
    return y


@njit
def everywhere(points):
    out = np.empty(points.shape)
    for n in range(points.shape[0]):
        out[n] = rotated(points[n])
    return out


def ratio(what: str, goal: str, f: Any, derivative: Any, *args: Any, directions: int = 1) -> Result:
    """Measure a derivative over its function."""
    primal, whole = interleaved([lambda: f(*args), lambda: derivative(*args)], seconds=1.5)
    detail = (
        f"function {primal * 1e6:.4g} µs (middle {primal.spread:+.0%}), "
        f"derivative {whole * 1e6:.4g} µs ({whole.spread:+.0%})"
    )
    return Result(what, goal, whole / primal / directions, "", detail)


def compilation() -> Result:
    """Measure how long a gradient of a function of thirty lines takes to compile.

    What lies in a file would be kept on disk, and be there in the next run.
    """
    scope = dict(globals())
    text = inspect.getsource(lotka_volterra.py_func)
    exec(text[text.index("def ") :], scope)
    start = time.perf_counter()
    dr.grad(njit(scope["lotka_volterra"]), mode="forward", backend="auto")(PARAMETERS, 10)
    seconds = time.perf_counter() - start
    return Result("compiling a forward gradient of the Lotka-Volterra loop", "2", seconds, " s", "once in a process")


PARAMETERS = np.array([1.5, 1.0, 1.0, 3.0, 1.0, 1.0])


def run() -> Iterator[Result]:
    """Measure all."""
    random = np.random.default_rng(1).random
    t, u = np.linspace(0.0, 1.0, 100_000), np.sin(np.linspace(0.0, 6.0, 256))
    p = np.array([1.0, 2.0, 3.0, 4.0])
    yield compilation()
    forward, reverse = {"mode": "forward"}, {"mode": "reverse"}
    yield ratio("scalar recurrence of 10^7 steps, forward", "1.4", recurrence, dr.grad(recurrence), 0.3, 10**7)
    yield ratio("curve, n = 4, m = 100,000, forward", "1.8", curve, dr.jacobian(curve, **forward), p, t)
    stencil = dr.jacobian(burgers, **forward)
    yield ratio("Burgers stencil, forward, per direction", "1.3", burgers, stencil, u, 0.1, 1e-3, 50, directions=u.size)
    yield ratio("Rosenbrock loop, n = 100, forward", "12", rosenbrock, dr.grad(rosenbrock, **forward), random(100))
    loop = (PARAMETERS, 10_000)
    yield ratio("Lotka-Volterra loop, 6 inputs, auto", "2.0", lotka_volterra, dr.grad(lotka_volterra), *loop)
    yield ratio("Lotka-Volterra loop, reverse", "10", lotka_volterra, dr.grad(lotka_volterra, **reverse), *loop)
    yield ratio("sin and exp loop, n = 100,000, reverse", "3.5", waves, dr.grad(waves, **reverse), random(100_000))
    yield ratio(
        "Rosenbrock loop, n = 10,000, reverse", "25", rosenbrock, dr.grad(rosenbrock, **reverse), random(10_000)
    )
    many, points = dr.jacobian(rotated, batched=True), random((100_000, 3))
    yield ratio("Jacobians at 100,000 points, R^3 to R^3, all cores", "1.3", everywhere, many, points)
    yield ratio("one call from Python, 5 operations of 2 numbers", "2.5", small, dr.grad(small, (0, 1)), 2.0, 3.0)


if __name__ == "__main__":
    keep_memory()
    for result in run():
        print(result.line, flush=True)
