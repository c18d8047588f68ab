"""Gradients of functions whose loops set the shapes of arrays, against the tests' oracle."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, compiled, differs, dispatcher, uncompiled
from fuzzing.adjoint_programs import Program

from dualrev.compiled.adjoints._checks import checked
from dualrev.compiled.adjoints._reading.program import read

X = np.array([0.5, -1.5, 2.0, 0.3, -0.7])

CHOSEN = """
def f(x, n):
    s = 0.0
    for i in range(n):
        part = x[x > 0.4 * s - i]
        part *= part
        s = math.sin(s + np.sum(part))
        for j in range(part.size):
            x[j] += 0.1 * part[j] * s
            part[0] *= part[j]
    return s + np.sum(x * x)
"""

SHORTER = """
def f(x):
    n, s = x.size, 1.0
    for k in range(n + 1):
        b = np.zeros(n - k)
        for i in range(n - k):
            b[i] = x[i] * x[i + k] + s
        s = math.cos(s + np.sum(b * b[::-1]))
    return s
"""

TRIANGLES = """
def f(x):
    s = 0.0
    for k in range(x.size):
        t = np.ones((k + 1, x.size - k))
        for i in range(t.shape[0]):
            for j in range(t.shape[1]):
                t[i, j] += 0.3 * x[i] * x[j] * (t[i, j - 1] if j > 0 else t[i - 1, j])
        v = t.T[0] * x[k]
        s = math.sin(np.sum(t[:, ::-1] * s) + np.sum(v[1:] * v[:-1]))
    return s
"""

IN_ORDER = """
def f(x):
    s = 0.5
    for k in range(1, x.size + 1):
        a, b = np.sort(x[:k]), np.sort(s * x[k - 1:])
        s = math.sin(s + a[0] * b[-1] + a[-1] * b[0] + a[k // 2])
        a[0] = b[0]
        x[k - 1] = a[0] * s
    return s * np.sum(x)
"""

LEFT = """
def f(x):
    s, k = 0.0, 0
    while True:
        k += 1
        if k % 2 == 0:
            continue
        b = x[:k].copy()
        if b.sum() > 0.8:
            s += b[-1] * b[0]
            break
        c = np.empty(2 * k)
        c[:k] = b
        c[k:] = b * s + 1.0
        s += c[k - 1] * c[2 * k - 1]
    return s * x[1]
"""

OF_TWO = """
def f(x, y):
    s = 1.0
    for i in range(4):
        z = x[x > 0.1 * i] if i % 2 else y
        if s > 1.5:
            z = z[1:] * s
        if z.size > 1:
            z[0] = z[1] * s
        s += np.sum(z * z) * 0.1
        x, y = y, x
    return s * x[0] + y[1]
"""

CALLED = """
@njit
def window(x, k, s):
    if k == 0:
        return np.ones(2)
    w = np.empty(k)
    for i in range(k):
        w[i] = x[i] * s
    return w

@njit
def f(x):
    s = 1.0
    for k in range(4):
        u, v = window(x, k, s), window(x[1:], k + 1, s * s)
        s = math.sin(np.sum(u) * v[-1]) + u[0]
    return s
"""

INSIDE = """
def f(x):
    s = 0.3
    for i in range(1, 4):
        outer = x[:i] * s
        for j in range(i):
            inner = outer[j:] * x[j]
            s = math.sin(s + inner[-1] * inner.size)
            outer[j] = s
        s += np.sum(outer * outer)
    return s
"""

NONE_LEFT = """
def f(x, n):
    s = 1.0
    for i in range(n):
        none = x[x > 100.0 * (i + 1)]
        m = np.zeros((i, 0))
        s = s * x[i] + np.sum(none) + m.sum() + none.size
    return s
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "elements that a mask leaves": (CHOSEN, (X, 4)),
    "shorter and shorter": (SHORTER, (X,)),
    "two axes": (TRIANGLES, (X,)),
    "steps": (IN_ORDER, (X,)),
    "a loop that is left": (LEFT, (X,)),
    "arrays that are chosen and exchanged": (OF_TWO, (X, X[::-1] * 0.5)),
    "functions that are called": (CALLED, (X,)),
    "loops inside loops": (INSIDE, (X,)),
    "no elements": (NONE_LEFT, (X, 3)),
}


def _program(name: str) -> Program:
    return _of(*CASES[name])


def _of(text: str, arguments: tuple[Any, ...]) -> Program:
    active = tuple(n for n, each in enumerate(arguments) if not isinstance(each, int))
    return Program(text if "@njit" in text else f"@njit{text}", arguments, active, (1.0,))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    program = _program(name)
    assert differs(program, uncompiled(adjoint(program))) == ""


@pytest.mark.parametrize("name", CASES)
def test_what_the_reverse_sweep_reads_is_what_was_computed(name: str) -> None:
    program = _program(name)
    types = tuple(numba.typeof(each) for each in program.arguments)
    check = checked(read(dispatcher(program.text), types, program.argnums))
    assert differs(program, uncompiled(check)) == ""


TOGETHER = f"""
@njit
{CALLED.partition("@njit")[2].partition("@njit")[0].strip()}

@njit
{SHORTER.strip().replace("def f", "def shorter")}

@njit
{TRIANGLES.strip().replace("def f", "def triangles")}

@njit
def f(x):
    s = shorter(x) + triangles(x)
    for k in range(x.size):
        w = window(x, k, s)
        s = math.sin(s + np.sum(w[w < s]) + np.zeros((k, 0)).sum())
    return s
"""


def test_compiled_gradients_are_those_of_the_oracle() -> None:
    program = _of(TOGETHER, (X,))
    assert differs(program, compiled(adjoint(program))) == ""


NEGATIVE = """
@njit
def f(x):
    s = 0.0
    for k in range(x.size):
        b = np.zeros(2 - k)
        s += x[k] * b.size
    return s
"""


def test_a_negative_length_is_an_error_as_in_the_function() -> None:
    with pytest.raises(ValueError, match="negative dimensions"):
        uncompiled(adjoint(Program(NEGATIVE, (X,), (0,), (1.0,))))(X, 1.0)
