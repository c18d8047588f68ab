"""The cost of a Jacobian in either mode: a linear model, and its measured constants."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class CostConstants:
    """Costs of the parts of a Jacobian, in microseconds.

    Attributes
    ----------
    forward_pass
        A forward pass, whatever the function.
    forward, forward_element, forward_tangent
        A pushforward: per operation, per element, and per element and direction.
    recording
        The recording, whatever the function.
    record, record_element
        The recording of an operation: per operation, and per element.
    sweep
        A reverse sweep, whatever the function.
    pull, pull_cotangent
        A pullback: per operation, and per element and cotangent.
    seed
        An element of a direction or cotangent that is started from: n of n elements each forward, m of m in reverse.
    entry
        An entry of the Jacobian that is written.

    Examples
    --------
    >>> import dualrev as dr
    >>> dear_recording = dr.CostConstants(recording=1e6)
    >>> dr.choose_mode(300, 1).mode, dr.choose_mode(300, 1, constants=dear_recording).mode
    ('reverse', 'forward')
    """

    forward_pass: float = 32.0
    forward: float = 3.8
    forward_element: float = 0.012
    forward_tangent: float = 0.00067
    recording: float = 35.0
    record: float = 2.8
    record_element: float = 0.0098
    sweep: float = 12.0
    pull: float = 2.4
    pull_cotangent: float = 0.00056
    seed: float = 0.002
    entry: float = 0.0077


SHIPPED = CostConstants()
"""Measured by `dualrev calibrate` on a virtual machine with 2 cores of an AMD EPYC (family 25, model 17: Zen 4), 32 MiB
shared cache, under Linux 6.18, Python 3.11.7, NumPy 2.4.6 (OpenBLAS) and Numba 0.68.1."""


@dataclass(frozen=True)
class CompiledCosts:
    """Costs of the parts of a compiled Jacobian, in microseconds.

    What the function itself does is known by what it records: records of single operations, words of blocks, in which
    operations on whole arrays keep what they need, and calls of mathematical functions.

    Attributes
    ----------
    forward_call, reverse_call
        A call, whatever the function.
    forward_pass
        A pass with as many directions as a dual number holds, whatever the function.
    forward_record, forward_word, forward_function
        A pass: per record, per word of blocks, and per call of a mathematical function.
    forward_entry, reverse_entry
        An entry of the Jacobian that is written.
    record, record_word, record_function
        The recording, likewise.
    sweep_record, sweep_word
        A reverse sweep with one cotangent: per record, and per word of blocks.
    wide_record, wide_active
        A sweep with as many cotangents as go together: per record that it comes by, and more where an adjoint is not 0.
        There are none where there are blocks.
    """

    forward_call: float = 1.9
    forward_pass: float = 0.14
    forward_record: float = 0.00076
    forward_word: float = 0.0055
    forward_function: float = 0.016
    forward_entry: float = 0.001
    reverse_call: float = 2.1
    record: float = 0.0025
    record_word: float = 0.0076
    record_function: float = 0.012
    sweep_record: float = 0.00088
    sweep_word: float = 0.00039
    wide_record: float = 0.0013
    wide_active: float = 0.0035
    reverse_entry: float = 0.00036


COMPILED = CompiledCosts()
"""Measured as `SHIPPED` was."""


Multiples = dict[str, float]
"""Per constant how often it is paid."""

FEWEST_WIDE = 3
"""Outputs from which on cotangents go together in compiled sweeps."""


class Work(Protocol):
    """The work of a function, as far as the cost of a Jacobian depends on it."""

    def forward(self, n: int, m: int, chunk: int) -> Multiples:
        """Return how often forward mode pays each constant."""

    def reverse(self, n: int, m: int, block: int) -> Multiples:
        """Return how often reverse mode pays each constant."""


class ArrayWork(NamedTuple):
    """The work of a function that runs over NumPy: array operations, and the elements of all their results."""

    operations: int
    elements: int

    def forward(self, n: int, m: int, chunk: int) -> Multiples:
        """Return how often forward mode pays each constant."""
        passes = ceil(n / chunk)
        return {
            "forward_pass": passes,
            "forward": passes * self.operations,
            "forward_element": passes * self.elements,
            "forward_tangent": n * self.elements,
            "seed": n * n,
            "entry": n * m,
        }

    def reverse(self, n: int, m: int, block: int) -> Multiples:
        """Return how often reverse mode pays each constant."""
        sweeps = ceil(m / block)
        return {
            "recording": 1,
            "record": self.operations,
            "record_element": self.elements,
            "sweep": sweeps,
            "pull": sweeps * self.operations,
            "pull_cotangent": m * self.elements,
            "seed": m * m,
            "entry": n * m,
        }


class CompiledWork(NamedTuple):
    """The work of a compiled function, as it is recorded.

    Attributes
    ----------
    records, words, calls : int
        Records of single operations, those of inputs not counted, and words of blocks; and how many operations call a
        mathematical function.
    swept : tuple of int, optional
        How many records the sweeps come by: those with one cotangent, those with several, and at how many of the latter
        an adjoint is not 0; by default all records in every sweep.
    """

    records: int = 0
    words: int = 0
    calls: int = 0
    swept: tuple[int, int, int] | None = None

    def forward(self, n: int, m: int, chunk: int) -> Multiples:
        """Return how often forward mode pays each constant."""
        passes = ceil(n / chunk)
        return {
            "forward_call": 1,
            "forward_pass": passes,
            "forward_record": passes * self._length(n),
            "forward_word": passes * self.words,
            "forward_function": passes * self.calls,
            "forward_entry": n * max(m, 1),
        }

    def reverse(self, n: int, m: int, block: int) -> Multiples:
        """Return how often reverse mode pays each constant."""
        m, length = max(m, 1), self._length(n)
        several = ceil(m / block) * length
        wide = m >= FEWEST_WIDE and not self.words
        alone, passed, active = self.swept or ((0, several, several) if wide else (m * length, 0, 0))
        return {
            "reverse_call": 1,
            "record": length,
            "record_word": self.words,
            "record_function": self.calls,
            "sweep_record": alone,
            "sweep_word": m * self.words,
            "wide_record": passed,
            "wide_active": active,
            "reverse_entry": n * m,
        }

    def _length(self, n: int) -> int:
        """Return the records of a tape: those of the inputs, and the one that stands for constants, too."""
        return self.records + n + 1


def cost(multiples: Multiples, constants: CostConstants | CompiledCosts) -> float:
    """Return the predicted microseconds."""
    return float(sum([times * getattr(constants, name) for name, times in multiples.items()]))
