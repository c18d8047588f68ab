"""An int that a function uses as a count, and that argnums names, is named in the error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr

COUNTED = [
    lambda x, n: sum(x for _ in range(n)),
    lambda x, n: sum(x for _ in range(n - 1)),
    lambda x, n: np.sum(np.zeros(n) + x),
    lambda x, n: x * np.ones((n, 2)),
    lambda x, n: ([1.0] * n)[0] * x,
    lambda x, n: (n * [1.0])[0] * x,
    lambda x, n: [1.0, 2.0, 3.0, 4.0][n] * x,
    lambda x, n: np.arange(4.0)[n] * x,
    lambda x, n: (x * np.ones(5))[: n - 1],
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", COUNTED, ids=map(str, range(len(COUNTED))))
def test_interpreted(f: Any, mode: str) -> None:
    with pytest.raises(dr.errors.ActiveConversionError, match=r"argument 1 of .* is an int.*Leave it out of argnums"):
        dr.jacobian(f, argnums=(0, 1), mode=mode)(2.0, 3)
    dr.jacobian(f, mode=mode)(2.0, 3)


def test_ints_that_are_numbers_are_differentiated() -> None:
    assert dr.grad(lambda x, n: x**n, argnums=(0, 1))(2.0, 3)[0] == 12.0


@njit
def lagged(x, lag):
    out = np.zeros(x.size)
    for n in range(lag, x.size):
        out[n] = x[n - lag] * x[n]
    return out.sum()


def test_compiled() -> None:
    with pytest.raises(dr.errors.CompilationError, match=r"argument 1 of lagged is an int.*Leave it out"):
        dr.grad(lagged, argnums=(0, 1), mode="forward")(np.ones(4), 1)
