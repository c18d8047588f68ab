"""What a Jacobian costs in either mode: a linear model, and its measured constants."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class CostConstants:
    """What the parts of a Jacobian cost, in microseconds.

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
    """

    forward_pass: float = 22.0
    forward: float = 4.4
    forward_element: float = 0.015
    forward_tangent: float = 0.0003
    recording: float = 45.0
    record: float = 4.3
    record_element: float = 0.0059
    sweep: float = 8.0
    pull: float = 3.8
    pull_cotangent: float = 0.00042
    seed: float = 0.0032
    entry: float = 0.0023


SHIPPED = CostConstants()
"""Measured by `dualrev calibrate` on a virtual machine with 2 cores of an AMD EPYC (family 25, model 17: Zen 4), 32 MiB
shared cache, under Linux 6.18, Python 3.11.7, NumPy 2.4.6 (OpenBLAS) and Numba 0.68.1."""


@dataclass(frozen=True)
class CompiledCosts:
    """What the parts of a compiled Jacobian cost, in calls of the function.

    Attributes
    ----------
    forward_pass
        A pass with as many directions as a dual number holds.
    recording
        The recording.
    sweep
        A reverse sweep with one cotangent.
    wide_sweep
        A sweep with as many cotangents as go together.
    """

    forward_pass: float = 2.0
    recording: float = 8.0
    sweep: float = 6.0
    wide_sweep: float = 15.0


COMPILED = CompiledCosts()


Multiples = dict[str, float]
"""Per constant how often it is paid."""


def forward_multiples(n: int, m: int, chunk: int, operations: int, elements: int) -> Multiples:
    """Return how often forward mode pays each constant."""
    passes = ceil(n / chunk)
    return {
        "forward_pass": passes,
        "forward": passes * operations,
        "forward_element": passes * elements,
        "forward_tangent": n * elements,
        "seed": n * n,
        "entry": n * m,
    }


def reverse_multiples(n: int, m: int, block: int, operations: int, elements: int) -> Multiples:
    """Return how often reverse mode pays each constant."""
    sweeps = ceil(m / block)
    return {
        "recording": 1,
        "record": operations,
        "record_element": elements,
        "sweep": sweeps,
        "pull": sweeps * operations,
        "pull_cotangent": m * elements,
        "seed": m * m,
        "entry": n * m,
    }


def cost(multiples: Multiples, constants: CostConstants) -> float:
    """Return the predicted microseconds."""
    return float(sum([times * getattr(constants, name) for name, times in multiples.items()]))
