"""Eigenvalues, with their vectors.

Vectors of values that coincide are any basis of a space, so they have no derivative. What asks for it gets NaN; a 0
asks for nothing, so functions of the values, or of other vectors, have theirs. `coincidence` holds that law. Operators
find the derivatives of all functions that do not depend on the choice of vectors as a `limit`.

Source: M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation, 2008.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array._matrices import diagonal, diagonal_matrix, flipped, symmetric_from
from dualrev.primitives.array._turns import between, over_differences, turned
from dualrev.primitives.array.complex_parts import only_real
from dualrev.primitives.array.limit import note, taken
from dualrev.primitives.array.packing import Packing, result_of
from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.protocol_function import ProtocolFunction


def _values_and_vectors(a: Any) -> Packing:
    n = a.shape[-1]
    return Packing((n,), (n, n))


def _symmetric_spectrum(a: Any, UPLO: str = "L") -> Any:
    values, vectors = np.linalg.eigh(a, UPLO)  # type: ignore[call-overload]
    return _values_and_vectors(a).join([values, turned(values, vectors)])


symmetric_spectrum = ProtocolFunction("symmetric_spectrum", _symmetric_spectrum)


@array_rule(symmetric_spectrum)
def symmetric_spectrum_rule(y: Any, a: Any, /, UPLO: str = "L") -> Any:
    """Decompose a symmetric matrix; the signs of the vectors depend on the triangle that LAPACK reads."""
    only_real("np.linalg.eigh", a)
    parts = _values_and_vectors(a)
    values, vectors = parts.split(y)
    turns = over_differences(values)
    # Each use is settled by itself, so that what two of them ask for does not cancel before it is seen.
    rows, vectors = flipped(turns.settled(vectors)), turns.settled(vectors)

    def push(t: Any) -> Any:
        change = rows @ t @ vectors
        return parts.join([diagonal(change), vectors @ turns.of_tangents(change)])

    def pull(w: Any) -> Any:
        w_values, w_vectors = parts.split(w)
        return between(vectors, diagonal_matrix(w_values) + turns(rows @ w_vectors, w_values), rows)

    return linear(push, pull)


def _of_symmetric(a: Any, UPLO: str) -> Any:
    """Return the values and vectors, side by side, and apart."""
    a, parts, limit = symmetric_from(a, UPLO), _values_and_vectors(a), taken.get()
    if limit is not None:
        values, vectors = parts.split(symmetric_spectrum(plain(a), UPLO=UPLO))
        a = limit.apart(a, values, (flipped(vectors), vectors), (vectors, flipped(vectors)))
    y = symmetric_spectrum(a, UPLO=UPLO)
    return y, *parts.split(y)


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Decompose the symmetric matrix that one triangle states."""
    y, values, vectors = _of_symmetric(a, UPLO)
    note(y, values)
    return result_of(np.linalg.eigh)(values, vectors)


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Return the eigenvalues of the symmetric matrix that one triangle states."""
    return _of_symmetric(a, UPLO)[1]


def _real_spectrum(a: Any) -> Any:
    values, vectors = np.linalg.eig(a)
    if values.dtype.kind == "c":
        raise MissingRuleError(
            f"the eigenvalues of a matrix of shape {a.shape} came out complex; np.linalg.eig and eigvals have a "
            "derivative rule for real eigenvalues only. np.linalg.eigh and svd are real for every matrix"
        )
    chosen = turned(values, vectors)
    if chosen is not vectors:
        chosen = chosen / np.linalg.norm(chosen, axis=-2, keepdims=True)
    return _values_and_vectors(a).join([values, chosen])


real_spectrum = ProtocolFunction("real_spectrum", _real_spectrum)


@array_rule(real_spectrum)
def real_spectrum_rule(y: Any, a: Any, /) -> Any:
    """Decompose a matrix whose eigenvalues are real; each vector keeps length 1."""
    only_real("np.linalg.eig", a)
    parts = _values_and_vectors(a)
    values, vectors = parts.split(y)
    turns = over_differences(values)
    rows, vectors = np.linalg.inv(turns.settled(vectors)), turns.settled(vectors)

    def of_length_1(x: Any) -> Any:
        return x - vectors * np.sum(vectors * x, axis=-2, keepdims=True)

    def push(t: Any) -> Any:
        change = rows @ t @ vectors
        return parts.join([diagonal(change), of_length_1(vectors @ turns.of_tangents(change))])

    def pull(w: Any) -> Any:
        w_values, w_vectors = parts.split(w)
        turn = turns(flipped(vectors) @ of_length_1(w_vectors), w_values)
        return between(flipped(rows), diagonal_matrix(w_values) + turn, flipped(vectors))

    return linear(push, pull)


def _of_real(a: Any) -> Any:
    """Return the values and vectors, side by side, and apart."""
    parts, limit = _values_and_vectors(a), taken.get()
    if limit is not None:
        values, vectors = parts.split(real_spectrum(plain(a)))
        rows = np.linalg.inv(vectors)
        a = limit.apart(a, values, (rows, vectors), (vectors, rows))
    y = real_spectrum(a)
    return y, *parts.split(y)


@composite(np.linalg.eig)
def eig(a: Any) -> Any:
    """Decompose a matrix whose eigenvalues are real."""
    y, values, vectors = _of_real(a)
    note(y, values)
    return result_of(np.linalg.eig)(values, vectors)


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Return eigenvalues, which have to be real."""
    return _of_real(a)[1]
