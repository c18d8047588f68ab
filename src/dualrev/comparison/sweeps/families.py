"""Families of functions of any number of inputs and outputs, interpreted and compiled, to sweep over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualrev.problems.problem import compiled_once


@dataclass(frozen=True)
class Family:
    """A function for every n and m.

    Attributes
    ----------
    name, title : str
    arguments : callable
        Returns what comes after x, for n and m.
    interpreted : callable
        Over NumPy.
    loop : callable
        To be compiled by Numba.
    """

    name: str
    title: str
    arguments: Callable[[int, int], tuple[Any, ...]]
    interpreted: Callable[..., Any]
    loop: Callable[..., Any]

    def at(self, n: int, m: int) -> tuple[Any, ...]:
        """Return the arguments for n inputs and m outputs, the point first."""
        return (np.linspace(0.5, 1.5, n), *self.arguments(n, m))

    @property
    def compiled(self) -> Any:
        """The function as Numba compiles it when it is first called."""
        return compiled_once(self.loop)


def dense(x: Any, matrix: Any) -> Any:
    """Return tanh(A x)."""
    return np.tanh(matrix @ x)


def stencil(x: Any, left: Any, right: Any) -> Any:
    """Return a function whose every output depends on two inputs."""
    u = x * np.sin(x)
    return u[left] - 0.5 * u[right] ** 2


def running(x: Any, m: int) -> Any:
    """Return a running sum of products of neighbours, which m outputs are taken from."""
    total, outputs, n = 0.0, [], len(x)
    for k in range(max(n, m)):
        total = total + x[k % n] * x[(k + 1) % n]
        if k < m:
            outputs.append(total)
    outputs[-1] = total
    return outputs


def running_loop(x: Any, m: Any) -> Any:
    """Return the same, as it is written for Numba."""
    outputs, total, n = np.empty(m), 0.0, x.size
    for k in range(max(n, m)):
        total += x[k % n] * x[(k + 1) % n]
        if k < m:
            outputs[k] = total
    outputs[m - 1] = total
    return outputs


def waves(x: Any, times: Any) -> Any:
    """Return a sum of cosines, one for each input, at m times."""
    return np.sum(np.cos(times[:, None] * x), axis=1)


def waves_loop(x: Any, times: Any) -> Any:
    """Return the same, as it is written for Numba."""
    outputs = np.empty(times.size)
    for j in range(times.size):
        total = 0.0
        for k in range(x.size):
            total += np.cos(x[k] * times[j])
        outputs[j] = total
    return outputs


def rates(x: Any, first: Any, second: Any) -> Any:
    """Return reaction rates: an exponential and a product for each output, of two inputs."""
    return x[first] * np.exp(-x[second]) + np.sin(x[first])


def rates_loop(x: Any, first: Any, second: Any) -> Any:
    """Return the same, as it is written for Numba."""
    outputs = np.empty(first.size)
    for k in range(first.size):
        outputs[k] = x[first[k]] * np.exp(-x[second[k]]) + np.sin(x[first[k]])
    return outputs


def steps(x: Any, last: Any) -> Any:
    """Return ten steps of a diffusion around a ring."""
    for _ in range(10):
        x = x + 0.1 * (np.roll(x, 1) - 2.0 * x + np.roll(x, -1))
    return x[last]


def steps_loop(x: Any, last: Any) -> Any:
    """Return the same, as it is written for Numba."""
    old, new, n = x.copy(), np.empty_like(x), x.size
    for _ in range(10):
        for k in range(1, n - 1):
            new[k] = old[k] + 0.1 * (old[k - 1] - 2.0 * old[k] + old[k + 1])
        new[0] = old[0] + 0.1 * (old[n - 1] - 2.0 * old[0] + old[1 % n])
        if n > 1:
            new[n - 1] = old[n - 1] + 0.1 * (old[n - 2] - 2.0 * old[n - 1] + old[0])
        old, new = new, old
    return old[last]


def _matrix(n: int, m: int) -> tuple[Any, ...]:
    return (np.random.default_rng(0).standard_normal((m, n)) / np.sqrt(n),)


def _neighbours(n: int, m: int) -> tuple[Any, ...]:
    return np.arange(m) % n, (np.arange(m) * 7 + 1) % n


FAMILIES = {
    family.name: family
    for family in (
        Family("dense", "tanh of a matrix times x", _matrix, dense, dense),
        Family("stencil", "elementwise, each output of two inputs", _neighbours, stencil, stencil),
        Family("running", "a running sum of products, by numbers", lambda n, m: (m,), running, running_loop),
        Family("waves", "sums of cosines", lambda n, m: (np.linspace(0.0, 1.0, m),), waves, waves_loop),
        Family("steps", "ten steps of a diffusion", lambda n, m: (np.arange(m) % n,), steps, steps_loop),
        Family("rates", "exponentials and products of two inputs", _neighbours, rates, rates_loop),
    )
}
