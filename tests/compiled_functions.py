"""Functions as Numba's users write them, each with arguments: what other systems are known to differentiate wrongly."""

from __future__ import annotations

import math
from math import exp as exponential
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import njit, types
from numba.extending import register_jitable
from numba.typed import Dict, List

X = np.linspace(0.3, 2.1, 11)
"""More numbers than go through forward mode at once."""
FEW = np.array([0.5, 1.7, -0.7, 1.1])
CONSTANT = 1.5
TABLE = np.arange(12.0) * 1.1


class Pair(NamedTuple):
    """Two numbers, or two arrays."""

    a: Any
    b: Any


@njit
def aliases(x):
    y = x
    y[0] = x[1] * 2.0
    v = np.asarray(x)[1:]
    v[0] = 2.0 * v[0] * x[0]
    w = np.ascontiguousarray(x)
    w[-1] = x[3] * x[-1]
    np.ravel(x)[4] = x.reshape(x.size)[5] ** 2
    return x * x


@njit
def runs_over_its_input(x):
    x[0] = x[0] * x[1]
    for i in range(1, len(x)):
        x[i] += x[i - 1]
    for i in range(len(x) - 1):
        x[i] = x[i] + x[i + 1] * x[i]
    x[0], x[1] = x[1] * x[0], x[0]
    x[5:] = x[5:][::-1]
    return x


@njit
def adds_views_in_place(x):
    v = x * 1.0
    v[1:] += v[:-1]
    v *= v[0]
    m = v[:9].reshape(3, 3)
    m -= 0.1 * m[0]
    m /= m[2:, 2:]
    return v


@njit
def copies(x):
    a = x.copy()
    b = a
    b[2] = a[1] * a[2]
    c = np.copy(a[1:4])
    a[1] = 7.0
    a[:] = a * x
    return c.sum() * a[1] + b[2] * c[1]


@njit
def variables_from_before_loops(x):
    total, factor, count, last, flag = 0, 1, 0, 0.0, False
    for i in range(len(x)):
        total += x[i] * factor
        factor = factor + i
        if x[i] > 1.0:
            last = x[i] * last + 1
            count += 1
            flag = True
    return total * total + last * count + (x[0] if flag else x[1])


@njit
def trips_that_depend_on_values(x):
    s, t = 0.0, x[0]
    while t < 10.0:
        t = t * 1.5 + x[1] * x[1]
        for j in range(int(t)):
            if j == 3:
                continue
            if j > 5:
                break
            s += t * j * x[2]
        k = 0
        while s * k < 1.0 and k < 4:
            k += 1
            s = s + x[3] * k
    else:
        s += x[4]
    return s


@njit
def early_returns(x):
    for i in range(len(x)):
        if x[i] > 1.0 and i > 5:
            return x[i] * x[0]
        if x[i] > 1.5:
            return x[i]
    return x[0]


@njit
def buffers(x):
    a, b, c = np.zeros(3), np.empty((2,), dtype=np.float64), np.ones_like(x)
    d, e, g = np.full(2, x[0]), np.full_like(x, x[1]), np.zeros(2, x.dtype)
    h, k = np.array([1.0, x[2], 3.0]), np.array([[x[0], 1.0], [2, x[1]]])
    number, later = np.zeros(4, np.int64), np.array([1.0, 2.0, 3.0])
    a[0], b[:], g[1] = x[0], x[1] * 2.0, x[3] * x[3]
    c[1:] *= x[2]
    number[2] = 3
    later[number[2] - 1] = x[1] * x[1]
    empty = np.zeros_like(x)
    for i in range(len(x)):
        empty[i] = empty[i - 1] + x[i] * number[2]
    return a.sum() * b[0] + c.sum() * d[1] + e[0] * g[1] + h[1] * h[2] * k[0, 0] * k[1, 1] * later.sum() + empty[-1]


@njit
def pythons_own_functions(x, table):
    quotient, rest = divmod(x[1], 0.4)
    low, high = min(x[0], x[1], x[2], 0.9), max(x[0], x[2], 1.0, x[3])
    looked_up = table[int(x[1] * 3.0)] * x[0] + table[math.floor(x[1])] + table[round(x[3])]
    powers = pow(x[0], 3) + pow(x[0], x[1]) + x[0] ** -1 + x[0] ** -2 + 2 ** x[0] + x[0] ** 0 + x[2] ** 2
    a, b = x[0], x[3]
    a **= 3
    a /= x[1]
    a -= x[2]
    b %= 0.4
    return quotient * x[0] + rest + low * high + looked_up + powers + a * b + abs(x[2]) * float(x[1])


@njit
def _squares(x):
    for i in range(len(x)):
        yield x[i] * x[i]


@njit
def lists_and_generators(x):
    parts = [0.0]
    for v in x:
        parts.append(v * v)
    other = [v * x[0] for v in x if v > 0.0]
    other[0] = other[0] * other[1]
    s = 0.0
    for v in _squares(x):
        s += v * x[0]
    for i, (a, b) in enumerate(zip(x, x[1:])):  # noqa: B905, RUF007 - Numba knows neither
        s += a * b * i
    for v in np.nditer(x):
        s += v.item() ** 3
    try:
        if x[0] > 0.0:
            raise ValueError("taken")
        s = 0.0
    except Exception:
        s += x[1]
    chosen = x[0] if x[0] > x[1] or not x[2] else x[3]
    return sum(parts) * other[0] + s * chosen + np.array(other)[1]


@njit
def _scale(v, factor=2.0):
    v[0] = v[0] * v[1] * factor


@register_jitable
def _shift(v):
    v[1] = v[1] + v[0] * v[2]


@njit
def _power(x, n):
    return 1.0 if n == 0 else x * _power(x, n - 1)


def _closure(c, inner):
    @njit
    def f(x):
        return inner(x, 3) * c

    return f


_closed = _closure(2.0, _power)


@njit
def calls_others(x, given):
    _scale(x)
    _shift(x)
    given(x, 1.5)
    return x * _power(x[2], 4) + _closed(x[3]) * CONSTANT + exponential(x[5]) * TABLE[2]


@njit
def scratch(x, c):
    for i in range(len(x)):
        c[i] = x[i] * x[i]
    return c * x[0]


@njit
def tuples(x):
    p = (x[0], (x[1], x[2] * x[3]))
    (a, (b, c)), d = p, len(p)
    q = Pair(a * b, x[1:3] * c)
    return q.a * d, (q.b, 1.0), q


@njit
def dicts_and_typed_lists(x):
    d = {"a": x[0] * x[2]}
    d["b"] = 2.0
    d["a"] *= x[3]
    numbers = List()
    numbers.append(d["a"] * d["b"])
    return numbers[0] * x[1]


FLOATS = types.float64[:]


@njit
def typed_containers(x):
    numbers = List()
    numbers.append(1.0)
    given = Dict.empty(types.int64, types.float64)
    arrays = Dict.empty(types.int64, FLOATS)
    for k in range(4):
        numbers.append(numbers[-1] * x[k])
        given[k] = given.get(k - 1, 0.5) + numbers[k]
    arrays[0] = np.ones(2)
    arrays[1] = x[:2] * given[3]
    total = {"a": 0.0}
    total["a"] += x[0]
    return numbers[4] + arrays[1], arrays[0], total["a"]


@njit
def matrices_of_rows(x):
    turn = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(x[0]), -np.sin(x[0])], [0, np.sin(x[0]), x[1]]])
    cube = np.array([[[1.0, 2.0], [0.0, x[0]]], [[0, x[1]], [1.0, 1.0]]])
    rows = [[1.0, 0.0], [x[0], x[1]]]
    rows[0][1] = x[2]
    return turn @ x[:3], cube, rows[0][1] * rows[1][0]


@njit
def rows_of_constants(x):
    numbers = [0.5]
    if x[0] < 10:
        numbers = [x[1], 2.0]
    matrix = np.array([[1.0, 0.0], [x[0], numbers[0]]])
    return matrix[1, 0] * matrix[1, 1] + matrix[0, 0]


@njit(parallel=True, fastmath=True)
def reduction(x):
    s = 0.0
    for i in numba.prange(len(x)):
        s += np.sin(x[i]) * x[i]
    return s


EXHAUSTIVE: dict[str, tuple[Any, tuple[Any, ...], bool]] = {
    "typed_containers": (typed_containers, (FEW,), False),
    "matrices_of_rows": (matrices_of_rows, (FEW,), False),
}
"""Cases that take long to compile and mostly repeat others."""

CASES: dict[str, tuple[Any, tuple[Any, ...], bool]] = {
    "aliases": (aliases, (X,), True),
    "runs_over_its_input": (runs_over_its_input, (X,), True),
    "adds_views_in_place": (adds_views_in_place, (X,), False),
    "copies": (copies, (X,), True),
    "variables_from_before_loops": (variables_from_before_loops, (X,), False),
    "trips_that_depend_on_values": (trips_that_depend_on_values, (X,), False),
    "early_returns": (early_returns, (X,), False),
    "buffers": (buffers, (FEW,), False),
    "pythons_own_functions": (pythons_own_functions, (FEW, TABLE), False),
    "lists_and_generators": (lists_and_generators, (FEW,), False),
    "calls_others": (calls_others, (X, _scale), False),
    "scratch": (scratch, (X, np.ones(11)), False),
    "tuples": (tuples, (FEW,), False),
    "dicts_and_typed_lists": (dicts_and_typed_lists, (FEW,), False),
    "rows_of_constants": (rows_of_constants, (FEW,), False),
    "reduction": (reduction, (X,), True),
}
"""Per name a function, its arguments, and whether its Python function runs on complex numbers."""
