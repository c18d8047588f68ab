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


COMPILED = """
np.zeros(n)[0] + x
np.ones(n)[0] * x
np.full(n, x)[0]
np.empty((n, 2)).size * x
np.zeros((2, n // 2 + 1))[0, 0] + x
np.eye(n)[0, 0] * x
np.identity(n)[0, 0] * x
np.linspace(0.0, 1.0, n)[0] + x
np.repeat(x * np.ones(2), n)[0]
np.roll(x * np.ones(4), n)[0]
(x * np.ones(6)).reshape(n, 2)[0, 0]
(x * np.ones(6)).reshape((n, 2))[0, 0]
(x * np.ones(6))[n]
(x * np.ones(6))[:n][0]
(x * np.ones((6, 6)))[0, n]
([x] * n)[0]
np.diff(x * np.ones(6), n)[0]
np.linalg.matrix_power(x * np.ones((2, 2)), n)[0, 0]
np.take(x * np.ones(6), n)
np.tri(n)[0, 0] * x
np.triu(x * np.ones((3, 3)), n)[0, 0]
np.tril(x * np.ones((3, 3)), n)[0, 0]
np.vander(x * np.ones(3), n)[0, 0]
np.partition(x * np.ones(6), n)[0]
np.sum(x * np.ones((3, 3, 3, 3)), axis=n)[0, 0, 0]
np.array_split(x * np.ones(6), n)[0][0]
np.zeros_like(x * np.ones(n))[0] + x
np.broadcast_to(x * np.ones(1), (n,))[0]
[x, 2.0, 3.0, 4.0][n]
range(n)[0] * x
x << n
""".strip().splitlines()


@pytest.mark.parametrize("text", COMPILED)
def test_counts_of_compiled_functions(text: str) -> None:
    scope: dict[str, Any] = {"np": np}
    exec(f"def f(x, n):\n    return {text}\n", scope)
    with pytest.raises(dr.errors.CompilationError, match=r"argument 1 (of f )?is an int") as caught:
        dr.grad(njit(scope["f"]), argnums=(0, 1), mode="forward")(2.0, 3)
    assert not isinstance(caught.value, dr.errors.CompilationFault)


def test_powers_of_matrices() -> None:
    with pytest.raises(dr.errors.MissingRuleError, match=r"np.linalg.matrix_power.* has no derivative in n"):
        dr.grad(lambda x, n: np.linalg.matrix_power(x * np.eye(2), n)[0, 0], argnums=(0, 1))(2.0, 3)
