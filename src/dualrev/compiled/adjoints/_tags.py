"""Tags of the reverse sweep's lines, by which loops are arranged: what a line does to which memory."""

from __future__ import annotations

from typing import NamedTuple

from dualrev.compiled.adjoints._form import Array, Operand, Value


class Added(NamedTuple):
    """The line adds to the adjoint of an element."""

    array: Array
    indices: tuple[Operand, ...]
    place: str


class Total(NamedTuple):
    """The line adds to the adjoint of a value outside its block, or to a sum that stands for an element."""

    value: Value | None


class Zeroed(NamedTuple):
    """The line sets the adjoint of an element to zero, which was overwritten."""

    array: Array


class Restored(NamedTuple):
    """The line gives an element its old content back."""

    array: Array
