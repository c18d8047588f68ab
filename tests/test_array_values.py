"""Array functions at zeros, ties, NaN and infinities; methods; and functions that answer plain numbers."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from each import each

import dualrev as dr

MODES = ("forward", "reverse")
NAN, INF = np.nan, np.inf
X = np.array([[0.5, -1.5, 2.5], [3.5, 0.25, -4.0]])


def product_without(x: Any, *left_out: int) -> float:
    return float(np.prod([v for n, v in enumerate(x) if n not in left_out]))


every_mode = each("mode", MODES)
ZEROS = ([1.0, 0.0, 2.0, 3.0], [1.0, 0.0, 2.0, 0.0, 3.0], [0.0, 0.0, 0.0], [0.0], [0.0, 5.0], [2.0, 3.0])


@every_mode
@pytest.mark.parametrize("zeros", ZEROS)
def test_products_are_exact_with_zeros_to_third_order(zeros: Any, mode: str) -> None:
    x = np.array(zeros)
    n = len(x)
    np.testing.assert_allclose(dr.grad(np.prod, mode=mode)(x), [product_without(x, k) for k in range(n)], rtol=1e-15)
    second = np.zeros((n, n))
    third = np.zeros((n, n, n))
    for a, b in combinations(range(n), 2):
        second[a, b] = second[b, a] = product_without(x, a, b)
    for three in combinations(range(n), 3):
        for a, b, c in [(p, q, r) for p in three for q in three for r in three if len({p, q, r}) == 3]:
            third[a, b, c] = product_without(x, a, b, c)
    gradient = dr.grad(np.prod, mode=mode)
    np.testing.assert_allclose(dr.jacobian(gradient, mode=mode)(x), second, rtol=1e-15)
    np.testing.assert_allclose(dr.jacobian(dr.jacobian(gradient, mode=mode), mode=mode)(x), third, rtol=1e-15)


@every_mode
@pytest.mark.parametrize("zeros", ZEROS)
def test_scans_of_products_are_exact_with_zeros(zeros: Any, mode: str) -> None:
    x = np.array(zeros)
    n = len(x)
    first, second = np.zeros((n, n)), np.zeros((n, n, n))
    for k in range(n):
        for a in range(k + 1):
            first[k, a] = product_without(x[: k + 1], a)
            for b in range(a):
                second[k, a, b] = second[k, b, a] = product_without(x[: k + 1], a, b)
    np.testing.assert_allclose(dr.jacobian(np.cumprod, mode=mode)(x), first, rtol=1e-15)
    jacobian = dr.jacobian(np.cumprod, mode=mode)
    np.testing.assert_allclose(dr.jacobian(jacobian, mode=mode)(x), second, rtol=1e-15)


@every_mode
def test_products_that_overflow_or_underflow_have_the_derivatives_of_their_factors(mode: str) -> None:
    with np.errstate(all="ignore"):
        tiny = np.array([1e-200, 1e-200, 3.0])
        np.testing.assert_allclose(dr.grad(np.prod, mode=mode)(tiny), [3e-200, 3e-200, 0.0], rtol=1e-15)
        huge = np.array([1e200, 1e200, 0.5])
        np.testing.assert_allclose(dr.grad(np.prod, mode=mode)(huge), [5e199, 5e199, INF], rtol=1e-15)


CASES: dict[str, tuple[Any, Any, Any]] = {
    "sum where, the others infinite": (lambda x: np.sum(1 / x, where=x != 0), [0.0, 2.0], [0.0, -0.25]),
    "mean where, the others infinite": (lambda x: np.mean(1 / x, where=x != 0), [0.0, 2.0], [0.0, -0.25]),
    "prod where, the others infinite": (lambda x: np.prod(1 / x, where=x != 0), [0.0, 2.0], [0.0, -0.25]),
    "max where, the others infinite": (
        lambda x: np.max(1 / x, where=x != 0, initial=-9.0),
        [0.0, 2.0],
        [0.0, -0.25],
    ),
    "index, the others infinite": (lambda x: (1 / x)[1], [0.0, 2.0], [0.0, -0.25]),
    "take, the others infinite": (lambda x: np.take(1 / x, [1, 1]).sum(), [0.0, 2.0], [0.0, -0.5]),
    "sort, the others infinite": (lambda x: np.sort(1 / x)[0], [0.0, 2.0], [0.0, -0.25]),
    "select, the others infinite": (lambda x: np.select([x > 0], [1 / x], x).sum(), [0.0, 2.0], [1.0, -0.25]),
    "piecewise": (lambda x: np.piecewise(x, [x > 0], [np.log, 0.0]).sum(), [-1.0, 0.0, 2.0], [0.0, 0.0, 0.5]),
    "nansum": (lambda x: np.nansum(np.log(x)), [-1.0, 2.0], [0.0, 0.5]),
    "nanmean": (lambda x: np.nanmean(np.log(x)), [-1.0, 2.0, 4.0], [0.0, 0.25, 0.125]),
    "nanmax": (lambda x: np.nanmax(np.log(x)), [-1.0, 2.0], [0.0, 0.5]),
    "nanmedian": (lambda x: np.nanmedian(np.log(x)), [-1.0, 2.0, 4.0], [0.0, 0.25, 0.125]),
    "nan_to_num": (lambda x: np.nan_to_num(np.log(x)).sum(), [-1.0, 2.0], [0.0, 0.5]),
    "sort, tied": (lambda x: np.sort(x) @ [1.0, 2.0, 3.0], [7.0, 5.0, 5.0], [3.0, 1.0, 2.0]),
    "partition, tied": (lambda x: np.partition(x, 1) @ [1.0, 2.0, 3.0], [7.0, 5.0, 5.0], [3.0, 1.0, 2.0]),
    "median, tied": (np.median, [5.0, 5.0, 5.0], [0.0, 1.0, 0.0]),
    "median of four, tied": (np.median, [5.0, 1.0, 5.0, 5.0], [0.5, 0.0, 0.5, 0.0]),
    "quantile, tied": (lambda x: np.quantile(x, 0.25), [5.0, 5.0, 5.0], [0.5, 0.5, 0.0]),
    "max, tied": (np.max, [5.0, 5.0, 1.0], [0.5, 0.5, 0.0]),
    "max tied with initial": (lambda x: np.max(x, initial=5.0), [5.0, 1.0], [0.5, 0.0]),
    "max below initial": (lambda x: np.max(x, initial=9.0), [5.0, 1.0], [0.0, 0.0]),
    "ptp, tied": (np.ptp, [5.0, 1.0, 1.0], [1.0, -0.5, -0.5]),
    "unique, tied": (lambda x: np.unique(x) @ [1.0, 10.0], [5.0, 1.0, 5.0], [10.0, 1.0, 0.0]),
    "std of equal": (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
    "interp at a knot": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]).sum(), [1.0], [3.0]),
    "interp beyond": (lambda x: np.interp(x, [0.0, 1.0], [0.0, 1.0]).sum(), [-1.0, 2.0], [0.0, 0.0]),
    "vander at 0": (lambda x: np.vander(x, 3).sum(), [0.0], [1.0]),
    "einsum of what is not there": (lambda x: np.einsum("i,i->", x[:0], x[:0]) + x[0], [3.0], [1.0]),
}


@every_mode
@pytest.mark.parametrize("case", CASES)
def test_value_at_an_awkward_point(case: str, mode: str) -> None:
    f, x, expected = CASES[case]
    with np.errstate(all="ignore"):
        value, gradient = dr.value_and_grad(f, mode=mode)(np.array(x))
        assert value == f(np.array(x))
    np.testing.assert_allclose(gradient, expected, rtol=1e-15, atol=0)


NOT_HIDDEN = (
    *(np.sum, np.mean, np.prod, np.max, np.min, np.median, np.var, np.std),
    *(lambda x: np.quantile(x, 0.3), lambda x: np.cumprod(x)[-1], lambda x: np.trapezoid(x), lambda x: np.dot(x, x)),
    lambda x: np.einsum("i,i", x, x),
    lambda x: np.average(x, weights=[1.0, 2.0, 3.0]),
)


@every_mode
@pytest.mark.parametrize("f", NOT_HIDDEN, ids=range(len(NOT_HIDDEN)))
def test_a_nan_is_not_hidden(f: Any, mode: str) -> None:
    x = np.array([1.0, NAN, 2.0])
    with np.errstate(all="ignore"):
        value, gradient = dr.value_and_grad(lambda x: f(x * x), mode=mode)(x)
    assert np.isnan(value)
    assert np.isnan(gradient).any()


@pytest.mark.parametrize(
    ("ufunc", "function"),
    [
        (np.add, np.sum),
        (np.multiply, np.prod),
        (np.maximum, np.max),
        (np.minimum, np.min),
        (np.fmax, np.nanmax),
        (np.fmin, np.nanmin),
        (np.logaddexp, dr.special.logsumexp),
    ],
    ids=lambda f: f.__name__,
)
def test_reductions_by_ufuncs(ufunc: Any, function: Any) -> None:
    for axis in (0, 1):
        expected = dr.jacobian(lambda x, axis=axis: function(x, axis=axis))(X)
        for mode in MODES:
            found = dr.jacobian(lambda x, axis=axis: ufunc.reduce(x, axis=axis), mode=mode)(X)
            np.testing.assert_array_equal(found, expected)


def test_scans_by_ufuncs() -> None:
    for ufunc, function in ((np.add, np.cumsum), (np.multiply, np.cumprod)):
        expected = dr.jacobian(lambda x, f=function: f(x, axis=0))(X)
        np.testing.assert_array_equal(dr.jacobian(lambda x, f=ufunc: f.accumulate(x))(X), expected)


METHODS = {
    "sum": lambda x: x.sum(axis=0),
    "mean": lambda x: x.mean(1, keepdims=True),
    "max": lambda x: x.max(axis=1),
    "min": lambda x: x.min(),
    "prod": lambda x: x.prod(axis=0),
    "var": lambda x: x.var(axis=1, ddof=1),
    "std": lambda x: x.std(),
    "cumsum": lambda x: x.cumsum(axis=1),
    "cumprod": lambda x: x.cumprod(0),
    "clip": lambda x: x.clip(-1.0, 1.0),
    "dot": lambda x: x.dot(x.T),
    "trace": lambda x: x.trace(offset=1),
    "diagonal": lambda x: x.diagonal(1),
    "take": lambda x: x.take([2, 0], axis=1),
    "repeat": lambda x: x.repeat(2, axis=0),
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten("F"),
    "squeeze": lambda x: x[:1].squeeze(0),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "transpose": lambda x: x.transpose(1, 0),
    "reshape": lambda x: x.reshape(3, -1),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "conj": lambda x: x.conj(),
    "conjugate": lambda x: x.conjugate(),
    "copy": lambda x: x.copy(),
    "astype": lambda x: x.astype(np.float64),
    "item": lambda x: x.item(1, 2) * x.item(3),
    "flat": lambda x: sum(x.flat),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_those_of_numpy(name: str) -> None:
    f = METHODS[name]
    expected = f(X)
    for active in (dr.Dual(X, X), dr.Var(X)):
        np.testing.assert_allclose(f(active).value, expected, rtol=1e-15)
    dr.check_grads(f, (X,))


PLAIN = {
    "argmax": lambda x: np.argmax(x, axis=1),
    "argsort": lambda x: x.argsort(axis=0),
    "argpartition": lambda x: np.sort(np.argpartition(x, 1, axis=1)[:, :1]),
    "searchsorted": lambda x: np.searchsorted(x[0, ::2], x[1]),
    "digitize": lambda x: np.digitize(x, np.array([0.0, 1.0])),
    "nonzero": lambda x: np.stack(x.nonzero()),
    "argwhere": np.argwhere,
    "count_nonzero": lambda x: np.count_nonzero(x > 0, axis=0),
    "array_equal": lambda x: np.array_equal(x, x),
    "array_equiv": lambda x: np.array_equiv(x, x[:1]),
    "allclose": lambda x: np.allclose(x, X + 1e-12),
    "isclose": lambda x: np.isclose(x, 2.5),
    "isin": lambda x: np.isin(x, [2.5]),
    "lexsort": lambda x: np.lexsort((x[1], x[0])),
    "sign": np.sign,
    "floor": np.floor,
    "fix": np.fix,
    "round": lambda x: np.round(x, 1),
    "method round": lambda x: x.round(),
    "isneginf": np.isneginf,
    "imag": lambda x: x.imag,
    "angle": np.angle,
    "zeros_like": np.zeros_like,
    "triu_indices_from": lambda x: np.stack(np.triu_indices_from(x)),
    "method argmin": lambda x: x.argmin(),
    "method any": lambda x: x.any(axis=0),
    "integers": lambda x: np.sum(x, dtype=int),
    "rank": np.linalg.matrix_rank,
    "in": lambda x: (2.5 in x, 9.0 in x, x[0, 0] in x),
    "itemsize": lambda x: x.itemsize + x.nbytes,
}


@pytest.mark.parametrize("name", PLAIN)
def test_functions_without_a_derivative_answer_plain_numbers(name: str) -> None:
    f = PLAIN[name]
    expected = np.asarray(f(X))
    for active in (dr.Dual(X, X), dr.Var(X), dr.Var(dr.Dual(X, X))):
        found = f(active)
        assert not isinstance(found, dr.Dual | dr.Var)
        assert np.asarray(found).dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_the_power_zero_of_a_matrix_is_constant() -> None:
    np.testing.assert_array_equal(dr.jacobian(lambda a: np.linalg.matrix_power(a, 0) + 0 * a)(np.eye(2)), 0.0)


def test_functions_made_by_vectorize_are_differentiated() -> None:
    f = np.vectorize(lambda v: v * v if v > 0 else -v)
    np.testing.assert_array_equal(dr.grad(lambda x: np.sum(f(x)))(X), np.where(X > 0, 2 * X, -1.0))


def test_arguments_that_stand_in_numpys_order_are_understood() -> None:
    dr.check_grads(lambda x: np.max(x, 1, None, True), (X,))
    dr.check_grads(lambda x: np.sum(x, 0, None, None, True), (X,))
    assert dr.jacobian(lambda x: np.max(x, 1, None, True))(X).shape == (2, 1, 2, 3)
    assert dr.jacobian(lambda x: np.median(x, 1, None, False, True))(X).shape == (2, 1, 2, 3)
    assert dr.jacobian(lambda x: np.sum(a=x, axis=1))(X).shape == (2, 2, 3)
