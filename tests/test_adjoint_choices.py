"""Generated adjoints of small programs in which a branch chooses: views, arrays, results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, compiled, differs, dispatcher, uncompiled
from fuzzing.adjoint_programs import Program

import dualrev as dr
from dualrev.compiled.adjoints.refusal import Refused

X = np.array([0.3, -1.3, 0.8, 1.1, -0.4, 0.6, -0.9])

# The element gets its first content back where the first addition is reversed last.
ADDED_AGAIN = """
def f(x):
    a = x[1]
    for i in range(2):
        a = math.tanh(x[0] + a)
    for j in range(3):
        x[0] += 0.3 * math.cos(a + j)
    return x[0]
"""

VIEW_RETURNED = """
def f(x):
    v = x[1:]
    v[0] = math.sin(v[0])
    return x[::-1], x
"""
VIEW_IN_A_BRANCH = """
def f(x, t):
    s = 0.0
    if t > 0.0:
        v = x[1:]
        v[0] *= math.sin(t)
        if t > 0.2:
            w = v[::2]
            for i in range(w.size):
                s += w[i] * v[i] * t
    return s * x[1]
"""
VIEW_IN_A_BRANCH_OF_A_FUSED_LOOP = """
def f(x):
    s = 0.0
    for i in range(x.size - 2):
        if x[i] > 0.0:
            v = x[i:]
            s += math.sin(v[1] * v[2])
    return s
"""
# Its elements are x's or y's, which are written to under their own names, too.
CHOSEN = """
def f(x, y, t):
    z = x if t > 0.5 else y
    for i in range(z.size):
        x[i] *= math.sin(z[i])
        z[i] += y[i] * t
    s = 0.0
    for i in range(z.size):
        s += x[i] * y[i] * z[i]
    return s
"""
REBOUND = """
def f(x, t):
    y = x
    if t > 0.5:
        x = x[1:]
    elif t > 0.2:
        x = x.copy()
        x[0] = t
    x[1] = math.sin(x[0]) * y[1]
    return x[0] + x[1] * y[1] + y[2] * x[2]
"""
CHOSEN_IN_A_LOOP = """
def f(x, y):
    s = 1.0
    for i in range(x.size):
        z = x if x[i] > y[i] else y
        if s > 1.0:
            w = z[1:]
        else:
            w = y[:-1]
        s += math.sin(w[0] * z[i])
        z[i] = w[1] * s
        w[2] *= 0.5
    return s * x[1] * y[2]
"""
SET_ON_ONE_WAY = """
def f(x, t):
    if t > 0.0:
        v = x[1:]
    s = 0.0
    if t > 0.0:
        for i in range(v.size):
            s += v[i] * v[i]
    return s
"""
RETURNED_EARLY = """
def f(x, t):
    y = np.zeros(3)
    for i in range(3):
        if x[i] > 1.0:
            return y
        for j in range(3):
            if x[j] * t > 3.0:
                return y * t
        y[i] = math.sin(x[i]) * t
    if t < 0.0:
        return y + 1.0
    return y * y
"""
TUPLES_RETURNED_EARLY = """
def f(x, t):
    for i in range(x.size):
        if x[i] > 1.0:
            return x[i] * t, x
        x[i] = math.sin(x[i]) * t
    return t, x
"""
OTHER_SHAPES = """
def f(x, t):
    if t > 0.5:
        return x[2:]
    x[1] *= x[0]
    return x[:3]
"""
CALLED = """
@njit
def g(x, t):
    if t > 0.5:
        return x
    for i in range(x.size):
        if x[i] > 1.0:
            return x * x[i]
    return np.sin(x)

@njit
def f(x, t):
    y = g(x, t)
    y[0] *= 2.0
    return y[0] * y[1] * x[0] * y[3]
"""
OF_ONE_NAME = """
def f(x, t):
    y = np.empty(3)
    for i in range(3):
        if x[i] > t:
            z = y[i:]
            z[0] = x[i]
        else:
            z = y[:i + 1]
            z[i] = x[i] * t
        y[0] += z[0] * z[z.size - 1]
    return y[0] + y[1] * y[2]
"""
# The views are those of the memory, whatever name it has later.
EXCHANGED = """
def f(x, y, t):
    v = x[1:]
    if t > 0.0:
        x, y = y, x
        w = x[:-1]
        w[0] *= v[1]
    else:
        w = y[::-1][1:]
    for i in range(5):
        y[i + 1] = math.sin(v[i + 1] * w[i])
        x, y = y, x
    u = x[2:]
    return u[0] * v[0] + u[1] * w[2] + y[2] * v[3]
"""
MADE_IN_A_BRANCH = """
def f(x, t):
    n = 3
    if t > 0.0:
        n = int(x[1] * 2.0 + 5.0)
        y = x[n:] * t
    else:
        y = np.sin(x[:n])
    if t > 0.5:
        z = y * x[n]
    else:
        z = x[:2] * t
    return z[0] * y[1]
"""
ENDED_EARLY = """
@njit
def g(x, y, t):
    if t < 0.0:
        if t < -1.0:
            return
        x[0] *= t
    for i in range(x.size):
        if x[i] > 1.0:
            return
        y[i] = math.sin(x[i])

@njit
def f(x, t):
    y = x.copy()
    g(x, y, t)
    return y[1] * y[4] * x[0]
"""
ALIKE = """
def f(x, t):
    y = x.copy()
    if t > 0.0:
        z = x[1:]
    else:
        z = y[1:]
    s = 0.0
    for i in range(z.size):
        s += math.sin(z[i] + x[i] * y[i + 1])
    return z * s
"""
TEXTS = """
def f(x, method, k):
    assert k in (0, 1, 2)
    a, b, c = x
    for i in range(3):
        if method == "by b":
            a *= math.sin(b)
        elif method in ("by c", "{c}") and k not in (1, 2):
            a *= c
        else:
            a += b
    return a + b
"""
ENDLESS = """
def f(x, t):
    total = 0.0
    n = 0
    while True:
        before = total
        total += t ** n * x
        n += 1
        if abs(total - before) < 1e-12:
            return total
"""
CHOSEN_BEFORE_A_LOOP = """
def f(x, t):
    y = x if t > 0.0 else x * 2.0
    for i in range(3):
        y = np.sin(y) * x[i]
    return y[0] + x[0] * y[1]
"""

ONES, FEW = (1.0,), np.linspace(0.5, 1.5, 7)
CASES: dict[str, tuple[Any, ...]] = {
    "added again": (ADDED_AGAIN, (X,)),
    "view returned": (VIEW_RETURNED, (X,), (FEW, FEW[::-1].copy())),
    "view in a branch": (VIEW_IN_A_BRANCH, (X, 0.3)),
    "view in an inner branch not made": (VIEW_IN_A_BRANCH, (X, 0.1)),
    "view in a branch not made": (VIEW_IN_A_BRANCH, (X, -0.3)),
    "view in a branch of a fused loop": (VIEW_IN_A_BRANCH_OF_A_FUSED_LOOP, (X,)),
    "first chosen": (CHOSEN, (X, X[::-1].copy(), 0.7)),
    "second chosen": (CHOSEN, (X, X[::-1].copy(), 0.3)),
    "chosen in a loop": (CHOSEN_IN_A_LOOP, (X, X[::-1].copy())),
    "rebound to a view": (REBOUND, (X, 0.7)),
    "rebound to a copy": (REBOUND, (X, 0.3)),
    "not rebound": (REBOUND, (X, 0.1)),
    "set on one way": (SET_ON_ONE_WAY, (X, 0.3)),
    "returned in a loop": (RETURNED_EARLY, (X, 0.4), (FEW[:3],)),
    "returned in the inner loop": (RETURNED_EARLY, (0.5 * X, 9.0), (FEW[:3],)),
    "returned in a branch": (RETURNED_EARLY, (0.5 * X, -0.4), (FEW[:3],)),
    "returned at the end": (RETURNED_EARLY, (0.5 * X, 0.4), (FEW[:3],)),
    "tuple returned early": (TUPLES_RETURNED_EARLY, (X, 0.4), (1.0, FEW)),
    "tuple returned at the end": (TUPLES_RETURNED_EARLY, (0.5 * X, 0.4), (1.0, FEW)),
    "one shape": (OTHER_SHAPES, (X, 0.7), (FEW[2:],)),
    "another shape": (OTHER_SHAPES, (X, 0.3), (FEW[:3],)),
    "argument returned to the caller": (CALLED, (X, 0.7)),
    "new array returned in a loop": (CALLED, (X, 0.3)),
    "new array returned to the caller": (CALLED, (0.5 * X, 0.3)),
    "exchanged": (EXCHANGED, (X, X[::-1].copy(), 0.5)),
    "exchanged on the other way": (EXCHANGED, (X, X[::-1].copy(), -0.5)),
    "made in a branch": (MADE_IN_A_BRANCH, (X, 0.7)),
    "made in the other branch": (MADE_IN_A_BRANCH, (X, -0.7)),
    "made in branches of both kinds": (MADE_IN_A_BRANCH, (X, 0.3)),
    "ended in a branch": (ENDED_EARLY, (X, -1.2)),
    "ended in a loop": (ENDED_EARLY, (X, 0.5)),
    "ended at the end": (ENDED_EARLY, (0.5 * X, 0.5)),
    "views of one length": (ALIKE, (X, 0.5), (FEW[1:],)),
    "the other view of one length": (ALIKE, (X, -0.5), (FEW[1:],)),
    "a text": (TEXTS, (FEW[:3], "by b", 1)),
    "another text": (TEXTS, (FEW[:3], "{c}", 0)),
    "an unknown text": (TEXTS, (FEW[:3], "by d", 0)),
    "left by a return alone": (ENDLESS, (0.3, 0.4)),
    "chosen before a loop": (CHOSEN_BEFORE_A_LOOP, (X, 0.3)),
    "views of one name": (OF_ONE_NAME, (X, 0.5)),
}


def program(text: str, arguments: tuple[Any, ...], cotangents: tuple[Any, ...] = ONES) -> Program:
    active = tuple(n for n, each in enumerate(arguments) if not isinstance(each, int | str))
    return Program(text if "@njit" in text else f"@njit{text}", arguments, active, cotangents)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    case = program(*CASES[name])
    for value in (False, True):
        run = uncompiled(adjoint(case, value))
        leaves = len(case.cotangents) if value else 0
        assert differs(case, lambda *given, run=run, leaves=leaves: run(*given)[leaves:]) == ""


# The name may stand for the argument still, where it is written to.
WRITTEN = """
@njit
def g(v, n):
    for i in range(n):
        {before}
        v = v + 1.0
    {behind}
    return v[1]

@njit
def f(x, n):
    return g(x[1:], n) * x[1]
"""


@pytest.mark.parametrize(("before", "behind"), [("v[0] = 2.0 * v[1]", "pass"), ("pass", "v[0] = 2.0 * v[1]")])
def test_a_name_that_may_stand_for_what_others_read_is_not_written_to(before: str, behind: str) -> None:
    case = program(WRITTEN.format(before=before, behind=behind), (X, 0))
    with pytest.raises(Refused, match="line 4 of g has a loop that sets a name to another array, and writes to what"):
        adjoint(case)


@pytest.mark.parametrize("trips", [0, 1, 3])
def test_a_name_that_nobody_writes_to_stands_for_a_copy(trips: int) -> None:
    case = program(WRITTEN.format(before="pass", behind="pass"), (X, trips))
    assert differs(case, uncompiled(adjoint(case))) == ""


def test_what_a_branch_chooses_is_compiled() -> None:
    text = "@njit\ndef h(x, t, method):\n    return f(x, t) * (2.0 if method == 'twice' else t)\n"
    f = dispatcher(f"{CALLED}\n{text}", "h")
    gradient = dr.grad(f, mode="reverse")
    assert "generated" in gradient.plan(X, 0.7, "twice").reason
    assert np.allclose(gradient(X, 0.7, "twice"), dr.grad(f, mode="forward")(X, 0.7, "twice"), rtol=1e-12, atol=0.0)


CONSTANT = """
@njit
def f(x):
    s = x[2]
    if x[0] > 0.0:
        if -0.5 < 0.83 <= -0.37:
            s *= math.sin(x[1])
        elif 0.33 > -0.43:
            s = math.sin(s)
        else:
            s *= math.cos(x[0])
    return s
"""


def test_conditions_that_are_constant_are_compiled() -> None:
    """Numba would leave out what is set in branches that are never taken."""
    of = Program(CONSTANT, (X,), (0,), (1.0,))
    assert differs(of, compiled(adjoint(of))) == ""
