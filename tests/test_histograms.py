"""Histograms whose weights are differentiated: values are NumPy's to the bit, and what counts is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev import errors

RNG = np.random.default_rng(7)
U, V, W = RNG.normal(size=(3, 150))
MANY = RNG.normal(size=70_000)
"""NumPy adds up weights in blocks of 65,536."""

HISTOGRAMS: dict[str, Callable[[Any], Any]] = {
    "equal bins": lambda w: np.histogram(U, 7, weights=w),
    "a range": lambda w: np.histogram(U, 5, (-1.0, 1.0), weights=w),
    "edges": lambda w: np.histogram(U, [-1.0, 0.0, 0.3, 2.0], weights=w),
    "edges on numbers": lambda w: np.histogram(np.round(U), [-1.0, 0.0, 1.0, 2.0], weights=w),
    "density": lambda w: np.histogram(U, [-1.0, 0.0, 0.3, 2.0], density=True, weights=1.0 + w**2),
    "an array": lambda w: np.histogram(U.reshape(3, 50), 4, weights=np.reshape(w, (3, 50))),
    "a list": lambda w: np.histogram(list(U), 4, weights=w),
    "integers": lambda w: np.histogram(np.arange(150) % 7, 7, weights=w),
    "nowhere": lambda w: np.histogram(U, [8.0, 9.0], weights=w),
    "two": lambda w: np.histogram2d(U, V, (3, 4), weights=w),
    "two by edges": lambda w: np.histogram2d(U, V, [np.array([-1.0, 0.0, 1.0]), 4], weights=w),
    "two, density": lambda w: np.histogram2d(U, V, 3, density=True, weights=1.0 + w**2),
    "columns": lambda w: np.histogramdd(np.stack([U, V], axis=1), (3, 2), weights=w),
    "vectors": lambda w: np.histogramdd([U, V, U * V], 2, weights=w),
    "one vector": lambda w: np.histogramdd(U, 3, weights=w),
    "a range for each": lambda w: np.histogramdd([U, V], 3, [(-1.0, 1.0), None], density=True, weights=1.0 + w**2),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", HISTOGRAMS)
def test_weights_are_differentiated(name: str, mode: str) -> None:
    f = HISTOGRAMS[name]
    value, jacobian = dr.value_and_jacobian(lambda w: f(w)[0], mode=mode)(W)
    np.testing.assert_array_equal(value, f(W)[0])
    edges = []
    dr.grad(lambda w: (edges.extend(f(w)[1:]), np.sum(f(w)[0]))[1], mode=mode)(W)
    for own, numpys in zip(edges, f(W)[1:], strict=True):
        assert repr(own) == repr(numpys)
    h = 1e-6
    for direction in RNG.normal(size=(3, 150)):
        slope = (f(W + h * direction)[0] - f(W - h * direction)[0]) / (2 * h)
        np.testing.assert_allclose(jacobian @ direction, slope, rtol=1e-6, atol=1e-7)


def test_second_derivatives_and_many_weights() -> None:
    hessian = dr.hessian(lambda w: np.sum(np.histogram(U, 5, weights=w**2)[0] ** 2))(W)
    same = np.digitize(U, np.histogram(U, 5)[1][1:-1])
    totals = np.histogram(U, 5, weights=W**2)[0]
    expected = 8.0 * np.outer(W, W) * (same[:, None] == same) + np.diag(4.0 * totals[same])
    np.testing.assert_allclose(hessian, expected, rtol=1e-12)
    for mode in ("forward", "reverse"):
        value = dr.value_and_jacobian(lambda q: np.histogram(MANY, 9, weights=q * MANY)[0], mode=mode)(0.3)[0]
        np.testing.assert_array_equal(value, np.histogram(MANY, 9, weights=0.3 * MANY)[0])
    single = np.float32(0.3)
    found = dr.value_and_jacobian(lambda q: np.histogram(U, 4, weights=q * np.ones(150, np.float32))[0])(single)
    assert found[0].dtype == found[1].dtype == np.float32


COUNTING: dict[str, Callable[[Any], Any]] = {
    "all": lambda x: np.histogram(x)[0],
    "weights too": lambda x: np.histogram(x, weights=x)[0],
    "how many bins": lambda x: np.histogram(U, x[0])[0],
    "how many bins of two": lambda x: np.histogram2d(U, V, x[0])[0],
    "two": lambda x: np.histogram2d(x, x)[0],
    "several": lambda x: np.histogramdd([x, x])[0],
    "edges alone": lambda x: np.histogram_bin_edges(x),
}


@pytest.mark.parametrize("name", COUNTING)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_counts_are_refused_by_name(name: str, mode: str) -> None:
    with pytest.raises(errors.MissingRuleError, match=r"histogram.*counts.*In .*line \d+ of test_histograms") as caught:
        dr.jacobian(COUNTING[name], mode=mode)(np.array([1.0, 2.0, 3.0]))
    assert "stop_gradient" not in str(caught.value)


BINS: dict[str, Callable[[Any], Any]] = {
    "edges": lambda q: np.histogram(U, [-1.0, q, 2.0], density=True),
    "an array of edges": lambda q: np.histogram(U, np.stack([-1.0, q, 2.0]), density=True, weights=1.0 + W**2),
    "a range": lambda q: np.histogram(U, 3, (-q, 2 * q), density=True),
    "edges of two": lambda q: np.histogram2d(U, V, [3, [-1.0, q, 2.0]], density=True),
    "a range of two": lambda q: np.histogram2d(U, V, 3, [(-q, 1.0), (-1.0, q)], density=True),
    "edges of several": lambda q: np.histogramdd([U, V], [[-1.0, q, 2.0], 2], density=True, weights=q + W**2),
    "counts": lambda q: np.histogram(U, [-1.0, q, 2.0]),
    "counts in a range": lambda q: np.histogram(U, 3, (-q, 2 * q)),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", BINS)
def test_bins_and_their_range_are_differentiated_in_densities_and_edges(name: str, mode: str) -> None:
    def f(q: Any) -> Any:
        return np.concatenate([np.ravel(each) for each in BINS[name](q)])

    value, jacobian = dr.value_and_jacobian(f, mode=mode)(0.7)
    np.testing.assert_allclose(value, f(0.7), rtol=1e-14)
    h = 1e-7
    np.testing.assert_allclose(jacobian, (f(0.7 + h) - f(0.7 - h)) / (2 * h), rtol=1e-5, atol=1e-6)


def test_numpys_own_errors_stay() -> None:
    with pytest.raises(ValueError, match="same shape as a"):
        dr.grad(lambda w: np.sum(np.histogram(U, 3, weights=w)[0]))(np.ones(3))
