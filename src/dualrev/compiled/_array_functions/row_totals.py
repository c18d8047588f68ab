"""Sums of the rows of matrices of active numbers; on a tape each is one block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.compiled._array_functions.block_operands import (
    as_outputs,
    keep_operands,
    primals_in,
    tape_among,
    words_of_indices,
    words_of_operands,
)
from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_arrays import zero_array
from dualrev.kernels.numba_chain_rule import adds_nothing, chained
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import is_active
from dualrev.reverse.numba_blocks import COUNT, FIRST, OWN, blocks_pulled_by, indices_of, values_of, words_of
from dualrev.reverse.numba_var import VarType


@compiled_only
def row_totals(a: Any) -> Callable[..., Any]:
    """Return the sums of the rows of a matrix of active numbers."""
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


# A record for each addition would take 24 bytes, and a block takes 12 for a term.
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


@compiled_only
def plain_totals(a: Any) -> Callable[..., Any]:
    """Return the sums of the rows of a matrix, in NumPy's way for floats."""
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
    scales = values_of(tape, start + words_of_indices(count * terms), count * terms)
    for i in range(count):
        cotangent = adjoints[first + i]
        if not adds_nothing(cotangent):
            for n in range(i * terms, (i + 1) * terms):
                if indices[n] > 0:
                    adjoints[indices[n]] += chained(scales[n], cotangent)


totals_on = blocks_pulled_by(pull_totals)
