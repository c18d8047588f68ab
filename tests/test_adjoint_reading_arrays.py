"""Compiled functions, read into the normal form: arrays."""

from __future__ import annotations

import numpy as np
import pytest
from adjoint_reading import check, refused
from numba import njit

from dualrev.compiled.adjoints._form import Exchange, Fill, Make, statements

TABLE = np.array([[1.0, -2.0], [0.5, 4.0]])
WEIGHTS = (0.25, np.array([1.0, 2.0, 3.0]))


def kinds(program):
    """Return the kinds of a program's statements outside loops and branches."""
    return [type(each) for each in program.body.statements]


@njit
def _views(x):
    row = x[1]
    row[0] = 3.0
    part = x[:, 1:]
    part[0, -1] += row[0] * row[-1]
    turned = x.T
    turned[1, 0] -= part[1, 0]
    flat = x.ravel()
    flat[2] *= 2
    shaped = x.reshape(x.shape[1], -1)
    shaped[0, 1] += 1
    s = 0.0
    for line in x:
        for k, number in enumerate(line):
            s = s * 0.5 + number * k
    for a, b in zip(row, turned[::-1, 0]):  # noqa: B905
        s += a * b
    return s + x[1][2] + len(part) + turned.shape[0] + row.size


def test_views_and_writes_through_them():
    """A view is another name of the same memory."""
    check(_views, (np.arange(6.0).reshape(2, 3),), (np.arange(12.0).reshape(3, 4),))


@njit
def _grids(x, n):
    s = 0.0
    for place in np.ndindex(x.shape):
        s = s * 0.5 + x[place] * place[1]
    for i, j, k in np.ndindex(2, 1, 3):
        if i + k > n:
            break
        s = s * 0.5 + i - 2 * j + 3 * k
    for (i, j), number in np.ndenumerate(x.T):
        s = s * 0.5 + number * i - j
    return s


def test_all_indices_of_a_grid():
    """The last index counts fastest; a grid may be empty."""
    check(_grids, (np.arange(6.0).reshape(2, 3), 2), (np.arange(12.0).reshape(3, 4), 5), (np.ones((0, 2)), 0))


@njit
def _made(x, n):
    a = np.zeros(n)
    b = np.ones((n, 2), np.float32)
    c = np.full(n, x[0])
    d = np.empty_like(x)
    d[:] = 2
    e = np.zeros_like(b)
    k = np.zeros(n, dtype=np.int64)
    for i in range(n):
        a[i] += c[i] * x[i] + b[i, 0]
        e[i, :] = d[i]
        k[i] = i
    a[1:] = a[:-1]
    b[...] = 3.0
    d[k[0] : n] = x[:n]
    f = x.copy()
    f.fill(0.5)
    x[:] = a
    return a[-1] + b[0, 1] + d[0] + e[n - 1, 1] + f[0]


def test_arrays_that_are_made():
    """What is made in straight-line code is a Make, and what it holds at first a Fill."""
    program = check(_made, (np.array([1.5, -2.0, 0.25]), 3), (np.array([1.5]), 1))
    assert kinds(program).count(Make) >= 7
    assert kinds(program).count(Fill) >= 5


@njit
def _made_in_a_loop(x, n):
    s = 0.0
    for i in range(n):
        scratch = np.empty(len(x))
        for j in range(len(x)):
            scratch[j] = x[j] * i
        other = np.zeros(n - 1)
        for j in range(n - 1):
            other[j] += scratch[j] * s
        s += scratch[0] + other[-1]
    return s


def test_an_array_that_is_made_in_a_loop_is_made_before_it():
    """A length below 0 is an error only where the loop runs."""
    x = np.array([1.5, -2.0, 0.25])
    program = check(_made_in_a_loop, (x, 3), (x, 0), (x, 4))
    assert kinds(program).count(Make) == 2
    assert sum(isinstance(each, Fill) for each in statements(program.body)) == 2


@njit
def _negative_length(x, n):
    for _ in range(2):
        a = np.zeros(n)
        x += len(a)
    return x


def test_an_array_of_a_length_below_0():
    """The error is raised where the array would have been made."""
    check(_negative_length, (1.0, 2), (1.0, -2))


@njit
def _exchanged(u, steps):
    new = np.empty_like(u)
    for _ in range(steps):
        new[0] = u[0]
        for i in range(1, u.size):
            new[i] = u[i] - 0.5 * (u[i] - u[i - 1])
        u, new = new, u
    return u[-1], u


@njit
def _replaced(u, steps):
    v = u.copy()
    for _ in range(steps):
        new = np.zeros(v.size)
        for i in range(1, v.size):
            new[i] = v[i] - 0.5 * (v[i] - v[i - 1])
        v = new
    return v[-1], v


@njit
def _of_other_shapes(u, v, n):
    for _ in range(n):
        w = u
        u = v
        v = w
        u[0] += v[-1] * len(u)
    return u[0]


def test_arrays_that_are_exchanged():
    """Names take each other's arrays at the end of an iteration, whatever the statements are that say so."""
    x = np.array([1.5, -2.0, 0.25, 3.0])
    for f in (_exchanged, _replaced):
        program = check(f, (x, 0), (x, 1), (x, 2), (x, 5))
        assert sum(isinstance(each, Exchange) for each in statements(program.body)) == 1
    check(_of_other_shapes, (x, np.arange(2.0), 0), (x, np.arange(2.0), 1), (x, np.arange(2.0), 4))


@njit
def _swapped_inside(a, b):
    for _ in range(3):
        a, b = b, a
        a[0] += 1
    return a[0] - b[0]


@njit
def _calls_one_that_swaps(x, y):
    s = _swapped_inside(x, y)
    return s * x[0] + y[0]


@njit
def _globals(x):
    s = 0.0
    for i in range(2):
        for j in range(2):
            s += TABLE[i, j] * x[i] * WEIGHTS[0] * WEIGHTS[1][j]
    return s


def test_global_arrays():
    """They are names in the scope of the program."""
    program = check(_globals, (np.array([2.0, 3.0]),))
    assert any(value is TABLE for value in program.scope.values())


@njit
def _assigned_from_another_length(x, n):
    y = np.zeros(n)
    y[:] = x
    return y[0]


def test_parts_of_different_lengths_are_an_error():
    """It is raised where the shapes are not equal by construction."""
    check(_assigned_from_another_length, (np.ones(3), 3), (np.ones(3), 2))


@njit
def _kept_from_an_iteration(x):
    a = np.zeros(3)
    for i in range(3):
        b = np.zeros(3)
        b[i] = x[0]
        if i == 1:
            a = b
    return a[1]


def test_an_array_that_outlives_its_iteration():
    """Later iterations use other memory."""
    check(_kept_from_an_iteration, (np.ones(3),))


@njit
def _alias_of_an_exchanged_one(u, v):
    first = u
    for _ in range(3):
        u, v = v, u
        v[0] += first[0]
    return u[0]


@pytest.mark.parametrize(
    ("f", "inputs", "reason"),
    [
        (_alias_of_an_exchanged_one, (np.ones(3), np.ones(3)), r"writes to what has more names"),
        (
            _calls_one_that_swaps,
            (np.ones(3), np.ones(3)),
            r"line \d+ of _swapped_inside has a loop that sets a",
        ),
    ],
)
def test_what_is_not_taken_of_arrays_is_refused(f, inputs, reason):
    """The line and the reason are told."""
    refused(f, *inputs, match=reason)
