"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import Each, Pair, array_rule, composite, leading
from dualrev.primitives.array.shaping import pad_axes, sum_to


def _flipped(matrix: Any) -> Any:
    return np.swapaxes(matrix, -1, -2)


@array_rule(np.matmul)
def matmul(y: Any, a: Any, b: Any, /) -> Any:
    """Multiply matrices or stacks of them; a vector is a row on the left and a column on the right."""
    row, column = a.ndim == 1, b.ndim == 1
    left, right = (a[None, :] if row else a), (b[:, None] if column else b)
    ndim = max(left.ndim, right.ndim)

    def as_matrix(w: Any) -> Any:
        ahead = leading(w, y.ndim)
        tail = w.shape[len(ahead) :]
        if row and column:
            return w.reshape((*ahead, 1, 1))
        if row:
            return w.reshape((*ahead, *tail[:-1], 1, tail[-1]))
        return w.reshape((*ahead, *tail, 1)) if column else w

    def as_result(product: Any, ahead: Any) -> Any:
        return product.reshape(ahead + y.shape)

    def push_left(t: Any) -> Any:
        ahead = leading(t, a.ndim)
        tangent = pad_axes(t.reshape(ahead + left.shape), left.ndim, ndim)
        return as_result(tangent @ right, ahead)

    def push_right(t: Any) -> Any:
        ahead = leading(t, b.ndim)
        if column and left.ndim == 2:
            return as_result(t @ left.T, ahead)
        tangent = pad_axes(t.reshape(ahead + right.shape), right.ndim, ndim)
        return as_result(left @ tangent, ahead)

    def pull_left(w: Any) -> Any:
        product = as_matrix(w) @ _flipped(right)
        return sum_to(product, left.shape, ndim).reshape(leading(w, y.ndim) + a.shape)

    def pull_right(w: Any) -> Any:
        if column and left.ndim == 2:
            return (w if not row else w.reshape((*w.shape, 1))) @ left
        product = _flipped(left) @ as_matrix(w)
        return sum_to(product, right.shape, ndim).reshape(leading(w, y.ndim) + b.shape)

    return Each((Pair(push_left, pull_left), Pair(push_right, pull_right)))


@composite(np.dot)
def dot(a: Any, b: Any) -> Any:
    """Sum over the last axis of `a` and the last but one of `b`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return np.matmul(a, b)
    if np.ndim(b) == 1:
        return np.matmul(a, b)
    left = np.reshape(a, (-1, np.shape(a)[-1]))
    right = np.reshape(np.moveaxis(b, -2, 0), (np.shape(b)[-2], -1))
    return np.reshape(np.matmul(left, right), np.shape(a)[:-1] + np.shape(b)[:-2] + np.shape(b)[-1:])


@composite(np.outer)
def outer(a: Any, b: Any) -> Any:
    """Multiply every element of one by every element of the other."""
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@composite(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """Multiply two flattened arrays and add up."""
    return np.matmul(np.reshape(a, -1), np.reshape(b, -1))


@composite(np.inner)
def inner(a: Any, b: Any) -> Any:
    """Sum over the last axes."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return dot(a, b if np.ndim(b) == 1 else np.moveaxis(b, -1, -2))
