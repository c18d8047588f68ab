"""Batches of no points, and data of which each point has its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr

NONE = np.ones((0, 2))


@njit
def energy(p):
    return (p * p).sum()


@njit
def outputs(p):
    return np.append(p, p[0])


@njit
def residual(p, t, y):
    out = np.empty(y.size)
    for n in range(y.size):
        out[n] = p[0] * t[n] + p[1] - y[n]
    return out


FORMS = [lambda f: f, lambda f: f.py_func]


@pytest.mark.parametrize("form", FORMS, ids=["compiled", "interpreted"])
def test_shapes_of_results_at_no_points(form: Any) -> None:
    f = form(energy)
    assert dr.grad(f, batched=True)(NONE).shape == (0, 2)
    values, gradients = dr.value_and_grad(f, batched=True)(NONE.astype(np.float32))
    assert (values.shape, gradients.shape, gradients.dtype) == ((0,), (0, 2), np.float32)
    assert dr.hessian(f, batched=True)(NONE).shape == (0, 2, 2)
    jacobian = dr.jacobian(form(outputs), batched=True)
    assert jacobian(np.ones((4, 2))).shape == (4, 3, 2)
    assert jacobian(NONE).shape == (0, 3, 2)


def test_where_the_number_of_outputs_is_not_known() -> None:
    with pytest.raises(dr.errors.BatchError, match="no points"):
        dr.jacobian(outputs.py_func, batched=True)(NONE)


def test_data_for_each_point_are_named() -> None:
    points, t, y = np.ones((6, 2)), np.arange(3.0), np.ones((6, 3))
    for f in (residual, lambda p, t, y: p[0] * t + np.dot(t, y) * p[1]):
        with pytest.raises(dr.errors.BatchError, match=r"argument 2 of shape \(6, 3\).*batched=\(0, 2\)"):
            dr.jacobian(f, batched=True)(points, t, y)
        assert dr.jacobian(f, batched=(0, 2))(points, t, y).shape == (6, 3, 2)
    failing = dr.jacobian(lambda p: p.reshape(7), batched=True)
    with pytest.raises(ValueError, match="reshape"):
        failing(points)
