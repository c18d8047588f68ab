"""Cholesky and QR factorizations.

Sources: I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527, 2016; S. F. Walter, L. Lehmann and
R. Lamour, On evaluating higher-order derivatives of the QR decomposition of tall matrices, Optimization Methods and
Software 27, 2012.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array import _elimination as elimination
from dualrev.primitives.array._matrices import diagonal, flipped, lower, symmetric_from, upper
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.packing import Packing, result_of
from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.array.shaping import laid
from dualrev.primitives.protocol_function import ProtocolFunction

lower_factor = ProtocolFunction("lower_factor", lambda a: np.linalg.cholesky(a))


@array_rule(lower_factor, definition=elimination.lower_factor)
def lower_factor_rule(y: Any, a: Any, /) -> Any:
    """Factorize a symmetric matrix: the tangent of the factor is the factor times a lower triangle."""
    only_real("np.linalg.cholesky", a)
    inverse = np.linalg.inv(y)

    def halved(x: Any) -> Any:
        return 0.5 * (lower(x) + lower(x, 1))

    return linear(
        lambda t: y @ halved(inverse @ t @ flipped(inverse)),
        lambda w: flipped(inverse) @ halved(flipped(y) @ w) @ inverse,
    )


@composite(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Factorize the symmetric matrix that one triangle states: the lower one, or with `upper` the upper one."""
    factor = lower_factor(symmetric_from(a, "U" if upper else "L"))
    return laid(flipped(factor), "C") if upper else factor


def _sides(a: Any) -> Packing:
    m, n = a.shape[-2:]
    return Packing((m, n), (n, n))


orthogonal_triangular = ProtocolFunction("orthogonal_triangular", lambda a: _sides(a).join(np.linalg.qr(a)))


@array_rule(orthogonal_triangular)
def orthogonal_triangular_rule(y: Any, a: Any, /) -> Any:
    """Factorize a matrix with at least as many rows as columns, which are linearly independent."""
    only_real("np.linalg.qr", a)
    sides = _sides(a)
    q, r = sides.split(y)
    sizes = np.abs(diagonal(plain(r)))
    least = np.finfo(sizes.dtype).eps * max(a.shape[-2:]) * np.max(sizes, axis=-1, keepdims=True, initial=0)
    if np.any(sizes <= least):
        raise np.linalg.LinAlgError(
            f"np.linalg.qr of shape {a.shape} and rank below {r.shape[-1]} has no derivative: its columns depend on "
            "each other, so that Q is one of many. Use np.linalg.svd or np.linalg.pinv, or leave columns out"
        )
    inverse = np.linalg.inv(r)

    def push(t: Any) -> Any:
        slope = t @ inverse
        within = flipped(q) @ slope
        triangle = upper(within) + flipped(lower(within, 1))
        return sides.join([slope - q @ triangle, triangle @ r])

    def pull(w: Any) -> Any:
        w_q, w_r = sides.split(w)
        triangle = w_r @ flipped(r) - flipped(q) @ w_q
        return (w_q + q @ (upper(triangle) + lower(flipped(triangle), 1))) @ flipped(inverse)

    return linear(push, pull)


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Factorize; a wide matrix by its first columns, which have to be linearly independent."""
    m, n = a.shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise MissingRuleError(
            f"np.linalg.qr(mode={mode!r}) of shape {a.shape} has no derivative rule: more than the matrix decides the "
            "columns of Q beyond its own. Known modes: 'reduced', 'r', and 'complete' for no more rows than columns"
        )
    first = a[..., :m] if m < n else a
    q, r = _sides(first).split(orthogonal_triangular(first))
    if m < n:
        r = np.concatenate([r, flipped(q) @ a[..., m:]], axis=-1)
    return r if mode == "r" else result_of(np.linalg.qr)(q, r)
