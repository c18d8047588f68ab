"""The memory that interpreted recordings take, and its limit."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

import numpy as np

from dualrev.errors import TapeLimitError
from dualrev.reverse.tape_limit import Allowance

STATEMENT = 320
"""Bytes of a statement without its arrays: the object, its lists, its place in the result (64 bits, CPython 3.11)."""


class Recorded:
    """A part of a recording; it takes memory as long as a result depends on it."""

    __slots__ = ("allowance",)
    allowance: Allowance

    def saved(self) -> Iterable[Any]:
        """Return the values that are kept for the sweep."""
        return ()


def recount(allowance: Allowance, new: int) -> None:
    """Count what the recordings of a context take, and raise an error if with a new statement that is too much.

    Only the collector knows what became of the others: what nothing depends on any more was freed.
    """
    objects: list[Any] = gc.get_objects()
    # `issubclass(type(x), ...)`, since `isinstance` asks an object for its `__class__`, and among all objects of a
    # process there are some that answer by running code.
    alive = [x for x in objects if issubclass(type(x), Recorded) and getattr(x, "allowance", None) is allowance]
    del objects
    used = kept_bytes(alive) + STATEMENT * len(alive) + new
    if used > allowance.nbytes:
        raise TapeLimitError(used, allowance.nbytes)
    allowance.recounted(used)


def kept_bytes(recorded: Iterable[Recorded]) -> int:
    """Return the memory of the arrays that are kept for the sweep, each counted once."""
    owners = {}
    for each in recorded:
        for value in each.saved():
            # Views are counted as what they are a view of, once, or a tape of slices would seem larger than the memory
            # is.
            owner = value
            while isinstance(getattr(owner, "base", None), np.ndarray):
                owner = owner.base
            owners[id(owner)] = getattr(owner, "nbytes", 8)
    return sum(owners.values())


def held(thing: Any) -> Iterator[Any]:
    """Return the arrays that a thing refers to: a linearization, by the functions it is made of."""
    if isinstance(thing, np.ndarray):
        yield thing
    # Linearizations are closures: what a rule keeps for its pullback stands in cells of its functions and nowhere else.
    elif isinstance(thing, FunctionType):
        for cell in thing.__closure__ or ():
            try:
                inside = cell.cell_contents
            except ValueError:  # the name is not bound
                continue
            yield from held(inside)
    elif isinstance(thing, tuple | list):
        for element in thing:
            yield from held(element)
    elif hasattr(thing, "saved"):
        yield from thing.saved()
    elif hasattr(thing, "__dict__"):
        yield from held(list(vars(thing).values()))
