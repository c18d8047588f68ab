"""Variances, averages and ranges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.reduction import chosen, count, kept, weighed
from dualrev.primitives.array.rule import array_rule, composite, from_the_end
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction


def _degrees(number: Any, ddof: Any, dtype: Any) -> Any:
    """Return the degrees of freedom, in a type that does not widen the result's."""
    return np.asarray(np.maximum(number - ddof, 0), dtype)[()]


def _plain_variance(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
) -> Any:
    axes = from_the_end(axis, a.ndim)
    centre = np.mean(a, axis=axes, dtype=dtype, keepdims=True, where=where) if mean is None else mean
    squares = np.sum(chosen(np.square(a - centre), where), axis=axes, dtype=dtype, keepdims=keepdims)
    degrees = _degrees(count(a.shape, axes, where), ddof, a.dtype)
    if where is not True and not keepdims:
        degrees = np.squeeze(degrees, axes)
    return squares / degrees


def _plain_deviation(a: Any, **options: Any) -> Any:
    return np.sqrt(_plain_variance(a, **options))


def _centred(a: Any, axes: tuple[int, ...], ddof: Any, where: Any) -> Any:
    """Return the distances from the mean over the degrees of freedom: half the gradient of the variance."""
    number = count(a.shape, axes, where)
    if where is True:
        degrees = float(max(number - ddof, 0))
        return (a - a.sum(axis=axes, keepdims=True) / number) * (1.0 / degrees if degrees else math.inf)
    degrees = _degrees(number, ddof, a.dtype)
    zero = np.zeros((), a.dtype)
    with np.errstate(all="ignore"):
        shares = np.where(where, np.divide(1.0, degrees), zero)
        centre = np.sum(np.where(where, a, zero), axis=axes, keepdims=True) / np.asarray(number, a.dtype)
    return chain_product(shares, a - centre)


def _variance_partial(y: Any, a: Any, axes: tuple[int, ...], ddof: Any, keepdims: bool, where: Any) -> Any:
    """Return twice the distances from the mean, which itself does not matter to first order."""
    return 2 * _centred(a, axes, ddof, where)


def _deviation_partial(y: Any, a: Any, axes: tuple[int, ...], ddof: Any, keepdims: bool, where: Any) -> Any:
    """Return the distances from the mean over the deviation, and 0 where all elements are the same, as for a norm."""
    length = kept(y, axes, a.shape, keepdims)
    return _centred(a, axes, ddof, where) / np.where(np.equal(length, 0), 1.0, length)


def _entered(function: Any, definition: Any, partial: Any) -> ProtocolFunction:
    """Enter a variance or a deviation, and return that of its own mean; a mean that is given is another operand."""

    def value(
        a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False, where: Any = True
    ) -> Any:
        return function(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)

    of_its_own_mean = ProtocolFunction(function.__name__, value)

    @array_rule(of_its_own_mean, definition=definition)
    def rule(
        y: Any, a: Any, /, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False, where: Any = True
    ) -> Any:
        """Weigh by the distances from the mean."""
        axes = from_the_end(axis, a.ndim)
        slopes = partial(y, a, axes, ddof, keepdims, where) if a.size else a
        return weighed(slopes, axes, a.shape, keepdims, dtype)

    @composite(function)
    def spread(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: None = None,
        ddof: Any = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = None,
        correction: Any = np._NoValue,
    ) -> Any:
        """Call the function of an array with its own mean, unless one is given."""
        only_real(f"np.{function.__name__}", a)
        given = {"ddof": ddof if correction is np._NoValue else correction, "mean": mean}
        given |= {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
        given = {key: value for key, value in given.items() if value is not np._NoValue and value is not None}
        return definition(a, **given) if "mean" in given else of_its_own_mean(a, **given)

    return of_its_own_mean


variance = _entered(np.var, _plain_variance, _variance_partial)
deviation = _entered(np.std, _plain_deviation, _deviation_partial)


@composite(np.amax)
def amax(a: Any, axis: Any = None, out: None = None, **options: Any) -> Any:
    """Select the largest: np.max under another name."""
    return np.max(a, axis, **options)


@composite(np.amin)
def amin(a: Any, axis: Any = None, out: None = None, **options: Any) -> Any:
    """Select the smallest: np.min under another name."""
    return np.min(a, axis, **options)


@composite(np.ptp)
def ptp(a: Any, axis: Any = None, out: None = None, keepdims: Any = None) -> Any:
    """Subtract the smallest from the largest."""
    if keepdims is None:
        return np.max(a, axis) - np.min(a, axis)
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composite(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    """Weigh and divide by the sum of the weights, which are differentiated as well."""
    keepdims = keepdims is True
    if weights is None:
        result = np.mean(a, axis=axis, keepdims=keepdims)
        total: Any = np.asarray(np.size(a) / max(np.size(result), 1), result.dtype)
    else:
        if np.shape(weights) != np.shape(a):
            axes = tuple(n % np.ndim(a) for n in from_the_end(axis, np.ndim(a)))
            if axis is None or np.shape(weights) != tuple(np.shape(a)[n] for n in axes):
                raise ValueError(f"weights of shape {np.shape(weights)} for axis {axis} of shape {np.shape(a)}")
            turned = np.transpose(weights, np.argsort(axes))
            weights = np.reshape(turned, tuple(s if n in axes else 1 for n, s in enumerate(np.shape(a))))
            weights = np.broadcast_to(weights, np.shape(a))
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        if not np.all(np.not_equal(total, 0)):
            raise ZeroDivisionError("the weights add up to zero, and an average divides by their sum")
        result = np.sum(np.multiply(a, weights), axis=axis, keepdims=keepdims) / total
    return (result, np.broadcast_to(total, np.shape(result))) if returned else result
