"""Results that cannot fit into memory are refused before they are computed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev import environment
from dualrev.errors import ResultTooLargeError

N = 100
X = np.ones(N)


@njit
def squares(x):
    return x * x


@njit
def energy(x):
    return (x * x).sum()


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "ALWAYS_FITS", 0)
    monkeypatch.setattr("dualrev.compiled.calls.FEW", 0)
    monkeypatch.setattr(environment, "machine_memory", lambda: 8 * N * N - 1)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("operator", [dr.jacobian, dr.value_and_jacobian])
def test_jacobians(operator: Any, mode: str) -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x * x

    for function in (f, squares):
        with pytest.raises(ResultTooLargeError, match=r"100 x 100 numbers, which take 80,000 bytes.*linear_operator"):
            operator(function, mode=mode, chunk_size=8)(X)
        assert operator(function, mode=mode, chunk_size=8)(X[:-1])[0].shape in ((N - 1,), (N - 1, N - 1))
    passes = {"forward": -(-99 // 8), "reverse": 1, "auto": 1}[mode]
    assert len(calls) == 1 + passes


def test_hessians_are_refused_without_a_call() -> None:
    def never(x: Any) -> Any:
        raise AssertionError

    for function in (never, energy):
        with pytest.raises(ResultTooLargeError, match=r"the Hessian of \w+ has 100 x 100.*hvp"):
            dr.hessian(function)(X)


def test_batches() -> None:
    points = np.ones((N * N, 3))
    for function in (squares, lambda x: x * x):
        for operator in (dr.jacobian, dr.value_and_jacobian):
            with pytest.raises(ResultTooLargeError, match="10000 x"):
                operator(function, batched=True)(points)
    assert issubclass(ResultTooLargeError, MemoryError)


PROGRAM = """
import resource, numpy as np, dualrev as dr
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
for f in (dr.hessian(lambda x: (x * x).sum()), dr.jacobian(lambda x: x * x)):
    try:
        f(np.ones(40_000))
    except dr.errors.ResultTooLargeError as error:
        print(error.asked, error.limit)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_the_limit_of_the_process_counts() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["12800000000", str(4 << 30)] * 2
