"""Stencils in generated adjoints: what iterations add to neighbours is gathered by element, where that is proved."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, differs, dispatcher, uncompiled
from fuzzing.adjoint_programs import Program
from numba import typeof

from dualrev.compiled.adjoints._checks import checked
from dualrev.compiled.adjoints._reading.program import read

RANDOM = np.random.default_rng(3)

BUFFERS = """
@njit
def f(x, steps):
    u, w = x.copy(), x.copy()
    for _ in range(steps):
        for i in range(1, u.size - 1):
            w[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.2 * (u[i + 1] - 2.0 * u[i] + u[i - 1])
        u, w = w, u
    return u
"""
OF_TWO_AXES = """
@njit
def f(x, steps):
    u, w = x.copy(), np.zeros_like(x)
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                w[i, j] = math.sin(u[i, j - 1] * u[i, j + 1]) - u[i - 1, j] * u[i + 1, j] + 0.1 * u[i, j]
        u, w = w, u
    return u
"""
TWO_ARRAYS = """
@njit
def f(x, y):
    n = x.size
    z = np.zeros(n)
    for i in range(2, n):
        z[i] = x[i] * x[i - 1] * x[i - 2] - y[n - 1 - i] * y[i] + y[i - 1] * y[i - 2]
    return z * x
"""
# What is gathered is added to elsewhere in the same iteration.
BESIDE = """
@njit
def f(x, y):
    for i in range(1, x.size - 1):
        y[i] += x[i - 1] * x[i] * x[i + 1] * x[2]
    return y
"""

# No two of these subscripts need be different elements.
FROM_BELOW_ZERO = """
@njit
def f(x, y):
    for i in range(-1, x.size - 1):
        y[i] = x[i - 1] * x[i] * x[i + 1]
    return y
"""
FROM_ANYWHERE = """
@njit
def f(x, k):
    y = np.zeros(x.size)
    for i in range(k, x.size - 1):
        y[i] = x[i - 1] * x[i] * x[i + 1]
    return y
"""
OF_A_VIEW = """
@njit
def f(x, y):
    v = x[::-1]
    for i in range(1, x.size - 1):
        y[i] = x[i - 1] * x[i] * x[i + 1] + v[i]
    return y
"""
IN_PLACE = """
@njit
def f(x, y):
    for i in range(1, x.size - 1):
        x[i] = x[i - 1] * x[i] * x[i + 1]
    return x
"""
STEPS_OF_TWO = """
@njit
def f(x, y):
    for i in range(1, x.size - 1, 2):
        y[i] = x[i - 1] * x[i] * x[i + 1]
    return y
"""


def drawn(*shape: int) -> Any:
    return RANDOM.uniform(-1.0, 1.0, shape)


def loops_over_elements(program: Program) -> int:
    """Compare an adjoint with the oracle, and its check build with itself; return how often it gathers."""
    generated = adjoint(program)
    assert not differs(program, uncompiled(generated))
    given = tuple(map(typeof, program.arguments))
    expecting = checked(read(dispatcher(program.text), given, program.argnums))
    uncompiled(expecting)(
        *(np.copy(each) if np.ndim(each) else each for each in program.arguments), *program.cotangents
    )
    return generated.text.count("for into_")


@pytest.mark.parametrize("n", range(1, 8))
def test_a_stencil_of_two_buffers(n: int) -> None:
    """Also where the range is empty, or all its elements are at an end of it."""
    assert loops_over_elements(Program(BUFFERS, (drawn(n), 3), (0,), (drawn(n),))) == 1


@pytest.mark.parametrize("shape", [(4, 5), (3, 3), (2, 4), (5, 4)])
def test_a_stencil_of_two_axes(shape: tuple[int, int]) -> None:
    """What is in one row is gathered."""
    assert loops_over_elements(Program(OF_TWO_AXES, (drawn(*shape), 2), (0,), (drawn(*shape),))) == 1


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_several_sums_in_one_loop(n: int) -> None:
    """One of two arrays that are added to has too few neighbours in a row, or all are gathered."""
    assert loops_over_elements(Program(TWO_ARRAYS, (drawn(n), drawn(n)), (0, 1), (drawn(n),))) == 2
    loops_over_elements(Program(BESIDE, (drawn(n + 2), drawn(n + 2)), (0, 1), (drawn(n + 2),)))


@pytest.mark.parametrize("text", [FROM_BELOW_ZERO, OF_A_VIEW, IN_PLACE, STEPS_OF_TWO])
def test_what_is_not_proved_is_not_gathered(text: str) -> None:
    """An element that has several subscripts, or another order."""
    assert not loops_over_elements(Program(text, (drawn(5), drawn(5)), (0, 1), (drawn(5),)))


@pytest.mark.parametrize("start", [0, 1, -2, 4])
def test_a_start_that_may_be_negative(start: int) -> None:
    """The last element is also that of a negative subscript."""
    assert not loops_over_elements(Program(FROM_ANYWHERE, (drawn(5), start), (0,), (drawn(5),)))


def stencil(random: random.Random) -> Program:
    """Return a random stencil."""
    first = random.randrange(4)
    offsets = [random.randrange(-first, 4) for _ in range(random.randrange(3, 6))]
    size = random.randrange(1, 10)
    last = max(0, *offsets)
    terms = [f"u[i{f' + {k}' if k > 0 else f' - {-k}' if k else ''}]" for k in offsets]
    text = terms[0]
    for each in terms[1:]:
        text = f"{random.choice(['math.sin', 'math.tanh', ''])}({text} {random.choice('+-*')} {each})"
    sign = random.choice(["", "", "+", "-"])
    stop = f"u.size - {last}"
    if not random.randrange(3):
        stop = f"{random.randrange(6)} if u.size > {last + 5} else {stop}"
    lines = [
        *("@njit", "def f(x, n):", "    u, w = x.copy(), 0.5 * x", "    for t in range(n):"),
        *(f"        for i in range({first}, {stop}):", f"            w[i] {sign}= {text}", "        u, w = w, u"),
        "    return u, w",
    ]
    return Program("\n".join(lines) + "\n", (drawn(size), random.randrange(4)), (0,), (drawn(size), drawn(size)))


@pytest.mark.parametrize("start", [0, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in range(20, 1000, 20))])
def test_random_stencils(start: int) -> None:
    """Of any neighbours and bounds."""
    assert sum(map(loops_over_elements, (stencil(random.Random(seed)) for seed in range(start, start + 20))))
