"""Gradients of functions that are read: what is made, viewed, exchanged and read in place, against the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, differs, uncompiled
from fuzzing.adjoint_programs import Program

from dualrev.compiled.adjoints.refusal import Refused

V = np.array([0.7, -0.5])
X = np.array([0.5, -1.5, 2.0, 0.3])
M = np.arange(6.0).reshape(3, 2) / 3 + 0.1

TWO_BUFFERS = """
def f(u, steps):
    w = np.zeros_like(u)
    for _ in range(steps):
        for i in range(1, u.size):
            w[i] = u[i] * u[i] - 0.5 * u[i - 1]
        u, w = w, u
    return u[-1] * u[1] + w[2]
"""

IN_BRANCHES = """
def f(u, x):
    v = 2 * u
    if x > 0:
        u, v = v, u
    s = 0.0
    for i in range(3):
        u[1] += v[0] * x
        s += v[0] * i
    if x > 1:
        u = u * 2
    return u[0] * v[1] + u[1] + s
"""

EARLY = """
def f(x, n):
    if n == 0:
        return 0.0
    t = np.zeros(n)
    for i in range(n):
        t[i] = x[i] * x[0]
    if n > 2:
        w = t * t
        t[0] += w[1]
    return t[0] * t[n - 1]
"""

EARLY_ALONE = """
def f(x, n):
    if n == 0:
        return 0.0 + x[1]
    t = np.zeros(n)
    for i in range(n):
        t[i] = x[i] * x[0]
    return t[0] * t[n - 1]
"""

UNTIL = """
def f(v, n):
    w = np.zeros_like(v)
    old = v.copy()
    i = 0
    while i < n:
        w = w * 0.5 + v * v
        old, v = v, old
        v[0] = w[1] * old[0]
        if w[0] > 1.6:
            break
        i += 1
    return w.sum() + v[0] * 3.0 - old[0] * old[1]
"""

STATES = """
@njit
def slope(v, k):
    return np.array([v[1], -k * v[0] * v[0]])
@njit
def f(v, k, n):
    for _ in range(n):
        k1 = slope(v, k)
        k2 = slope(v + 0.5 * k1, k)
        v = v + 0.1 * (k1 + k2)
    return v[0] * v[1]
"""

REPLACED = """
def f(u, steps):
    v = u.copy()
    for _ in range(steps):
        new = np.zeros(v.size)
        for i in range(1, v.size):
            new[i] = v[i] * v[i] - 0.5 * (v[i] - v[i - 1])
        v = new
    return v[-1] * v[1]
"""

JACOBI = """
def f(b, n):
    x = np.zeros_like(b)
    new = np.zeros_like(b)
    err = 1.0
    k = 0
    while err > 0.01 and k < n:
        err = 0.0
        for i in range(b.size):
            new[i] = (b[i] - 0.3 * x[i - 1] * x[i]) / 2.0
            err = max(err, abs(new[i] - x[i]))
        x, new = new, x
        k += 1
    return x[0] + x[1] * x[2]
"""

PRODUCTS = """
def f(m, v):
    a = m @ v
    b = m.T @ a
    c = b * v
    return np.dot(b, v) + c[1]
"""

ROWS = """
def f(x):
    s = 0.0
    for row in x:
        for k, number in enumerate(row):
            s = s * 0.5 + number * k
            row[k] *= 2.0
    part = x[:, 1]
    part[0] = s
    return s + x.T[1, 0] * x.ravel()[2]
"""

OVERLAPPING = """
def f(x):
    x[1:] += x[:-1] * 2
    x[:-1] = x[1:] * x[:-1]
    x[:] = x[::-1]
    return x[0] * x[1] + x[3]
"""

TUPLES = """
def f(x, n):
    w = (x, 2.0 * x, 3.0)
    s = 1.0
    for i in range(n):
        s = s * w[i - 1] + i
    def sq(z, by=2.0):
        return z * by * x
    return sq(s) + max(s, x)
"""

SCRATCH = """
def f(x, n):
    s = 0.0
    for i in range(n):
        t = np.empty(len(x))
        for j in range(len(x)):
            t[j] = x[j] * i + s
        s += t[0] * t[-1]
        for j in range(n):
            if t[j] > 1.0:
                return s * t[j]
    return s
"""

GRIDS = """
def f(x, m):
    s = 0.0
    for i, j in np.ndindex((2, x.size)):
        if x[j] * x[i] > 2.0:
            break
        s = s * 0.5 + x[i] * x[j] * (j + 1)
    for (i, j), element in np.ndenumerate(m.T[1:]):
        if j == 0:
            continue
        s += i * element + m[j, i] * s
    for (i,) in np.ndindex(m.shape[0]):
        s *= x[i]
    return s
"""

CHAIN = """
def f(a, v, n):
    for _ in range(n):
        v = a @ v
    return np.sum(v * v)
"""

RECURRENT = """
def f(w, x):
    h = np.zeros(w.shape[0])
    s = 0.0
    for t in range(x.shape[0]):
        h = np.tanh(w @ h + x[t])
        s += h[0] * h[1]
    return s + np.sum(h)
"""

COVARIANCES = """
def f(a, p, n):
    s = 0.0
    for _ in range(n):
        p = a @ p @ a.T + p
        s += p[0, 1]
    return s * p[1, 1]
"""

LOOKED_AT = """
def f(x):
    s = 1.0
    for v in x:
        s = s * v + np.sign(v)
        s = np.floor(v) + s
    return s
"""

COUNTED = """
def f(x):
    s = 0.0
    for i, v in enumerate(x, 2):
        s += i * v * v
    for i, k in enumerate(range(1, x.size, 2)):
        s += (i + 1) * x[k] * s
    for k, v in zip(range(x.size - 1, -1, -2), x):
        s += x[k] * v
    return s
"""

OVER_TUPLES = """
def f(x, a):
    s = 0.0
    for c, v in zip((1.0, a, 3.0), x):
        s += c * v * v
    for i, c in enumerate((a, a * a)):
        s += c * x[i]
    for c in (0.5, a, 2.5):
        if c > 1.0:
            break
        s += c * x[1]
    for c in (1.0, a):
        if x[0] < c:
            return s * c
    return s
"""

DIAGONALS = """
def f(a, b):
    return np.sum(np.diag(a) * np.diag(b)) * np.diag(a)[1]
"""

ORDERS = """
def f(a, b):
    c = np.zeros_like(a)
    c += a * a
    d = np.copy(c)
    d[0, 1] = c[1, 0] * b[0, 0]
    e = d * 2.0 + np.where(a > 0.5, a, -a)
    return np.sum(e * b) + c[0, 1] * e.T.copy()[0, 1]
"""

# The lengths are those of other arrays after each exchange.
TWO_LENGTHS = """
def f(x):
    a, b = x[:2] * 1.0, x[1:] * 2.0
    s = 0.0
    for i in range(5):
        a[0] += math.sin(b[-1] + i)
        b[1] *= a[0]
        s += a[-1] * b[0]
        a, b = b, a
    return s + np.sum(a * a)
"""

AXES_BESIDE_EXCHANGES = """
def f(x, y):
    z = np.zeros_like(x)
    for i in range(3):
        z[:] = (x[:, None] * y[None, :])[i] + 0.5 * z
        x, y = y, x
    return np.sum(x * z)
"""

TWO_LENGTHS_IN_BRANCHES = """
def f(x):
    a, b = x[:2] * 1.0, x[1:] * 2.0
    s = 0.0
    for i in range(5):
        for j in range(a.size):
            s = math.sin(s + a[j] * (j + 1))
        k = a.size
        a[k - 1] *= s
        if s > 0.0:
            a, b = b, a
            s += a.size * x[0]
        s += b[b.size - 1] * b.shape[0]
        b[0] += 0.1 * s * s
    for i in range(a.size):
        s += a[i] * a[i]
    return s * b.size
"""

RAVELLED = """
def f(a, b):
    u, v = a.T.ravel(), np.ravel(b)
    u[0] *= 3.0
    w = a[:, ::2].flatten()
    w[1] *= u[1]
    z = a.T.flatten()
    y = a.ravel()
    y[1] *= 2.0
    s = 0.0
    for i in range(u.size):
        s += u[i] * v[i] * z[i] * (i + 1) + a[0, 1]
    return s + w[1] * w[2] + a[:, 1].ravel()[1]
"""

CONTIGUOUS = """
def f(a, b):
    u, v, w = np.ascontiguousarray(a.T), np.ascontiguousarray(b), np.ascontiguousarray(a[:, 1])
    s = 0.0
    for k in range(2):
        r = np.ascontiguousarray(a[:, k])
        s += r[0] * r[1] * s + w[0]
    x = u @ b
    u[0, 1] *= 2.0
    y = np.asfortranarray(b)
    g = np.asfortranarray(a * 1.0)
    g[0, 1] *= s
    return np.sum(v * y) * w[1] + u[0, 1] * s + x[1, 1] + np.sum(g * b)
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "Fortran's order": (ORDERS, (np.asfortranarray(M), M * 0.5)),
    "copies of one axis": (RAVELLED, (M.T.copy(), np.asfortranarray(M.T * 0.5))),
    "copies in an order": (CONTIGUOUS, (M.T.copy(), np.asfortranarray(M.T * 0.5))),
    "over tuples": (OVER_TUPLES, (X, 0.7)),
    "diagonals": (DIAGONALS, (M, M * 0.5)),
    "a chain of states": (CHAIN, (M[:2], V, 3)),
    "a recurrent network": (RECURRENT, (M[:2], M)),
    "covariances": (COVARIANCES, (M[:2], M[:2] * 0.5, 2)),
    "functions without a slope": (LOOKED_AT, (X,)),
    "counted from elsewhere and in steps": (COUNTED, (X,)),
    "two buffers, once": (TWO_BUFFERS, (X, 1)),
    "two buffers, twice": (TWO_BUFFERS, (X, 2)),
    "exchanged and made in branches": (IN_BRANCHES, (V, 1.5)),
    "not exchanged": (IN_BRANCHES, (V, -1.5)),
    "made after an early return": (EARLY, (X, 3)),
    "an early return": (EARLY_ALONE, (X, 0)),
    "states until a condition holds": (UNTIL, (V, 4)),
    "states by a function that is called": (STATES, (V, 0.8, 5)),
    "replaced": (REPLACED, (X, 3)),
    "two lengths": (TWO_LENGTHS, (X,)),
    "axes of one beside exchanges": (AXES_BESIDE_EXCHANGES, (X, X[::-1] * 0.5)),
    "two lengths in branches": (TWO_LENGTHS_IN_BRANCHES, (X,)),
    "until it converges": (JACOBI, (X, 6)),
    "products": (PRODUCTS, (M, V)),
    "rows": (ROWS, (M,)),
    "overlapping parts": (OVERLAPPING, (X,)),
    "tuples and inner functions": (TUPLES, (0.7, 3)),
    "made in a loop": (SCRATCH, (X, 3)),
    "grids of indices": (GRIDS, (X, M)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_what_is_read_are_those_of_the_oracle(name: str) -> None:
    text, arguments = CASES[name]
    active = tuple(n for n, each in enumerate(arguments) if not isinstance(each, int))
    program = Program(text if "@njit" in text else f"@njit{text}", arguments, active, (1.0,))
    assert differs(program, uncompiled(adjoint(program))) == ""


BUFFERS_OF_TWO = """
def f(x, y):
    a, b = x * 1.0, x * 0.0
    c, d = y * 1.0, y * 0.0
    for n in range(3):
        for i in range(x.size - 1):
            b[i] = a[i + 1] * a[i]
            d[i] = c[i + 1] * c[i] + a[i]
        a, b = b, a
        c, d = d, c
    return np.sum(a * c) + c[0]
"""

BOTH_REPLACED = """
def f(x, y):
    if x[0] > 0.0:
        x = x[::-1].copy()
        y = y[::-1] * 2.0
    s = 0.0
    for i in range(x.size - 1):
        s += y[i + 1] * y[i] * x[i] * (i + 1)
    return s + np.sum(y[:2])
"""

BOTH_REPLACED_IN_A_LOOP = """
def f(x, y):
    for n in range(3):
        x = x * 0.5 + 0.1
        y = y * y + x
    return np.sum(x * y) + y[0]
"""


@pytest.mark.parametrize("active", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("text", [BUFFERS_OF_TWO, BOTH_REPLACED, BOTH_REPLACED_IN_A_LOOP])
def test_of_two_exchanges_one_may_have_no_adjoint(text: str, active: tuple[int, ...]) -> None:
    program = Program(f"@njit{text}", (X, X[::-1] * 0.5), active, (1.0,))
    assert differs(program, uncompiled(adjoint(program))) == ""


# Numba makes no copy of what lies in order when it runs.
CONTIGUOUS_WRITTEN = """
def f(a, b):
    w = np.ascontiguousarray(a[:, 1])
    w[0] = 3.0
    return np.sum(w) * a[0, 1]
"""

CONTIGUOUS_SOURCE_WRITTEN = """
def f(a, b):
    w = np.ascontiguousarray(a[:, 1])
    a[0, 0] = 3.0
    return np.sum(w) * a[0, 1]
"""


@pytest.mark.parametrize("text", [CONTIGUOUS_WRITTEN, CONTIGUOUS_SOURCE_WRITTEN])
def test_a_copy_that_may_be_none_is_not_written_to(text: str) -> None:
    with pytest.raises(Refused, match="makes an array contiguous, and writes to what has more names"):
        adjoint(Program(f"@njit{text}", (M, M), (0, 1), (1.0,)))
