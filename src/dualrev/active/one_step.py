"""Calls that are differentiated as one step: of a compiled function, or of one with a rule of its own.

To Dual and Var such a call is a function from the leaves of its arguments to one array, in which the leaves of its
output lie side by side. `compiled.steps` and `custom` use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from dualrev.active.number import Active
from dualrev.primitives.array.packing import Packing
from dualrev.primitives.array.rule import ArrayRule, leading

Leaves = Sequence[Any]


class Step(Protocol):
    """The derivative of a function at a point, between lists of leaves. One leading axis may hold directions."""

    def push(self, tangents: Leaves) -> Leaves:
        """Return a tangent for each leaf of the output; None stands for an argument's leaf without one."""

    def pull(self, cotangents: Leaves) -> Leaves:
        """Return an adjoint for each leaf of the arguments, None where nothing reaches it."""


class OneStep:
    """One call with active arguments.

    Attributes
    ----------
    name : str
        The function's name.
    level : int
        That of the derivative to which the call belongs.
    active : list of int
        The leaves of the arguments that belong to it.
    """

    name: str

    def apply(self, owner: Active, leaves: Leaves) -> list[Any]:
        """Call the function at the level of one of the leaves; return the leaves of its output."""
        self.level = owner.level
        self.active = [n for n, x in enumerate(leaves) if isinstance(x, Active) and x.level == owner.level]
        self.packing: Packing | None = None
        rule = ArrayRule(self.name, self._value, ("*leaves",), self.linearize, frozenset(), None, variadic=True)
        return self.split(owner.apply_rule(rule, leaves, {}))

    def outputs(self, leaves: Leaves) -> list[Any]:
        """Call the function; return the leaves of its output that have derivatives."""
        raise NotImplementedError

    def step(self, y: Any, leaves: Leaves) -> Step:
        """Return the derivative at a point, where the output's leaves, side by side, are `y`."""
        raise NotImplementedError

    def linearize(self, y: Any, *leaves: Any) -> Joined:
        """Return the derivative as a rule's."""
        return Joined(self, self.step(y, leaves), y, leaves)

    def split(self, whole: Any) -> list[Any]:
        """Return one array per leaf of the output."""
        return [whole] if self.packing is None else self.packing.views(whole)

    def _value(self, *leaves: Any) -> Any:
        outputs = self.outputs(leaves)
        if len(outputs) == 1:
            return outputs[0]
        self.packing = Packing(*[x.shape for x in outputs])
        return self.packing.join(outputs)


class Joined:
    """A step as the linearization of a function to one array."""

    def __init__(self, call: OneStep, step: Step, y: Any, leaves: Leaves) -> None:
        self.call, self.step, self.leaves = call, step, leaves
        self._ndim, self._dtype = y.ndim, y.dtype
        self._swept: tuple[Any, Leaves, set[int]] | None = None

    def push(self, tangents: Leaves) -> Any:
        """Return the tangent of all leaves of the output, side by side."""
        pushed = self.step.push(tangents)
        packing = self.call.packing
        whole = pushed[0] if packing is None else packing.join(pushed)
        return whole if whole.dtype == self._dtype else whole.astype(self._dtype)

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Return the adjoint of one leaf."""
        # The sweep asks for one operand after another with the same cotangent, and one pull answers for all.
        swept = self._swept
        if swept is None or swept[0] is not cotangent:
            swept = cotangent, self.step.pull(self.call.split(cotangent)), set(self.call.active)
        swept[2].discard(operand)
        self._swept = swept if swept[2] else None
        adjoint = swept[1][operand]
        if adjoint is None:
            leaf = self.leaves[operand]
            return np.zeros((*leading(cotangent, self._ndim), *leaf.shape), leaf.dtype)[()]
        return adjoint


def each_direction(function: Callable[[Leaves], Leaves], given: Leaves, ndims: Sequence[int]) -> list[Any]:
    """Apply a function of one direction to several; arrays of these numbers of axes have none ahead."""
    counts = {t.shape[0] for t, ndim in zip(given, ndims, strict=True) if t is not None and t.ndim > ndim}
    if not counts:
        return list(function(given))
    directions = [
        function([t if t is None or t.ndim == ndim else t[k] for t, ndim in zip(given, ndims, strict=True)])
        for k in range(counts.pop())
    ]
    return [np.stack(parts) for parts in zip(*directions, strict=True)]
