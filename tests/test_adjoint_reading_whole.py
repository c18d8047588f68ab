"""Compiled functions, read into the normal form: expressions over whole arrays, sums and products."""

from __future__ import annotations

import numpy as np
from adjoint_reading import check, refused
from numba import njit, vectorize

from dualrev.compiled.adjoints._form import Make, statements


def makes(program):
    """Return how many arrays a program makes."""
    return sum(isinstance(each, Make) for each in statements(program.body))


@njit
def _expressions(x, y, k):
    z = 2.0 * x + y**2 / k - np.sqrt(np.abs(y)) * np.floor(y)
    z += x
    z[1:] -= y[:-1] * z[1:]
    w = np.where(z > 0, z, 0.5)
    z *= w
    z[0] = -w[-1]
    x[:] = x * 2 + z
    return z, np.maximum(z, 1.0), np.abs(x), -y, x / 0.0


def test_expressions_over_arrays():
    """Each is one loop, whatever the number of its operations; division by zero raises no error in arrays."""
    program = check(_expressions, (np.array([0.5, -1.5, 2.0]), np.array([1.0, 2.0, -0.5]), 3))
    assert makes(program) <= 8


@njit
def _of_two_axes(x, y):
    z = x * y + x.T
    z[0] = y
    z[:, 1] += 1
    return z, np.sum(z * z), z.mean()


def test_expressions_of_several_axes():
    """A vector is the same in each row."""
    check(_of_two_axes, (np.arange(9.0).reshape(3, 3), np.array([1.0, -2.0, 0.5])))


@njit
def _sums(x):
    a = np.sum(x) + x.sum() * np.mean(x) - np.prod(x) + np.sum(np.sqrt(x * x) * x)
    return a, np.max(x), x.min(), np.sum(x > 0), np.min(x * x)


def test_sums_and_extremes():
    """No array is made for what is added up."""
    check(_sums, (np.array([0.5, -1.5, 2.0, 2.0]),), (np.array([0.5]),), (np.array([1.0, np.nan]),))


@njit
def _max_of_none(x):
    return np.max(x[1:])


def test_the_extreme_of_an_empty_array_is_an_error():
    """It is Numba's error."""
    check(_max_of_none, (np.array([0.5, -1.5]),), (np.array([0.5]),))


@njit
def _products(a, b, v):
    return a @ b, a @ v, v @ b, v @ v, np.dot(a, b), a.dot(v).sum()


def test_products():
    """BLAS adds up in another order, so that integers are compared."""
    a, v = np.arange(9.0).reshape(3, 3), np.array([1.0, -2.0, 4.0])
    check(_products, (a, a.T.copy() + 1, v))


@njit
def _stacked(x, y):
    a = np.array([x, 2.0, y * 3])
    b = np.array([[x, y], [y, 1]])
    c = np.array((x, y))
    return a, b, c, a[1] + b[1, 0] + c.sum()


def test_arrays_of_numbers():
    """Their elements are written one by one."""
    check(_stacked, (0.5, 2.0))


@njit
def _overlapping(x):
    x[1:] += x[:-1]
    x[:-1] = x[1:] * 2
    x[1:] = x[:-1]
    x[:] = x[::-1]
    return x[0]


def test_parts_that_overlap():
    """Compared as compiled: Numba adds in place element by element, where NumPy reads all of them first."""
    check(_overlapping, (np.array([1.0, 2.0, 3.0, 5.0]),), compiled=True)


@njit
def _inner_functions(x, n):
    scale = 2.0

    def scaled(z, by=scale):
        return z * by * scale

    square = lambda z: z * z  # noqa: E731
    s = 0.0
    for i in range(n):
        scale = scale + i
        s += scaled(x) - square(scaled(x, by=i))
    return s


def test_functions_inside_functions():
    """They read the names of the function that they are written in when they are called."""
    check(_inner_functions, (0.5, 0), (0.5, 3))


@njit
def _different(x, y):
    return x + y


def test_arrays_of_different_shapes():
    """An error tells of them, also where Numba would repeat one of them."""
    check(_different, (np.ones(3), np.ones(3)), (np.ones(3), np.ones(2)))


@njit
def _eigenvalues(x):
    return np.linalg.eigvalsh(x)[0]


def test_what_is_not_taken_of_whole_arrays_is_refused():
    """The line and the function are told."""
    refused(_eigenvalues, np.ones((2, 2)), match=r"line \d+ calls eigvalsh")


@njit
def _joined(x, y):
    a = np.concatenate((x, y, x))
    b = np.stack((x, y))
    c = np.column_stack((x, y)) + np.outer(x, y)[:, :2]
    d = np.diag(x) + np.eye(len(x))
    e = np.hstack((x, y * 2))
    return a, b, c, d, e, np.vstack((x, y)), np.arange(len(x)), np.linspace(0.0, x[0], 4), x.astype(np.float32)


@njit
def _of_helpers(x, m):
    a = np.cumsum(x), np.cumprod(x), np.diff(x), x.argmax(), np.argmin(x), np.any(x > 1), np.all(x > 1)
    return a, np.var(x), np.std(m), m.sum(axis=0), np.sum(m, axis=1), m.max(), np.max(m), x[::-1].sum(), x.cumsum()


def test_functions_of_numpy():
    """Some are read as they are written for Numba, others as written here."""
    x, y = np.array([0.5, -1.5, 2.0]), np.array([1.0, 2.0, -0.5])
    check(_joined, (x, y))
    check(_of_helpers, (np.array([0.5, -1.5, 4.0]), np.arange(6.0).reshape(2, 3)))


@njit
def _item_of_a_tuple(x, sizes, n):
    weights = (x, 2.0 * x, 3.0)
    s = 0.0
    for i in range(n):
        s += weights[i - 1] * sizes[i]
    return s


def test_a_subscript_of_a_tuple_that_is_known_when_it_runs():
    """Beyond the end it is an error."""
    check(_item_of_a_tuple, (0.5, (3, 4, 5), 3), (0.5, (3, 4, 5), 4))


@vectorize
def _halved(x, y):
    return x / y if x > y else y / (x - x)


@njit
def _vectorized(x, y):
    return _halved(x, 2.0) + _halved(x, y), _halved(y[0], 0.0)


def test_functions_of_elements():
    """They divide by zero without an error."""
    x, y = np.array([0.5, -1.5, 2.0]), np.array([1.0, -2.0, -0.5])
    check(_vectorized, (x, y), compiled=True)


@njit
def _slope(v, k):
    return np.array([v[1], -k * v[0]])


@njit
def _states(v, k, n):
    for _ in range(n):
        k1 = _slope(v, k)
        k2 = _slope(v + 0.5 * k1, k)
        v = v + 0.5 * (k1 + k2)
    return v[0], v


@njit
def _scaled_states(v, n):
    w = np.zeros_like(v)
    for _ in range(n):
        w = w * 0.5 + v
    return w.sum()


@njit
def _until(v, n):
    w = np.zeros_like(v)
    old = v.copy()
    i = 0
    while i < n:
        w = w * 0.5 + v
        old, v = v, old
        if w[0] > 1.6:
            break
        i += 1
    return w.sum() + i, v[0] - old[0]


@njit
def _in_a_branch(u, x):
    v = 2 * u
    if x > 0:
        u, v = v, u
    for i in range(3):
        v[0] = v[0] + u[1] * i
    if x > 1:
        u = u * 2
    return u[0] - 2 * v[0], u


def test_a_state_that_is_an_array_in_branches():
    """The exchange is at the end of the branch."""
    v = np.array([1.0, -0.5])
    check(_until, (v, 0), (v, 1), (v, 3), (v, 10))
    check(_in_a_branch, (v, 0.5), (v, -0.5), (v, 1.5))


def test_a_state_that_is_an_array():
    """What an iteration makes and the next one begins with takes the place of what that one began with."""
    v = np.array([1.0, -0.5])
    check(_states, (v, 2.0, 0), (v, 2.0, 1), (v, 2.0, 4))
    check(_scaled_states, (v, 0), (v, 3), (v, 10))


@njit
def _elements_of_all_axes(x):
    s = 0.0
    for each in np.nditer(x):
        s = s * 0.5 + each.item()
    return s + x.flat[3]


def test_all_elements():
    """They come in the order of memory."""
    check(_elements_of_all_axes, (np.arange(6.0).reshape(2, 3),))


@njit
def _listed(x, n):
    i = 7
    a = np.array([x[k] * k for k in range(1, n)])
    b = np.array([2 * i + v for i, v in enumerate(x)])
    return a, b, i


def test_lists_that_are_made_arrays():
    """Their loops have names of their own."""
    check(_listed, (np.array([1.0, -0.5, 2.0]), 3), (np.array([1.0, -0.5, 2.0]), 0))
