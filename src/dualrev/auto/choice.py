"""The choice between forward and reverse mode: a pure function of sizes and measured costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Literal

from dualrev.auto.costs import SHIPPED, ArrayWork, CompiledCosts, CostConstants, Work, cost
from dualrev.documents import Document, Facts, Part, Title
from dualrev.errors import ChunkSizeError

__all__ = [
    "SHIPPED",
    "CostConstants",
    "ModeChoice",
    "choose",
    "choose_mode",
    "directions_at_once",
    "surely_forward",
]

SURE_FORWARD = 8
"""With no more inputs than this, auto runs forward without asking how many outputs there are."""

CACHED_ELEMENTS = 1 << 15
"""Directions are carried together up to this many elements an operation, so that they stay in the cache."""

MOST_DIRECTIONS = 1024

ADJOINT_PASSES = 1.5
"""The cost of generated adjoint code in forward passes. It runs 1 to 3 times as long as the function, and a pass of
eight directions about 1.5 times."""

ADJOINT = "one run of the adjoint"


@dataclass(frozen=True)
class ModeChoice(Document):
    """A mode, why it was chosen, and what each would cost.

    Attributes
    ----------
    mode : "forward" or "reverse"
    reason : str
        One sentence.
    forward_cost, reverse_cost : float
        Predicted microseconds.
    chunk : int
        Directions that a forward pass carries at once.
    block : int
        Cotangents that a reverse sweep carries at once.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> choice = dr.jacobian(np.sin).plan(np.ones(3))
    >>> choice.mode, choice.reason
    ('forward', '3 inputs and an unknown number of outputs: all inputs fit in one forward pass, which needs no tape')
    """

    mode: Literal["forward", "reverse"]
    reason: str
    forward_cost: float
    reverse_cost: float
    chunk: int
    block: int

    def asked_for(self, mode: Literal["auto", "forward", "reverse"]) -> ModeChoice:
        """Return the choice, or what was asked for in its stead."""
        if mode == "auto" or mode == self.mode:
            return self
        return replace(self, mode=mode, reason=f"mode={mode!r} was asked for")

    def running(self, way: str) -> ModeChoice:
        """Return the choice with what is said of how reverse mode runs."""
        return replace(self, reason=f"{self.reason}; reverse {way}")

    def _parts(self, html: bool = False) -> list[Part]:
        forward, reverse = (
            f"{_time(cost)} predicted" if cost < inf else "not predicted"
            for cost in (self.forward_cost, self.reverse_cost)
        )
        return [
            Title(f"{self.mode} mode"),
            Facts(
                [
                    ("because", self.reason),
                    ("forward", f"{forward}, {_count(self.chunk, 'direction')} together"),
                    ("reverse", f"{reverse}, {_count(self.block, 'cotangent')} together"),
                ]
            ),
        ]


def directions_at_once(total: int, wanted: int | None, elements: float) -> int:
    """Return how many directions go together: fewest passes, then least remainder."""
    if wanted is not None and (isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1):
        raise ChunkSizeError(f"chunk_size is {wanted!r}; expected a positive integer, or None for a chosen size")
    most = wanted or max(SURE_FORWARD, min(MOST_DIRECTIONS, int(CACHED_ELEMENTS / max(elements, 1.0))))
    passes = max(1, ceil(total / most))
    return max(1, ceil(total / passes))


def surely_forward(n: int, chunk_size: int | None) -> bool:
    """Whether auto runs forward without asking how many outputs there are."""
    return n <= (chunk_size or SURE_FORWARD)


def choose_mode(
    n: int,
    m: int | None = None,
    *,
    chunk_size: int | None = None,
    operations: int = 1,
    elements: int | None = None,
    constants: CostConstants = SHIPPED,
) -> ModeChoice:
    """Choose the mode for a Jacobian of shape (m, n).

    Parameters
    ----------
    n : int
        Number of inputs.
    m : int, optional
        Number of outputs, if known.
    chunk_size : int, optional
        Directions or cotangents to carry at once.
    operations : int
        Number of array operations of the function.
    elements : int, optional
        Number of elements of their results together; by default the larger of n and m for each.
    constants : CostConstants
        Measured costs; see `dualrev calibrate`.

    Returns
    -------
    ModeChoice

    Raises
    ------
    ChunkSizeError
        If `chunk_size` is not a positive integer.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.choose_mode(1000, 1).mode
    'reverse'
    >>> dr.choose_mode(3, 1000).mode
    'forward'
    """
    outputs = 1 if m is None else m
    total = elements if elements is not None else operations * max(n, outputs, 1)
    chunk = directions_at_once(n, chunk_size, total / max(operations, 1))
    block = directions_at_once(outputs, chunk_size, total / max(operations, 1))
    return choose(n, m, chunk, block, ArrayWork(operations, total), constants, surely_forward(n, chunk_size))


def choose(
    n: int,
    m: int | None,
    chunk: int,
    block: int,
    work: Work,
    constants: CostConstants | CompiledCosts,
    surely_forward: bool,
    adjoint: bool = False,
) -> ModeChoice:
    """Choose the mode for a Jacobian of shape (m, n) of a function by its work and what that costs.

    Parameters
    ----------
    n, m : int
        Numbers of inputs and outputs; None for m if it is not known.
    chunk, block : int
        Directions and cotangents that go together.
    work : Work
        How often either mode pays what.
    constants : CostConstants or CompiledCosts
        What it pays.
    surely_forward : bool
        Whether all inputs fit in one forward pass, which needs no tape.
    adjoint : bool
        Whether reverse mode is generated adjoint code, of a function with one output.

    Examples
    --------
    >>> from dualrev.auto.costs import COMPILED, CompiledWork
    >>> choose(1000, 1, 8, 8, CompiledWork(1000), COMPILED, False).mode
    'reverse'
    """
    outputs = 1 if m is None else m
    forward = cost(work.forward(n, outputs, chunk), constants)
    passes = ceil(n / chunk)
    reverse = forward * ADJOINT_PASSES / max(passes, 1) if adjoint else cost(work.reverse(n, outputs, block), constants)
    counts = f"{_count(n, 'input')} and {_count(m, 'output') if m is not None else 'an unknown number of outputs'}"
    if surely_forward:
        reason = f"{counts}: all inputs fit in one forward pass, which needs no tape"
        return ModeChoice("forward", reason, forward, reverse if m is not None else inf, chunk, block)
    recording = f"one recording and {_count(ceil(outputs / block), 'sweep')} of {block}"
    reason = (
        f"{counts}: {_count(passes, 'forward pass', 'es')} of {chunk} against {ADJOINT if adjoint else recording}, "
        f"predicted {_time(forward)} against {_time(reverse)}"
    )
    return ModeChoice("forward" if forward <= reverse else "reverse", reason, forward, reverse, chunk, block)


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"


def _time(microseconds: float) -> str:
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3g} {unit}"
    return f"{microseconds:.3g} µs"
