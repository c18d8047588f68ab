"""Sums and products of matrices of active numbers, which everything that contracts is made of.

On a tape each is one block, which keeps its operands' indices, scales and values: 20 bytes for an element of
an operand, where a record for every scalar product would take 24 each.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from dualrev.compiled.memory import empty_array, zero_array
from dualrev.compiled.seeding import stub
from dualrev.kernels.active_types import is_active, owner_of
from dualrev.kernels.cpu import compiled
from dualrev.kernels.extending import overloads
from dualrev.reverse.numba_blocks import COUNT, FIRST, OWN, blocks_pulled_by, indices_of, values_of, words_for, words_of
from dualrev.reverse.numba_var import VarType, no_tape, tape_of, variable


def contraction(a: Any, b: Any) -> Any:
    """Return the product of two matrices."""
    return stub(a, b)


@overloads(contraction)
def choose_contraction(a: Any, b: Any) -> Callable[..., Any]:
    """Return what multiplies matrices of these types."""
    owner = owner_of((a, b))
    if owner is None:
        return lambda a, b: np.dot(a, b)
    if not isinstance(owner, VarType):
        return _by_element(owner)
    return _recorded_product(owner, a.dtype == owner, b.dtype == owner)


def _check(a: Any, b: Any) -> None:
    if a.shape[1] != b.shape[0]:
        raise ValueError("incompatible array sizes for a product")


_checked = compiled(_check)


def _by_element(owner: Any) -> Callable[..., Any]:
    def implementation(a, b):  # type: ignore[no-untyped-def]
        _checked(a, b)
        y = zero_array(owner, (a.shape[0], b.shape[1]))
        for i in range(a.shape[0]):
            for k in range(a.shape[1]):
                factor = a[i, k]
                for j in range(b.shape[1]):
                    y[i, j] += factor * b[k, j]
        return y

    return implementation


def primals_in(owner: Any, a: Any) -> Any:
    """Return a contiguous array of the values of numbers, as the owner's are."""
    return stub(owner, a)


@overloads(primals_in)
def _primals_in(owner: Any, a: Any) -> Callable[..., Any]:
    dtype, mine = owner.instance_type.dtype, a.dtype == owner.instance_type

    def implementation(owner, a):  # type: ignore[no-untyped-def]
        values = empty_array(dtype, a.shape)
        flat = values.ravel()
        for n, each in enumerate(a.flat):
            flat[n] = each.primal_ if mine else each
        return values

    return implementation


def tape_among(owner: Any, a: Any, b: Any) -> Any:
    """Return the tape of the first number that is on one, and whether there is any."""
    return stub(owner, a, b)


@overloads(tape_among)
def _tape_among(owner: Any, a: Any, b: Any) -> Callable[..., Any]:
    mine, other = a.dtype == owner.instance_type, b.dtype == owner.instance_type

    def implementation(owner, a, b):  # type: ignore[no-untyped-def]
        if mine:
            for each in a.flat:
                if each.index_ > 0:
                    return tape_of(each), True
        if other:
            for each in b.flat:
                if each.index_ > 0:
                    return tape_of(each), True
        return no_tape(owner), False

    return implementation


def keep_operands(tape: Any, start: int, a: Any) -> None:
    """Write the indices and scales of numbers into a block."""
    stub(tape, start, a)


@overloads(keep_operands)
def _keep_operands(tape: Any, start: Any, a: Any) -> Callable[..., Any]:
    def implementation(tape, start, a):  # type: ignore[no-untyped-def]
        indices = indices_of(tape, start, a.size)
        scales = values_of(tape, start + _words_of_indices(a.size), a.size)
        for n, each in enumerate(a.flat):
            indices[n] = each.index_
            scales[n] = each.scale_

    return implementation


def keep_values(tape: Any, start: int, values: Any) -> None:
    """Write numbers into a block."""
    stub(tape, start, values)


@overloads(keep_values)
def _keep_values(tape: Any, start: Any, values: Any) -> Callable[..., Any]:
    def implementation(tape, start, values):  # type: ignore[no-untyped-def]
        kept = values_of(tape, start, values.size)
        for n, each in enumerate(values.flat):
            kept[n] = each

    return implementation


def _halves(count: int) -> int:
    return (count + 1) // 2


_words_of_indices = compiled(_halves)


@compiled
def words_of_operands(tape: Any, count: int) -> int:
    """Return how many words the indices and scales of so many numbers take."""
    words: int = _words_of_indices(count) + words_for(tape) * count
    return words


def as_outputs(tape: Any, owner: Any, values: Any, first: int) -> Any:
    """Return an array of numbers with these values and consecutive indices, or of constants if the first is 0."""
    return stub(tape, owner, values, first)


@overloads(as_outputs)
def _as_outputs(tape: Any, owner: Any, values: Any, first: Any) -> Callable[..., Any]:
    def implementation(tape, owner, values, first):  # type: ignore[no-untyped-def]
        y = empty_array(owner, values.shape)
        flat = y.ravel()
        for n, value in enumerate(values.flat):
            if first > 0:
                flat[n] = variable(tape, owner, value, first + n)
            else:
                flat[n] = value
        return y

    return implementation


SHAPES, SHAPES_END = OWN, OWN + 5


def _recorded_product(owner: Any, left: bool, right: bool) -> Callable[..., Any]:
    """Return the product that records a block: of each active operand its numbers, and the values of the other."""

    def implementation(a, b):  # type: ignore[no-untyped-def]
        _checked(a, b)
        values_a, values_b = primals_in(owner, a), primals_in(owner, b)
        values = contraction(values_a, values_b)
        tape, found = tape_among(owner, a, b)
        if not found or values.size == 0:
            return as_outputs(tape, owner, values, 0)
        of_a = words_of_operands(tape, a.size) + words_for(tape) * b.size
        of_b = words_of_operands(tape, b.size) + words_for(tape) * a.size
        words = SHAPES_END - OWN + (of_a if left else 0) + (of_b if right else 0)
        block = product_on(tape, values.size, words)
        own, start = words_of(tape, block, SHAPES_END), block + SHAPES_END
        own[SHAPES], own[SHAPES + 1], own[SHAPES + 2] = a.shape[0], a.shape[1], b.shape[1]
        own[SHAPES + 3], own[SHAPES + 4] = int(left), int(right)
        if left:
            keep_operands(tape, start, a)
            keep_values(tape, start + words_of_operands(tape, a.size), values_b)
            start += of_a
        if right:
            keep_operands(tape, start, b)
            keep_values(tape, start + words_of_operands(tape, b.size), values_a)
        return as_outputs(tape, owner, values, own[FIRST])

    return implementation


@compiled
def pull_product(adjoints: Any, tape: Any, block: Any) -> None:
    """Add to the adjoints of the factors: the cotangent times the other factor, transposed."""
    own, start = words_of(tape, block, SHAPES_END), block + SHAPES_END
    first, m, k, n = own[FIRST], own[SHAPES], own[SHAPES + 1], own[SHAPES + 2]
    cotangent = adjoints[first : first + m * n].reshape((m, n))
    if not _any(cotangent):
        return
    if own[SHAPES + 3]:
        other = start + words_of_operands(tape, m * k)
        b = values_of(tape, other, k * n).reshape((k, n))
        add_to_operands(adjoints, tape, start, _careful_product(cotangent, np.ascontiguousarray(b.T)))
        start = other + words_for(tape) * k * n
    if own[SHAPES + 4]:
        other = start + words_of_operands(tape, k * n)
        a = values_of(tape, other, m * k).reshape((m, k))
        add_to_operands(adjoints, tape, start, _careful_product(np.ascontiguousarray(a.T), cotangent))


product_on = blocks_pulled_by(pull_product)


@compiled
def _any(cotangent: Any) -> Any:
    for each in cotangent.flat:  # noqa: SIM110 - compiled code has no generators
        if each != 0:
            return True
    return False


@compiled
def add_to_operands(adjoints: Any, tape: Any, start: int, terms: Any) -> None:
    """Add terms to the adjoints of the numbers that a block keeps; those with index 0 are constants."""
    indices = indices_of(tape, start, terms.size)
    scales = values_of(tape, start + _words_of_indices(terms.size), terms.size)
    for n, term in enumerate(terms.flat):
        if indices[n] > 0:
            adjoints[indices[n]] += _chained(scales[n], term)


@compiled
def _chained(partial: Any, factor: Any) -> Any:
    """Return a product in which a factor that is exactly 0 wins over an infinity or a NaN."""
    product = partial * factor
    if isfinite(product) or (partial != 0 and factor != 0):
        return product
    return partial if partial == 0 else factor


@compiled
def _careful_product(a: Any, b: Any) -> Any:
    """Return the product of two matrices, in which a factor that is exactly 0 wins over an infinity or a NaN."""
    y = contraction(a, b)
    for each in y.flat:
        if not isfinite(each):
            return _product_by_terms(a, b, y)
    return y


@compiled
def _product_by_terms(a: Any, b: Any, y: Any) -> Any:
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            y[i, j] = 0.0
            for k in range(a.shape[1]):
                y[i, j] += _chained(a[i, k], b[k, j])
    return y


def row_totals(a: Any) -> Any:
    """Return the sums of the rows of a matrix of active numbers."""
    return stub(a)


@overloads(row_totals)
def _row_totals(a: Any) -> Callable[..., Any]:
    owner = a.dtype
    if isinstance(owner, VarType):
        return _recorded_totals(owner)

    def implementation(a):  # type: ignore[no-untyped-def]
        y = zero_array(owner, a.shape[0])
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                y[i] += a[i, j]
        return y

    return implementation


def _recorded_totals(owner: Any) -> Callable[..., Any]:
    def implementation(a):  # type: ignore[no-untyped-def]
        values = plain_totals(primals_in(owner, a))
        tape, found = tape_among(owner, a, a)
        if not found:
            return as_outputs(tape, owner, values, 0)
        block = totals_on(tape, values.size, 1 + words_of_operands(tape, a.size))
        own = words_of(tape, block, OWN + 1)
        own[OWN] = a.shape[1]
        keep_operands(tape, block + OWN + 1, a)
        return as_outputs(tape, owner, values, own[FIRST])

    return implementation


def plain_totals(a: Any) -> Any:
    """Return the sums of the rows of a matrix, in NumPy's way for floats."""
    return stub(a)


@overloads(plain_totals)
def _plain_totals(a: Any) -> Callable[..., Any]:
    if is_active(a.dtype):
        return lambda a: row_totals(a)

    def implementation(a):  # type: ignore[no-untyped-def]
        y = np.zeros(a.shape[0], a.dtype)
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                y[i] += a[i, j]
        return y

    return implementation


@compiled
def pull_totals(adjoints: Any, tape: Any, block: Any) -> None:
    """Add the cotangent of a sum to the adjoint of every term."""
    own, start = words_of(tape, block, OWN + 1), block + OWN + 1
    first, count, terms = own[FIRST], own[COUNT], own[OWN]
    indices = indices_of(tape, start, count * terms)
    scales = values_of(tape, start + _words_of_indices(count * terms), count * terms)
    for i in range(count):
        cotangent = adjoints[first + i]
        if cotangent != 0:
            for n in range(i * terms, (i + 1) * terms):
                if indices[n] > 0:
                    adjoints[indices[n]] += _chained(scales[n], cotangent)


totals_on = blocks_pulled_by(pull_totals)
