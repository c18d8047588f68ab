"""Eigenvalues and singular values, with their vectors.

Vectors of values that coincide are any basis of a space, so they have no derivative. What asks for it gets NaN; a 0
asks for nothing, so functions of the values, or of other vectors, have theirs. `open_slopes` holds that law. A singular
value of 0 is at a kink, like the size of a number, and its derivative is taken as 0.

Sources: M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation,
2008; J. Townsend, Differentiating the singular value decomposition, 2016.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array._bilinear import matrix_product
from dualrev.primitives.array._matrices import diagonal, diagonal_matrix, flipped, symmetric_from
from dualrev.primitives.array.coincidence import open_slopes, settled, unsettled
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.packing import Packing, result_of
from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction


def _precision(values: Any, count: int) -> Any:
    """Return what differences of values are worth nothing below."""
    if not values.shape[-1]:
        return np.zeros((*values.shape[:-1], 1))
    return np.max(np.abs(values), axis=-1, keepdims=True) * (count * np.finfo(values.dtype).eps)


def _reciprocal(x: Any, zero: Any, instead: Any = np.nan) -> Any:
    return np.where(zero, instead, 1.0 / np.where(zero, 1.0, x))


class _Turns:
    """How vectors turn: the matrix x, in the basis of the vectors, over the gaps between their values.

    Parameters
    ----------
    values
        The eigenvalues or singular values.
    sums
        What the gaps are multiplied by.
    """

    def __init__(self, values: Any, sums: Any = 1.0) -> None:
        gaps = values[..., None, :] - values[..., :, None]
        n = values.shape[-1]
        coincide = np.abs(gaps) <= _precision(values, 8 * n)[..., None]  # products of matrices round so far
        self.factors = _reciprocal(gaps * sums, coincide, np.zeros((), values.dtype))
        self.open = coincide & ~np.eye(n, dtype=bool)

        self.values = values

    def settled(self, vectors: Any) -> Any:
        """Return the vectors for use in a derivative: it has no derivative through those whose values coincide."""
        return settled(vectors, where=np.any(self.open, axis=-1)) if np.any(self.open) else vectors

    def of_tangents(self, x: Any) -> Any:
        """Return what the vectors turn by where the matrix changes; nothing is known of open slopes if it does."""
        turned = self.factors * x
        if not np.any(self.open):
            return turned
        size = np.abs(x)
        return turned + open_slopes(size + np.max(size, axis=(-2, -1), keepdims=True), where=self.open)

    def __call__(self, x: Any, w_values: Any = 0.0) -> Any:
        """Return x_ij / (w_j - w_i), and what is open where the two coincide.

        The cotangent of the values times these says how large x is before rounding cancels it.
        """
        turned = self.factors * x
        if not np.any(self.open):
            return turned
        size = np.max(np.abs(plain(w_values * self.values)), axis=-1, initial=0)[..., None, None]
        return turned + open_slopes(x, where=self.open, size=size)


def _between(left: Any, middle: Any, right: Any) -> Any:
    """Multiply a cotangent, of which zeros may stand beside infinities, by matrices on both sides."""
    return matrix_product(matrix_product(left, middle), right)


def _values_and_vectors(a: Any) -> Packing:
    n = a.shape[-1]
    return Packing((n,), (n, n))


symmetric_spectrum = ProtocolFunction(
    "symmetric_spectrum", lambda a, UPLO="L": _values_and_vectors(a).join(np.linalg.eigh(a, UPLO))
)


@array_rule(symmetric_spectrum)
def symmetric_spectrum_rule(y: Any, a: Any, /, UPLO: str = "L") -> Any:
    """Decompose a symmetric matrix; the signs of the vectors depend on the triangle that LAPACK reads."""
    only_real("np.linalg.eigh", a)
    parts = _values_and_vectors(a)
    values, vectors = parts.split(y)
    turns = _Turns(values)
    # Each use is settled by itself, so that what two of them ask for does not cancel before it is seen.
    rows, vectors = flipped(turns.settled(vectors)), turns.settled(vectors)

    def push(t: Any) -> Any:
        turned = rows @ t @ vectors
        return parts.join([diagonal(turned), vectors @ turns.of_tangents(turned)])

    def pull(w: Any) -> Any:
        w_values, w_vectors = parts.split(w)
        return _between(vectors, diagonal_matrix(w_values) + turns(rows @ w_vectors, w_values), rows)

    return linear(push, pull)


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Decompose the symmetric matrix that one triangle states."""
    parts = _values_and_vectors(a).split(symmetric_spectrum(symmetric_from(a, UPLO), UPLO=UPLO))
    return result_of(np.linalg.eigh)(*parts)


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Return the eigenvalues of the symmetric matrix that one triangle states."""
    return eigh(a, UPLO).eigenvalues


def _real_spectrum(a: Any) -> Any:
    values, vectors = np.linalg.eig(a)
    if values.dtype.kind == "c":
        raise MissingRuleError(
            f"the eigenvalues of a matrix of shape {a.shape} came out complex; np.linalg.eig and eigvals have a "
            "derivative rule for real eigenvalues only. np.linalg.eigh and svd are real for every matrix"
        )
    return _values_and_vectors(a).join([values, vectors])


real_spectrum = ProtocolFunction("real_spectrum", _real_spectrum)


@array_rule(real_spectrum)
def real_spectrum_rule(y: Any, a: Any, /) -> Any:
    """Decompose a matrix whose eigenvalues are real; each vector keeps length 1."""
    only_real("np.linalg.eig", a)
    parts = _values_and_vectors(a)
    values, vectors = parts.split(y)
    turns = _Turns(values)
    rows, vectors = np.linalg.inv(turns.settled(vectors)), turns.settled(vectors)

    def of_length_1(x: Any) -> Any:
        return x - vectors * np.sum(vectors * x, axis=-2, keepdims=True)

    def push(t: Any) -> Any:
        turned = rows @ t @ vectors
        return parts.join([diagonal(turned), of_length_1(vectors @ turns.of_tangents(turned))])

    def pull(w: Any) -> Any:
        w_values, w_vectors = parts.split(w)
        turned = turns(flipped(vectors) @ of_length_1(w_vectors), w_values)
        return _between(flipped(rows), diagonal_matrix(w_values) + turned, flipped(vectors))

    return linear(push, pull)


@composite(np.linalg.eig)
def eig(a: Any) -> Any:
    """Decompose a matrix whose eigenvalues are real."""
    return result_of(np.linalg.eig)(*_values_and_vectors(a).split(real_spectrum(a)))


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Return eigenvalues, which have to be real."""
    return eig(a).eigenvalues


def _thin(a: Any) -> Packing:
    m, n = a.shape[-2:]
    k = min(m, n)
    return Packing((m, k), (k,), (k, n))


thin_singular = ProtocolFunction("thin_singular", lambda a: _thin(a).join(np.linalg.svd(a, full_matrices=False)))


@array_rule(thin_singular)
def thin_singular_rule(y: Any, a: Any, /) -> Any:
    """Decompose; what a matrix that is not square adds is orthogonal to its rows or columns."""
    only_real("np.linalg.svd", a)
    parts = _thin(a)
    u, s, vh = parts.split(y)
    row = s[..., None, :]
    turns = _Turns(s, row + s[..., :, None])
    u_t, u = flipped(turns.settled(u)), turns.settled(u)
    v = flipped(vh)
    vh, v = flipped(turns.settled(v)), turns.settled(v)
    m, n = a.shape[-2:]
    zero = s <= _precision(s, max(m, n))
    kink = np.where(zero, 0.0, 1.0).astype(s.dtype)
    inverse = _reciprocal(s, zero)[..., None, :]

    def beyond(basis: Any, x: Any) -> Any:
        """Return what is orthogonal to a basis that is not complete, over the singular values."""
        return chain_product(inverse, x - basis @ (flipped(basis) @ x))

    def push(t: Any) -> Any:
        turned = u_t @ t @ v
        left, right = turned * row, flipped(turned * s[..., :, None])
        t_u = u @ turns.of_tangents(left + flipped(left))
        t_v = v @ turns.of_tangents(right + flipped(right))
        if m > n:
            t_u = t_u + beyond(u, t @ v)
        if m < n:
            t_v = t_v + beyond(v, flipped(t) @ u)
        return parts.join([t_u, chain_product(kink, diagonal(turned)), flipped(t_v)])

    def pull(w: Any) -> Any:
        w_u, w_s, w_vh = parts.split(w)
        w_v, w_s = flipped(w_vh), chain_product(kink, w_s)
        left, right = turns(u_t @ w_u, w_s), turns(vh @ w_v, w_s)
        middle = diagonal_matrix(w_s) + (left + flipped(left)) * row
        total = _between(u, middle + (right + flipped(right)) * s[..., :, None], vh)
        if m > n:
            total = total + beyond(u, w_u) @ vh
        if m < n:
            total = total + u @ flipped(beyond(v, w_v))
        if np.any(turns.open) and (np.any(plain(w_u)) or np.any(plain(w_vh))):
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
    u, s, vh = _thin(a).split(thin_singular(a))
    return result_of(np.linalg.svd)(u, s, vh) if compute_uv else s


@composite(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Return the singular values."""
    return svd(x, compute_uv=False)
