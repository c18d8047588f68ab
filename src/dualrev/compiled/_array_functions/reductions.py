"""Reductions and scans."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.compiled._array_functions.axes import known_axis, plain, reduced, rows_along, scanned, without_axis
from dualrev.compiled._array_functions.row_totals import row_totals
from dualrev.compiled._array_functions.selection import where
from dualrev.compiled._array_functions.table import array_function, expect_float
from dualrev.kernels.cpu import compiled


@array_function(np.sum, method="sum", chosen=True)
def sum_(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Add up."""
    expect_float("sum", dtype)

    def implementation(a, axis=None, dtype=None):  # type: ignore[no-untyped-def]
        if axis is None or a.ndim == 1:
            return row_totals(np.expand_dims(np.ravel(a), 0))[0]
        return row_totals(rows_along(a, axis)).reshape(without_axis(a.shape, axis))

    return implementation


@array_function(np.mean, method="mean")
def mean(a: Any, axis: Any = None) -> Any:
    """Divide the sum by the count."""
    if axis is None:
        return sum_(a) / a.size
    return sum_(a, axis) / a.shape[known_axis(axis, a.ndim)]


def _reduction(function: Any, name: str, of_vector: Any) -> Any:
    vector = compiled(of_vector)
    along = reduced(vector)

    def implementation(a: Any, axis: Any = None) -> Any:
        if axis is None or a.ndim == 1:
            return vector(np.ravel(a))
        return along(a, axis)

    return array_function(*function, method=name)(implementation)


def _scan(function: Any, name: str, of_vector: Any) -> Any:
    vector = compiled(of_vector)
    along = scanned(vector)

    def implementation(a, axis=None, dtype=None):  # type: ignore[no-untyped-def]
        if axis is None:
            return vector(np.ravel(a))
        return along(a, axis)

    def choose(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        expect_float(name, dtype)
        return implementation

    return array_function(function, method=name, chosen=True)(choose)


def _extreme(a: Any, best: Any) -> Any:
    """Return an extreme element; those that tie share equally, which their mean does without moving the value.

    Of nothing there is none: the search for the best has raised NumPy's error.
    """
    values = plain(a)
    y = a[best]
    ties = np.count_nonzero(values == values[best])
    # An infinity minus another is NaN, which must not get into the value.
    if ties < 2 or not np.isfinite(values[best]):
        return y
    shared = y
    for n in range(best + 1, a.size):
        if values[n] == values[best]:
            shared = shared + (a[n] - y) / ties
    return shared


_shared = compiled(_extreme)


def _largest(a: Any) -> Any:
    return _shared(a, np.argmax(plain(a)))


def _smallest(a: Any) -> Any:
    return _shared(a, np.argmin(plain(a)))


# A loop and no block: with zeros among the factors, records give what a quotient of the product could not.
def _product(a: Any) -> Any:
    if a.size == 0:
        return 1.0
    y = a[0]
    for n in range(1, a.size):
        y = y * a[n]
    return y


def _variance(a: Any) -> Any:
    deviation = a - sum_(a) / a.size
    return sum_(deviation * deviation) / a.size


def _deviation(a: Any) -> Any:
    return np.sqrt(var(a))


def _running_sum(a: Any) -> Any:
    y = a.copy()
    for n in range(1, y.size):
        y[n] += y[n - 1]
    return y


def _running_product(a: Any) -> Any:
    y = a.copy()
    for n in range(1, y.size):
        y[n] *= y[n - 1]
    return y


max_ = _reduction((np.max, np.amax), "max", _largest)
min_ = _reduction((np.min, np.amin), "min", _smallest)
prod = _reduction((np.prod,), "prod", _product)
var = _reduction((np.var,), "var", _variance)
std = _reduction((np.std,), "std", _deviation)
cumsum = _scan(np.cumsum, "cumsum", _running_sum)
cumprod = _scan(np.cumprod, "cumprod", _running_product)


@array_function(np.average)
def average(a: Any, axis: Any = None, weights: Any = None) -> Any:
    """Weigh, or not."""
    if weights is None:
        return mean(a, axis)
    if sum_(plain(weights)) == 0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    # Weights may broadcast; NumPy divides by the sum over the elements that they weigh.
    return sum_(a * weights, axis) / sum_(weights + a * 0, axis)


@array_function(np.trace)
def trace(a: Any, offset: Any = 0) -> Any:
    """Sum over a diagonal."""
    return sum_(np.diag(a, offset))


def _without_nan(function: Any, of: Any, extreme: bool = False) -> None:
    def implementation(a: Any) -> Any:
        flat = np.ravel(a)
        return of(flat[~np.isnan(flat)])

    def of_some(a: Any) -> Any:
        flat = np.ravel(a)
        left = flat[~np.isnan(flat)]
        # Of NaN alone NumPy's answer is NaN, and an extreme of nothing would be an error.
        return of(left) if left.size > 0 or flat.size == 0 else flat[0]

    array_function(function)(of_some if extreme else implementation)


for _function, _of in (
    (np.nansum, sum_),
    (np.nanmean, mean),
    (np.nanmax, max_),
    (np.nanmin, min_),
    (np.nanprod, prod),
    (np.nanvar, var),
    (np.nanstd, std),
):
    _without_nan(_function, _of, _of in (max_, min_))


def _scan_without_nan(function: Any, of: Any, neutral: float) -> None:
    def implementation(a: Any) -> Any:
        return of(where(np.isnan(a), neutral, a))

    array_function(function)(implementation)


_scan_without_nan(np.nancumsum, cumsum, 0.0)
_scan_without_nan(np.nancumprod, cumprod, 1.0)
