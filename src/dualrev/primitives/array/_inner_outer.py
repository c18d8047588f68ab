"""Products that others make up: inner, outer and cross products, and those of several matrices."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from dualrev.primitives.array._bilinear import matrix_product
from dualrev.primitives.array._contraction import dot
from dualrev.primitives.array.rule import Each, Pair, array_rule, composite, leading, plain
from dualrev.primitives.array.shaping import laid
from dualrev.primitives.chain_rule import chain_product


@array_rule(np.outer)
def outer(y: Any, a: Any, b: Any, /) -> Any:
    """Multiply every element of one by every element of the other."""
    left, right, shape = a.reshape(-1), b.reshape(-1), y.shape

    def pull_left(w: Any) -> Any:
        return matrix_product(w, right).reshape(leading(w, 2) + a_shape)

    def pull_right(w: Any) -> Any:
        return matrix_product(left, w).reshape(leading(w, 2) + b_shape)

    a_shape, b_shape = a.shape, b.shape
    return Each(
        (
            Pair(lambda t: chain_product(right, t.reshape((*leading(t, len(a_shape)), shape[0], 1))), pull_left),
            Pair(
                lambda t: chain_product(left.reshape(-1, 1), t.reshape((*leading(t, len(b_shape)), 1, shape[1]))),
                pull_right,
            ),
        )
    )


@composite(np.linalg.outer)
def outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    """Multiply every element of one by every element of the other."""
    return np.outer(x1, x2)


@composite(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """Multiply two flattened arrays and add up."""
    return np.matmul(np.conj(np.reshape(a, -1)), np.reshape(b, -1))


@composite(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """Sum over the last axes."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return dot(a, b if np.ndim(b) == 1 else np.moveaxis(b, -1, -2))


@composite(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, out: None = None, *, axis: int = -1, keepdims: bool = False) -> Any:
    """Multiply along an axis and add up."""
    return np.sum(np.conj(x1) * x2, axis=axis, keepdims=keepdims)


@composite(np.matvec)
def matvec(x1: Any, x2: Any, /, out: None = None) -> Any:
    """Multiply matrices by vectors."""
    return np.squeeze(np.matmul(x1, np.expand_dims(x2, -1)), -1)


@composite(np.vecmat)
def vecmat(x1: Any, x2: Any, /, out: None = None) -> Any:
    """Multiply vectors by matrices."""
    return np.squeeze(np.matmul(np.expand_dims(np.conj(x1), -2), x2), -2)


@composite(np.linalg.matmul)
def matmul(x1: Any, x2: Any, /) -> Any:
    """Multiply matrices."""
    return np.matmul(x1, x2)


@composite(np.linalg.tensordot)
def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Sum over some axes of both."""
    return np.tensordot(x1, x2, axes=axes)


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Multiply every element of one by the whole other, in blocks."""
    a, b = (x if np.ndim(x) else np.reshape(x, 1) for x in (a, b)) if np.ndim(a) or np.ndim(b) else (a, b)
    ndim = max(np.ndim(a), np.ndim(b))
    left, right = ((1,) * (ndim - np.ndim(x)) + np.shape(x) for x in (a, b))
    blocks = np.reshape(a, [s for n in left for s in (n, 1)]) * np.reshape(b, [s for n in right for s in (1, n)])
    return np.reshape(blocks, tuple(m * n for m, n in zip(left, right, strict=True)))


@composite(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """Multiply vectors of length 3, as the determinant says, or of length 2 in the plane."""
    if axis is not None:
        axisa = axisb = axisc = axis
    left, right = (
        [np.take(x, n, axis=n_axis) for n in range(np.shape(x)[n_axis])] for x, n_axis in ((a, axisa), (b, axisb))
    )
    if not {len(left), len(right)} <= {2, 3}:
        raise ValueError(f"np.cross of vectors of lengths {len(left)} and {len(right)}; expected 2 or 3")
    last = left[0] * right[1] - left[1] * right[0]
    if len(left) == len(right) == 2:
        return last
    a0, a1, a2 = left if len(left) == 3 else (*left, np.zeros((), left[0].dtype))
    b0, b1, b2 = right if len(right) == 3 else (*right, np.zeros((), right[0].dtype))
    product = np.stack(np.broadcast_arrays(a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, last), axis=-1)
    return np.moveaxis(laid(product, "C"), -1, axisc)


@composite(np.linalg.cross)
def cross_of_vectors(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Multiply vectors of length 3."""
    return cross(x1, x2, axis=axis)


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: None = None) -> Any:
    """Multiply matrices in the order that costs least (Cormen et al., Introduction to Algorithms, 15.2)."""
    chain = list(arrays)
    if len(chain) < 2:
        raise ValueError(f"np.linalg.multi_dot of {len(chain)} arrays; expected two or more")
    row, column = np.ndim(chain[0]) == 1, np.ndim(chain[-1]) == 1
    chain[0] = np.reshape(chain[0], (1, -1)) if row else chain[0]
    chain[-1] = np.reshape(chain[-1], (-1, 1)) if column else chain[-1]
    sizes = [np.shape(a)[0] for a in chain] + [np.shape(chain[-1])[1]]
    cost = {(n, n): (0, n) for n in range(len(chain))}
    for length in range(1, len(chain)):
        for first in range(len(chain) - length):
            last = first + length
            cost[first, last] = min(
                (cost[first, k][0] + cost[k + 1, last][0] + sizes[first] * sizes[k + 1] * sizes[last + 1], k)
                for k in range(first, last)
            )

    def product(first: int, last: int) -> Any:
        cut = cost[first, last][1]
        return chain[first] if first == last else np.matmul(product(first, cut), product(cut + 1, last))

    result = product(0, len(chain) - 1)
    kept = () if row and column else (-1,)
    return np.reshape(result, kept) if row or column else result


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """Square and multiply, as NumPy does; for negative powers, the inverse."""
    n = index(n)
    if n < 0:
        return matrix_power(np.linalg.inv(a), -n)
    if n == 0:
        return np.linalg.matrix_power(np.zeros_like(plain(a)), 0)
    if n == 3:
        return np.matmul(np.matmul(a, a), a)
    square = result = None
    while n > 0:
        square = a if square is None else np.matmul(square, square)
        n, bit = divmod(n, 2)
        if bit:
            result = square if result is None else np.matmul(result, square)
    return result


@composite(np.linalg.trace)
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Add up the diagonals of the last two axes."""
    return np.trace(x, offset, -2, -1, dtype=dtype)


@composite(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Return the diagonals of the last two axes."""
    return np.diagonal(x, offset, -2, -1)
