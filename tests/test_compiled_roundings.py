"""Roundings in compiled code: those of NumPy are floats, NaN and infinite where they are, and Python's are integers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

import dualrev as dr

POINTS = [np.nan, np.inf, -np.inf, 1e300, -1e19, -2.5, -0.5, 0.0, 1.5]
TABLE = np.arange(10.0)


@njit
def rounded(x, w):
    return np.array([np.floor(x) * w, np.ceil(x) * w, np.trunc(x) * w, np.rint(x) * w])


@njit
def indexed(x):
    return TABLE[math.floor(x)] * x + TABLE[math.ceil(x)] * x * x + TABLE[math.trunc(x)] + TABLE[int(x)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_floats_that_are_no_integers_of_64_bits_are_rounded_as_numpy_does(mode: str) -> None:
    derivative = dr.jacobian(rounded, argnums=(0, 1), mode=mode)
    for x in POINTS:
        by_x, by_w = derivative(x, 2.0)
        expected = [function(x) for function in (np.floor, np.ceil, np.trunc, np.rint)]
        np.testing.assert_array_equal(by_w, expected)
        np.testing.assert_array_equal(by_x, np.zeros(4))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_integers_of_pythons_functions_are_indices(mode: str) -> None:
    value, slope = dr.value_and_grad(indexed, mode=mode)(2.5)
    assert (value, slope) == (2.0 * 2.5 + 3.0 * 2.5**2 + 4.0, 2.0 + 2 * 3.0 * 2.5)
