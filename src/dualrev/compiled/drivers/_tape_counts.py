"""Counts of the records on a tape of compiled code."""

from __future__ import annotations

from typing import NamedTuple

RECORD_BYTES = 24
"""Two partials and two indices."""


class TapeCounts(NamedTuple):
    """Counts of records by kind.

    Attributes
    ----------
    records : int
        Of single operations, those of inputs not counted.
    nbytes : int
        The memory of all records and blocks.
    calls : int
        Operations that called a mathematical function: exponentials, sines, powers.
    outputs : int
    alone, passed, active : int
        How many records the sweeps for a Jacobian come by: those with one cotangent; those with several; and at how
        many of the latter an adjoint is not 0.
    """

    records: int
    nbytes: int
    calls: int
    outputs: int
    alone: int
    passed: int
    active: int

    def words(self, n: int) -> int:
        """Return how many words are not records, where there are n inputs: those of blocks."""
        return max(0, (self.nbytes - RECORD_BYTES * (self.records + n + 1)) // 8)
