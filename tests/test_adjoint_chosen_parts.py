"""Gradients of functions that choose an array from a tuple, gather beside a number, and put arrays together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, differs, uncompiled
from fuzzing.adjoint_programs import program_of

from dualrev.compiled.adjoints.refusal import Refused

X = np.array([0.5, -1.5, 2.0, 0.3, -0.7])
M = np.arange(6.0).reshape(2, 3) / 3 - 0.6

OF_A_TUPLE = """
def f(x, y):
    ts = (x, y, x * y)
    s = 0.1
    for i in range(-3, 3):
        t = ts[i]
        s = math.sin(s + t[0] * t[1] * (i + 4))
        if s > 0.3:
            ts[i - 3 * (i // 3)][2] *= s
    k = 0
    for t in ts:
        s += t[2] * s
        if s > 5.0:
            break
        k += 1
    for u in (x[1:], y[:-1]):
        s += u[0] * ts[k % 3][0]
    return s
"""

BESIDE_A_NUMBER = """
def f(a, n):
    at, mask = np.array([2, 0, 2, -1]), a[1] > -0.3
    s = 0.0
    for i in range(n):
        u = a[i, at]
        s += u[0] * u[2] * u[3] + np.sum(a[i][mask]) * s
        a[i, at] += 0.5 * s
        a[at % 2, i] *= 1.5
        v = a[at % 2, i]
        s += v[1] * v[0]
    a[0, mask] = s
    return s * a[0, 1] + np.sum(a)
"""

PUT_TOGETHER = """
def f(a, b, x):
    c = np.kron(a, b)
    np.fill_diagonal(c, x[0] * x[1])
    d = np.flip(c)
    d[0, 0] *= x[2]
    y = np.take(x, np.array([1, 1, -1])) * x.take(np.array([0, 2, 2]))
    z = np.flip(x)
    z[1] = z[0] * y[1]
    return np.sum(c * d) + y[0] * y[1] * y[2] + x[3] * c[3, 5]
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "arrays of a tuple": (OF_A_TUPLE, (X, X[::-1] * 0.4)),
    "gathered beside a number": (BESIDE_A_NUMBER, (M, 2)),
    "put together": (PUT_TOGETHER, (M, M.T.copy() * 0.5, X)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    program = program_of(*CASES[name])
    assert differs(program, uncompiled(adjoint(program))) == ""


OF_TWO_TYPES = """
def f(x, n):
    ts = (x, x[::2])
    return ts[n][0] * 2.0
"""

BESIDE_A_SLICE = """
def f(a, n):
    b = a.reshape((1, 2, 3))
    return np.sum(b[n, :, np.array([0, 1])])
"""

OF_A_MATRIX = """
def f(a, n):
    return np.sum(np.take(a, np.array([[0, n]]), 1))
"""


@pytest.mark.parametrize(
    ("text", "array", "reason"),
    [
        (OF_TWO_TYPES, X, "has an array where a number is expected"),
        (BESIDE_A_SLICE, M, "with a slice before or between them"),
        (OF_A_MATRIX, M, "takes elements along an axis in places of several axes"),
    ],
)
def test_others_are_refused(text: str, array: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        adjoint(program_of(text, (array, 0)))
