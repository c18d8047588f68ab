"""A great many gradients take no more memory than a few."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr

pytestmark = pytest.mark.compiles

X = np.linspace(0.1, 1.0, 10)
PAGE = 4096


@njit
def looped(x: Any) -> Any:
    total = 0.0
    for k in range(x.size):
        total += np.sin(x[k]) * x[k - 1]
    return total


@njit
def carried(x: Any) -> Any:
    total = 1.0
    for k in range(x.size):
        total = np.sin(total * x[k])
    return total


def by_hand(x: Any) -> Any:
    leaf = dr.Var(x)
    np.sum(np.sin(leaf) * leaf).backward()
    return leaf.grad


def refused(x: Any) -> Any:
    """Run into the limit of the tape, which adjoint code keeps to as well, in a context, and go on."""
    with dr.tape_limit(40), pytest.raises(MemoryError):
        CARRIED(x)
    return x


COMPILED = dr.grad(looped, mode="reverse")
CARRIED = dr.grad(carried, mode="reverse")
GRADIENTS: dict[str, Callable[[Any], Any]] = {
    "reverse": dr.grad(lambda x: np.sum(np.sin(x) * x), mode="reverse"),
    "forward": dr.grad(lambda x: np.sum(np.sin(x) * x), mode="forward"),
    "hessian": dr.hessian(lambda x: np.sum(np.sin(x) * x)),
    "by hand": by_hand,
    "compiled reverse": COMPILED,
    "compiled forward": dr.grad(looped, mode="forward"),
    "refused": refused,
}


def resident() -> int:
    """Return the memory of the process that is in use, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def growth(gradient: Callable[[Any], Any], calls: int) -> tuple[int, int]:
    """Return by how many bytes Python's and the process's memory grow in a number of calls, after as many others."""

    def run(count: int) -> tuple[int, int]:
        for _ in range(count):
            gradient(X)
        gc.collect()
        return tracemalloc.get_traced_memory()[0], resident()

    run(calls // 10 + 10)
    tracemalloc.start()
    try:
        before = run(calls // 10 + 10)
        after = run(calls)
    finally:
        tracemalloc.stop()
    return after[0] - before[0], after[1] - before[1]


DEAR = {"hessian": 300_000, "refused": 100_000}
"""Those of which fewer than a million are run: the first takes three times as long as a gradient."""

CASES = [
    pytest.param(name, calls, marks=marks)
    for name in GRADIENTS
    for calls, marks in ((300, ()), (DEAR.get(name, 1_000_000), pytest.mark.exhaustive))
]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory in use from /proc")
@pytest.mark.parametrize(("name", "calls"), CASES)
def test_memory_does_not_grow_with_calls(name: str, calls: int) -> None:
    traced, taken = growth(GRADIENTS[name], calls)
    # Less than a byte a call in the long run; a statement that was kept would take hundreds. Where compiled code raises
    # an error, Numba gives back no reference that the function holds: 48 bytes for the array, and what tracemalloc
    # itself keeps of them.
    each, noted = (50.0, 200.0) if name == "refused" else (0.5, 0.5)
    assert traced < 10_000 + calls * each
    assert taken < 2**21 + calls * noted


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory in use from /proc")
def test_what_grows_is_seen() -> None:
    kept: list[Any] = []
    traced, _ = growth(lambda x: kept.append(dr.vjp(np.sin, x)), 100)
    assert traced > 10_000
