"""The memory that written arrays share: a vector of which every write makes a new one."""

from __future__ import annotations

from contextlib import nullcontext
from sys import getrefcount
from typing import Any

import numpy as np

from dualrev.active.number import Active, follow_all, lowest_followed, primal
from dualrev.errors import InPlaceError
from dualrev.primitives.array.vector_parts import Region, overwrite, window

SHOWN = (
    "an array was written to of which NumPy has made an array of objects, which would not see the write. Use the "
    "function by its name in NumPy, np.asarray(y), or import dualrev before `from numpy import asarray`; or take "
    "a copy, y.copy()"
)


class Kept(list[Any]):
    """The views of what belongs to a storage, which is never written to but through it."""


class Storage:
    """The elements of an array and of all views of it, in the order in which they lie in memory.

    What was recorded before a write refers to the vector as it was. Where nothing does, the write goes to the memory
    itself, which is how a loop over n elements costs n and not n squared.

    Attributes
    ----------
    current : ndarray, Dual or Var
        The vector as it is now.
    size : int
        Its length.
    shown : list of weak references
        To arrays of objects that NumPy has made of it: while users hold one, nothing is written.
    """

    __slots__ = ("cells", "current", "shown", "size")

    def __init__(self, current: Any) -> None:
        self.size = int(current.size)
        self._set(current)
        self.cells: list[list[Any]] = []
        self.shown: list[Any] = []

    def read(self, region: Region, cell: list[Any]) -> Any:
        """Return a part as it is now, which the cell keeps until the next write."""
        if cell:
            return cell[0]
        current = self.current
        whole = region.shape == (self.size,) and region.strides == (1,)
        part = current if whole else window(current, region)
        # A loop that reads y[i] many times between writes records one selection. Not under `no_grad`, where the part
        # is a constant.
        if isinstance(part, Active) and lowest_followed() < 0:
            part.ties = Kept()
            cell.append(part)
            self.cells.append(cell)
        return part

    def write(self, region: Any, v: Any) -> None:
        """Give a part, a region or scattered elements, new values, of a shape that broadcasts to its own."""
        if self.shown and any(each() is not None for each in self.shown):
            raise InPlaceError(SHOWN)
        # Before the references are counted: what is read from the vector refers to it.
        for cell in self.cells:
            cell.clear()
        self.cells.clear()
        lowest = lowest_followed()
        quiet = lowest >= 0 and _level(self.current) < lowest
        if quiet and _level(v) < lowest:
            v = primal(v)
        # The count of references tells whether a recording, a number or the user still holds the vector. If not,
        # nobody can see that it changes.
        reuse = _sole(self, "current")
        # Under `no_grad`, what is written is a constant, and the rest is what it was.
        with follow_all() if quiet else _NOTHING:
            self._set(overwrite(self.current, v, region, reuse))

    def _set(self, current: Any) -> None:
        self.current = current
        if isinstance(current, Active):
            current.ties = Kept()


class Place:
    """Where a written array is: its storage, its region there, and what was read from it since the last write.

    It may be the owner of its memory or a view, and a view may hold elements several times, so not be `distinct`.
    """

    __slots__ = ("cell", "distinct", "owner", "region", "storage", "writeable")

    def __init__(
        self, storage: Storage, region: Region, writeable: bool = True, owner: bool = False, distinct: bool = True
    ) -> None:
        self.storage, self.region, self.writeable, self.owner = storage, region, writeable, owner
        self.distinct = distinct
        self.cell: list[Any] = []


_NOTHING = nullcontext()


def _level(x: Any) -> int:
    return x.level if isinstance(x, Active) else -1


def _references(holder: Any, name: str) -> int:
    part = getattr(holder, name)
    return getrefcount(part)


def _sole(holder: Any, name: str) -> bool:
    """Whether nothing but the holder refers to a number and to its arrays."""
    if _references(holder, name) != _ALONE:
        return False
    part = getattr(holder, name)
    if type(part) is np.ndarray:
        return part.base is None
    held = getattr(type(part), "held", ())
    return bool(held) and all(_sole(part, each) for each in held)


class _Holder:
    __slots__ = ("part",)
    part: Any


# Measured and not written down: interpreters count the references of a call differently.
_holder = _Holder()
_holder.part = np.zeros(1)
_ALONE = _references(_holder, "part")
"""The count of references of an object with a single holder, in this interpreter."""
