"""What a gradient with respect to a million numbers costs, beside one that is written by hand in NumPy."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import dualrev as dr
from benchmarks.timing import Result, interleaved
from dualrev.reverse.tape import Tape

SIZE = 1_000_000
RNG = np.random.default_rng(2)
WEIGHTS = RNG.normal(size=SIZE)
FEATURES, LABELS = RNG.normal(size=(10_000, 100)), RNG.choice([-1.0, 1.0], 10_000)

CONSTANT_FEATURES, CONSTANT_LABELS = FEATURES.copy(), -LABELS
CONSTANT_FEATURES.flags.writeable = CONSTANT_LABELS.flags.writeable = False


def elementwise(x: Any) -> Any:
    """Add up a product of elementary functions."""
    return np.sum(WEIGHTS * np.exp(-x * x) * np.sin(x))


def elementwise_by_hand(x: Any) -> Any:
    """Return the value and the gradient, each array made once and written over where that saves one."""
    weighted = np.multiply(x, x)
    np.negative(weighted, out=weighted)
    np.exp(weighted, out=weighted)
    weighted *= WEIGHTS
    sine = np.sin(x)
    value = np.sum(weighted * sine)
    gradient = np.cos(x)
    sine *= x
    sine *= 2.0
    gradient -= sine
    gradient *= weighted
    return value, gradient


def neighbours(x: Any) -> Any:
    """Add up squares of differences, and their logarithms."""
    d = x[1:] - x[:-1]
    return np.sum(np.log1p(d * d))


def neighbours_by_hand(x: Any) -> Any:
    """Return the value and the gradient."""
    d = x[1:] - x[:-1]
    squares = d * d
    value = np.log1p(squares).sum()
    squares += 1.0
    d *= 2.0
    d /= squares
    gradient = np.empty_like(x)
    gradient[0] = 0.0
    gradient[1:] = d
    gradient[:-1] -= d
    return value, gradient


def logistic(w: Any) -> Any:
    """Return the loss of a logistic regression, 10,000 samples of 100 features."""
    return np.sum(np.logaddexp(0.0, -LABELS * (FEATURES @ w)))


def logistic_of_constants(w: Any) -> Any:
    """Return the same loss; the data is read-only, so that no statement has to keep a copy of its own."""
    return np.sum(np.logaddexp(0.0, CONSTANT_LABELS * (CONSTANT_FEATURES @ w)))


def logistic_by_hand(w: Any) -> Any:
    """Return the value and the gradient."""
    margins = -LABELS * (FEATURES @ w)
    terms = np.logaddexp(0.0, margins)
    return terms.sum(), -((np.exp(margins - terms) * LABELS) @ FEATURES)


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Any]] = {
    "exp(-x²) sin(x), weighted": (elementwise, elementwise_by_hand, RNG.normal(size=SIZE)),
    "log(1 + d²) of differences": (neighbours, neighbours_by_hand, RNG.normal(size=SIZE)),
    "logistic regression, 10,000 x 100": (logistic, logistic_by_hand, RNG.normal(size=100) / 10),
    "the same, read-only data": (logistic_of_constants, logistic_by_hand, RNG.normal(size=100) / 10),
}


def memory(f: Callable[[Any], Any], x: Any) -> tuple[float, float]:
    """Return the arrays of 10^6 numbers that the tape keeps per operation, and what is left of them after the sweep."""
    leaf = dr.Var(x)
    y = f(leaf)
    tape = Tape([y.statement])
    kept = tape.nbytes / tape.operations / x.nbytes
    del leaf, y, tape
    gradient = dr.grad(f, mode="reverse")
    gradient(x)
    tracemalloc.start()
    result = gradient(x)
    left = tracemalloc.get_traced_memory()[0] - result.nbytes
    tracemalloc.stop()
    return kept, left / x.nbytes


def run() -> Iterator[Result]:
    """Compare value and gradient with the same by hand."""
    for name, (f, by_hand, x) in CASES.items():
        ours = dr.value_and_grad(f, mode="reverse")
        for one, other in zip(ours(x), by_hand(x), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
        function, hand, mine = interleaved([partial(f, x), partial(by_hand, x), partial(ours, x)], 4)
        detail = f"function {function * 1e3:.2f} ms, by hand {hand * 1e3:.2f} ms, dualrev {mine * 1e3:.2f} ms"
        if x.size == SIZE:
            kept, left = memory(f, x)
            detail += f"; the tape keeps {kept:.2f} arrays per operation, {left:.2f} after the sweep"
        yield Result(f"value and gradient of {name}, over the best by hand", "1.5", mine / hand, "", detail)


if __name__ == "__main__":
    for result in run():
        print(f"{result.what}: {result.ratio:.3g}{result.unit} (goal {result.goal}; {result.detail})", flush=True)
