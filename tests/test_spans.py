"""Tangents of large arrays are kept in the directions that they have; the Jacobian is that of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.forward.spans import Span
from dualrev.kernels.fused import FUSED_SIZE

pytestmark = pytest.mark.compiles

T = np.linspace(0.1, 2.0, FUSED_SIZE + 7)

CURVES: dict[str, tuple[Any, Any]] = {
    "one direction each": (
        lambda p: p[0] * np.exp(-p[1] * T) + p[2] * np.sin(p[3] * T),
        lambda p: [
            np.exp(-p[1] * T),
            -p[0] * T * np.exp(-p[1] * T),
            np.sin(p[3] * T),
            p[2] * T * np.cos(p[3] * T),
        ],
    ),
    "spans that overlap": (
        lambda p: (p[0] * T + p[1]) * (p[1] * T + p[2]) + p[3],
        lambda p: [
            T * (p[1] * T + p[2]),
            (p[1] * T + p[2]) + (p[0] * T + p[1]) * T,
            p[0] * T + p[1],
            np.ones_like(T),
        ],
    ),
    "a gap between spans": (
        lambda p: p[0] * T - p[3] * T,
        lambda p: [T, np.zeros_like(T), np.zeros_like(T), -T],
    ),
    "all directions in one number": (
        lambda p: np.sum(p) * T / p[1],
        lambda p: [T / p[1], T / p[1] - np.sum(p) * T / p[1] ** 2, T / p[1], T / p[1]],
    ),
    "a matrix, and a reduction": (
        lambda p: np.sum(p[2] * np.reshape(T[:FUSED_SIZE], (2, -1)) ** p[3], axis=1),
        lambda p: [
            np.zeros(2),
            np.zeros(2),
            np.sum(np.reshape(T[:FUSED_SIZE], (2, -1)) ** p[3], axis=1),
            np.sum(
                p[2] * np.reshape(T[:FUSED_SIZE], (2, -1)) ** p[3] * np.log(np.reshape(T[:FUSED_SIZE], (2, -1))), axis=1
            ),
        ],
    ),
}
P = np.array([1.5, 0.7, 2.0, 3.0])


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("chunk", [None, 1, pytest.param(3, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("name", CURVES)
def test_the_jacobian_is_the_closed_form(name: str, chunk: int | None, dtype: Any) -> None:
    f, columns = CURVES[name]
    p = P.astype(dtype)
    found = dr.jacobian(f, mode="forward", chunk_size=chunk)(p)
    expected = np.stack(columns(P), axis=-1)
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=2e-5 if dtype is np.float32 else 1e-12, atol=1e-5 * expected.max())


def test_a_direction_that_is_not_there_is_zero_beside_an_infinity() -> None:
    t = np.where(T > 1.0, 0.0, T)
    found = dr.jacobian(lambda p: np.sqrt(p[0] * t) + p[1] * t, mode="forward")(np.array([4.0, 1.0]))
    reverse = dr.vjp(lambda p: np.sqrt(p[0] * t) + p[1] * t, np.array([4.0, 1.0]))[1](np.where(t == 0.0, 1.0, 0.0))[0]
    assert np.array_equal(found[t == 0.0], np.zeros((np.sum(t == 0.0), 2)))
    assert np.array_equal(reverse, [0.0, 0.0])
    np.testing.assert_allclose(found[t > 0.0, 0], np.sqrt(t[t > 0.0] / 4.0) / 2.0, rtol=1e-12)


def test_few_directions_are_kept_and_all_are_shown() -> None:
    seen: list[Any] = []

    def f(p: Any) -> Any:
        y = p[1] * T
        seen.append((type(y.pushed), y.tangent.shape, y.pushed.first, len(y.pushed.part)))
        return y

    dr.jacobian(f, mode="forward")(P)
    assert seen == [(Span, (4, T.size), 1, 1)]
