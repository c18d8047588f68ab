"""Compiled functions, read into the normal form: numbers, branches and loops."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from adjoint_programs import raising
from adjoint_reading import check, refused
from numba import njit

import dualrev as dr


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.shape[0] - 1):
        t = x[i + 1] - x[i] ** 2
        s += 100 * t * t + (1 - x[i]) ** 2
    return s


def test_a_loop_over_an_array():
    """No trip, one, and several."""
    program = check(rosenbrock, (np.zeros(1),), (np.array([1.5, -2.0]),), (np.linspace(-1, 2, 7),))
    assert program.name == "rosenbrock"
    assert [each.name for each in program.parameters] == ["x"]
    assert program.differentiated == program.parameters


@njit
def _ranges(x, a, b, c):
    s = 0.0
    for i in range(a, b, c):
        s = s * 0.5 + x * i
    for i in range(b, a, -2):
        s += x / (i + 0.25)
    for _ in range(b):
        s -= 1
    return s, i


def test_ranges_with_steps_and_the_variable_after_its_loop():
    """What a loop that does not run leaves is not compared: Python has no value there."""
    check(_ranges, (1.5, 0, 5, 1), (1.5, -3, 9, 4), (0.5, 0, 7, 2), (0.5, -4, -2, 5))


@njit
def _of_another(x, k):
    kind = type(x)
    third = kind(1) / 3
    return third * x + kind(k) * 0.5 + type(k)(2.75)


def test_numbers_of_the_type_of_another():
    check(_of_another, (1.5, 2), (-0.25, 7))


@njit
def _jumps(x, n):
    s = 0
    for i in range(n):
        if i % 3 == 0 and x > 1:
            continue
        if s > 100:
            break
        for j in range(i):
            if j == 4:
                break
            s += x * j
            if s == 5.5:
                return -s
        s += i
    else:
        s -= 1
    while s > 3:
        s = s / 2
        if s < 3.3:
            return s
    else:
        s += 0.25
    return math.sin(s) + max(s, x, 2)


def test_break_continue_else_and_return_out_of_loops():
    """Each way out is taken at one point at least."""
    check(_jumps, *((x, n) for x in (0.5, 1.5, 5.5, 30.0, -2.0) for n in (0, 1, 2, 3, 7, 20)))


@njit
def _branches(x, y):
    if x > y:
        a = x
        t = x, y
    elif x == y:
        a = x * y
        t = y, 1.0
    else:
        t = 0.0, x
        a = 3
        if y > 10:
            return a, 0.0
    b = a if x < 1 else -y if y < 0 else y
    c = (x > 0 and y > 0) or not x < -1
    d = (x and y) + (x or y)
    if 0 < x < y < 2 or x > 5 > y:
        b += 10
    if c:
        b -= t[0] * t[-1]
    e, (f, g) = b, t
    e, f = f, e
    return e - f / (2 + g * g), d


def test_branches_and_tuples():
    """A name may be set on every way, and tuples are chosen number by number."""
    check(_branches, *((x, y) for x in (-2.0, 0.0, 0.5, 1.5, 6.0) for y in (-1.0, 0.0, 0.5, 1.75, 11.0)))


@njit
def _set_on_one_way(x, n):
    for i in range(n):
        if i == 2:
            found = x * i
        last = x + i
    if n > 2:
        return found * last
    return x


def test_a_name_that_is_set_on_one_way_alone():
    """It is read only where it was set."""
    check(_set_on_one_way, (1.5, 0), (1.5, 2), (1.5, 3), (1.5, 9))


@njit
def _operators(x, n):
    a = x + n - x * n + x / 3 + x // 0.75 + x % 0.75 + x**2 + x**3 + x**-2 + x**n + x**0.5 + 2**x
    b = (n & 5) + (n | 8) - (n ^ 3) + (n << 2) + (n >> 1) + ~n + n // 2 + n % 3 + n**2
    return a + b, -a, +b, abs(x), abs(n), round(x), int(x), float(n), bool(x), min(x, n), max(n, 2, 3)


def test_operators():
    """Every operator, of floats and of integers."""
    check(_operators, (1.3, 3), (2.7, 5), (0.1, 1))


@njit
def _divisions(x, y):
    return x / y + x // 2 + x % y


@njit(error_model="numpy")
def _divisions_of_numpy(x, y):
    return x / y


def test_division_by_zero_raises_where_the_function_does():
    """The program is compiled with NumPy's error model, so that it divides by functions of Python's."""
    program = check(_divisions, (1.5, 0.75), (1.5, 0.0))
    assert {"divided", "remainder"} == set(program.scope)
    assert not check(_divisions_of_numpy, (1.5, 0.75)).scope


@njit
def _functions(x):
    a = math.exp(-x) + np.log1p(x) + math.atan2(x, 2.0) + np.hypot(x, 1) + math.gamma(x) + math.pi
    b = np.maximum(x, 1.5) + np.floor(x) + math.copysign(2, -x) + np.sign(x) + dr.special.expit(x)
    return a + b, math.isnan(x), np.float64(3) * x


def test_functions_of_the_table():
    """Each operation knows its row."""
    program = check(_functions, (0.5,), (2.5,))
    rows = {each.row.name for each in program.body.statements if getattr(each, "row", None) is not None}
    assert {"exp", "log1p", "arctan2", "hypot", "gamma", "maximum", "floor", "copysign", "sign", "expit"} <= rows


def test_errors():
    """Errors are raised where the function raises them."""
    check(raising, (1.0, -1), (-1.0, 1), (1.0, 3), (1.0, 9))


@njit
def _elements(x, y, k):
    n = len(x)
    for i in range(1, n):
        x[i] += x[i - 1] * y[i, -1]
        y[i, 0] -= k
        x[-1] *= 1.5
        y[i, 1] = k
    x[k], x[k + 1] = x[k + 1], x[k]
    return x.size * y.shape[1] + x.ndim + x[0]


def test_elements_of_arrays():
    """What is written to the arguments is compared as well."""
    for n in (2, 3, 6):
        check(_elements, (np.linspace(1, 2, n), np.linspace(-1, 1, 2 * n).reshape(n, 2), 0))


@njit
def _of_types(x, i, u, s):
    a = s
    for _ in range(i):
        a = a * s + x
    b = 0
    for _ in range(i):
        b += u
    c = s * s + 1
    d = s * 2.5
    e = i if x > 0 else u
    return a, b, c, d, e, i / 2, s**2, s / i, np.float32(x), u + u


def test_types_are_those_of_numba():
    """Single precision, integers of any width, and a name that an iteration widens: compared as compiled."""
    point = (1.1, 3, np.uint32(7), np.float32(0.3))
    program = check(_of_types, point, compiled=True)
    (signature,) = _of_types.nopython_signatures
    assert [each.type for each in program.result] == list(signature.return_type)


@njit
def _inner(x, scale=2.0, shift=0.5):
    if x > scale:
        return x / scale
    return x * scale + shift


@njit
def _outer(x, n):
    s = 0.0
    for i in range(n):
        s += _inner(x + i) - _inner(x, shift=i * 0.5) * _inner(scale=x, x=i)
    return s


def test_compiled_functions_that_are_called():
    """They are read in place, with their defaults and keywords."""
    check(_outer, (0.5, 0), (0.5, 4), (-3.0, 2))


@njit
def _factorial(x):
    return x if x < 1 else x * _factorial(x - 1)


@njit
def _prints(x):
    print(x)
    return x


@njit
def _appends(x):
    found = [x]
    found.append(x)
    return found[0]


@njit
def _chooses(x):
    z = x
    if x[0] > 0:
        z = x[0]
    return z


@njit
def _rebinds(x, y):
    z = x
    for _ in range(3):
        z[0] += 1
        z = y
    return z[0]


@njit(boundscheck=True)
def _checks(x):
    return x[np.array([0])]


@njit(locals={"n": numba.float64, "k": numba.int32})
def _declares(x):
    k = x[0]
    n = k * x[1]
    return n * n


def _plain(x):
    return x


@njit
def _calls_what_is_not_compiled(x):
    return _plain(x)


@pytest.mark.parametrize(
    ("f", "inputs", "reason"),
    [
        (_factorial, (1.0,), r"line \d+ calls _factorial, which calls itself"),
        (_prints, (1.0,), r"line \d+ calls print"),
        (_appends, (1.0,), r"line \d+ reads the attribute append"),
        (_chooses, (np.ones(2),), r"line \d+ reads z, which a branch chooses, and it is no number"),
        (_rebinds, (np.ones(2), np.ones(2)), r"line \d+ has a loop that sets a name to another array"),
        (_checks, (np.ones(2),), r"line \d+ has a subscript that is an array, in a function that checks bounds"),
        (_declares, (np.ones(2),), r"line \d+ calls _declares, which declares k to be of a type of its own"),
        (_calls_what_is_not_compiled, (1.0,), r"line \d+ calls _plain"),
    ],
)
def test_what_is_not_taken_is_refused(f, inputs, reason):
    """The line and the reason are told."""
    refused(f, *inputs, match=reason)
