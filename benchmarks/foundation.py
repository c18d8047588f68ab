"""Gradients and Jacobians of NumPy functions, and what starting costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import dualrev as dr
from benchmarks.timing import Result, interleaved, process

FIRST_GRADIENT = (
    "import numpy as np, dualrev as dr; dr.grad(lambda x: np.sum(np.sin(x) * dr.special.erf(x)))(np.linspace(0, 1, 50))"
)


def scalars() -> Result:
    """Compare the gradient of log(x*y)*sin(y) with HIPS autograd's."""
    import autograd
    import autograd.numpy as anp

    ours = dr.grad(lambda x, y: np.log(x * y) * np.sin(y), (0, 1))
    theirs = autograd.grad(lambda x, y: anp.log(x * y) * anp.sin(y), (0, 1))
    np.testing.assert_allclose(ours(2.0, 3.0), theirs(2.0, 3.0))
    mine, peer = interleaved([lambda: ours(2.0, 3.0), lambda: theirs(2.0, 3.0)])
    detail = f"dualrev {mine * 1e6:.1f} µs, autograd {peer * 1e6:.1f} µs"
    return Result("gradient of log(x*y)*sin(y), over autograd's", "0.25", mine / peer, "", detail)


def rosenbrock() -> Result:
    """Compare a gradient with respect to a million inputs with the function."""

    def f(x: np.ndarray) -> np.ndarray:
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    x = np.random.default_rng(1).random(1_000_000)
    gradient = dr.grad(f)
    primal, reverse = interleaved([lambda: f(x), lambda: gradient(x)], seconds=4)
    detail = f"function {primal * 1e3:.2f} ms, gradient {reverse * 1e3:.2f} ms"
    return Result("gradient of Rosenbrock, n = 1,000,000, over the function", "4", reverse / primal, "", detail)


def curve() -> Result:
    """Compare a Jacobian of 100,000 outputs and 4 inputs with the function."""
    t = np.linspace(0.0, 1.0, 100_000)

    def f(p: np.ndarray) -> np.ndarray:
        return p[0] * np.exp(-p[1] * t) + p[2] * np.sin(p[3] * t)

    p = np.array([1.0, 2.0, 3.0, 4.0])
    jacobian = dr.jacobian(f)
    primal, forward = interleaved([lambda: f(p), lambda: jacobian(p)], seconds=4)
    detail = f"function {primal * 1e3:.2f} ms, Jacobian {forward * 1e3:.2f} ms"
    return Result("Jacobian of a curve, n = 4, m = 100,000, over the function", "2.5", forward / primal, "", detail)


def start() -> Result:
    """Measure what `import dualrev` adds to `import numba`."""
    base, whole = process("import numba"), process("import dualrev")
    detail = f"import numba {base:.2f} s, import dualrev {whole:.2f} s, processes"
    return Result("import dualrev, over import numba", "0.15", whole - base, " s", detail)


def first_gradient() -> Result:
    """Measure a process that computes one gradient."""
    process(FIRST_GRADIENT, 1)
    whole = process(FIRST_GRADIENT)
    return Result("first gradient in a new process, caches warm", "1.2", whole, " s", "the whole process")


def run() -> Iterator[Result]:
    """Measure all."""
    for measure in (scalars, rosenbrock, curve, start, first_gradient):
        yield measure()
