"""Entries: numbers, arrays, tuples and known objects that a name of the user's stands for while it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.typing import NUMBERS


@dataclass(frozen=True, eq=False)
class Tuple:
    """A tuple, which the normal form does not have: its items are kept apart.

    Attributes
    ----------
    kind
        The class of a named tuple, or of a list.
    """

    items: tuple[Entry, ...]
    kind: Any = None


@dataclass(frozen=True, eq=False)
class Listed:
    """A list of numbers whose length is known when it runs: those of an array, which nothing writes to."""

    array: Array


@dataclass(frozen=True, eq=False)
class Alone:
    """An array of no axes, which nothing writes to: the number in it."""

    number: Number


@dataclass(frozen=True, eq=False)
class Known:
    """A known object that is no number and no array: a function, a module, a type, a text, None."""

    value: Any


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an array, or of a number."""

    of: Array | Elements | Number
    name: str


@dataclass(frozen=True, eq=False)
class Unreadable:
    """A name that must not be read any more.

    Attributes
    ----------
    reason
        The predicate of a sentence whose subject is the line that reads it.
    """

    reason: str


@dataclass(frozen=True, eq=False)
class Elements:
    """An expression over whole arrays, whose elements are computed where they are used.

    Attributes
    ----------
    axes
        For each axis an array and one of its axes, which is as long.
    at
        The element at subscripts, added to the statements.
    leaves
        The arrays that it reads.
    layout
        Numba's letter for the order that its elements would have in memory.
    """

    axes: tuple[tuple[Array, int], ...]
    dtype: Any
    at: Callable[[Sequence[Value | Constant]], Value | Constant]
    leaves: tuple[Array, ...]
    layout: str = "C"


Number = Operand
Entry = Value | Constant | Array | Tuple | Listed | Alone | Known | Method | Unreadable | Elements


UNSET = Unreadable("reads a part of a tuple that is not set there on every way")
"""An array in a tuple, where no iteration has set it yet."""


def entry_of(value: Any, type_of: Callable[[Any], Any]) -> Entry:
    """Return what a global, a default or a literal stands for, which is frozen as Numba freezes it."""
    if isinstance(value, bool | int | float | np.number | np.bool_):
        of = types.unliteral(type_of(value))
        if isinstance(of, NUMBERS):
            return Constant(value.item() if isinstance(value, np.generic) else value, of)
    return Known(value)


def same_known(first: Entry | None, second: Entry | None) -> bool:
    """Whether two entries are one known object, or the same text."""
    if not isinstance(first, Known) or not isinstance(second, Known):
        return False
    return first.value is second.value or (isinstance(first.value, str) and first.value == second.value)


def arrays_in(entry: Entry | None) -> list[Array]:
    """Return the arrays that an entry is, or holds."""
    if isinstance(entry, Tuple):
        return [array for item in entry.items for array in arrays_in(item)]
    if isinstance(entry, Listed):
        return [entry.array]
    return [entry] if isinstance(entry, Array) else []


def without_array(entry: Entry) -> Entry:
    """Return the number in an array of no axes, which is what Numba computes with; any other entry as it is."""
    return entry.number if isinstance(entry, Alone) else entry


def zero(of: Any) -> Constant:
    """Return the zero of a type."""
    return Constant(False if isinstance(of, types.Boolean) else 0.0 if isinstance(of, types.Float) else 0, of)


def integer(value: int) -> Constant:
    """Return an integer of the type that counts and subscripts have."""
    return Constant(value, types.intp)


def numba_type(entry: Entry, type_of: Callable[[Any], Any]) -> Any:
    """Return Numba's type of what a name stands for; None where it has none."""
    if isinstance(entry, Value | Constant | Array):
        return entry.type
    if isinstance(entry, Alone):
        return types.Array(entry.number.type, 0, "C")
    if isinstance(entry, Tuple):
        each = [numba_type(item, type_of) for item in entry.items]
        if None in each or entry.kind is list:
            return None
        return types.BaseTuple.from_types(each, entry.kind)
    return types.unliteral(type_of(entry.value)) if isinstance(entry, Known) else None
