"""Array functions inside compiled functions: values and derivatives, in both modes and nested."""

from __future__ import annotations

import resource
import sys
from functools import cache

import numpy as np
import optree
import pytest
from compiled_cases import CASES
from numba import njit

import dualrev as dr

X = np.array([0.8, 1.7, 1.1, 0.6, 1.9, 1.4])
MODES = ("forward", "reverse")


def differences(f, x, step=1e-6):
    """Return the Jacobian of every leaf by central differences."""

    def column(n):
        e = np.zeros(x.size)
        e[n] = step
        return optree.tree_map(lambda a, b: (np.asarray(a) - np.asarray(b)) / (2 * step), f(x + e), f(x - e))

    return optree.tree_map(lambda *columns: np.stack(columns, -1), *[column(n) for n in range(x.size)])


@cache
def packed_case(case):
    vector, plain = packed(case.f, X)
    return vector, plain if case.python else vector


def packed(f, x):
    """Return `f` with its outputs in one vector: a sweep for each of several takes long to compile.

    It is tried with what NumPy gives: to compile `f` itself would take a third of the time, and show less.
    """
    y = f.py_func(x)
    paths = ["y" + "".join(f"[{n}]" for n in path) for path in optree.tree_paths(y)]
    leaves = zip(paths, optree.tree_leaves(y), strict=True)
    parts = ", ".join(
        f"np.ravel({path})" if np.ndim(leaf) else f"np.array([{path}{'[()]' * isinstance(leaf, np.ndarray)}])"
        for path, leaf in leaves
    )
    vectors = []
    for called in (f, f.py_func):
        scope = {"np": np, "f": called}
        exec(f"def vector(x):\n    y = f(x)\n    return np.concatenate(({parts},))", scope)
        vectors.append(scope["vector"])
    return njit(vectors[0]), vectors[1]


MADE_OF_OTHERS = {"steps", "texts", "orders", "factors", "numerics", "rewritten constants", "statistics", "systems"}
ON_REQUEST = {
    "forward": MADE_OF_OTHERS
    | {"joins", "shapes", "norms", "reductions", "products", "products of elements", "choices"},
    "reverse": MADE_OF_OTHERS | {"constants", "writes", "parts"},
}
"""Groups of functions that are made of others, or used by them, and so need no second mode, or none, in every run."""


def in_both_modes():
    for case in CASES:
        for mode in MODES:
            marks = [pytest.mark.exhaustive] if case.name in ON_REQUEST[mode] else []
            yield pytest.param(case, mode, marks=marks, id=f"{case.name}-{mode}")


@pytest.mark.parametrize(("case", "mode"), list(in_both_modes()))
def test_array_functions(case, mode):
    f, plain = packed_case(case)
    value, result = dr.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_allclose(value, plain(X), rtol=1e-13)
    np.testing.assert_allclose(result, differences(plain, X), rtol=1e-6, atol=1e-8)
    if case.interpreted:
        interpreted = optree.tree_leaves(dr.jacobian(case.f, backend="numpy")(X))
        rows = np.concatenate([np.reshape(leaf, (-1, X.size)) for leaf in interpreted])
        np.testing.assert_allclose(result, rows, rtol=1e-12, atol=1e-13)


@njit
def curved(x):
    m = x[:4].reshape(2, 2)
    return np.sum(m @ m) * x[5] ** 2


@pytest.mark.exhaustive
def test_second_order_with_blocks():
    expected = differences(dr.grad(curved, mode="forward"), X)
    np.testing.assert_allclose(dr.hessian(curved)(X), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.exhaustive
def test_reverse_over_reverse_with_blocks():
    expected = differences(dr.grad(curved, mode="forward"), X)
    reverse = dr.grad(curved, mode="reverse")
    twice = dr.jacobian(njit(lambda x: reverse(x)), mode="reverse")
    np.testing.assert_allclose(twice(X), expected, rtol=1e-7, atol=1e-7)


@njit
def single(x):
    m = x[:4].reshape(2, 2)
    return (m @ m).sum() + x.max() + np.dot(x, x)


@pytest.mark.parametrize("mode", [pytest.param("forward", marks=pytest.mark.exhaustive), "reverse"])
def test_float32(mode):
    result = dr.grad(single, mode=mode)(X.astype(np.float32))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, differences(single, X), rtol=1e-5)


@njit
def chained(x):
    y = x @ x
    first = y.sum()
    y[0, 0] = 0.0  # what is overwritten after the product has no part in its transpose
    x[0] = 5.0
    return first


def test_product_of_matrices_is_one_block():
    gradient = dr.grad(chained, mode="reverse")
    gradient(np.eye(2))
    x = np.random.default_rng(0).normal(size=(200, 200))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = gradient(x)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ones = np.ones_like(x)
    np.testing.assert_allclose(result, ones @ x.T + x.T @ ones, rtol=1e-10, atol=1e-12)
    assert (after - before) / (1024 if sys.platform == "linux" else 1024**2) < 60


@njit
def rows_of_products(x):
    y = x[:4].reshape(2, 2) @ x[2:].reshape(2, 2)
    return y, np.sum(y * y, axis=0), y[0, 0] * x[0]


def test_each_row_of_a_jacobian_sweeps_its_part_of_a_block():
    result = dr.jacobian(rows_of_products, mode="reverse")(X)
    leaves = zip(result, differences(rows_of_products, X), strict=True)
    for leaf, expected in leaves:
        np.testing.assert_allclose(leaf, expected, rtol=1e-7, atol=1e-8)


@njit
def writes_into_integers(x):
    counts = np.zeros(2, dtype=np.int64)
    counts[0] = x[0]
    return counts.sum()


@njit
def spectrum(x):
    return np.linalg.eigvalsh(x)


def test_refusals_name_what_has_no_rule():
    with pytest.raises(dr.errors.CompilationError):
        dr.grad(writes_into_integers, mode="forward")(X)
    with pytest.raises(dr.errors.CompilationError, match="eigvalsh"):
        dr.jacobian(spectrum, mode="reverse")(np.eye(2))


@njit
def algebra(x):
    m = x[:4].reshape(2, 2)
    return np.sum(np.linalg.inv(m) @ x[4:]) * np.linalg.det(m)


def test_inverses_and_determinants():
    np.testing.assert_allclose(dr.grad(algebra, mode="forward")(X), differences(algebra, X), rtol=1e-6)


@njit
def length(x):
    return np.linalg.norm(x)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_norm_whose_squares_overflow_or_vanish(mode):
    for scale in (1e200, 1e-160, 1e-200):
        x = scale * np.array([3.0, 4.0])
        value, gradient = dr.value_and_grad(length, mode=mode)(x)
        np.testing.assert_allclose(value, length(x), rtol=1e-15)
        np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-15)
