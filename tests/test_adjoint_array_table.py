"""Functions of the compiled array table in generated adjoints: loops, or one step with the pullback of the table.

Adjoints run as Python here, where a step's pullback is that of interpreted code. A sample of the table's cases runs
always, all of them on request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import optree
import pytest
from adjoint_reading import types_of
from array_cases import COMPOSITE_CASES, RULE_CASES
from families.case import Case
from fuzzing.adjoint_differences import uncompiled
from numba import njit
from test_array_rules import operands

import dualrev as dr
from dualrev.compiled._array_functions.table import STAND_INS
from dualrev.compiled.adjoints._form import statements
from dualrev.compiled.adjoints._generator import generate
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.compiled.clones import registration

A = np.array([[3.0, 0.5, -0.2], [0.1, 2.0, 0.7], [-0.6, 0.3, 2.5]])
B = np.array([0.5, -1.2, 0.7])
X = np.array([1.2, 3.1, 2.3, 0.4])
AT = np.array([2, 0, -1])

SAMPLE = {"repeat-5", "where-1", "tril-0", "sum-1"}
"""Cases that run always."""

REFUSED = {
    "median-6": "with what is no array, no number and no text",
    "median-7": "with what is no array, no number and no text",
    "average-3": "it always raises an error",
    "average-4": "it always raises an error",
    "interp-1": "calls _upwards",
    "interp-2": "calls _upwards",
    "cov-1": "returns what is no number",
    "real-1": "has something else where a number is expected",
    "fill_diagonal-0": "calls _held",
    "fill_diagonal-1": "calls _held",
}
REFUSED |= dict.fromkeys(("concatenate-3", "column_stack-0", "select-0"), "has a list of several types")
"""Cases that Numba compiles, and the generator does not take, with the reason."""

registration.register()


def prepared(f: Any, *inputs: Any) -> tuple[Any, Any]:
    """Return the program of a compiled function of arrays and floats, and its adjoint by all of them."""
    program = read(f, types_of(inputs), _active(inputs))
    return program, generate(program, False)


def _active(inputs: Any) -> tuple[int, ...]:
    return tuple(n for n, each in enumerate(inputs) if np.asarray(each).dtype == np.float64)


def steps(program: Any) -> list[str]:
    """Return the names of the functions that are steps of a program."""
    return [each.text.partition("(")[0] for each in statements(program.body) if isinstance(each, Step)]


def differences(f: Any, inputs: Any, cotangent: Any) -> list[Any]:
    """Return central differences of a function, which may write to its arguments."""
    found = []
    for n in _active(inputs):
        slope = np.zeros(np.shape(inputs[n]))
        for place in np.ndindex(slope.shape):
            values = []
            for step in (1e-6, -1e-6):
                moved = [np.copy(each) if np.ndim(each) else each for each in inputs]
                moved[n] = np.asarray(moved[n], float)
                moved[n][place] += step
                values.append(np.sum(cotangent * f(*moved)))
            slope[place] = (values[0] - values[1]) / 2e-6
        found.append(slope)
    return found


def check(f: Any, *inputs: Any) -> list[str]:
    """Compare an adjoint with differences, and return the steps of the program."""
    program, generated = prepared(f, *inputs)
    given = [np.copy(each) if np.ndim(each) else each for each in inputs]
    shape = np.shape(f.py_func(*given))
    cotangent = np.cos(np.arange(np.prod(shape, dtype=int)).reshape(shape)) if shape else 0.7
    found = uncompiled(generated)(*inputs, cotangent)
    for one, other in zip(found, differences(f.py_func, inputs, cotangent), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6 * np.max(np.abs(other), initial=1e-3))
    return steps(program)


def refusal(f: Any, inputs: Any) -> str:
    """Return why a function is refused; nothing if it is not."""
    try:
        prepared(f, *inputs)
    except Refused as refused:
        return refused.reason
    return ""


# -- the table


def in_the_table() -> Iterator[Any]:
    for f, make in (RULE_CASES | COMPOSITE_CASES).items():
        for n, case in enumerate(make(f) if f in STAND_INS else []):
            if case.written is not None:
                name = f"{f.__name__}-{n}"
                yield pytest.param(case, id=name, marks=[] if name in SAMPLE else [pytest.mark.exhaustive])


@pytest.mark.filterwarnings("ignore::numba.NumbaPendingDeprecationWarning")
@pytest.mark.parametrize("case", list(in_the_table()))
def test_each_function_of_the_table_is_taken(case: Case, request: pytest.FixtureRequest) -> None:
    """Its adjoint is that of interpreted code, and what is not taken is what Numba does not compile."""
    name = request.node.callspec.id
    x = tuple(np.ascontiguousarray(each) if np.ndim(each) else float(each) for each in operands(case))
    reason = refusal(njit(case.written), x)
    if reason:
        assert name not in SAMPLE
        assert "which Numba does not compile" in reason or REFUSED[name] in reason
        return
    _, generated = prepared(njit(case.written), *x)
    assert name not in REFUSED
    value, pullback = dr.vjp(case.call, *x)
    parts, structure = optree.tree_flatten(value)
    cotangents = [np.cos(np.arange(np.size(each)).reshape(np.shape(each)))[()] for each in parts]
    expected = optree.tree_leaves(pullback(optree.tree_unflatten(structure, cotangents)))
    with np.errstate(all="ignore"):
        found = uncompiled(generated)(*x, *cotangents)
    if "np.nan" in generated.text and all(np.all(np.isnan(each)) for each in found):
        return  # an axis of length 1 is repeated by the tape
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


# Numba takes seconds to find the types of some of these.


def shares_memory(f: Any, inputs: Any) -> bool:
    """Whether a function returns memory of its arguments."""
    parts = [each for each in optree.tree_leaves(f(*inputs)) if isinstance(each, np.ndarray)]
    return any(np.shares_memory(part, each) for part in parts for each in inputs if np.ndim(each))


def all_cases() -> Iterator[Any]:
    for f, make in (RULE_CASES | COMPOSITE_CASES).items():
        for n, case in enumerate(make(f) if f in STAND_INS else []):
            if case.written is not None:
                x = tuple(np.ascontiguousarray(each) if np.ndim(each) else float(each) for each in operands(case))
                yield pytest.param(case, x, id=f"{f.__name__}-{n}")


def test_what_shares_memory_is_no_step():
    """A step makes memory of its own; NumPy tells where a function does not."""
    found = 0
    for each in all_cases():
        case, x = each.values
        if shares_memory(case.call, x):
            found += 1
            f = njit(case.written)
            assert refusal(f, x) or not steps(prepared(f, *x)[0]), each.id
    assert found > 0


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::numba.NumbaPendingDeprecationWarning", "ignore::numba.NumbaPerformanceWarning")
@pytest.mark.parametrize(("case", "x"), list(all_cases()))
def test_what_shares_memory_in_compiled_code_is_no_step(case, x):
    """Numba's functions are others than NumPy's."""
    f = njit(case.written)
    if not refusal(f, x) and steps(prepared(f, *x)[0]):
        assert not shares_memory(f, x)


@njit
def _linear(a, b):
    s = a @ a.T
    r, v = np.linalg.slogdet(s)
    x = np.linalg.solve(a, b) + np.linalg.cholesky(s)[2] * np.linalg.inv(a)[0]
    return x * (np.linalg.det(a) + r * v) + np.linalg.norm(a) - np.linalg.norm(b, 1)


@pytest.mark.exhaustive
def test_linear_algebra():
    """Each is a step, but the determinant, which Numba writes with `slogdet`."""
    assert set(check(_linear, A, B)) == {"slogdet", "solve", "cholesky", "inv", "norm"}


@njit
def _missing(x):
    x[1] = np.nan
    s = np.nansum(x) * np.nanprod(x) + np.nanmean(x) - np.nanvar(x) * np.nanstd(x)
    return s + np.nanmax(x) * np.nanmin(x) + np.nancumsum(x) * np.nancumprod(x)


@pytest.mark.exhaustive
def test_functions_that_leave_out_what_is_missing():
    """Numba's loops, or steps."""
    check(_missing, X)


@njit
def _places(x):
    i, j = np.argmax(x), np.argmin(x)
    order = np.argsort(x)
    n = np.count_nonzero(x > 1.0) + np.searchsorted(np.sort(x), 2.0)
    d = np.digitize(x, np.array([0.0, 2.0]))
    if np.any(x > 3.0) and not np.all(x > 3.0) and np.allclose(x, x):
        n += d[0]
    return x[order] * x[i] / x[j] + n + np.round(x) * np.median(x) - np.percentile(x, 30.0)


@pytest.mark.exhaustive
def test_functions_whose_results_are_places():
    """Integers and booleans, of which nothing has a derivative."""
    check(_places, X)


def test_each_function_of_the_table_is_tried():
    """By a case, or by a program above."""
    named = {name for f in (_linear, _missing, _places) for name in f.py_func.__code__.co_names}
    untried = [f.__name__ for f in STAND_INS if f not in RULE_CASES | COMPOSITE_CASES and f.__name__ not in named]
    assert set(untried) <= {
        "flatnonzero", "argwhere", "nonzero", "array_equal", "nanargmax", "nanargmin", "around", "isclose",
    }  # fmt: skip


# -- steps in loops and branches


@njit
def _solves(a, b, n):
    x = b.copy()
    for i in range(n):
        a[0, 0] += x[1]
        x = np.linalg.solve(a, x + b)
        x.sort()
        x[0] *= b[i]
    return x * x


@njit
def _in_branches(a, b):
    s = 0.0
    for i in range(a.shape[0]):
        if b[i] > 0:
            s += np.linalg.norm(a[i] * s + a[:, i]) * np.linalg.det(a)
            a[i, 0] *= b[i]
        else:
            c = np.linalg.inv(a)
            s += c[0, i] ** 2
    return s


@njit
def _numbers(a, b):
    y = np.zeros(3)
    for i in range(3):
        z = np.sort(a[i] * b)
        y[i] = z[0] * z[2]
        b[i] = np.linalg.norm(z)
    return y + b


@njit
def _leading(a, b):
    s = 0.5
    for k in range(1, 4):
        sign, size = np.linalg.slogdet(a[:k, :k])
        y = np.linalg.solve(a[:k, :k], b[:k] * s)
        z = a[:k, k - 1 :] @ y[: 4 - k] if k > 1 else y
        s = np.tanh(size * sign + y[k - 1] * s + z[0])
    return s


@pytest.mark.parametrize("f", [_solves, _in_branches, _numbers, _leading])
def test_steps_in_loops(f):
    """What a step has read is what it reads in the reverse sweep, when what was written later is written back."""
    assert check(f, A, B, *([3] if f is _solves else []))


@njit
def _clipped_into(x):
    y = 2.0 * x
    np.clip(x, 0.5, 1.5, y)
    return y.sum()


@njit
def _rounded_into(x):
    y = 2.0 * x
    np.round(x, 0, y)
    return y.sum()


@njit
def _multiplied_into(x):
    y = 2.0 * x
    np.dot(x.reshape(1, -1), x, y[:1])
    return y.sum()


@pytest.mark.parametrize("f", [_clipped_into, _rounded_into])
def test_a_function_that_writes_to_an_array_is_read_as_numba_has_it(f):
    """The table's functions take no such array."""
    check(f, X)


def test_an_array_that_a_step_would_write_to_is_refused():
    """It is read as no loop."""
    with pytest.raises(Refused, match="with other arguments than its derivative takes"):
        prepared(_multiplied_into, X)


@njit
def _two_lengths(x):
    m = np.outer(x, x) + 3.0 * np.eye(4)
    c = np.linalg.slogdet(m)[1]
    z = np.repeat(x[:2], 2)
    return np.sum(z * np.array([1.0, -0.5, 2.0, 0.3])) + c


def test_a_name_that_an_attempt_to_read_a_loop_gives_is_given_once():
    """Numba's functions call many a length n."""
    check(_two_lengths, X)


# -- linear algebra


@njit
def _systems(a, b):
    x, y = np.linalg.solve(a, b), np.linalg.inv(a)
    z = np.linalg.solve(a, a.T * b)
    x[0] *= b[1]
    y[1] = x
    a[0, 0], b[2] = 2.0, x[1]
    return y @ x + b + z[0]


@njit
def _lengths(a, b):
    s, v = np.linalg.slogdet(a)
    return s * v + np.linalg.norm(a) * np.linalg.norm(b) + np.linalg.norm(b * 0.0)


@njit
def _factors(a, b):
    s = 0.0
    for i in range(3):
        c = np.linalg.cholesky(a @ a.T)
        b[:] = np.linalg.solve(c, b)
        b *= np.linalg.norm(b)
        a[i, 0] *= b[1]
        s += np.linalg.slogdet(a)[1] + np.linalg.norm(b + s)
        a[:] = np.linalg.inv(a)
    return b * s + a[0]


@pytest.mark.parametrize("f", [_systems, _lengths, _factors])
def test_linear_algebra_is_pulled_back_by_lines_of_code(f):
    """What is written over is read as it was, and a length of 0 has the derivative 0."""
    check(f, A, B)
    assert "pull_" not in prepared(f, A, B)[1].text


# -- subscripts that are arrays


@njit
def _gathers(x, at):
    y = x * x
    y[at] = x[: at.size] * 3.0
    y[at] += y[: at.size] * x[at]
    x[:] = x[np.argsort(x)] * x
    return y * x[::-1]


@njit
def _of_rows(a, at):
    return a[:, at] * a[at].T


@njit
def _masks(x, at):
    m = x > 1.5
    z = x[m] ** 2
    y = x.copy()
    y[m] = z * y[: z.size]
    y[~m] = 0.5
    y[y > 5.0] *= 2.0
    return np.sum(y * x) + at[0]


@njit
def _mask_of_two_axes(a, at):
    return np.sum(a[a > 0.4] ** 2) + at[0]


@pytest.mark.parametrize(("f", "x"), [(_gathers, X), (_of_rows, A), (_masks, X), (_mask_of_two_axes, A)])
def test_subscripts_that_are_arrays(f, x):
    """Elements are read, written and changed in place; all are read before one is written."""
    check(f, x, AT)


@njit
def _mixed(a, at):
    return a[0, :, at]


def test_an_array_beside_a_number_and_a_slice_between_is_refused():
    """NumPy orders the axes of what it makes of that in a way of its own."""
    with pytest.raises(Refused, match="an array beside a number, with a slice before or between them"):
        prepared(_mixed, np.ones((2, 3, 4)), AT)


# -- axes of length 1


@njit
def _repeated(x, y):
    z = np.zeros((x.size, y.size))
    z[:] = x.reshape((x.size, 1))
    z += y[None] * z
    z *= np.expand_dims(x, 1) + 1.0
    return x[:, None] * y[None, :] + np.sqrt(x.reshape(-1, 1)) * y + z


def test_axes_of_length_1_are_repeated():
    """Where they are of that length by construction."""
    check(_repeated, X, np.abs(B))


@njit
def _product(x, y):
    return np.sum(x * y)


@pytest.mark.parametrize(("x", "y"), [(X, X[:1]), (X[:, None].copy(), B[None].copy()), (X, B)])
def test_what_is_of_length_1_only_when_it_runs_is_left_to_the_tape(x, y):
    """The adjoint answers NaN, which makes its caller ask the tape; that repeats the axis, or raises the error."""
    _, generated = prepared(_product, x, y)
    for each in uncompiled(generated)(x, y, 1.0):
        assert np.all(np.isnan(each))


@pytest.mark.compiles
def test_it_is_right_from_python():
    """The tape repeats the axis, or raises the error."""
    gradient = dr.grad(_product, mode="reverse")
    np.testing.assert_array_equal(gradient(X, X), X)
    assert "generated adjoint code" in gradient.plan(X, X).reason
    np.testing.assert_array_equal(gradient(X, X[:1]), np.full(4, X[0]))
    with pytest.raises(ValueError, match="broadcast"):
        gradient(X, B)


@njit
def _compiled(x):
    y = x.copy()
    for _ in range(2):
        y = np.sort(y * x)
    return np.sum(y * y[np.array([1, 0, 1, 2])])


@pytest.mark.compiles
def test_a_compiled_adjoint_with_a_step():
    """The pullback of a step is a tape of that call."""
    gradient = dr.grad(_compiled, mode="reverse")
    assert "generated adjoint code" in gradient.plan(X).reason
    (expected,) = differences(_compiled.py_func, [X], 1.0)
    np.testing.assert_allclose(gradient(X), expected, rtol=1e-6)
