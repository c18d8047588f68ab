"""Loops that fill and update arrays, as textbooks write them, against forms that write nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualrev as dr

N = 4
TRIDIAGONAL = np.eye(N) * 4 - np.eye(N, k=1) - np.eye(N, k=-1)


def thomas(d: Any) -> Any:
    """Solve the tridiagonal system whose diagonal is d, and whose right-hand side is sin(d)."""
    c, b = np.zeros_like(d), np.sin(d)
    c[0] = -1.0 / d[0]
    b[0] /= d[0]
    for i in range(1, N):
        scale = d[i] + c[i - 1]
        c[i] = -1.0 / scale
        b[i] = (b[i] + b[i - 1]) / scale
    for i in range(N - 2, -1, -1):
        b[i] -= c[i] * b[i + 1]
    return b


def gauss_seidel(d: Any) -> Any:
    """Sweep until nothing changes; entries are used as soon as they are new."""
    x = np.zeros(N, like=d, dtype=d.dtype)
    for _ in range(60):
        for i in range(N):
            x[i] = (np.sin(d[i]) + np.sum(x[max(i - 1, 0) : i]) + np.sum(x[i + 1 : i + 2])) / d[i]
    return x


def solved(d: Any) -> Any:
    return np.linalg.solve(TRIDIAGONAL - 4 * np.eye(N) + np.diag(d), np.sin(d))


def cholesky_by_hand(d: Any) -> Any:
    a = np.diag(d) + 0.5
    for j in range(N):
        a[j, j] = np.sqrt(a[j, j] - np.sum(a[j, :j] ** 2))
        a[j + 1 :, j] = (a[j + 1 :, j] - a[j + 1 :, :j] @ a[j, :j]) / a[j, j]
        a[j, j + 1 :] = 0.0
    return a


def two_buffers(u: Any) -> Any:
    old, new = u.copy(), np.zeros_like(u)
    for _ in range(3):
        new[1:-1] = old[1:-1] * (1 + 0.1 * (old[2:] - old[:-2]))
        new[0], new[-1] = new[-2], new[1]
        old, new = new, old
    return old


def two_arrays(u: Any) -> Any:
    for _ in range(3):
        inner = u[1:-1] * (1 + 0.1 * (u[2:] - u[:-2]))
        u = np.concatenate([inner[-1:], inner, inner[:1]])
    return u


def alignment(x: Any) -> Any:
    """Fill the table of a dynamic programme, with smooth minima."""
    cost = np.full((N + 1, N + 1), 3.0, like=x)
    cost[0, 0] = 0.0
    for i in range(1, N + 1):
        for j in range(1, N + 1):
            step = np.stack([cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1]])
            cost[i, j] = (x[i - 1] - x[N - j]) ** 2 - np.log(np.sum(np.exp(-step)))
    return cost[N, N]


def alignment_in_lists(x: Any) -> Any:
    cost: list[list[Any]] = [[0.0] + [3.0] * N, *([3.0] for _ in range(N))]
    for i in range(1, N + 1):
        for j in range(1, N + 1):
            there = np.exp(-1.0 * cost[i - 1][j]) + np.exp(-1.0 * cost[i][j - 1]) + np.exp(-1.0 * cost[i - 1][j - 1])
            cost[i].append((x[i - 1] - x[N - j]) ** 2 - np.log(there))
    return cost[N][N]


LOOPS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "Thomas": (thomas, solved),
    "Gauss-Seidel": (gauss_seidel, solved),
    "Cholesky": (cholesky_by_hand, lambda d: np.linalg.cholesky(np.diag(d) + 0.5)),
    "two buffers": (two_buffers, two_arrays),
    "dynamic programming": (alignment, alignment_in_lists),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_has_the_derivatives_of_the_form_that_writes_nothing(name: str) -> None:
    written, reference = LOOPS[name]
    x = np.array([3.0, 4.5, 3.7, 5.1])
    expected = dr.jacobian(reference, mode="forward")(x)
    second = dr.hessian(lambda x: np.sum(reference(x) ** 2))(x)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(dr.jacobian(written, mode=mode)(x), expected, rtol=1e-10, atol=1e-12)
        single = dr.jacobian(written, mode=mode)(x.astype(np.float32))
        np.testing.assert_allclose(single, expected, rtol=1e-3, atol=1e-4)
        for outer in ("forward", "reverse"):
            found = dr.jacobian(dr.grad(lambda x: np.sum(written(x) ** 2), mode=mode), mode=outer)(x)
            np.testing.assert_allclose(found, second, rtol=1e-8, atol=1e-9)
