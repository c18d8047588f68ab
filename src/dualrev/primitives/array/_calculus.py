"""Differences, gradients, integrals, interpolation, and phases, of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.indexing import scatter
from dualrev.primitives.array.rule import Each, Pair, along, array_rule, composite, from_the_end, leading, linear, plain
from dualrev.primitives.array.shaping import laid_like
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction

difference = ProtocolFunction("diff", lambda a, n=1, axis=-1: np.diff(a, n, axis))


@array_rule(difference)
def difference_rule(y: Any, a: Any, /, n: int = 1, axis: int = -1) -> Any:
    """Subtract neighbours; the transpose subtracts the other way, beyond the ends from zero."""
    (place,) = from_the_end(axis, a.ndim)
    size = a.shape[place]

    def push(t: Any) -> Any:
        for _ in range(n):
            t = t[along(place, slice(1, None))] - t[along(place, slice(None, -1))]
        return t

    def pull(w: Any) -> Any:
        if n > size:
            return np.zeros(leading(w, a_ndim) + a_shape, w.dtype)
        end = list(w.shape)
        end[place] = 1
        zero = np.zeros(end, w.dtype)
        for _ in range(n):
            w = np.concatenate([zero, w], axis=place) - np.concatenate([w, zero], axis=place)
        return w

    a_shape, a_ndim = a.shape, a.ndim
    return linear(push, pull)


def _beside(value: Any, a: Any, axis: int) -> Any:
    """Return what is put before or after an array, with an axis."""
    if np.ndim(value):
        return value
    shape = list(a.shape)
    shape[axis] = 1
    return np.broadcast_to(value, shape)


@composite(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    """Join what is put before and after, and subtract neighbours."""
    parts = [_beside(prepend, a, axis)] if prepend is not np._NoValue else []
    parts += [a]
    parts += [_beside(append, a, axis)] if append is not np._NoValue else []
    return difference(np.concatenate(parts, axis=axis) if len(parts) > 1 else a, n, axis)


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Subtract neighbours of the flattened array, between what is put before and after."""
    middle = difference(np.reshape(ary, -1))
    ends = [None if end is None else np.reshape(end, -1) for end in (to_begin, to_end)]
    parts = [part for part in (ends[0], middle, ends[1]) if part is not None]
    return np.concatenate(parts) if len(parts) > 1 else middle


@composite(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Add up the areas between samples."""
    y = np.stack(y) if isinstance(y, list | tuple) else np.asarray(y) if plain(y) is y else y
    (place,) = from_the_end(axis, y.ndim)
    if x is not None:
        dx = difference(np.stack(x) if isinstance(x, list | tuple) else x, axis=place if np.ndim(x) > 1 else -1)
        if dx.ndim == 1 and y.ndim > 1:
            dx = np.reshape(dx, (-1, *(1,) * (-place - 1)))
    means = (y[along(place, slice(1, None))] + y[along(place, slice(None, -1))]) / 2.0
    return np.sum(dx * means, axis=place)


def _slopes(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """Differentiate samples along an axis: the formulas of np.gradient."""
    size = f.shape[axis]
    if size < edge_order + 1:
        raise ValueError(f"np.gradient needs {edge_order + 1} samples on an axis, and shape {f.shape} has {size}")
    before, here, after = (f[along(axis, slice(n, size - 2 + n))] for n in range(3))
    at = [f[along(axis, slice(n, n + 1 or None))] for n in (0, 1, -2, -1)]
    if np.ndim(spacing) == 0:
        middle = (after - before) / (2.0 * spacing)
        h = [spacing] * 4
    else:
        steps = np.reshape(spacing, (-1, *(1,) * (-axis - 1)))
        left, right = steps[:-1], steps[1:]
        middle = (
            -right / (left * (left + right)) * before
            + (right - left) / (left * right) * here
            + left / (right * (left + right)) * after
        )
        h = [steps[:1], steps[1:2], steps[-2:-1], steps[-1:]]
    if edge_order == 1:
        first, last = (at[1] - at[0]) / h[0], (at[3] - at[2]) / h[3]
    else:
        third, third_last = f[along(axis, slice(2, 3))], f[along(axis, slice(-3, -2))]
        a, b = h[0], h[1]
        first = -(2.0 * a + b) / (a * (a + b)) * at[0] + (a + b) / (a * b) * at[1] - a / (b * (a + b)) * third
        a, b = h[2], h[3]
        last = b / (a * (a + b)) * third_last - (b + a) / (a * b) * at[2] + (2.0 * b + a) / (b * (a + b)) * at[3]
    return np.concatenate([first, middle, last], axis=axis)


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Take central differences inside and one-sided ones at the ends; the spacing is differentiated as well."""
    f = np.asarray(f) if plain(f) is f else f
    axes = from_the_end(axis, f.ndim)
    spacings = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"np.gradient was given {len(varargs)} spacings for {len(axes)} axes")
    found = []
    for n, spacing in zip(axes, spacings, strict=True):
        if np.ndim(spacing):
            if np.ndim(spacing) != 1 or len(spacing) != f.shape[n]:
                raise ValueError(f"the coordinates have shape {np.shape(spacing)}; expected ({f.shape[n]},)")
            spacing = difference(np.stack(spacing) if isinstance(spacing, list | tuple) else spacing)
            if plain(spacing) is spacing and np.all(spacing == spacing[0]):
                spacing = spacing[0]
        slopes = _slopes(f, spacing, n, edge_order)
        slopes = slopes if slopes.dtype == f.dtype or f.dtype.kind != "f" else slopes.astype(f.dtype)
        found.append(laid_like(slopes, f))
    return found[0] if len(axes) == 1 else tuple(found)


def _plain_unwrap(p: Any, **options: Any) -> Any:
    return p + (np.unwrap(plain(p), **options) - plain(p))


@array_rule(np.unwrap, definition=_plain_unwrap)
def unwrap(y: Any, p: Any, /, discont: Any = None, axis: int = -1, period: Any = 6.283185307179586) -> Any:
    """Add multiples of the period, which are constant where the result is continuous."""
    return linear(lambda t: t, lambda w: w)


interpolated = ProtocolFunction("interp", lambda x, xp, fp, left=None, right=None: np.interp(x, xp, fp, left, right))


def _pieces(x: Any, xp: Any) -> tuple[Any, Any, Any]:
    """Return the knot before each point, and whether points are below and above all knots."""
    points, knots = plain(x), plain(xp)
    before = np.clip(np.searchsorted(knots, points, side="right") - 1, 0, max(len(knots) - 2, 0))
    return before, np.less(points, knots[0]), np.greater(points, knots[-1])


def _plain_interpolated(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    n, below, above = _pieces(x, xp)
    last = min(1, len(plain(xp)) - 1)
    x0, x1, f0, f1 = np.take(xp, n), np.take(xp, n + last), np.take(fp, n), np.take(fp, n + last)
    inside = f0 + (x - x0) * ((f1 - f0) / (x1 - x0)) if last else f0
    inside = np.where(below, fp[0] if left is None else left, inside)
    return np.where(above, fp[-1] if right is None else right, inside)


@array_rule(interpolated, definition=_plain_interpolated)
def interpolated_rule(y: Any, x: Any, xp: Any, fp: Any, /, left: Any = None, right: Any = None) -> Any:
    """Follow the line between two knots, at a knot the one to its right; beyond the last ones stay at their values."""
    n, below, above = _pieces(x, xp)
    outside = below | above
    size, ndim = len(plain(xp)), y.ndim
    n = np.where(above, size - 1, n)
    after = np.minimum(n + 1, size - 1)
    x0, x1, f0, f1 = np.take(xp, n), np.take(xp, after), np.take(fp, n), np.take(fp, after)
    single = outside | np.equal(n, after)
    width = np.where(single, 1.0, x1 - x0)
    one = np.ones((), y.dtype)
    share = np.where(single, 0.0, (x - x0) / width) * one
    slope = np.where(single, 0.0, (f1 - f0) / width) * one
    low = np.where((below & (left is not None)) | (above & (right is not None)), 0.0, 1.0 - share)
    reached = np.where(outside, 0.0, 1.0)

    def weighed(before: Any, beyond: Any) -> Pair:
        def push(t: Any) -> Any:
            t = t.reshape((*leading(t, 1), size))
            there, next_ = (np.take(t, k, axis=-1) for k in (n, after))
            return chain_product(before, there) + chain_product(beyond, next_)

        def pull(w: Any) -> Any:
            return _put(chain_product(before, w), n, size, ndim) + _put(chain_product(beyond, w), after, size, ndim)

        return Pair(push, pull)

    by_x = Pair(lambda t: chain_product(slope, t), lambda w: chain_product(slope, w))
    by_knots = weighed(-slope * (1.0 - share) * reached, -slope * share * reached)
    return Each((by_x, by_knots, weighed(low, share)))


def _put(w: Any, places: Any, size: int, ndim: int) -> Any:
    return scatter(w, (size,), places, ndim)


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Interpolate; where the function is periodic, between knots of one period and one more at each end."""
    x, xp, fp = (np.stack(a) if isinstance(a, list | tuple) else a for a in (x, xp, fp))
    if period is not None:
        period, left, right = abs(period), None, None
        x, xp = x % period, xp % period
        order = np.argsort(plain(xp))
        xp, fp = np.take(xp, order), np.take(fp, order)
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
    if any(end is not None and plain(end) is not end for end in (left, right)):
        _, below, above = _pieces(x, xp)
        inside = interpolated(x, xp, fp)
        inside = inside if left is None else np.where(below, left, inside)
        return inside if right is None else np.where(above, right, inside)
    return interpolated(x, xp, fp, left, right)
