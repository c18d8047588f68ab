"""Generated adjoints of small programs, each of one kind of loop: gradients, and what is kept for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, differs, uncompiled
from fuzzing.adjoint_programs import Program

from dualrev.reverse.numba_workspace import Workspace

X = np.array([0.3, -1.3, 0.8, 1.1, -0.4, 0.6, -0.9])
Y = X[::-1] * 0.7 + 0.1

NEWTON = """
def f(a):
    x = 1.0
    k = 0
    while abs(x * x - a) > 1e-12 and k < 50:
        x = 0.5 * (x + a / x)
        k += 1
    return x
"""
BREAKS = """
def f(x):
    s = 0.0
    for i in range(x.shape[0]):
        if x[i] < -1.2:
            continue
        if s > 3.0:
            break
        for j in range(i):
            if x[j] > 0.9:
                break
            s += math.sin(x[i] * x[j])
        s += x[i] ** 2
    return s
"""
EARLY = """
def f(x, c):
    if c < 0:
        return x[0] * 2.0
    for i in range(x.size):
        if x[i] > 1.0:
            return x[i] * c
        c *= math.exp(-x[i] * 0.1)
    return c
"""
POINTER = """
def f(x):
    p = 0
    s = 0.0
    n = x.size
    for i in range(4):
        for j in range(i + 1):
            s += x[p % n] * x[(p + j) % n]
            p += 1
    return s
"""
IN_PLACE = """
def f(x, k):
    y = x.copy()
    for t in range(k):
        for i in range(1, y.size - 1):
            y[i] = 0.5 * (y[i - 1] + y[i + 1]) + 0.1 * y[i] * y[i]
    s = 0.0
    for i in range(y.size):
        s += y[i]
    return s
"""
# Every element is visited twice: -n and 0 are one.
FROM_BELOW_ZERO = """
def f(x):
    n = x.size
    s = 0.0
    for i in range(-n, n):
        x[i] = x[i] * 1.1 + 0.1 * math.sin(x[i])
    for i in range(n - 1, -1, -2):
        s = s * 0.9 + x[i] * x[-i - 1]
    return s
"""
SWAPS = """
def f(x):
    a, b = 0.5, 1.0
    for i in range(x.size):
        a, b = b, a * x[i] + math.cos(b)
    return a * b
"""
TWO_BUFFERS = """
def f(start, steps):
    u = start.copy()
    w = np.zeros(u.size)
    for t in range(steps):
        for i in range(1, u.size - 1):
            w[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1])
        u, w = w, u
    s = 0.0
    for i in range(u.size):
        s += u[i] * u[i]
    return s
"""
IN_BRANCHES = """
def f(x, y):
    s = 0.0
    for i in range(x.size):
        if x[i] > 0:
            s += x[i] * y[i]
        else:
            s -= y[i] ** 3
        for j in range(y.size):
            if j == i:
                continue
            s += 0.1 * x[i] * math.sin(y[j])
    return s * s
"""
MIXTURE = """
def f(x, m):
    s = 0.0
    e = np.empty(m.shape[0])
    for i in range(x.shape[0]):
        for j in range(m.shape[0]):
            q = 0.0
            for d in range(x.shape[1]):
                q += (x[i, d] - m[j, d]) ** 2
            e[j] = math.exp(-0.5 * q)
        t = 0.0
        for j in range(m.shape[0]):
            t += e[j]
        s += math.log(t)
    return s
"""
ROSENBROCK = """
def f(x):
    s = 0.0
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] * x[i]
        s += 100.0 * a * a + (1.0 - x[i]) ** 2
    return s
"""
WAVES = """
def f(x):
    s = 0.0
    for i in range(x.size):
        s += math.sin(x[i]) * math.exp(-x[i] * x[i])
    return s / x.size
"""
# Names that the text has meanings of its own for.
OWN_NAMES = """
def f(kept, top, x_b):
    workspace = kept * top
    for plus in range(3):
        workspace = math.sin(workspace * x_b) + kept
    cotangent0 = workspace * 2.0
    return cotangent0 * x_b
"""
CHAIN = """
def f(x, n):
    s = 0.0
    for i in range(n):
        if 0.1 < x[i] <= x[n // 2] < 2.0:
            s += x[i] * x[n // 2]
    return s
"""

# The first loop is run again in the reverse sweep, and must read what it has read.
OVERWRITTEN_BEHIND = """
def f(x, k):
    n = x.shape[0]
    b = x[0]
    for j in range(k):
        for i in range(n):
            b -= np.cos(x[i])
    for i in range(n):
        x[i] = 0.3
    x[n - 3] -= 0.3
    for i in range(n):
        b -= np.cos(x[i]) * x[0]
    return b
"""
# What the second loop reads is overwritten by the first run of the third.
SCRATCH_TWICE = """
def f(x):
    e = np.empty(3)
    s = 0.0
    for k in range(3):
        e[k] = math.sin(x[k])
    for k in range(3):
        s += e[k] * e[k]
    u = 0.0
    for i in range(4):
        for k in range(3):
            e[k] = math.exp(x[i] * k)
        t = 0.0
        for k in range(3):
            t += e[k] * e[k]
        u += math.log(t)
    return s * u
"""
# Iterations add to elements that the next one adds to as well.
ADDED_AGAIN = """
def f(x):
    a, c = 0.4, x[1]
    for i in range(4):
        a, c = c, math.tanh(x[2])
    for j in range(x.size - 1):
        x[j] += 0.2
        x[j + 1] += 0.1
    return a * x[2]
"""
# The inner loop's `else` leaves the outer one, or its iteration.
JUMPS_IN_ELSE = """
def f(x):
    s = 0.0
    for i in range(x.size):
        s += x[i] * x[i]
        for j in range(3):
            s *= 1.1
        else:
            if i == 4:
                break
            for j in range(i):
                if x[j] > 1.0:
                    break
            else:
                continue
        s = s * math.sin(x[i])
    return s
"""
ODD_EXCHANGES = """
def f(x):
    s = x[0]
    w = np.zeros_like(x)
    for i in range(3):
        x, w = w, x
    return s + w[1] * w[2]
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "newton": (NEWTON, (2.5,)),
    "breaks": (BREAKS, (X,)),
    "early return": (EARLY, (X, 0.3)),
    "no early return": (EARLY, (0.3 * X, 0.3)),
    "integer pointer": (POINTER, (X,)),
    "in place": (IN_PLACE, (X, 3)),
    "from below zero": (FROM_BELOW_ZERO, (X,)),
    "swaps": (SWAPS, (X,)),
    "two buffers": (TWO_BUFFERS, (X, 4)),
    "sums in branches": (IN_BRANCHES, (X, Y)),
    "mixture": (MIXTURE, (X[:6].reshape(3, 2), Y[:4].reshape(2, 2))),
    "rosenbrock": (ROSENBROCK, (X,)),
    "waves": (WAVES, (X,)),
    "names of the text": (OWN_NAMES, (0.4, 0.8, 1.3)),
    "chain of comparisons": (CHAIN, (X, 7)),
    "overwritten behind": (OVERWRITTEN_BEHIND, (X, 2)),
    "scratch twice": (SCRATCH_TWICE, (X,)),
    "added again": (ADDED_AGAIN, (X,)),
    "jumps in else": (JUMPS_IN_ELSE, (X,)),
    "odd exchanges": (ODD_EXCHANGES, (X,)),
}


def program(text: str, arguments: tuple[Any, ...]) -> Program:
    active = tuple(n for n, each in enumerate(arguments) if not isinstance(each, int))
    return Program(f"@njit{text}", arguments, active, (1.0,))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    case = program(*CASES[name])
    for value in (False, True):
        generated = adjoint(case, value)
        run = uncompiled(generated)
        wanted = run if not value else lambda *given, run=run: run(*given)[1:]
        assert differs(case, wanted) == ""


def test_the_value_comes_with_the_gradient() -> None:
    scope: dict[str, Any] = {}
    exec(f"import math\nimport numpy as np\n{MIXTURE}", scope)
    arguments = CASES["mixture"][1]
    found = uncompiled(adjoint(program(*CASES["mixture"]), True))(*arguments, 1.0)[0]
    assert found == scope["f"](*arguments)


def loops(text: str) -> int:
    return text.count("for ")


def test_what_only_adds_up_keeps_nothing_and_runs_once() -> None:
    assert not adjoint(program(*CASES["rosenbrock"])).keeps
    waves = adjoint(program(*CASES["waves"]), True)
    assert not waves.keeps
    assert loops(waves.text) == 1
    assert waves.text.count("exp(") == 1


def test_a_sum_of_the_users_order_stands_in_a_loop_of_its_own() -> None:
    text = adjoint(program(*CASES["rosenbrock"]), True).text
    value, *gradient = text.split("for ")[1:]
    assert len(gradient) == 2
    assert "s +=" in value
    assert not any("s +=" in each for each in gradient)


def test_what_iterations_hand_on_is_kept_and_no_more() -> None:
    text = adjoint(program(*CASES["swaps"])).text
    # Both numbers that an iteration begins with are kept, and the cosine is not read.
    assert "2 * trips_" in text
    assert "3 * trips_" not in text


def test_subscripts_that_may_count_from_the_end_prove_nothing() -> None:
    # If the loop from -n to n were taken for one of different elements, nothing would be kept.
    assert adjoint(program(*CASES["from below zero"])).keeps


def test_scratch_that_every_iteration_overwrites_needs_room_for_one_iteration() -> None:
    generated = adjoint(program(*CASES["mixture"]))
    scope = {name: getattr(meaning, "py_func", meaning) for name, meaning in generated.scope.items()}
    exec(generated.text, scope)
    rng = np.random.default_rng(1)
    m = rng.normal(size=(2, 2))
    sizes = []
    for points in (3, 3000):
        room = Workspace()
        scope["adjoint"](rng.normal(size=(points, 2)), m, 1.0, room)
        sizes.append(room.floats.size)
    assert sizes[0] == sizes[1]


ROUNDED = """
def f(x, w):
    d = np.empty(x.size, np.float32)
    for i in range(x.size):
        d[i] = x[i] * w[i]
    s = 0.0
    for i in range(x.size):
        s += d[i] * d[i] * w[0]
    return s
"""


def test_a_derivative_is_not_rounded_to_what_its_values_are_rounded_to() -> None:
    w = np.array([1.3, 0.7, -0.4])
    x_b, _ = uncompiled(adjoint(program(ROUNDED, (X[:3], w))))(X[:3], w, 1.0)
    d = (X[:3] * w).astype(np.float32)
    np.testing.assert_allclose(x_b, 2.0 * d.astype(float) * w[0] * w, rtol=1e-15)
