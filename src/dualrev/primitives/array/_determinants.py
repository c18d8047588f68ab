"""Determinants, and the cofactors that are their derivative, also of singular matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array import _elimination as elimination
from dualrev.primitives.array._matrices import diagonal, diagonal_matrix, flipped
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.constant import CONSTANT
from dualrev.primitives.array.packing import result_of
from dualrev.primitives.array.reduction import weighed
from dualrev.primitives.array.rule import array_rule, composite, linear
from dualrev.primitives.protocol_function import ProtocolFunction


def _cofactors(a: Any) -> Any:
    """Return the matrix of cofactors: the determinant times the transposed inverse, where there is one."""
    if _safely_regular(a):
        return np.linalg.det(a)[..., None, None] * flipped(np.linalg.inv(a))
    only_real("the derivative of np.linalg.det near a singular one", a)
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * (sign[..., None] * _products_without(s, 1))[..., None, :]) @ vh


def _safely_regular(a: Any) -> bool:
    """Whether all matrices can be inverted without losing more than half of the digits."""
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return False
    condition = np.max(np.abs(a), (-1, -2), initial=0) * np.max(np.abs(inverse), (-1, -2), initial=0)
    return bool(np.all(condition * a.shape[-1] <= np.finfo(a.dtype).eps ** -0.5))


def _products_without(s: Any, count: int) -> Any:
    """Return per element, or per pair of elements, the product of all others."""
    n = s.shape[-1]
    others = ~np.eye(n, dtype=bool)
    if count == 2:
        others = others[:, None, :] & others[None, :, :]
        s = s[..., None, :]
    return np.prod(np.where(others, s[..., None, :], 1.0), axis=-1)


cofactors = ProtocolFunction("cofactors", _cofactors)
det_sign = ProtocolFunction("det_sign", lambda a: np.linalg.slogdet(a)[0])
regularity = ProtocolFunction("safely_regular", _safely_regular)
CONSTANT.update((det_sign, regularity))


@array_rule(np.linalg.det, definition=elimination.det)
def det(y: Any, a: Any, /) -> Any:
    """Its gradient is the matrix of cofactors, which also a singular matrix has."""
    gradient = cofactors(a)
    return weighed(gradient, (-2, -1), a.shape)


@array_rule(cofactors, definition=elimination.cofactors)
def cofactors_rule(y: Any, a: Any, /) -> Any:
    """For a singular matrix by its singular values: a product of all but two of them never divides."""
    if regularity(a):
        inverse = np.linalg.inv(a)

        def push(t: Any) -> Any:
            return np.sum(flipped(inverse) * t, axis=(-1, -2))[..., None, None] * y - y @ flipped(t) @ flipped(inverse)

        def pull(w: Any) -> Any:
            trace = np.sum(w * y, axis=(-1, -2))[..., None, None]
            return trace * flipped(inverse) - flipped(inverse) @ flipped(w) @ y

        return linear(push, pull)
    only_real("np.linalg.det near a singular one", a)
    u, s, vh = np.linalg.svd(a)
    pairs = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None] * _products_without(s, 2)

    def apply(x: Any) -> Any:
        middle = flipped(u) @ x @ flipped(vh)
        own = np.sum(pairs * diagonal(middle)[..., None, :], axis=-1) - diagonal(pairs) * diagonal(middle)
        return u @ (diagonal_matrix(own + diagonal(pairs * middle)) - pairs * flipped(middle)) @ vh

    return linear(apply, apply)


log_det = ProtocolFunction("log_abs_det", lambda a: np.linalg.slogdet(a)[1])


@array_rule(log_det, definition=elimination.log_abs_det)
def log_det_rule(y: Any, a: Any, /) -> Any:
    """Its gradient is the transposed inverse."""
    only_real("np.linalg.slogdet", a)
    gradient = flipped(np.linalg.inv(a))
    return weighed(gradient, (-2, -1), a.shape)


@composite(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """Return the determinant's sign, which is flat, and the logarithm of its size."""
    return result_of(np.linalg.slogdet)(det_sign(a), log_det(a))
