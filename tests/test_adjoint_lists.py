"""Gradients of functions with lists of numbers that they only read, and with Python's functions of those."""

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

SUMMED = """
def f(x):
    return sum([v * v for v in x]) * sum([x[0], x[1]], x[2]) + sum((x[0] * x[0], x[1] * 3.0)) + sum(x[1:])
"""

INDEXED = """
def f(x):
    a = [v * v * x[0] for v in x]
    s = 0.0
    for i in range(len(a)):
        s += a[i] * a[-1 - i]
    for i, v in enumerate(a):
        s = math.sin(s + v * i)
    for u, v in zip(a, x):
        s += u * v * s
    return s + a[-1]
"""

IN_A_LOOP = """
def f(x):
    s = 0.3
    for k in range(x.size):
        a = [x[i] * x[i + k] * s for i in range(x.size - k)]
        b = np.array(a) * 2.0
        b[0] += s
        s = math.sin(s + sum(a) + b[-1] * a[0]) + max(a) * min(a)
        x[k] = s
    return s * x[0]
"""

WITH_CONDITIONS = """
def f(x):
    a = [v * x[1] for v in x if v > 0.0]
    b = [x[i] / x[i + 1] for i in range(x.size - 1) if x[i] > 0.0 if x[i + 1] != 0.0]
    s = sum(a) * len(a) + sum(b)
    for k in range(3):
        c = [v * s for v in b if v * s < 2.0 - k]
        if len(c) > 1:
            s = math.sin(s * c[-1] + c[0])
    return s * a[1]
"""

EXTREMES = """
def f(x):
    y = np.array([1.0, 2.0, 2.0]) * x[0]
    return max(x) * min([v * v for v in x]) + max(y) * min(y) + max((x[0], x[2])) + max(x[1:3])
"""

EMPTY = """
def f(x):
    a = [v for v in x if v > 100.0]
    return sum(a) + x[0] * len(a) + len([i for i in range(-2)]) + x[1]
"""

TUPLES_COMPARED = """
def f(x):
    s = 0.0
    for i in range(1, x.size):
        if (x[i - 1], x[i]) < (x[i], x[i - 1]):
            s += x[i] * x[i - 1]
        if (i, x[i]) >= (2, 0.5):
            s += x[i] * x[0]
        if (i, i) == (2, 2) or (i, 3) != (3, 3):
            s *= x[i]
    return s
"""

AS_ARRAYS = """
def f(x):
    y = np.asarray([x[0], x[1] * x[2], 1.0])
    z = np.asarray(x)
    w = np.asarray([v * v for v in x])
    w[0] = z[1]
    z[2] *= 2.0
    return y[0] * y[1] * y[2] + z[2] * x[2] + np.sum(w)
"""

TEXTS = r"""
def f(x, n):
    if n > 3:
        raise ValueError(f"it's {n} and '{{x}}' \"too\" many of {x.size}{'%d'}")
    assert n > 0, f"{n} is below"
    return x[0] * x[n]
"""

HANDED_OVER = """
@njit
def total(values, k):
    s = 0.0
    for v in values:
        s += v * values[k]
    return s

@njit
def f(x):
    return total([v * v for v in x], 1) * total(x, 2) + total([x[0], x[1] * x[2]], 1)
"""

INTEGERS = """
def f(x):
    a = [i * 2 % 5 for i in range(x.size)]
    s = 0.0
    for j in a:
        s += x[j] * x[a[j]]
    return s * sum(a) * max(a)
"""

OF_SEVERAL_LOOPS = """
def f(x):
    a = [x[i] * x[j] + j for i in range(x.size) for j in range(2)]
    b = [u * v for i, u in enumerate(x) if u > 0.0 for v in x[:i] if v < u]
    s = sum(a) * len(a) + sum(b) * a[3]
    for k in range(3):
        c = np.array([x[i] * s + w for i in range(k) for j in range(i, 2) for w in x[:j] if w > s - 2.0])
        s = math.sin(s + np.sum(c)) + sum([v for v in x for u in range(-1)])
        x[k] *= s + c.size
    i = len([j for j in range(4) for i in range(j)])
    return s * x[1] * i * sum([x[i] * y for i in range(2) for y in [x[i], x[2]]])
"""

LISTS_OF_ARRAYS = """
def f(x, k):
    y = x * x[0]
    z = [x, y][k]
    z[0] *= y[1]
    several = [x, y, z, x[1:]]
    s = 0.0
    for i in range(3):
        s += several[i][1] * several[-i][0]
        several[i - 1][1] += s * x[2]
    for w in several:
        s += w[0]
    return s * several[k - 1][2] * len(several)
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "sums": (SUMMED, (X,)),
    "items": (INDEXED, (X,)),
    "made in a loop": (IN_A_LOOP, (X,)),
    "with conditions": (WITH_CONDITIONS, (X,)),
    "extremes": (EXTREMES, (X,)),
    "without items": (EMPTY, (X,)),
    "tuples that are compared": (TUPLES_COMPARED, (X,)),
    "as arrays": (AS_ARRAYS, (X,)),
    "errors with values in their text": (TEXTS, (X, 2)),
    "of several loops": (OF_SEVERAL_LOOPS, (X,)),
    "of arrays": (LISTS_OF_ARRAYS, (X, 1)),
    "of arrays, from the end": (LISTS_OF_ARRAYS, (X, -2)),
    "handed to a function": (HANDED_OVER, (X,)),
    "of integers": (INTEGERS, (X,)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    program = program_of(*CASES[name])
    assert differs(program, uncompiled(adjoint(program))) == ""
    types = tuple(numba.typeof(each) for each in program.arguments)
    check = checked(read(dispatcher(program.text), types, program.argnums))
    assert differs(program, uncompiled(check)) == ""


TOGETHER = f"""
@njit
{WITH_CONDITIONS.strip().replace("def f", "def conditions")}

@njit
{EXTREMES.strip().replace("def f", "def extremes")}

@njit
def f(x, n):
    if n > 3:
        raise ValueError(f"{{n}} of {{x.size}} '{{{{}}}}'")
    a = [i + j for i in range(n) for j in range(i)]
    s = conditions(x) * extremes(x) * sum(a, 0.5) * sum(x) * max(a)
    if (x[0], x[1]) < (x[1], x[0]):
        return 0.0
    return s * np.asarray([x[0], 2.0])[0]
"""


def test_compiled_gradients_are_those_of_the_oracle() -> None:
    program = program_of(TOGETHER, (X, 3))
    run = compiled(adjoint(program))
    assert differs(program, run) == ""
    with pytest.raises(ValueError, match=r"4 of 5 '\{\}'"):
        run(X, 4, 1.0)


BEYOND = """
def f(x):
    a = [v * v for v in x]
    return a[5]
"""


def test_an_item_beyond_the_end_is_an_error_as_in_the_function() -> None:
    with pytest.raises(IndexError, match="out of range"):
        uncompiled(adjoint(program_of(BEYOND, (X,))))(X, 1.0)


def test_an_error_says_what_the_function_says() -> None:
    program = program_of(TEXTS, (X, 2))
    with pytest.raises(ValueError) as expected:
        dispatcher(program.text).py_func(X, 7)
    with pytest.raises(ValueError) as found:
        uncompiled(adjoint(program))(X, 7, 1.0)
    assert str(found.value) == str(expected.value)


REBOUND = """
def f(x):
    a = [v * v for v in x]
    for i in range(2):
        a = [v * a[0] for v in a]
    return a[1]
"""

APPENDED = """
def f(x):
    a = [v for v in x]
    a.append(x[0])
    return a[5]
"""

WRITTEN = """
def f(x):
    a = [v for v in x]
    a[0] = x[1]
    return a[0]
"""

SLICED = """
def f(x):
    a = [v for v in x]
    return sum(a[1:])
"""

JOINED = """
def f(x):
    return sum([v for v in x] + [v for v in x])
"""


DEPENDENT = """
def f(x):
    return sum([v for u in x for v in [w * u for w in x]])
"""


@pytest.mark.parametrize("text", [DEPENDENT, REBOUND, APPENDED, WRITTEN, SLICED, JOINED])
def test_other_uses_of_lists_are_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"line \d"):
        adjoint(program_of(text, (X,)))
