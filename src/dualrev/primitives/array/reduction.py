"""Reductions and scans."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.rule import Linear, along, array_rule, from_the_end, leading, linear
from dualrev.primitives.array.shaping import pad_axes, sum_to
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction


def kept(array: Any, axes: tuple[int, ...], shape: tuple[int, ...], keepdims: bool) -> Any:
    """Give a reduced array, with leading axes, its reduced axes back, with length 1."""
    if keepdims:
        return array
    ones = tuple([1 if n - len(shape) in axes else shape[n] for n in range(len(shape))])
    return array.reshape(leading(array, len(shape) - len(axes)) + ones)


def spread(array: Any, axes: tuple[int, ...], shape: tuple[int, ...], keepdims: bool) -> Any:
    """Broadcast a reduced array, with leading axes, back over the axes that were reduced."""
    if type(array) is np.float64:  # np.broadcast_to takes ten times longer
        return np.ndarray(shape, np.float64, np.asarray(array), 0, (0,) * len(shape))
    array = kept(array, axes, shape, keepdims)
    return np.broadcast_to(array, leading(array, len(shape)) + shape)


def chosen(array: Any, where: Any) -> Any:
    """Return the elements that a reduction counts, and 0 for the others."""
    return array if where is True else np.where(where, array, np.zeros((), array.dtype))


def weighed(
    partial: Any, axes: tuple[int, ...], shape: tuple[int, ...], keepdims: bool = False, dtype: Any = None
) -> Linear:
    """Return the linearization of a reduction of an array of a shape, with this gradient."""
    return linear(
        lambda t: chain_product(partial, t).sum(axis=axes, keepdims=keepdims, dtype=dtype),
        lambda w: chain_product(partial, kept(w, axes, shape, keepdims)),
    )


@array_rule(np.sum, direct=lambda a, **options: a.sum(**options), itself=True)
def sum_(
    y: Any, a: Any, /, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = 0, where: Any = True
) -> Any:
    """Add up; the transpose repeats."""
    axes, shape = from_the_end(axis, a.ndim), a.shape
    return linear(
        lambda t: chosen(t, where).sum(axis=axes, keepdims=keepdims, dtype=dtype),
        lambda w: chosen(spread(w, axes, shape, keepdims), where),
    )


def count(shape: tuple[int, ...], axes: tuple[int, ...], where: Any = True) -> Any:
    """Return how many elements a reduction counts, with the reduced axes kept where that differs."""
    if where is True:
        return math.prod([shape[n] for n in axes])
    return np.sum(np.broadcast_to(where, shape), axis=axes, keepdims=True)


def _plain_mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    axes = from_the_end(axis, a.ndim)
    total = np.sum(chosen(a, where), axis=axes, dtype=dtype, keepdims=True) / count(a.shape, axes, where)
    return total if keepdims else np.squeeze(total, axes)


@array_rule(np.mean, definition=_plain_mean)
def mean(y: Any, a: Any, /, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    """Add up and divide by the count."""
    axes, shape = from_the_end(axis, a.ndim), a.shape
    number = count(shape, axes, where)
    if where is True:
        share = 1.0 / number if number else math.nan
        return linear(
            lambda t: t.sum(axis=axes, keepdims=keepdims, dtype=dtype) * share,
            lambda w: spread(w * share, axes, shape, keepdims),
        )
    shares = np.where(where, 1 / np.where(number, number, 1), 0).astype(a.dtype)
    return weighed(shares, axes, shape, keepdims, dtype)


@array_rule(np.cumsum)
def cumsum(y: Any, a: Any, /, axis: Any = None, dtype: Any = None) -> Any:
    """Add up so far; the transpose adds up from the end."""
    (last,) = (-1,) if axis is None else from_the_end(axis, a.ndim)
    shape, result = a.shape, y.shape

    def push(t: Any) -> Any:
        return np.cumsum(t.reshape(leading(t, len(shape)) + result), axis=last, dtype=dtype)

    def pull(w: Any) -> Any:
        back = backwards(last)
        return np.cumsum(w[back], axis=last)[back].reshape(leading(w, len(result)) + shape)

    return linear(push, pull)


def backwards(axis: int) -> Any:
    """Return the index that turns an axis, counted from the end, round."""
    return along(axis, slice(None, None, -1))


def _extremum(y: Any, a: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    """Select the extreme elements; those that tie share equally."""
    axes, shape = from_the_end(axis, a.ndim), a.shape
    top = kept(y, axes, shape, keepdims)
    mask: Any = np.equal(a, top)
    if np.isnan(top).any():  # a NaN is both largest and smallest
        mask = mask | np.isnan(a)
    if where is not True:
        mask = mask & where
    number: Any = mask.sum(axis=axes, keepdims=True)
    if initial is not None:
        number = np.maximum(number + np.equal(top, initial), 1)
    weights = np.divide(mask, number, dtype=a.dtype) if mask.size else mask
    return weighed(weights, axes, shape, keepdims)


def _by_pairs(pick: Any) -> Any:
    def definition(a: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
        if initial is not None or where is not True:
            raise MissingRuleError(f"np.{pick.__name__}.reduce with initial= or where= is not followed by symbols")
        axes = tuple(n % a.ndim for n in from_the_end(axis, a.ndim))
        rest = [n for n in range(a.ndim) if n not in axes]
        flat = np.transpose(a, (*axes, *rest)).reshape((-1, *(a.shape[n] for n in rest)))
        result = flat[0]
        for n in range(1, flat.shape[0]):
            result = pick(result, flat[n])
        return kept(result, from_the_end(axis, a.ndim), a.shape, False) if keepdims else result

    return definition


@array_rule(np.max, definition=_by_pairs(np.maximum))
def max_(y: Any, a: Any, /, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    """Select the largest."""
    return _extremum(y, a, axis, keepdims, initial, where)


@array_rule(np.min, definition=_by_pairs(np.minimum))
def min_(y: Any, a: Any, /, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    """Select the smallest."""
    return _extremum(y, a, axis, keepdims, initial, where)


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """Return log(sum(b exp(a))) over the axes, without overflow; b is 1 where it is not given."""
    if b is not None:
        a = np.where(np.equal(b, 0), -np.inf, a)
    top = np.max(a, axis=axis, keepdims=True)
    shift = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        terms = np.exp(a - shift) if b is None else b * np.exp(a - shift)
        total = np.log(np.sum(terms, axis=axis, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=axis if axis is None else from_the_end(axis, np.ndim(a)))[()]


def _softmax(x: Any, axis: Any = None) -> Any:
    """Return exp(x) / sum(exp(x)) over the axes, without overflow."""
    weights = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return weights / np.sum(weights, axis=axis, keepdims=True)


logsumexp = ProtocolFunction("logsumexp", _logsumexp)
softmax = ProtocolFunction("softmax", _softmax)


def _plain_logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(a) if b is None else b * np.exp(a), axis=axis, keepdims=keepdims))


def _plain_softmax(x: Any, axis: Any = None) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


@array_rule(logsumexp, definition=_plain_logsumexp)
def logsumexp_rule(y: Any, a: Any, /, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """Its gradient is softmax, weighted by b; weights are constant."""
    only_real("logsumexp", a)
    if b is not None:
        return _weighted_logsumexp(y, a, axis, b, keepdims)
    axes, shape = from_the_end(axis, a.ndim), a.shape
    top = kept(y, axes, shape, keepdims)
    weights = _shares(a, top, axes) if a.size else a
    return weighed(weights, axes, shape, keepdims)


def _shares(a: Any, top: Any, axes: Any) -> Any:
    """Return exp(a - top); where the result is infinite, the terms that make it so share it equally."""
    finite = np.isfinite(top)
    if np.all(finite):
        return np.exp(a - top)
    ties = np.equal(a, top)
    with np.errstate(invalid="ignore"):
        shared = ties / np.sum(ties, axis=axes, keepdims=True)
    return np.where(finite, np.exp(a - np.where(finite, top, 0)), shared)


def _weighted_logsumexp(y: Any, a: Any, axis: Any, b: Any, keepdims: bool) -> Any:
    if hasattr(b, "level"):
        raise MissingRuleError(
            "logsumexp(a, b=...) has no derivative in b: the weights are constant. For weights that are positive give "
            "logsumexp(a + np.log(b))"
        )
    shape = np.broadcast_shapes(a.shape, np.shape(b))
    axes = from_the_end(axis, len(shape))
    weights = b * np.exp(np.broadcast_to(a, shape) - kept(y, axes, shape, keepdims))
    return linear(
        lambda t: np.sum(chain_product(weights, pad_axes(t, a.ndim, len(shape))), axis=axes, keepdims=keepdims),
        lambda w: sum_to(chain_product(weights, kept(w, axes, shape, keepdims)), a.shape, len(shape)),
    )


@array_rule(softmax, definition=_plain_softmax)
def softmax_rule(y: Any, x: Any, /, axis: Any = None) -> Any:
    """Its Jacobian diag(y) - y y^T is symmetric."""
    only_real("softmax", x)
    axes = from_the_end(axis, x.ndim)

    def apply(t: Any) -> Any:
        return chain_product(y, t - np.sum(chain_product(y, t), axis=axes, keepdims=True))

    return linear(apply, apply)


norm_2 = ProtocolFunction("norm", lambda x, axis=None, keepdims=False: np.linalg.norm(x, axis=axis, keepdims=keepdims))


def _plain_norm(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


@array_rule(norm_2, definition=_plain_norm)
def norm_rule(y: Any, x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the unit vector, and 0 where the norm is 0."""
    axes, shape = from_the_end(axis, x.ndim), x.shape
    length = kept(y, axes, shape, keepdims)
    unit = x / np.where(np.equal(length, 0), 1.0, length)
    return weighed(unit, axes, shape, keepdims)
