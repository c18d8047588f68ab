"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dualrev.primitives.array._bilinear import matrix_product, pushed
from dualrev.primitives.array._matrices import flipped
from dualrev.primitives.array.rule import Each, Pair, array_rule, composite, leading
from dualrev.primitives.array.shaping import pad_axes, permuted, sum_to
from dualrev.primitives.chain_rule import product


def _of_vectors(other: Any) -> Pair:
    """Return the derivative of the product of two vectors with respect to one of them."""
    return Pair(
        lambda t: pushed(np.matmul, t, other),
        lambda w: product(other, w.reshape((*w.shape, 1)) if w.ndim else w),
    )


@array_rule(np.matmul)
def matmul(y: Any, a: Any, b: Any, /) -> Any:
    """Multiply matrices or stacks of them; a vector is a row on the left and a column on the right."""
    row, column = a.ndim == 1, b.ndim == 1
    if row and column:
        return Each((_of_vectors(b), _of_vectors(a)))
    if a.ndim == b.ndim == 2:
        return Each(
            (
                Pair(lambda t: pushed(np.matmul, t, b), lambda w: matrix_product(w, b.T)),
                Pair(lambda t: pushed(np.matmul, a, t), lambda w: matrix_product(a.T, w)),
            )
        )
    left, right = (a[None, :] if row else a), (b[:, None] if column else b)
    ndim = max(left.ndim, right.ndim)

    def as_matrix(w: Any) -> Any:
        ahead = leading(w, y.ndim)
        tail = w.shape[len(ahead) :]
        if row:
            return w.reshape((*ahead, *tail[:-1], 1, tail[-1]))
        return w.reshape((*ahead, *tail, 1)) if column else w

    def as_result(whole: Any, ahead: Any) -> Any:
        return whole.reshape(ahead + y.shape)

    def push_left(t: Any) -> Any:
        ahead = leading(t, a.ndim)
        tangent = pad_axes(t.reshape(ahead + left.shape), left.ndim, ndim)
        return as_result(pushed(np.matmul, tangent, right), ahead)

    def push_right(t: Any) -> Any:
        ahead = leading(t, b.ndim)
        if column and left.ndim == 2:
            return as_result(pushed(np.matmul, t, left.T), ahead)
        tangent = pad_axes(t.reshape(ahead + right.shape), right.ndim, ndim)
        return as_result(pushed(np.matmul, left, tangent), ahead)

    def pull_left(w: Any) -> Any:
        whole = matrix_product(as_matrix(w), flipped(right))
        return sum_to(whole, left.shape, ndim).reshape(leading(w, y.ndim) + a.shape)

    def pull_right(w: Any) -> Any:
        if column and left.ndim == 2:
            return matrix_product(w, left)
        whole = matrix_product(flipped(left), as_matrix(w))
        return sum_to(whole, right.shape, ndim).reshape(leading(w, y.ndim) + b.shape)

    return Each((Pair(push_left, pull_left), Pair(push_right, pull_right)))


@array_rule(np.tensordot)
def tensordot(y: Any, a: Any, b: Any, /, axes: Any = 2) -> Any:
    """Multiply matrices whose rows are the free axes of one operand and whose columns those of the other."""
    if isinstance(axes, int | np.integer):
        sums: Any = list(range(-int(axes), 0)), list(range(int(axes)))
    else:
        sums = tuple([[n] if isinstance(n, int | np.integer) else list(n) for n in axes])
    summed_a, summed_b = ([n % x.ndim for n in s] for s, x in zip(sums, (a, b), strict=True))
    free_a, free_b = ([n for n in range(x.ndim) if n not in s] for s, x in ((summed_a, a), (summed_b, b)))
    rows, columns = prod([a.shape[n] for n in free_a]), prod([b.shape[n] for n in free_b])
    inner = prod([a.shape[n] for n in summed_a])
    order_a, order_b = free_a + summed_a, summed_b + free_b
    back_a, back_b = ([order.index(n) for n in range(len(order))] for order in (order_a, order_b))
    turned_a, turned_b = (tuple([x.shape[n] for n in order]) for x, order in ((a, order_a), (b, order_b)))
    left = np.transpose(a, order_a).reshape((rows, inner))
    right = np.transpose(b, order_b).reshape((inner, columns))

    def push_left(t: Any) -> Any:
        ahead = leading(t, a.ndim)
        return pushed(np.matmul, permuted(t, order_a).reshape((*ahead, rows, inner)), right).reshape(ahead + y.shape)

    def push_right(t: Any) -> Any:
        ahead = leading(t, b.ndim)
        return pushed(np.matmul, left, permuted(t, order_b).reshape((*ahead, inner, columns))).reshape(ahead + y.shape)

    def pull_left(w: Any) -> Any:
        ahead = leading(w, y.ndim)
        whole = matrix_product(w.reshape((*ahead, rows, columns)), right.T)
        return permuted(whole.reshape(ahead + turned_a), back_a)

    def pull_right(w: Any) -> Any:
        ahead = leading(w, y.ndim)
        whole = matrix_product(left.T, w.reshape((*ahead, rows, columns)))
        return permuted(whole.reshape(ahead + turned_b), back_b)

    return Each((Pair(push_left, pull_left), Pair(push_right, pull_right)))


@composite(np.dot)
def dot(a: Any, b: Any, out: None = None) -> Any:
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
