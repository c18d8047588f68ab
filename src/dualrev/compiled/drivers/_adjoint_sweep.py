"""The adjoint sweep of compiled code, and what a reverse driver is made of. It knows records, not operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.auto.costs import FEWEST_WIDE
from dualrev.compiled._seeding import place
from dualrev.kernels.numba_arrays import zero_array
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.kernels.numba_types import element, is_active
from dualrev.reverse.numba_adjoint_sweep import LANES, sweep_floats, sweep_lanes, with_product
from dualrev.reverse.numba_blocks import COUNT, FIRST, OWN, PREVIOUS, last_block, pull_block, words_of
from dualrev.reverse.numba_tape import length_of, record_at
from dualrev.reverse.numba_var import variable


@compiled_only
def number_from(y: Any, tape: Any, dtype: Any, x: Any, first: Any) -> Callable[..., Any]:
    """Fill an array, in the order of the memory of `x`, with its values as numbers on a tape, indices from `first` on.

    The indices are counted by rows.
    """
    at = "place(x, n)" if x.layout == "F" else "n"
    body = ["flat = y.ravel()", "for n, value in enumerate(x.flat):"]
    body.append(f"    flat[{at}] = variable(tape, dtype, value, first + n)")
    return defined(["y", "tape", "dtype", "x", "first"], body, {"place": place, "variable": variable})


# Records of single operations and blocks alternate. A block is pulled when all records after it are done, since these
# may read its outputs, and the records between two blocks are swept by one loop without a test.
@compiled_only
def sweep(adjoints: Any, tape: Any, dtype: Any, top: Any, leaves: Any) -> Callable[..., Any]:
    """Propagate adjoints back from the record `top` to the inputs, which have the indices from 1 to `leaves`."""

    def implementation(adjoints, tape, dtype, top, leaves):  # type: ignore[no-untyped-def]
        upper, block = top, last_block(tape)
        while True:
            # Blocks that were recorded after the output cannot have contributed to it.
            while block >= 0 and words_of(tape, block, OWN)[FIRST] > upper:
                block = words_of(tape, block, OWN)[PREVIOUS]
            # Types must be the same on both ways in compiled code, so words are read even where there is no block,
            # and not used. They stay where they are: a pull may record on the tape of an outer derivative, and never
            # on this one.
            words = words_of(tape, max(block, 0), OWN)
            sweep_records(adjoints, tape, dtype, upper, words[FIRST] + words[COUNT] - 1 if block >= 0 else leaves)
            if block < 0:
                return
            pull_block(adjoints, tape, block)
            upper, block = words[FIRST] - 1, words[PREVIOUS]

    return implementation


# A block's pull reads the adjoints of all its outputs, so they must be zeros from this call and not what an earlier
# output left there.
@compiled_only
def whole_blocks(tape: Any, top: Any) -> Callable[..., Any]:
    """Return the last output of the block that holds a record, or the record if none does."""

    def implementation(tape, top):  # type: ignore[no-untyped-def]
        block = last_block(tape)
        while block >= 0:
            words = words_of(tape, block, OWN)
            if words[FIRST] <= top:
                return max(top, words[FIRST] + words[COUNT] - 1)
            block = words[PREVIOUS]
        return top

    return implementation


@compiled_only
def sweep_records(adjoints: Any, tape: Any, dtype: Any, top: Any, bottom: Any) -> Callable[..., Any]:
    """Propagate adjoints back from the record `top` to that after `bottom`, none of which is in a block."""

    def floats(adjoints, tape, dtype, top, bottom):  # type: ignore[no-untyped-def]
        sweep_floats(adjoints, tape, dtype, top, bottom)

    # The adjoints of an inner derivative are numbers of the outer one, whose products Numba compiles as any others.
    def numbers(adjoints, tape, dtype, top, bottom):  # type: ignore[no-untyped-def]
        for k in range(top, bottom, -1):
            adjoint = adjoints[k]
            p, q, i, j = record_at(tape, k)
            for partial, operand in ((p, i), (q, j)):
                if operand > 0:
                    adjoints[operand] = with_product(dtype, adjoints[operand], partial, adjoint)

    return numbers if is_active(dtype.instance_type.dtype) else floats


@compiled_only
def add_cotangent(adjoints: Any, dtype: Any, y: Any, cotangent: Any) -> Callable[..., Any]:
    """Add an output's cotangent to the adjoints; return the highest index of its numbers."""
    if element(y) != dtype.instance_type:
        return lambda adjoints, dtype, y, cotangent: 0
    if not isinstance(y, types.Array):

        def number(adjoints, dtype, y, cotangent):  # type: ignore[no-untyped-def]
            if y.index_ > 0:
                adjoints[y.index_] = with_product(dtype, adjoints[y.index_], y.scale_, cotangent)
            return y.index_

        return number

    def array(adjoints, dtype, y, cotangent):  # type: ignore[no-untyped-def]
        top = 0
        for each, w in zip(y.flat, cotangent.flat):  # noqa: B905 - compiled code has no `strict`
            if each.index_ > 0:
                adjoints[each.index_] = with_product(dtype, adjoints[each.index_], each.scale_, w)
                top = max(top, each.index_)
        return top

    return array


@compiled_only
def rows(block: Any, tape: Any, dtype: Any, y: Any, leaves: Any) -> Callable[..., Any]:
    """Fill a block, a row for each element of an output and a column for each input."""
    var = dtype.instance_type
    number_type = var.dtype
    if element(y) != var:

        def constant(block, tape, dtype, y, leaves):  # type: ignore[no-untyped-def]
            block[...] = 0.0

        return constant
    if not isinstance(y, types.Array):

        def number(block, tape, dtype, y, leaves):  # type: ignore[no-untyped-def]
            row(block, 0, zero_array(number_type, length_of(tape)), tape, dtype, y, leaves)

        return number

    def one_by_one(block, tape, dtype, y, leaves):  # type: ignore[no-untyped-def]
        adjoints = zero_array(number_type, length_of(tape))
        for m, each in enumerate(y.flat):
            row(block, m, adjoints, tape, dtype, each, leaves)

    def together(block, tape, dtype, y, leaves):  # type: ignore[no-untyped-def]
        # One or two sweeps of one cotangent cost less than one of eight. Blocks pull one cotangent at a time.
        if y.size < FEWEST_WIDE or last_block(tape) >= 0:
            adjoints = zero_array(number_type, length_of(tape))
            for m, each in enumerate(y.flat):
                row(block, m, adjoints, tape, dtype, each, leaves)
            return
        adjoints = zero_array(number_type, (length_of(tape), LANES))
        top = leaves
        for m, each in enumerate(y.flat):
            lane = m % LANES
            if each.index_ > 0:
                adjoints[each.index_, lane] += each.scale_
                top = max(top, each.index_)
            if lane == LANES - 1 or m == y.size - 1:
                sweep_lanes(adjoints, tape, dtype, top, leaves)
                for n in range(leaves):
                    for k in range(lane + 1):
                        block[m - lane + k, n] = adjoints[1 + n, k]
                # Only what this sweep has reached: outputs that are recorded early, as the rows of a recurrence,
                # clear and visit little.
                adjoints[: top + 1] = 0.0
                top = leaves

    return one_by_one if is_active(number_type) else together


@compiled_only
def row(block: Any, m: Any, adjoints: Any, tape: Any, dtype: Any, y: Any, leaves: Any) -> Callable[..., Any]:
    """Fill a row of a block by a sweep of its own."""

    def implementation(block, m, adjoints, tape, dtype, y, leaves):  # type: ignore[no-untyped-def]
        top = whole_blocks(tape, max(y.index_, leaves))
        adjoints[: top + 1] = 0.0
        add_cotangent(adjoints, dtype, y, 1.0)
        sweep(adjoints, tape, dtype, top, leaves)
        for n in range(leaves):
            block[m, n] = adjoints[1 + n]

    return implementation


# A copy, since the adjoints go back to the workspace and are overwritten by the next call.
@compiled_only
def gathered(adjoints: Any, x: Any, first: Any) -> Callable[..., Any]:
    """Return the adjoints of an input, a number or an array, from an index on, in its shape."""
    if not isinstance(x, types.Array):
        return lambda adjoints, x, first: adjoints[first]
    return lambda adjoints, x, first: adjoints[first : first + x.size].copy().reshape(x.shape)


@compiled_only
def scattered(adjoints: Any, out: Any, first: Any) -> Callable[..., Any]:
    """Write the adjoints of an input into an array of its size."""

    def implementation(adjoints, out, first):  # type: ignore[no-untyped-def]
        out.reshape(out.size)[:] = adjoints[first : first + out.size]

    return implementation
