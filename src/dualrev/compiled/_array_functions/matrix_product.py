"""Products of matrices of active numbers, which everything that contracts is made of.

On a tape each is one block, which keeps its operands' indices, scales and values: 20 bytes for an element of
an operand, where a record for every scalar product would take 24 each.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from dualrev.compiled._array_functions.block_operands import (
    add_to_operands,
    as_outputs,
    keep_operands,
    keep_values,
    primals_in,
    tape_among,
    words_of_operands,
)
from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_arrays import zero_array
from dualrev.kernels.numba_chain_rule import adds_nothing, chained, is_plain
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import owner_of
from dualrev.reverse.numba_blocks import FIRST, OWN, blocks_pulled_by, values_of, words_for, words_of
from dualrev.reverse.numba_var import VarType

SHAPES, SHAPES_END = OWN, OWN + 5


@compiled_only
def contraction(a: Any, b: Any) -> Callable[..., Any]:
    """Return the product of two matrices."""
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


# The sum runs in the middle loop, so that both arrays are read in the order of memory.
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


# Values are copied into the block: users may write to the factors before the sweep. Where one factor is a constant,
# only what its product needs is kept.
def _recorded_product(owner: Any, left: bool, right: bool) -> Callable[..., Any]:
    """Return the product that records a block: of each active operand its numbers, and the values of the other."""

    def implementation(a, b):  # type: ignore[no-untyped-def]
        _checked(a, b)
        values_a, values_b = primals_in(owner, a), primals_in(owner, b)
        # Values may themselves be active, of the level below, where this records its own block.
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
        # The pull is one function for all products, and learns here which factors are active.
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
    # A sweep for one output passes many products that it does not depend on.
    if not _any(cotangent):
        return
    if own[SHAPES + 3]:
        other = start + words_of_operands(tape, m * k)
        b = values_of(tape, other, k * n).reshape((k, n))
        add_to_operands(adjoints, tape, start, _chained_product(cotangent, np.ascontiguousarray(b.T)))
        start = other + words_for(tape) * k * n
    if own[SHAPES + 4]:
        other = start + words_of_operands(tape, k * n)
        a = values_of(tape, other, m * k).reshape((m, k))
        add_to_operands(adjoints, tape, start, _chained_product(np.ascontiguousarray(a.T), cotangent))


product_on = blocks_pulled_by(pull_product)


@compiled
def _any(cotangent: Any) -> Any:
    for each in cotangent.flat:  # noqa: SIM110 - compiled code has no generators
        if not adds_nothing(each):
            return True
    return False


@compiled_only
def _chained_product(a: Any, b: Any) -> Callable[..., Any]:
    """Return the product of two matrices, by the products of the chain rule; see `chained`."""
    if is_plain(a, b):
        return lambda a, b: contraction(a, b)

    # The library's product first: only where it holds an infinity or a NaN can the law make a difference.
    def implementation(a, b):  # type: ignore[no-untyped-def]
        y = contraction(a, b)
        for each in y.flat:
            if not isfinite(each):
                return _product_by_terms(a, b, y)
        return y

    return implementation


@compiled
def _product_by_terms(a: Any, b: Any, y: Any) -> Any:
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            y[i, j] = 0.0
            for k in range(a.shape[1]):
                y[i, j] += chained(a[i, k], b[k, j])
    return y
