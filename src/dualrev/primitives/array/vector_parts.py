"""Arrays as parts of a vector, the memory that arrays and their views share: reading a part, and overwriting it.

A view is where its elements are among those of the vector. All functions work on the last axis and carry others along.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.primitives.array.indexing import Selection, positions
from dualrev.primitives.array.layout import compact
from dualrev.primitives.array.rule import Shape, array_rule, leading, linear
from dualrev.primitives.array.shaping import pad_axes, sum_to
from dualrev.primitives.protocol_function import ProtocolFunction

SMALL_PART = 4
"""A view of less than one element in so many is copied when it is read. What records it then keeps that alone."""


class Region:
    """Elements at regular distances, as NumPy's own views have them; start and strides count elements."""

    __slots__ = ("shape", "start", "strides")

    def __init__(self, start: int, shape: Shape, strides: tuple[int, ...]) -> None:
        self.start, self.shape, self.strides = start, shape, strides

    @classmethod
    def whole(cls, shape: Shape) -> Region:
        """Return the region of an array in C order that fills the vector."""
        strides = [1]
        for length in shape[:0:-1]:
            strides.insert(0, strides[0] * length)
        return cls(0, shape, tuple(strides[: len(shape)]))

    @classmethod
    def of(cls, array: np.ndarray) -> Region:
        """Return the region of an array in its own memory, of which it begins at the first element."""
        return cls(0, array.shape, tuple([step // array.itemsize for step in array.strides]))

    def __eq__(self, other: object) -> bool:
        mine = (self.start, self.shape, self.strides)
        return isinstance(other, Region) and mine == (other.start, other.shape, other.strides)

    __hash__ = None  # type: ignore[assignment]

    def view(self, memory: np.ndarray) -> np.ndarray:
        """Return the part as a view of a plain array."""
        shape, step = memory.shape[:-1] + self.shape, memory.strides[-1]
        if 0 in shape:
            return np.empty(shape, memory.dtype)
        strides = memory.strides[:-1] + tuple([step * stride for stride in self.strides])
        if memory.flags.c_contiguous and not memory.dtype.hasobject:
            return np.ndarray(shape, memory.dtype, memory, self.start * step, strides)
        return np.lib.stride_tricks.as_strided(memory[..., self.start], shape, strides)

    def put(self, memory: np.ndarray, v: Any) -> None:
        """Write values there."""
        self.view(memory)[...] = v

    def add(self, memory: np.ndarray, v: Any) -> None:
        """Add values there; an element that is there several times takes them all."""
        if self.distinct():
            self.view(memory)[...] += v
        else:
            self.scattered().add(memory, v)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def first(self) -> int:
        """The lowest place of an element, if there is one."""
        return self.start + sum(step * (n - 1) for step, n in zip(self.strides, self.shape, strict=True) if step < 0)

    @property
    def last(self) -> int:
        """The highest place of an element, if there is one."""
        return self.start + sum(step * (n - 1) for step, n in zip(self.strides, self.shape, strict=True) if step > 0)

    def distinct(self) -> bool:
        """Whether no element is there twice, as it is in a window that slides or what was broadcast."""
        reach = 0
        for stride, length in sorted((abs(s), n) for s, n in zip(self.strides, self.shape, strict=True) if n > 1):
            if stride <= reach:
                return False
            reach += stride * (length - 1)
        return True

    def scattered(self) -> Scattered:
        """Return the same elements, one by one."""
        return Scattered(self.places)

    @property
    def places(self) -> np.ndarray:
        """Where the elements are."""
        places = np.asarray(self.start)
        for length, stride in zip(self.shape, self.strides, strict=True):
            places = places[..., None] + stride * np.arange(length)
        return places

    def at(self, index: Any) -> Region:
        """Return the part that an index of numbers and slices selects."""
        parts = index if isinstance(index, tuple) else (index,)
        free = len(self.shape) - sum(part is not None and part is not Ellipsis for part in parts)
        if free < 0 or parts.count(Ellipsis) > 1:
            np.empty(self.shape)[index]  # NumPy's own error
        if Ellipsis in parts:
            n = parts.index(Ellipsis)
            parts = (*parts[:n], *(slice(None),) * free, *parts[n + 1 :])
        else:
            parts = (*parts, *(slice(None),) * free)
        start, shape, strides, axis = self.start, [], [], 0
        for part in parts:
            if part is None:
                shape.append(1)
                strides.append(0)
                continue
            length, stride = self.shape[axis], self.strides[axis]
            axis += 1
            if isinstance(part, slice):
                first, last, step = part.indices(length)
                count = len(range(first, last, step))
                start += first * stride if count else 0
                shape.append(count)
                strides.append(stride * step)
            else:
                if not -length <= part < length:
                    raise IndexError(f"index {part} is out of bounds for axis {axis - 1} with size {length}")
                start += int(part) % length * stride
        return Region(start, tuple(shape), tuple(strides))


class Scattered:
    """Elements at `places`, none of them twice where they are written to."""

    __slots__ = ("places", "shape")

    def __init__(self, places: np.ndarray) -> None:
        self.places, self.shape = places, places.shape

    def view(self, memory: np.ndarray) -> np.ndarray:
        """Return the elements."""
        elements: np.ndarray = memory[..., self.places]
        return elements

    def put(self, memory: np.ndarray, v: Any) -> None:
        """Write values there."""
        memory[..., self.places] = v

    def add(self, memory: np.ndarray, v: Any) -> None:
        """Add values there."""
        np.add.at(memory, (Ellipsis, self.places), v)  # type: ignore[arg-type]


def region_at(part: np.ndarray, address: int, dtype: Any) -> Region | None:
    """Return the region of an array in memory from an address on; None where its elements are no elements of that."""
    size = part.itemsize
    start = part.__array_interface__["data"][0] - address
    if part.dtype != dtype or start % size or any(stride % size for stride in part.strides):
        return None
    return Region(start // size, part.shape, tuple([stride // size for stride in part.strides]))


def _window(memory: Any, region: Any) -> Any:
    part = region.view(memory)
    if not part.ndim:
        return part[()]
    return compact(part) if part.size * SMALL_PART < memory.size else part


def _deposit(w: Any, region: Any, size: int) -> Any:
    out = np.zeros((*leading(w, len(region.shape)), size), w.dtype)
    region.add(out, w)
    return out


def _overwrite(memory: Any, v: Any, region: Any, reuse: bool = False) -> Any:
    if not (reuse and memory.flags.c_contiguous and memory.flags.writeable):
        memory = np.array(memory, order="C")
    region.put(memory, v)
    return memory


window = ProtocolFunction("window", _window)
deposit = ProtocolFunction("deposit", _deposit)
overwrite = ProtocolFunction("overwrite", _overwrite)


class Window(Selection):
    """The linearization of reading a part; the adjoint of a part is the part of the adjoint."""

    def __init__(self, size: int, region: Region) -> None:
        self.shape, self.region, self.ndim = (size,), region, len(region.shape)
        self.basic = isinstance(region, Region) and region.distinct()

    def view(self, adjoint: np.ndarray) -> np.ndarray:
        """Return the part of an adjoint."""
        return self.region.view(adjoint)

    def push(self, tangents: Sequence[Any]) -> Any:
        """Read the part of the tangent."""
        return window(tangents[0], self.region)

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Put the cotangent where the part was."""
        return deposit(cotangent, self.region, self.shape[0])

    def accumulate(self, adjoint: np.ndarray, cotangent: Any) -> None:
        """Add the cotangent, in place, where the part was."""
        self.region.add(adjoint, cotangent)


@array_rule(window, alias=False)
def window_rule(y: Any, memory: Any, /, region: Any = None) -> Window:
    """Read a part; the transpose puts it where it was."""
    return Window(memory.shape[-1], region)


@array_rule(deposit, alias=False)
def deposit_rule(y: Any, w: Any, /, region: Any = None, size: int = 0) -> Any:
    """Put a part where it was, among zeros; the transpose reads it."""
    return linear(lambda t: deposit(t, region, size), lambda c: window(c, region))


class Overwriting:
    """The linearization of overwriting: what was there no longer matters."""

    def __init__(self, shape: Shape, part: Shape, region: Any, reuse: bool) -> None:
        self.shape, self.part, self.region, self.reuse = shape, part, region, reuse
        self.ndim = len(shape) - 1 + len(region.shape)

    def push(self, tangents: Sequence[Any]) -> Any:
        """Overwrite the tangent with that of the part, zeros standing for None."""
        before, part = tangents
        if part is not None:
            part = pad_axes(part, len(self.part), self.ndim)
        if before is None:
            before = np.zeros(leading(part, self.ndim) + self.shape, part.dtype)
        return overwrite(before, 0.0 if part is None else part, self.region, self.reuse)

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Return the cotangent of the memory, zero in the part; or that of the part."""
        if operand:
            return sum_to(window(cotangent, self.region), self.part, self.ndim)
        return overwrite(cotangent, 0.0, self.region)

    def taken(self, adjoint: np.ndarray) -> Any:
        """Return the part's cotangent, and leave zeros in its place."""
        part = sum_to(np.array(self.region.view(adjoint)), self.part, self.ndim)
        self.region.put(adjoint, 0.0)
        return part


@array_rule(overwrite, alias=False)
def overwrite_rule(y: Any, memory: Any, v: Any, /, region: Any = None, reuse: bool = False) -> Overwriting:
    """Overwrite a part; with `reuse`, in the memory itself, to which nothing else refers."""
    return Overwriting(memory.shape, np.shape(v), region, reuse)


def places_of(region: Region, index: Any) -> Scattered:
    """Return the elements that an index selects from a region."""
    if len(region.shape) == 1 and isinstance(index, np.ndarray) and index.dtype.kind in "iu":
        return Scattered(region.start + region.strides[0] * positions(region.shape, index))
    return Scattered(region.scattered().places[index])


def last_ones(region: Region, index: Any, size: int) -> tuple[Scattered, np.ndarray]:
    """Return the places that an index with repetitions writes to, and of which values: by NumPy's own assignment."""
    source = np.full(size, -1)
    view = region.view(source)
    view[index] = np.arange(math.prod(view[index].shape)).reshape(view[index].shape)
    places = np.flatnonzero(source >= 0)
    return Scattered(places), source[places]
