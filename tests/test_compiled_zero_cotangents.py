"""The law of the chain rule in compiled code: a cotangent or tangent of exactly 0 meets an infinite slope and wins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr

X = np.array([0.0, 2.0, 4.0])


@njit
def as_array(x):
    return np.sqrt(x) * np.array([1.0, 1.0, 2.0])


@njit
def as_tuple(x):
    return np.sqrt(x[0]), (x[1] * x[1], np.sqrt(x))


@njit
def as_matrix(x):
    y = np.sqrt(x)
    return np.stack((y, x * x))


@njit
def as_products(x):
    m = np.diag(np.sqrt(x))
    return m @ x + np.array([1.0, 2.0, 3.0])


@njit
def as_sums(x):
    m = np.stack((np.sqrt(x), x))
    return m.sum(axis=0) * 2.0


@njit
def root(a):
    return np.sqrt(a)


@njit(error_model="numpy")
def _push(y, primals, tangents):
    return 0.5 / y * tangents[0] if tangents[0] != 0.0 else 0.0


rooted = dr.custom_rule(root, pushforward=_push)


@njit
def by_a_rule(x):
    return rooted(x[0]) * 2.0, x[1] * 3.0, x[2]


FUNCTIONS = [as_array, as_tuple, as_matrix, as_products, as_sums, by_a_rule]


def parts(tree: Any) -> list[Any]:
    return [part for each in tree for part in parts(each)] if isinstance(tree, tuple) else [tree]


def like(tree: Any, flat: list[Any]) -> Any:
    if isinstance(tree, tuple):
        return tuple(like(each, flat) for each in tree)
    return flat.pop(0)


def rows_by_law(f: Any) -> np.ndarray:
    """Return the Jacobian as the interpreted reverse mode finds it, an output's element in each row."""
    if f is by_a_rule:
        return np.diag([np.inf, 3.0, 1.0])
    found = dr.jacobian(f.py_func, mode="reverse")(X)
    return np.concatenate([np.reshape(part, (-1, 3)) for part in parts(found)])


@pytest.mark.parametrize(
    "f",
    [pytest.param(f, id=f.__name__, marks=[] if f is as_tuple else [pytest.mark.exhaustive]) for f in FUNCTIONS],
)
def test_a_cotangent_of_zero_wins(f: Any) -> None:
    with np.errstate(all="ignore"):
        jacobian = rows_by_law(f)
        value, pullback = dr.vjp(f, X)
        step = dr.as_step(f)
        stepped = dr.vjp(lambda x: step(x), X)[1]
        sizes = [np.size(part) for part in parts(value)]
        for n in range(len(jacobian)):
            unit = np.zeros(len(jacobian))
            unit[n] = 1.0
            flat = [
                unit[stop - size : stop].reshape(np.shape(part))[()]
                for size, stop, part in zip(sizes, np.cumsum(sizes), parts(value), strict=True)
            ]
            for pull in (pullback, stepped):
                np.testing.assert_allclose(pull(like(value, list(flat)))[0], jacobian[n], rtol=1e-14)
        for n in range(3):
            tangent = dr.jvp(f, X, np.eye(3)[n])[1]
            found = np.concatenate([np.ravel(part) for part in parts(tangent)])
            np.testing.assert_allclose(found, jacobian[:, n], rtol=1e-14)
        for mode in ("forward", "reverse"):
            found = dr.jacobian(f, mode=mode)(X)
            stacked = np.concatenate([np.reshape(part, (-1, 3)) for part in parts(found)])
            np.testing.assert_allclose(stacked, jacobian, rtol=1e-14)
