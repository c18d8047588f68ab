"""Singular values, with their vectors.

Where values coincide the laws of `_spectra` hold. A singular value of 0 is at a kink, like the size of a number,
and its derivative is taken as 0.

Source: J. Townsend, Differentiating the singular value decomposition, 2016.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array._matrices import diagonal, diagonal_matrix, flipped
from dualrev.primitives.array._turns import Over, between, over_differences, reciprocal
from dualrev.primitives.array.coincidence import unsettled
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.limit import note, precision, taken
from dualrev.primitives.array.packing import Packing, result_of
from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction


def _thin(a: Any) -> Packing:
    m, n = a.shape[-2:]
    k = min(m, n)
    return Packing((m, k), (k,), (k, n))


def _zero(s: Any, a: Any) -> Any:
    return plain(s) <= precision(plain(s), max(a.shape[-2:]))


def _thin_singular(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    limit = taken.get()
    if limit is not None:
        zero = _zero(s, a)
        own = zero[..., None, :] & zero[..., :, None]  # on both sides any basis serves
        u, vh = limit.turned(s, u), flipped(limit.turned(s, flipped(vh), own))
    return _thin(a).join([u, s, vh])


thin_singular = ProtocolFunction("thin_singular", _thin_singular)


def _halves(x: Any) -> Any:
    """Return the symmetric and the antisymmetric part."""
    return 0.5 * (x + flipped(x)), 0.5 * (x - flipped(x))


@array_rule(thin_singular)
def thin_singular_rule(y: Any, a: Any, /) -> Any:
    """Decompose; what a matrix that is not square adds is orthogonal to its rows or columns."""
    only_real("np.linalg.svd", a)
    parts = _thin(a)
    u, s, vh = parts.split(y)
    zero = _zero(s, a)
    sums = s[..., None, :] + s[..., :, None]
    together, apart = over_differences(s), Over(s, sums, zero[..., None, :] & zero[..., :, None])
    u_t, u = flipped(together.settled(u)), together.settled(u)
    v = flipped(vh)
    vh, v = flipped(together.settled(v)), together.settled(v)
    m, n = a.shape[-2:]
    limit = taken.get()
    kink = np.where(zero & (limit is None or limit.inside(s)), 0.0, 1.0).astype(s.dtype)
    inverse = reciprocal(s, zero)[..., None, :]

    def beyond(basis: Any, x: Any) -> Any:
        """Return what is orthogonal to a basis that is not complete, over the singular values."""
        return chain_product(inverse, x - basis @ (flipped(basis) @ x))

    def push(t: Any) -> Any:
        turned = u_t @ t @ v
        both, one = _halves(turned)  # how the two kinds of vectors turn together, and apart
        both, one = together.of_tangents(both), apart.of_tangents(one)
        t_u, t_v = u @ (both + one), v @ (both - one)
        if m > n:
            t_u = t_u + beyond(u, t @ v)
        if m < n:
            t_v = t_v + beyond(v, flipped(t) @ u)
        return parts.join([t_u, chain_product(kink, diagonal(turned)), flipped(t_v)])

    def pull(w: Any) -> Any:
        w_u, w_s, w_vh = parts.split(w)
        w_v, w_s = flipped(w_vh), chain_product(kink, w_s)
        left, right = u_t @ w_u, vh @ w_v
        both, _ = _halves(together(left, w_s) + together(right, w_s))
        _, one = _halves(apart(left, w_s) - apart(right, w_s))
        total = between(u, diagonal_matrix(w_s) + both + one, vh)
        if m > n:
            total = total + beyond(u, w_u) @ vh
        if m < n:
            total = total + u @ flipped(beyond(v, w_v))
        if together.unknown and (np.any(plain(w_u)) or np.any(plain(w_vh))):
            total = total + unsettled(a)  # both kinds of vectors turn together, which no single use of them tells
        return total

    return linear(push, pull)


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Decompose; thin, or of a square matrix."""
    if hermitian or (compute_uv and full_matrices and a.shape[-1] != a.shape[-2]):
        raise MissingRuleError(
            f"np.linalg.svd(full_matrices={full_matrices}, hermitian={hermitian}) of shape {a.shape} has no derivative "
            "rule: the matrix does not decide all vectors. Give full_matrices=False, and leave hermitian out"
        )
    y, u, s, vh = _of_thin(a)
    if not compute_uv:
        return s
    note(y, s)
    return result_of(np.linalg.svd)(u, s, vh)


def _of_thin(a: Any) -> Any:
    """Return the vectors and values, side by side, and apart."""
    parts, limit = _thin(a), taken.get()
    if limit is not None:
        u, s, vh = parts.split(thin_singular(plain(a)))
        a = limit.apart(a, s, (flipped(u), flipped(vh)), (u, vh))
    y = thin_singular(a)
    return y, *parts.split(y)


@composite(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Return the singular values."""
    return svd(x, compute_uv=False)
