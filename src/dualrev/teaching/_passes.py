"""Tangents and adjoints of what was recorded, and the directions that they begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.active.number import primal
from dualrev.active.trees import flatten, flatten_output
from dualrev.active.values import own_value
from dualrev.errors import NonScalarOutputError, ShapeMismatchError
from dualrev.operators.call import Point
from dualrev.reverse.adjoint_sweep import sweep
from dualrev.reverse.tape import Statement, Tape
from dualrev.reverse.var import Var
from dualrev.teaching._recording import Recording, Step


def complete(recording: Recording, found: dict[Step, Any]) -> dict[Step, Any]:
    """Return the plain derivative of every step; it is zero where none was found."""
    return {step: primal(found[step]) if step in found else np.zeros_like(step.value)[()] for step in recording.steps}


def tangents(point: Point, direction: Any) -> list[Any]:
    """Return a tangent for each leaf: the direction, or the unit direction of the first input."""
    found = [np.zeros_like(x) for x in point.leaves]
    if direction is None:
        first = next((t for t in found if t.size), None)
        if first is not None:
            first.flat[0] = 1.0
        return [tangent[()] for tangent in found]
    given = direction if isinstance(direction, tuple) or len(point.positions) > 1 else (direction,)
    leaves = flatten(tuple(given) if isinstance(given, list) else given)[0]
    return _matching(leaves, point.leaves, "the direction", f"the arguments of {point.name}")


def _matching(given: Sequence[Any], expected: Sequence[Any], what: str, whose: str) -> list[Any]:
    owned = [own_value(each) for each in given]
    shapes = [each.shape for each in owned]
    wanted = [np.shape(each) for each in expected]
    if shapes != wanted:
        raise ShapeMismatchError(f"{what} has shapes {shapes}; expected those of {whose}, {wanted}")
    return [each.astype(x.dtype) for each, x in zip(owned, expected, strict=True)]


def adjoints(recording: Recording, direction: Any) -> dict[Step, Any]:
    """Return the adjoint of every step that the output depends on."""
    values = [end.value if isinstance(end, Step) else end for end in recording.outputs]
    if direction is not None:
        cotangents = _matching(
            flatten_output(direction, "direction")[0], values, "the direction", f"the output of {recording.name}"
        )
    elif [np.shape(value) for value in values] == [()]:
        cotangents = [np.ones_like(values[0])[()]]
    else:
        raise NonScalarOutputError(
            f"{recording.name} returned shapes {[np.shape(value) for value in values]}; the adjoints of what is not "
            "one scalar need its cotangent: direction=... For tangents ask with mode='forward'"
        )
    seeds: dict[Statement, Any] = {}
    for end, cotangent in zip(recording.outputs, cotangents, strict=True):
        if isinstance(end, Step) and isinstance(end.inner, Var) and end.inner.statement is not None:
            statement = end.inner.statement
            seeds[statement] = seeds[statement] + cotangent if statement in seeds else cotangent
    steps = [step for step in recording.steps if isinstance(step.inner, Var) and step.inner.statement is not None]
    for step in steps:
        step.inner.statement.watched().retains = True
    found = sweep(Tape(seeds), seeds)
    return {step: np.array(found[step.inner.statement])[()] for step in steps if step.inner.statement in found}
