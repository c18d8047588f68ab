"""Compiled kernels over operands that broadcast, are not contiguous, or carry several directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kernel_pieces import LARGE, compare

import dualrev as dr
from dualrev.kernels.numpy_rows import FUNCTIONS

pytestmark = pytest.mark.compiles

TURNS = {
    "transposed": np.transpose,
    "backwards": lambda x: x[::-1],
    "every other column": lambda x: x[:, ::2],
}
precision = pytest.mark.parametrize(
    "dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.exhaustive)], ids=["float64", "float32"]
)


@precision
@pytest.mark.parametrize("name", ["multiply", "divide", "hypot", "maximum"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((LARGE,), (LARGE,)),
        ((LARGE,), ()),
        ((), (LARGE,)),
        ((400, 100), (100,)),
        ((400, 1), (400, 100)),
        ((400, 1), (1, 100)),
        ((20, 20, 100), (20, 1, 100)),
        ((20, 20, 100), (20, 100)),
    ],
    ids=str,
)
def test_layouts(name: str, first: Any, second: Any, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    compare(FUNCTIONS[name], tuple(rng.uniform(0.5, 2.0, shape).astype(dtype)[()] for shape in (first, second)))


@precision
@pytest.mark.parametrize("turn", [*TURNS.values(), np.asfortranarray], ids=[*TURNS, "Fortran"])
def test_inputs_that_are_not_contiguous(turn: Any, dtype: Any) -> None:
    x = turn(np.random.default_rng(3).uniform(0.5, 2.0, (300, 300)).astype(dtype))
    compare(lambda a: np.sin(a) * a / (1 + a * a), (x,))


@precision
@pytest.mark.parametrize("turn", TURNS.values(), ids=list(TURNS))
def test_intermediate_results_that_are_not_contiguous(turn: Any, dtype: Any) -> None:
    rng = np.random.default_rng(4)
    x, v, w = (rng.uniform(0.5, 2.0, (300, 300)).astype(dtype) for _ in range(3))
    w = np.ascontiguousarray(turn(w))
    out, pushed = dr.jvp(lambda a: turn(np.sin(a)) * turn(a), x, v)
    (pulled,) = dr.vjp(lambda a: turn(np.sin(a)) * turn(a), x)[1](w)
    tolerance = 16 * np.finfo(dtype).eps
    np.testing.assert_allclose(out, turn(np.sin(x) * x), rtol=tolerance)
    np.testing.assert_allclose(pushed, turn((np.cos(x) * x + np.sin(x)) * v), rtol=tolerance, atol=tolerance)
    back = np.zeros_like(x)
    turn(back)[...] = w
    np.testing.assert_allclose(pulled, (np.cos(x) * x + np.sin(x)) * back, rtol=tolerance, atol=tolerance)


@precision
def test_several_directions_and_several_cotangents(dtype: Any) -> None:
    t = np.linspace(0.0, 3.0, LARGE, dtype=dtype)
    p = np.array([1.5, 0.7, -0.4, 2.0], dtype)
    a, b, c, d = p.astype(np.float64)
    closed = np.stack([np.cos(b * t), -a * t * np.sin(b * t), 1 / (d + t), -c / (d + t) ** 2], axis=1)
    jacobian = dr.jacobian(lambda p: p[0] * np.cos(p[1] * t) + p[2] / (p[3] + t), mode="forward")(p)
    np.testing.assert_allclose(jacobian, closed, rtol=0, atol=64 * np.finfo(dtype).eps)
    rows = dr.jacobian(lambda x: np.stack([np.sum(x * x), np.sum(np.sin(x)), np.sum(x / 2)]), mode="reverse")(t)
    np.testing.assert_allclose(rows, [2 * t, np.cos(t), 0.5 + 0 * t], rtol=0, atol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("axis", [0, 1])
@precision
def test_cotangents_that_a_sum_has_repeated(axis: int, dtype: Any) -> None:
    x = np.random.default_rng(5).uniform(0.5, 2.0, (200, 300)).astype(dtype)
    w = np.linspace(1.0, 2.0, x.shape[1 - axis], dtype=dtype)
    (pulled,) = dr.vjp(lambda a: np.sum(np.sin(a), axis=axis), x)[1](w)
    np.testing.assert_allclose(pulled, np.cos(x) * np.expand_dims(w, axis), rtol=8 * np.finfo(dtype).eps)
    (pulled,) = dr.vjp(lambda a: np.sum(np.sin(a)), x)[1](2.0)
    np.testing.assert_allclose(pulled, 2 * np.cos(x), rtol=8 * np.finfo(dtype).eps)
