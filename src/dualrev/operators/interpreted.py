"""Derivatives of functions that run over NumPy: choose the mode, push or record and sweep, arrange the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active.number import Active
from dualrev.active.ownership import all_owned, owned
from dualrev.auto.calibration import current_constants
from dualrev.auto.choice import ModeChoice, choose_mode, surely_forward
from dualrev.environment import expect_room
from dualrev.errors import NonScalarOutputError
from dualrev.operators import blocks
from dualrev.operators.blocks import Blocks
from dualrev.operators.call import Point, with_aux
from dualrev.operators.fundamental import Counts, Pullback
from dualrev.operators.options import Argnums, Mode


def plan_of(point: Point, counts: Counts | None, chunk_size: int | None = None) -> ModeChoice:
    """Return what auto chooses for the Jacobian at a point, of a function of which a recording has told the counts."""
    m, operations, elements = counts or (None, 1, None)
    constants = current_constants()
    return choose_mode(point.n, m, chunk_size=chunk_size, operations=operations, elements=elements, constants=constants)


class Interpreted:
    """The Jacobian of a function that runs over NumPy.

    What a recording has told is kept: how many outputs, operations and elements there are for arguments of a shape.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: Argnums,
        mode: Mode,
        chunk_size: int | None,
        has_aux: bool,
        backend: str,
        value: bool,
    ) -> None:
        self.f, self.argnums, self.mode, self.chunk_size = f, argnums, mode, chunk_size
        self.has_aux, self.backend, self.value = has_aux, backend, value
        self._counts: dict[Any, Counts] = {}
        self._choices: dict[Any, ModeChoice] = {}

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the derivative, after the function's value where that is asked for."""
        point = Point(self.f, args, kwargs, self.argnums, self.has_aux, self.backend)
        value, derivative = self._results(point)
        if self.value:
            return ((value, point.aux) if self.has_aux else value), derivative
        return with_aux(point, derivative)

    def plan(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ModeChoice:
        """Return the mode for these arguments, and why. Where it must be known how many outputs there are, record."""
        return self._choose(Point(self.f, args, kwargs, self.argnums, self.has_aux, self.backend))[0]

    def _results(self, point: Point) -> tuple[Any, Any]:
        if is_gradient(self.f, self.argnums):
            point.what = "Hessian"
            expect_room(point.what, point.name, (point.n, point.n))
        choice, recorded = self._choose(point)
        if choice.mode == "forward":
            found = blocks.forward(point, choice.chunk)
        else:
            recorded = recorded or self._record(point)
            found = blocks.reverse(point, recorded, self._decide(point).block)
        rows = [point.like_input([point.finished(n, block) for n, block in enumerate(row)]) for row in found.blocks]
        value = found.tree.build([_plain(point, v) for v in all_owned(found.values)]) if self.value else None
        return value, found.tree.build(rows)

    def _choose(self, point: Point) -> tuple[ModeChoice, Pullback | None]:
        """Return the choice, and the recording if one had to be made to find out."""
        recorded = None
        if self.mode == "auto" and point.shapes not in self._counts and not surely_forward(point.n, self.chunk_size):
            recorded = self._record(point)
        return self._decide(point), recorded

    def _record(self, point: Point) -> Pullback:
        recorded = Pullback.at(point)
        known = self._counts.get(point.shapes)
        if known is None or known.outputs != recorded.outputs:
            self._counts[point.shapes] = recorded.counts
        return recorded

    def _decide(self, point: Point) -> ModeChoice:
        """Return the choice by what is known now. It is made once for what it depends on, the text of reasons too."""
        counts = self._known(point)
        key = (point.n, counts, id(current_constants()))
        choice = self._choices.get(key)
        if choice is None:
            choice = self._choices[key] = plan_of(point, counts, self.chunk_size).asked_for(self.mode)
        return choice

    def _known(self, point: Point) -> Counts | None:
        return self._counts.get(point.shapes)


class InterpretedGradient(Interpreted):
    """The gradient of a function that runs over NumPy: one sweep, or passes where they carry all directions."""

    def _results(self, point: Point) -> tuple[Any, Any]:
        chunk = self._forward_chunk(point)
        if chunk:
            found = blocks.forward(point, chunk)
            _expect_scalar(point, found)
            value, parts = found.values[0], found.blocks[0]
        else:
            recorded = self._record(point)
            _expect_scalar(point, recorded)
            value = recorded.values[0]
            one = np.ones((), value.dtype)[()]
            adjoints = zip(recorded([one], last=True), point.leaves, strict=True)
            parts = all_owned([np.zeros(x.shape, x.dtype) if a is None else a for a, x in adjoints])
        gradient = [
            point.finished(n, part if part.dtype == x.dtype else part.astype(x.dtype))
            for n, (part, x) in enumerate(zip(parts, point.leaves, strict=True))
        ]
        return _plain(point, value) if self.value else None, point.like_input(gradient)

    def _choose(self, point: Point) -> tuple[ModeChoice, Pullback | None]:
        return self._decide(point), None

    def _record(self, point: Point) -> Pullback:
        recorded = Pullback.at(point)
        if point.shapes not in self._counts:
            self._counts[point.shapes] = recorded.counts
        return recorded

    def _known(self, point: Point) -> Counts:
        return self._counts.get(point.shapes) or Counts(1, 1, max(point.n, 1))

    def _forward_chunk(self, point: Point) -> int:
        """Return how many directions to carry in forward mode, 0 for reverse mode."""
        if self.mode == "reverse":
            return 0
        if self.mode == "auto" and surely_forward(point.n, self.chunk_size):
            return max(point.n, 1)
        choice = self._decide(point)
        return choice.chunk if choice.mode == "forward" else 0


def is_gradient(f: Any, argnums: Argnums) -> bool:
    """Whether a function is the gradient of another in the same arguments, so that its Jacobian is a Hessian."""
    return getattr(f, "_kind", "") == "gradient" and bool(f.argnums == argnums)


def _plain(point: Point, value: Any) -> Any:
    if not isinstance(value, Active) and value.shape == ():
        return float(value) if all(point.python_float) else value[()]
    return owned(value)


def _expect_scalar(point: Point, found: Blocks | Pullback) -> None:
    single, values = found.tree.spec is None, found.values
    if single and values[0].shape == ():
        return
    shapes = [np.shape(v) for v in values]
    given = f"an output of shape {shapes[0]}" if single else f"a container of {len(shapes)} outputs"
    advice = (
        "return its element [0] from the function" if shapes == [(1,)] else "use jacobian, or reduce the output: np.sum"
    )
    raise NonScalarOutputError(f"{point.name} returned {given}; grad needs a scalar, of shape (): {advice}")
