"""Gradients of functions whose loops set a name to another array in each iteration, against the tests' oracle."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, compiled, differs, dispatcher, uncompiled
from fuzzing.adjoint_programs import program_of

from dualrev.compiled.adjoints._checks import checked
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints.refusal import Refused

X = np.array([0.5, -1.5, 2.0, 0.3, -0.7])
M = np.arange(9.0).reshape(3, 3) / 7 - 0.5

TAIL = """
def f(x):
    s = 0.0
    while x.size > 1:
        s = math.sin(s + x[0] * x[-1])
        x = x[1:]
    return s * x[0]
"""

TAIL_WRITTEN = """
def f(x):
    s = 0.0
    y = x * x
    while y.size > 1:
        y[0] *= math.sin(s + y[0] * y[-1])
        s += y[0]
        y = y[1:]
        y[0] += s
    return s * y[0]
"""

HALVES = """
def f(x):
    while x.size > 1:
        n = x.size // 2
        y = x[:n] * x[n:2 * n]
        if x.size % 2 == 1:
            y[0] += x[-1]
        x = np.sin(y)
    return x[0]
"""

COEFFICIENTS = """
def f(x):
    p = np.ones(1)
    for i in range(x.size):
        q = np.zeros(p.size + 1)
        q[1:] = p
        q[:-1] -= x[i] * p
        p = q
    return np.sum(p * p[::-1])
"""

SQUARES = """
def f(a):
    b = a * 0.9
    for i in range(3):
        b = np.sin(b @ b + a)
    return b[0, 0] * b[1, 2]
"""

ELIMINATED = """
def f(a):
    s = 1.0
    b = a + 2.0 * np.eye(3)
    while b.shape[0] > 1:
        s *= b[0, 0]
        c = np.empty((b.shape[0] - 1, b.shape[1] - 1))
        for i in range(c.shape[0]):
            for j in range(c.shape[1]):
                c[i, j] = b[i + 1, j + 1] - b[i + 1, 0] * b[0, j + 1] / b[0, 0]
        b = c
    return s * b[0, 0]
"""

TWO = """
def f(x):
    a, b = x[:1], x[:2]
    for i in range(4):
        c = np.empty(a.size + b.size)
        c[:a.size] = a
        c[a.size:] = b * x[i]
        a, b = b, c
    return np.sum(a) * np.sum(b * b)
"""

OTHERS = """
def f(x, y):
    s = 1.0
    z = x * 2.0
    for i in range(6):
        if z[0] * s > 0.0:
            z = z[1:]
        elif s > 2.0:
            z = y * s
        else:
            z[0] = s * y[i % 5]
            z = z[:-1] * 1.5 if z.size > 1 else z
        s = math.sin(s + np.sum(z)) + 1.1
        if z.size < 2:
            z = x * s
    return s * z[0]
"""

IN_ANOTHER = """
def f(x):
    s = 0.0
    z = x * 1.0
    for i in range(3):
        w = z
        for j in range(2):
            s = math.sin(s + w[0] * w[-1])
            w = w[:-1] * s
        z = z[1:] + s
        s += w[0]
    return s * z[0] + z[1]
"""

READ_UNDER_TWO_NAMES = """
def f(x, y):
    s = 0.0
    z = x
    for i in range(3):
        s = math.sin(s + z[0] * y[i] + x[1])
        z = y if i == 1 else z[1:]
    return s * z[0]
"""

BEFORE = """
def f(x):
    y = x * 1.0
    p = x[:0]
    s = 0.0
    for i in range(4):
        s += np.sum(p) * np.sum(y)
        p = y
        y = y[1:] * math.sin(s)
    return s + p[0]
"""

RETURNED = """
def f(x):
    y = x * x
    for i in range(4):
        if y[0] > 1.0:
            return np.sum(y) * y[-1]
        y = y[1:]
    return y[0] * 3.0
"""

NONE = """
def f(x, n):
    y = x
    s = 1.0
    for i in range(n):
        y = y[1:]
        s += y[0]
    return s * np.sum(y)
"""

CHOSEN_AGAIN = """
def f(x):
    y = x * 1.0
    s = 0.1
    for i in range(4):
        y = y[y > -2.0 + i * 0.8]
        if y.size == 0:
            break
        s += y[0] * y[-1] * s
    return s
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "a shorter and shorter argument": (TAIL, (X,)),
    "written to on the way": (TAIL_WRITTEN, (X,)),
    "halves": (HALVES, (X,)),
    "longer and longer": (COEFFICIENTS, (X,)),
    "a square of itself": (SQUARES, (M,)),
    "a matrix that is eliminated": (ELIMINATED, (M,)),
    "two that follow each other": (TWO, (X,)),
    "branches of several lengths": (OTHERS, (X, X[::-1] * 0.4)),
    "in a loop that does the same": (IN_ANOTHER, (X,)),
    "another argument, read under two names": (READ_UNDER_TWO_NAMES, (X, X[::-1] * 0.4)),
    "the one before": (BEFORE, (X,)),
    "left by a return": (RETURNED, (X,)),
    "no iteration": (NONE, (X, 0)),
    "elements that masks leave": (CHOSEN_AGAIN, (X,)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    program = program_of(*CASES[name])
    assert differs(program, uncompiled(adjoint(program))) == ""
    types = tuple(numba.typeof(each) for each in program.arguments)
    check = checked(read(dispatcher(program.text), types, program.argnums))
    assert differs(program, uncompiled(check)) == ""


def test_a_compiled_gradient_is_that_of_the_oracle() -> None:
    program = program_of(OTHERS, (X, X[::-1].copy() * 0.4))
    assert differs(program, compiled(adjoint(program))) == ""


WRITTEN_ELSEWHERE = """
def f(x, y):
    s = 0.0
    z = x
    for i in range(3):
        y[0] += s
        s = math.sin(s + z[0] * y[i] + x[1])
        z = y if i == 1 else z[1:]
    return s * z[0]
"""

WRITTEN_THROUGH = """
def f(x):
    s = 0.0
    z = x
    for i in range(3):
        z[0] += s
        s = math.sin(s + z[0] + x[1])
        z = z[1:]
    return s * z[0] + x[0]
"""

WRITTEN_LATER = """
def f(x):
    z = x[1:] * 2.0
    w = z
    for i in range(1):
        z = z[1:]
        w[i] += z[0]
    w[1] = 5.0
    return np.sum(w) + z[0]
"""

HELD = """
def f(x):
    y = x * 1.0
    t = (y, 1.0)
    for i in range(3):
        y = y[1:]
        y[0] += t[0][0]
        t = (t[0], y[0])
    return t[1] + y[0] + np.sum(t[0])
"""


@pytest.mark.parametrize("text", [WRITTEN_ELSEWHERE, WRITTEN_THROUGH, WRITTEN_LATER, HELD])
def test_what_two_names_would_tell_apart_is_refused(text: str) -> None:
    arguments = (X, X * 0.5) if "x, y" in text else (X,)
    with pytest.raises(Refused, match=r"sets a name to another array, and writes to what has more names"):
        adjoint(program_of(text, arguments))
