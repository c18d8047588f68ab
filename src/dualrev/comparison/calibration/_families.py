"""Functions of several kinds and sizes, to measure costs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A function of n inputs with m outputs, and how many directions go together if that is not chosen."""

    name: str
    f: Callable[[Any], Any]
    n: int
    m: int
    chunk_size: int | None = None

    @property
    def x(self) -> np.ndarray:
        """The point."""
        return np.linspace(0.5, 1.5, self.n)


def chain(n: int, length: int) -> Case:
    """Return elementwise operations one after the other."""

    def f(x: Any) -> Any:
        for _ in range(length):
            x = np.sin(x) * x + 0.5
        return x

    return Case(f"chain of {3 * length}", f, n, n)


def total(n: int, length: int) -> Case:
    """Return a sum of elementwise operations."""
    elementwise = chain(n, length).f
    return Case("sum", lambda x: np.sum(elementwise(x)), n, 1)


def layers(n: int, hidden: int, m: int) -> Case:
    """Return two dense maps with a nonlinearity between them."""
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((hidden, n)) / n, rng.standard_normal((m, hidden)) / hidden
    return Case("dense layers", lambda x: second @ np.exp(first @ x), n, m)


def curve(n: int, m: int) -> Case:
    """Return a sum of terms, one for each input, at many points."""
    at = np.linspace(0.0, 1.0, m)

    def f(x: Any) -> Any:
        y = x[0] * at
        for k in range(1, n):
            y = y + np.cos(x[k] * at)
        return y

    return Case("curve", f, n, m)


def numbers(n: int, m: int) -> Case:
    """Return a loop over numbers."""

    def f(x: Any) -> Any:
        outputs, last = [], x[0]
        for k in range(max(n, m)):
            last = last * 0.5 + np.exp(-x[k % n])
            outputs.append(last)
        return outputs[-m:]

    return Case("loop over numbers", f, n, m)


def cases() -> list[Case]:
    """Return the cases of a calibration.

    Some carry few directions at once, so that what a pass costs shows beside what a direction costs.
    """
    in_parts = (chain(30, 5), chain(100, 1), layers(100, 30, 100), curve(20, 300), numbers(40, 40), total(200, 4))
    return [
        *[replace(case, chunk_size=size) for case in in_parts for size in (2, 8)],
        *[chain(n, length) for n in (1, 3, 10, 30, 100, 300) for length in (1, 5)],
        *[total(n, length) for n in (1, 10, 100, 1000, 10_000, 100_000) for length in (1, 4)],
        *[layers(n, 30, m) for n, m in ((1, 1), (10, 10), (10, 100), (100, 10), (100, 100), (10, 1000), (1000, 10))],
        *[layers(n, n, n) for n in (30, 300, 600)],
        *[curve(n, m) for n, m in ((2, 10), (2, 300), (2, 3000), (5, 300), (20, 20), (20, 300), (60, 3))],
        *[numbers(n, m) for n, m in ((1, 1), (3, 10), (10, 3), (30, 30), (100, 10), (10, 100), (200, 200), (500, 1))],
    ]
