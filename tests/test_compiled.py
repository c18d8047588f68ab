"""Compiled derivatives, forward and reverse, are right for everything that changes values on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import optree
import pytest
from compiled_functions import CASES, EXHAUSTIVE, FEW, Pair
from numba import njit

import dualrev as dr

MODES = ("forward", "reverse")
each_mode = pytest.mark.parametrize("mode", MODES)


def flat(y: Any) -> Any:
    return np.concatenate([np.ravel(leaf) for leaf in optree.tree_leaves(y)])


def owned(args: Any) -> Any:
    return tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args)


def complex_step(f: Any, args: Any) -> Any:
    x, *rest = args
    columns = [flat(f.py_func(x + 1e-30j * unit, *owned(rest))).imag / 1e-30 for unit in np.eye(x.size)]
    return np.stack(columns, axis=1)


def differences(f: Any, args: Any) -> Any:
    x, *rest = args

    def along(unit: Any, h: float) -> Any:
        return (flat(f(x + h * unit, *owned(rest))) - flat(f(x - h * unit, *owned(rest)))) / (2 * h)

    return np.stack([(4 * along(unit, 5e-4) - along(unit, 1e-3)) / 3 for unit in np.eye(x.size)], axis=1)


@pytest.mark.parametrize("name", [*CASES, *(pytest.param(name, marks=pytest.mark.exhaustive) for name in EXHAUSTIVE)])
def test_values_and_derivatives_in_all_modes(name: str) -> None:
    f, args, analytic = (CASES | EXHAUSTIVE)[name]
    value = flat(f(*owned(args)))
    expected = complex_step(f, args) if analytic else differences(f, args)
    for mode in (*MODES, "auto"):
        given = owned(args)
        y, jacobian = dr.value_and_jacobian(f, mode=mode)(*given)
        np.testing.assert_allclose(flat(y), value, rtol=1e-13, err_msg=mode)
        rows = np.concatenate([np.reshape(part, (-1, args[0].size)) for part in optree.tree_leaves(jacobian)])
        np.testing.assert_allclose(rows, expected, rtol=1e-10 if analytic else 1e-7, atol=1e-9, err_msg=mode)
        for before, after in zip(args, given, strict=True):
            if isinstance(before, np.ndarray):
                np.testing.assert_array_equal(after, before)


def product_of_sines(x):
    s = 1.0
    for i in range(len(x)):
        s = s * np.sin(x[i]) + x[i] ** 2
    return s


@pytest.mark.parametrize(
    "options",
    [
        {"fastmath": True},
        {"parallel": True},
        {"error_model": "numpy", "boundscheck": True},
        {"inline": "always"},
        {"signature_or_function": "float64(float64[::1])"},
        {"nogil": True, "fastmath": {"reassoc", "nnan"}},
    ],
    ids=lambda options: ", ".join(options),
)
def test_options_of_the_decorator(options: Any) -> None:
    f = njit(**options)(product_of_sines)
    expected = dr.grad(product_of_sines)(FEW)
    np.testing.assert_allclose(dr.grad(f, mode="forward")(FEW), expected, rtol=1e-13)


@njit
def names(n, x, y, f, tape, out, stub, D, V, start):
    return n * x.sum() + y * f * tape * x[0] + out * stub * D - V * start


@each_mode
def test_parameters_may_be_called_as_generated_code_is(mode: str) -> None:
    args = (2.0, FEW, *np.arange(1.0, 9.0))
    everything = tuple(range(10))
    results = dr.grad(names, everything, mode=mode)(*args)
    for result, expected in zip(results, dr.grad(names.py_func, everything)(*args), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-15)
    np.testing.assert_allclose(dr.grad(names, mode=mode)(**dict(zip(names_of(names), args, strict=True))), FEW.sum())


def names_of(f: Any) -> tuple[str, ...]:
    code = f.py_func.__code__
    return code.co_varnames[: code.co_argcount]


@njit
def with_defaults(x, a=2.0, b=3):
    return x * a**b


@each_mode
@pytest.mark.parametrize(
    ("argnums", "args", "kwargs", "expected"),
    [
        (0, (2.0,), {}, 8.0),
        (0, (2.0, 4.0), {}, 64.0),
        (1, (2.0,), {}, 24.0),
        (-2, (2.0,), {"a": 4.0}, 96.0),
        ((0, 1), (2.0, 4.0, 2), {}, (16.0, 16.0)),
        ((0, 1), (), {"x": 2.0, "b": 1}, (2.0, 2.0)),
    ],
)
def test_defaults_keywords_and_argnums(mode: str, argnums: Any, args: Any, kwargs: Any, expected: Any) -> None:
    assert dr.grad(with_defaults, argnums, mode=mode)(*args, **kwargs) == expected


@njit
def square(x):
    return x * x


@njit
def area(p):
    return Pair((p.a * p.a).sum() * p.b, p.b**2)


def test_inputs_of_every_kind() -> None:
    jacobian = dr.jacobian(square)
    assert jacobian(3) == jacobian(3.0) == 6.0
    assert jacobian(True) == 2.0
    assert type(jacobian(3.0)) is float
    assert type(jacobian(3)) is np.float64
    assert type(jacobian(np.float32(3.0))) is np.float32
    assert jacobian(np.array([1, 2])).dtype == np.float64
    assert jacobian(np.zeros(0)).shape == (0, 0)
    read_only = np.arange(6.0)[::2]
    read_only.flags.writeable = False
    np.testing.assert_array_equal(jacobian(read_only), np.diag(2 * read_only))


@each_mode
def test_arrays_and_named_tuples(mode: str) -> None:
    jacobian = dr.jacobian(square, mode=mode)
    assert type(jacobian(np.array(3.0))) is np.float64
    assert jacobian(np.array([1.5, 2.0], np.float32)).dtype == np.float32
    matrix = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(jacobian(matrix), np.diag(2 * np.arange(6.0)).reshape(2, 3, 2, 3))
    result = dr.jacobian(area, mode=mode)(Pair(np.array([1.0, 2.0]), 3.0))
    np.testing.assert_array_equal(result.a.a, [6.0, 12.0])
    assert (result.a.b, result.b.b) == (5.0, 6.0)
    np.testing.assert_array_equal(result.b.a, [0.0, 0.0])


@njit
def weighted(a, b):
    return (a * a).sum() * b


@pytest.mark.parametrize("second", [2.0, np.float64(2.0), np.float32(2.0)], ids=lambda x: type(x).__name__)
def test_a_gradient_has_the_type_of_each_input(second: Any) -> None:
    args = (np.array([1.5], np.float32), second)
    value, (a, b) = dr.value_and_grad(weighted, (0, 1))(*args)
    assert type(value) is type(dr.value_and_grad(weighted.py_func, (0, 1))(*args)[0])
    assert (a.dtype, type(b)) == (np.float32, type(second))


@njit
def constants(x, c):
    return 3, x[0] > 1.0, 2.5, c, np.arange(2)


@each_mode
def test_outputs_that_depend_on_nothing_have_zero_derivatives_and_belong_to_the_caller(mode: str) -> None:
    c = np.ones(2)
    values, jacobians = dr.value_and_jacobian(constants, mode=mode)(FEW, c)
    assert values[:3] == (3, False, 2.5)
    assert not np.shares_memory(values[3], c)
    assert [np.shape(j) for j in jacobians] == [(4,), (4,), (4,), (2, 4), (2, 4)]
    assert not any(np.any(j) for j in jacobians)
