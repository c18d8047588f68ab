"""Operators on compiled functions: as on interpreted ones, from compiled code, batched, in threads and in processes."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import optree
import pytest
from numba import njit
from numba.core.runtime import rtsys
from numba.core.runtime._nrt_python import memsys_disable_stats, memsys_enable_stats

import dualrev as dr
from dualrev import errors
from dualrev.compiled import _batches as batches

X = np.array([0.5, 1.5, -0.7, 1.1])
MODES = ("forward", "reverse")


@njit
def energy(x, k=2.0):
    s = 0.0
    for i in range(len(x) - 1):
        s += np.sin(x[i]) * x[i + 1] ** 3 + k * np.exp(x[0] * x[i])
    return s


@njit
def system(x):
    y = np.zeros(3)
    y[0] = x[0] * x[1]
    y[1] = np.sin(x[2]) * x[3]
    y[2] = y[0] * y[1] + x[0] ** 2
    return y


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_arguments_are_named_in_any_order(mode: str) -> None:
    f = njit(lambda x, c, y: c * c * np.sum(x) + y * np.sum(x))
    slopes = {0: (3.0 * 3.0 + 5.0) * np.ones(4), 1: 2.0 * 3.0 * np.sum(X), 2: np.sum(X)}
    for argnums in ((1, 0), (2, 0, 1), (-1, 1)):
        found = dr.grad(f, argnums, mode=mode)(X, 3.0, 5.0)
        rows = dr.jacobian(f, argnums, mode=mode)(X, 3.0, 5.0)
        for n, slope, row in zip(argnums, found, rows, strict=True):
            close(slope, slopes[n % 3])
            close(row, slopes[n % 3])


# At 0 the slope of the root is infinite, so that all is computed twice.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", [dr.grad, dr.jacobian])
def test_the_result_cannot_be_written_over_an_argument(operator: Any, mode: str) -> None:
    slope = operator(njit(lambda x, c: np.sum(c * np.sqrt(x) * 0.0 + x * x)), mode=mode)
    x, out = np.array([0.0, 1.0, 4.0]), np.empty(3)
    close(slope(x, np.ones(3), out=out), 2.0 * x)
    for c, target in ((np.ones(3), x), (out[::-1], out)):
        with pytest.raises(errors.InPlaceError, match="shares memory with an argument"):
            slope(x, c, out=target)


def test_operators_equal_the_interpreted_ones() -> None:
    scalar, v = energy.py_func, np.arange(4.0) - 1.3

    def plain_system(x: Any) -> Any:
        a, b = x[0] * x[1], np.sin(x[2]) * x[3]
        return np.stack([a, b, a * b + x[0] ** 2])

    close(dr.jacobian(system)(X), dr.jacobian(plain_system)(X))
    for compiled, interpreted in zip(dr.jvp(system, (X,), (v,)), dr.jvp(plain_system, (X,), (v,)), strict=True):
        close(compiled, interpreted)
    (y, pull), (z, other) = dr.vjp(system, X), dr.vjp(plain_system, X)
    close(y, z)
    close(pull(np.ones(3))[0], other(np.ones(3))[0])
    close(pull(np.array([1.0, 0.0, 2.0]))[0], other(np.array([1.0, 0.0, 2.0]))[0])
    close(dr.hessian(energy)(X, 3.0), dr.hessian(scalar)(X, 3.0))
    close(dr.hvp(energy, X, v), dr.hvp(scalar, X, v))
    for compiled, interpreted in zip(dr.value_and_grad(energy)(X), dr.value_and_grad(scalar)(X), strict=True):
        close(compiled, interpreted)
    square = njit(lambda t: t * t * t)
    assert (dr.derivative(square)(2.0), dr.derivative(dr.derivative(square))(2.0)) == (12.0, 12.0)
    close(dr.elementwise_grad(square)(X), 3 * X**2)
    close(dr.jacobian(lambda w: dr.jvp(system, (X,), (w,))[1])(v), dr.jacobian(system)(X))
    close(dr.jacobian(lambda w: dr.vjp(system, X)[1](w)[0])(np.ones(3)), dr.jacobian(system)(X).T)


@njit
def _sum(y, x):
    return x + y


def test_nested_in_every_order_and_without_confusion() -> None:
    expected = dr.hessian(energy.py_func)(X)
    for inner in MODES:
        gradient = dr.grad(energy, mode=inner)
        for outer in MODES:
            close(dr.jacobian(gradient, mode=outer)(X), expected)
    slope = dr.grad(_sum)
    confused = njit(lambda x: x * slope(1.0, x))
    for outer in MODES:
        assert dr.grad(confused, mode=outer)(1.0) == 1.0


@njit
def writes(x):
    x[0] = x[0] * x[1]
    return x * x


def test_a_step_in_interpreted_code_leaves_its_arguments_alone() -> None:
    step, expected = dr.as_step(writes), dr.jacobian(writes)(X)
    x = X.copy()
    for mode in MODES:
        close(dr.jacobian(lambda v: step(v * 1.0), mode=mode)(x), expected)
        close(dr.jacobian(step, mode=mode)(x), expected)
    close(dr.jvp(writes, (x,), (np.ones(4),))[1], expected.sum(1))
    close(dr.hessian(lambda v: np.sum(step(v)))(x), dr.hessian(lambda v: (v[0] * v[1]) ** 2 + np.sum(v[1:] ** 2))(x))
    np.testing.assert_array_equal(x, X)


jacobian_of_system, gradient_of_energy = dr.jacobian(system), dr.grad(energy)


@njit
def newton(x, target, steps, operator):
    J = np.zeros((3, 4))
    total = 0.0
    for _ in range(steps):
        operator(x, J)
        x = x - J.T @ np.linalg.solve(J @ J.T, system(x) - target)
        total += gradient_of_energy(x)[0]
    return x, total


def test_operators_are_called_by_compiled_code() -> None:
    target = system(X + 0.1)
    x, total = newton(X, target, 20, jacobian_of_system)
    close(system(x), target)
    assert np.isfinite(total)
    out = np.zeros((3, 4))
    assert jacobian_of_system(X, out=out) is not None
    np.testing.assert_array_equal(out, jacobian_of_system(X))
    implicit = njit(lambda a: gradient_of_energy(np.array([a, a * a]))[1])
    h = 1e-6
    np.testing.assert_allclose(dr.grad(implicit)(0.7), (implicit(0.7 + h) - implicit(0.7 - h)) / (2 * h), rtol=1e-8)


@pytest.mark.parametrize("mode", MODES)
def test_arrays_to_write_to_must_fit(mode: str) -> None:
    gradient, jacobian = dr.grad(energy, mode=mode), dr.jacobian(system, mode=mode)
    for operator, out in ((gradient, np.zeros(3)), (gradient, np.zeros(5)), (jacobian, np.zeros((2, 4)))):
        with pytest.raises(errors.ShapeMismatchError):
            operator(X, out=out)
        assert not out.any()
    with pytest.raises(errors.InputTypeError):
        jacobian(X, out=np.zeros((3, 4), np.int64))
    with pytest.raises(errors.InputTypeError):
        dr.jacobian(scaled, mode=mode)(X, 2.0, out=np.zeros((3, 4)))
    wide = np.zeros((3, 8))
    jacobian(X, out=wide[:, ::2])
    close(wide[:, ::2], jacobian(X))
    assert not wide[:, 1::2].any()


@njit
def scaled(x, c):
    return system(x) * c, x[0] * c


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_batches(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def started(number: int) -> ThreadPoolExecutor:
        threads.append(number)
        return ThreadPoolExecutor(number)

    monkeypatch.setattr(batches, "WORTH", 1e-9)  # any work is worth a thread
    monkeypatch.setattr(batches.os, "cpu_count", lambda: 3)
    monkeypatch.setattr(batches, "ThreadPoolExecutor", started)
    points = np.random.default_rng(0).normal(size=(count, 4))
    weights = np.arange(1.0, count + 1)
    close(dr.jacobian(system, batched=True)(points), np.stack([dr.jacobian(system)(x) for x in points]))
    values, gradients = dr.value_and_grad(energy, batched=True)(points, 3.0)
    close(values, [energy(x, 3.0) for x in points])
    close(gradients, np.stack([gradient_of_energy(x, 3.0) for x in points]))
    first, second = dr.jacobian(scaled, batched=(0, 1), mode="forward")(points, weights)
    close(first, np.stack([dr.jacobian(system)(x) * c for x, c in zip(points, weights, strict=True)]))
    assert second.shape == (count, 4)
    close(dr.grad(njit(lambda t: t**3), batched=True)(weights), 3 * weights**2)
    close(
        dr.jacobian(system, batched=True)(points[:, ::-1]), np.stack([dr.jacobian(system)(x) for x in points[:, ::-1]])
    )
    assert set(threads) == ({2} if count == 1000 else set()), "this thread takes a part, too"


@njit
def with_tuples(x):
    return x[0] ** 2, (x[1], (2.0 * x, 1))


def test_batches_pass_on_arrays_in_tuples() -> None:
    points = np.arange(6.0).reshape(3, 2)
    gradients, (second, (doubled, ones)) = dr.grad(with_tuples, batched=True, has_aux=True, mode="forward")(points)
    close(gradients, np.stack([2 * points[:, 0], np.zeros(3)], axis=1))
    for found, expected in ((second, points[:, 1]), (doubled, 2 * points), (ones, np.ones(3))):
        close(found, expected)


def test_batches_of_none_and_wrong_ones() -> None:
    assert dr.jacobian(system, batched=True)(np.zeros((0, 4))).shape[::2] == (0, 4)
    assert dr.grad(energy, batched=True)(np.zeros((0, 4))).shape[0] == 0
    for operator, args in (
        (dr.jacobian(system, batched=True), (1.0,)),
        (dr.jacobian(scaled, batched=(0, 1)), (np.zeros((3, 4)), np.zeros(2))),
        (dr.jacobian(system, batched=(5,)), (np.zeros((3, 4)),)),
    ):
        with pytest.raises(errors.BatchError):
            operator(*args)


@njit
def into(x, out):
    for i in range(len(out)):
        out[i] = x[i] * x[i + 1]
        out[0] += out[i]


@njit
def with_aux(x):
    return (x * x).sum(), (x * 2, 3)


@pytest.mark.parametrize("mode", MODES)
def test_options(mode: str) -> None:
    expected = dr.jacobian(into, mode=mode, out_shape=3)(X)
    close(expected[1], [0.0, X[2], X[1], 0.0])
    close(expected[0], [2 * X[1], 2 * X[0] + X[2], X[1] + X[3], X[2]])
    if mode == "forward":
        close(dr.jacobian(into.py_func, out_shape=3, backend="numba")(X), expected)
    close(dr.jacobian(system, mode=mode, chunk_size=3)(X), jacobian_of_system(X))
    value, aux = dr.grad(with_aux, mode=mode, has_aux=True)(X)
    close(value, 2 * X)
    close(aux[0], 2 * X)
    assert aux[1] == 3
    (value, aux), gradient = dr.value_and_grad(with_aux, mode=mode, has_aux=True)(X)
    close((value, *aux[0], *gradient), (X @ X, *2 * X, *2 * X))
    gradient_again = dr.grad(energy, mode=mode)
    result, other = gradient_again(X), gradient_again(X)
    assert result.flags.c_contiguous
    assert result.flags.writeable
    assert not np.shares_memory(result, other)
    assert dr.jacobian(system, mode=mode).plan(X).mode == mode
    assert dr.jacobian(system).plan(X).mode in MODES


def test_pickles() -> None:
    for operator in (
        jacobian_of_system,
        dr.hessian(energy),
        dr.jacobian(system, batched=True),
        dr.value_and_grad(energy),
    ):
        x = X[None] if operator.batched else X
        for found, expected in zip(pickle.loads(pickle.dumps(operator))(x), operator(x), strict=True):
            close(found, expected)
    for product in (dr.jvp(system), dr.hvp(energy)):
        close(pickle.loads(pickle.dumps(product))(X, X), product(X, X))
    assert pickle.loads(pickle.dumps(dr.derivative(cube)))(2.0) == 12.0
    assert pickle.loads(pickle.dumps(dr.elementwise_grad(cube)))(2.0) == 12.0
    close(pickle.loads(pickle.dumps(dr.linear_operator(system, X))) @ X, jacobian_of_system(X) @ X)


@njit
def cube(x):
    return x**3


def test_threads_and_concurrent_first_calls() -> None:
    fresh = njit(lambda x: (np.sin(x) * x[0]).sum())
    gradient = dr.grad(fresh, mode="reverse")
    points = np.random.default_rng(1).normal(size=(64, 30))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(gradient, points))
    for x, result in zip(points, results, strict=True):
        expected = np.cos(x) * x[0]
        expected[0] += np.sin(x).sum()
        close(result, expected)


@pytest.mark.exhaustive
@pytest.mark.parametrize("make", [dr.jacobian, dr.value_and_grad, dr.hessian, dr.hvp, dr.jvp, dr.linear_operator])
def test_concurrent_first_calls_of_every_operator(make: Any) -> None:
    fresh = njit(lambda x: (np.sin(x) * x[0]).sum())
    operator, expected = make(fresh), make(fresh.py_func)
    points = np.random.default_rng(1).normal(size=(16, 5))
    second = [points] if make in (dr.hvp, dr.jvp) else []

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(operator, points, *second))
    for k, result in enumerate(results):
        known = expected(points[k], *(v[k] for v in second))
        if make is dr.linear_operator:
            result, known = result @ np.eye(5), known @ np.eye(5)
        for a, b in zip(optree.tree_leaves(result), optree.tree_leaves(known), strict=True):
            close(a, b)


def _in_a_process(x: Any) -> Any:
    return dr.jacobian(system, batched=True)(np.tile(x, (600, 1)))[-1] + 0.0 * gradient_of_energy(x)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_workers() -> None:
    expected = _in_a_process(X)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for result in pool.map(_in_a_process, [X] * 4):
            close(result, expected)


@njit
def sum_of_powers(x):
    s = 0.0
    for i in range(x.size - 1):
        s += x[i] * x[i + 1] ** 2
    return s


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_loop_with_a_buffer_asks_for_no_memory(mode: str) -> None:
    gradient = dr.grad(sum_of_powers, mode=mode)

    @njit
    def descend(x, g, steps):
        for _ in range(steps):
            gradient(x, out=g)
            for i in range(x.size):
                x[i] -= 1e-3 * g[i]
        return x

    x, g = np.linspace(1.0, 2.0, 20), np.empty(20)
    descend(x, g, 1)
    memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats().alloc
        descend(x, g, 100)
        asked = rtsys.get_allocation_stats().alloc - before
    finally:
        memsys_disable_stats()
    assert asked == 2  # for the two arrays that came from Python
    np.testing.assert_allclose(gradient(x), dr.grad(sum_of_powers, backend="numpy")(x), rtol=1e-13)
