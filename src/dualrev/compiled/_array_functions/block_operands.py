"""The operands that a block on a tape keeps: indices, scales and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_arrays import empty_array
from dualrev.kernels.numba_chain_rule import chained
from dualrev.kernels.numba_extending import compiled_only
from dualrev.reverse.numba_blocks import indices_of, values_of, words_for
from dualrev.reverse.numba_var import no_tape, tape_of, variable


# Contiguous and plain, so that the product is one call of the library.
@compiled_only
def primals_in(owner: Any, a: Any) -> Callable[..., Any]:
    """Return a contiguous array of the values of numbers, as the owner's are."""
    dtype, mine = owner.instance_type.dtype, a.dtype == owner.instance_type

    def implementation(owner, a):  # type: ignore[no-untyped-def]
        values = empty_array(dtype, a.shape)
        flat = values.ravel()
        for n, each in enumerate(a.flat):
            flat[n] = each.primal_ if mine else each
        return values

    return implementation


# Constants are on no tape, and an array may begin with some.
@compiled_only
def tape_among(owner: Any, a: Any, b: Any) -> Callable[..., Any]:
    """Return the tape of the first number that is on one, and whether there is any."""
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


# Each number's derivative is its scale times that of its record, so that the block needs both.
@compiled_only
def keep_operands(tape: Any, start: Any, a: Any) -> Callable[..., Any]:
    """Write the indices and scales of numbers into a block."""

    def implementation(tape, start, a):  # type: ignore[no-untyped-def]
        indices = indices_of(tape, start, a.size)
        scales = values_of(tape, start + words_of_indices(a.size), a.size)
        for n, each in enumerate(a.flat):
            indices[n] = each.index_
            scales[n] = each.scale_

    return implementation


@compiled_only
def keep_values(tape: Any, start: Any, values: Any) -> Callable[..., Any]:
    """Write numbers into a block."""

    def implementation(tape, start, values):  # type: ignore[no-untyped-def]
        kept = values_of(tape, start, values.size)
        for n, each in enumerate(values.flat):
            kept[n] = each

    return implementation


def _halves(count: int) -> int:
    return (count + 1) // 2


words_of_indices = compiled(_halves)


@compiled
def words_of_operands(tape: Any, count: int) -> int:
    """Return how many words the indices and scales of so many numbers take."""
    words: int = words_of_indices(count) + words_for(tape) * count
    return words


# Consecutive, so that a block tells all its outputs by the first and their number.
@compiled_only
def as_outputs(tape: Any, owner: Any, values: Any, first: Any) -> Callable[..., Any]:
    """Return an array of numbers with these values and consecutive indices, or of constants if the first is 0."""

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


@compiled
def add_to_operands(adjoints: Any, tape: Any, start: int, terms: Any) -> None:
    """Add terms to the adjoints of the numbers that a block keeps; those with index 0 are constants."""
    indices = indices_of(tape, start, terms.size)
    scales = values_of(tape, start + words_of_indices(terms.size), terms.size)
    for n, term in enumerate(terms.flat):
        # Index 0 is that of all constants, whose adjoint nobody reads.
        if indices[n] > 0:
            adjoints[indices[n]] += chained(scales[n], term)
