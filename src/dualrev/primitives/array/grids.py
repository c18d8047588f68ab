"""Numbers at regular distances, sliding windows, bins and covariances, as others make them up."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from dualrev.primitives.array._gathering import Gathered, numbered
from dualrev.primitives.array.indexing import scatter
from dualrev.primitives.array.rule import array_rule, composite, listed, plain
from dualrev.primitives.protocol_function import ProtocolFunction


def _steps(num: int, endpoint: bool, dtype: Any) -> Any:
    """Return how far each number is from the start to the stop."""
    return np.arange(num, dtype=dtype) / max(num - 1 if endpoint else num, 1)


@composite(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Go from the start by equal parts of the distance to the stop."""
    start, stop = listed(start), listed(stop)
    kind = np.result_type(plain(start), plain(stop), 1.0)
    ndim = max(np.ndim(start), np.ndim(stop))
    share = np.reshape(_steps(num, endpoint, kind), (-1, *(1,) * ndim))
    numbers = share * (stop - start) + start
    if endpoint and num > 1:
        numbers = np.concatenate([numbers[:-1], np.reshape(stop + 0 * start, (1, *numbers.shape[1:]))])
    numbers = np.moveaxis(numbers, 0, axis) if axis else numbers
    numbers = numbers if dtype is None else numbers.astype(dtype)
    parts = num - 1 if endpoint else num
    return (numbers, (stop - start) / parts if parts else np.nan) if retstep else numbers


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """Raise the base to powers at equal distances."""
    numbers = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return numbers if dtype is None else numbers.astype(dtype)


@composite(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """Multiply by equal factors from the start to the stop, which have one sign."""
    start, stop = (listed(end) * np.ones(()) for end in (start, stop))  # NumPy's are in double precision
    ratio = np.log(stop / start)
    shares = linspace(0.0 * ratio, ratio, num, endpoint, axis=axis)
    numbers = np.exp(shares) * (np.expand_dims(start, axis) if np.ndim(start) else start)
    return numbers if dtype is None else numbers.astype(dtype)


def _windows(x: Any, window_shape: Any, axis: Any = None) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)


windows = ProtocolFunction("sliding_window_view", _windows)


@array_rule(windows)
def windows_rule(y: Any, x: Any, /, window_shape: Any = None, axis: Any = None) -> Any:
    """View every window; the transpose adds up what an element has in all of them."""
    return Gathered(x.shape, windows(numbered(x.shape), window_shape, axis), False)


@composite(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """View every window, for reading."""
    return windows(x, window_shape, axis)


@composite(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Multiply the distances from the means of the rows."""
    rows = np.atleast_2d(m)
    rows = rows.T if not rowvar and np.ndim(m) != 1 else rows
    if y is not None:
        more = np.atleast_2d(y)
        rows = np.concatenate([rows, more.T if not rowvar and more.shape[0] != 1 else more])
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights: Any = None
    fweights, aweights = listed(fweights), listed(aweights)
    for given in (fweights, aweights):
        if given is not None:
            weights = given if weights is None else weights * given
    if weights is None:
        total: Any = float(rows.shape[1])
        centred = rows - np.mean(rows, axis=1, keepdims=True)
        degrees = total - ddof
        weighed = centred
    else:
        total = np.sum(weights)
        centred = rows - np.sum(rows * weights, axis=1, keepdims=True) / total
        degrees = total - ddof if aweights is None else total - ddof * np.sum(weights * aweights) / total
        weighed = centred * weights
    with np.errstate(all="ignore"):
        product = np.matmul(centred, np.conj(weighed.T)) / np.maximum(degrees, 0.0)
    result = np.squeeze(product)
    return result if dtype is None else result.astype(dtype)


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Divide covariances by the deviations, which leaves 1 on the diagonal."""
    covariances = cov(x, y, rowvar, dtype=dtype)
    if covariances.ndim == 0:
        return covariances / covariances
    deviations = np.sqrt(np.diagonal(covariances))
    return np.clip(covariances / deviations[:, None] / deviations[None, :], -1.0, 1.0)


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """Add up the weights of each bin."""
    bins, minlength = np.asarray(plain(x)), operator.index(minlength)
    if weights is None or plain(weights) is weights:
        return np.bincount(bins, weights, minlength)
    size = max(minlength, int(bins.max(initial=-1)) + 1)
    return scatter(weights.astype(np.float64), (size,), bins, 1)
