"""Writing to active arrays: what `y[i] = v`, `y += v`, `y.flat[i] = v` and `np.add.at` do."""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from dualrev.active._in_place.flat import Flat, as_objects, write_flat
from dualrev.active._in_place.out_arguments import array_function, written_by
from dualrev.active._in_place.storage import SHOWN, Kept, Place, Storage
from dualrev.active._in_place.written import Written
from dualrev.active.number import Active, follow_all, lowest_followed, primal
from dualrev.active.numpy_protocol import operand
from dualrev.active.refusals import name_called
from dualrev.active.views import family
from dualrev.errors import InPlaceError
from dualrev.primitives.array.indexing import is_basic, scatter
from dualrev.primitives.array.layout import least
from dualrev.primitives.array.vector_parts import Region, overwrite, region_at

_SLOTS = ("content", "statement", "pushed")
_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")


# The user's own object changes its class, because every name, list and view that holds it has to see the write. That
# is why all active numbers have the same slots.
def written(x: Active) -> Written:
    """Turn an array, all its views and what it is a view of into arrays of one storage.

    Raises
    ------
    InPlaceError
        If they do not lie in memory in a way that NumPy's views have, or are numbers of another kind.
    """
    if type(x) is Written:
        return x
    root, views = family(x)
    if not root.held or type(root.ties) is Kept:
        raise InPlaceError(
            f"an array of kind {type(x).__name__} was written to in place, where writing is not followed. Write to an "
            "array made by np.zeros_like(x)"
        )
    storage, regions = _stored(root, views)
    writeable = [writes_are_allowed(each) for each in (root, *views)]
    for each, region, allowed in zip((root, *views), regions, writeable, strict=True):
        _become(each, Place(storage, region, allowed, each is root, region.distinct()))
    assert type(x) is Written
    return x


def _stored(root: Active, views: list[Active]) -> tuple[Storage, list[Region]]:
    """Return a storage of an array, and where the array and its views are in it."""
    if not all(isinstance(view, Active) for view in views):
        raise InPlaceError(SHOWN)
    extent, regions = _laid_out(root, views)
    # The move into a storage is no step of the user's: under `no_grad`, too, the array keeps its derivative.
    with follow_all() if lowest_followed() >= 0 else nullcontext():
        return Storage(overwrite(np.zeros(extent, root.dtype), root.snapshot(), regions[0], True)), regions


def writes_are_allowed(x: Active) -> bool:
    """Whether an array may be written to, as far as NumPy's flags say so."""
    if type(x) is Written:
        return bool(x.ties.writeable)
    value = primal(x)
    if not isinstance(value, np.ndarray) or value.flags.writeable:
        return isinstance(value, np.ndarray)
    # An input's value is read-only to everybody; its views are not read-only for that, unless they repeat elements.
    root = x.ties if isinstance(x.ties, Active) else x
    return not primal(root).flags.writeable and Region.of(value).distinct()


def seen_through(x: Active, view: Callable[[np.ndarray], np.ndarray]) -> Written:
    """Return the view of an active array that NumPy's function gives of a plain one."""
    if type(x) is not Written and (root := family(x)[0]).is_users_leaf():
        storage, (_, region) = _stored(root, [x])  # a leaf stays one: the view is of a copy
        x = Written.over(storage, region)
    return written(x).viewed(view)


def _laid_out(root: Active, views: list[Active]) -> tuple[int, list[Region]]:
    """Return how much memory an array takes, and where it and its views are in it: as NumPy has them."""
    arrays = [np.asarray(primal(each)) for each in (root, *views)]
    whole = arrays[0]
    if not whole.size:
        return 0, [Region.whole(array.shape) for array in arrays]
    low, high = np.lib.array_utils.byte_bounds(whole)
    extent = (high - low) // whole.itemsize
    # An array that nobody views gets memory of its own, without the gaps that it has where it came from.
    if extent != whole.size and not views:
        start, strides = least(whole)
        region = Region(start, whole.shape, strides)
        region = region if region.distinct() else Region.whole(whole.shape)
        return region.last + 1, [region]
    regions = [region_at(array, low, whole.dtype) for array in arrays]
    found = [region for region in regions if region is not None]
    if extent < whole.size or len(found) < len(arrays):
        raise InPlaceError(
            f"an array of shape {whole.shape} was written to whose views do not lie in its memory at regular "
            "distances, as those of real and imaginary parts. Write to a copy, as in y = x.copy()"
        )
    return extent, found


def _become(x: Any, place: Place) -> None:
    """Make an array one of a storage; the arrays that it had are let go."""
    # A second holder of the arrays would make every write a copy, see `Storage.write`.
    for slot in _SLOTS:
        if hasattr(x, slot):
            delattr(x, slot)
    x.__class__ = Written
    x.ties = place


def _set_item(self: Active, index: Any, value: Any) -> None:
    if not isinstance(primal(self), np.ndarray):
        raise InPlaceError(
            f"{name_called('y[i] = v')}: an element of a number of type {self.dtype} was assigned; numbers cannot be "
            "written to, arrays can"
        )
    root, _ = family(self)
    if root.updated_leaf():
        _update_leaf(root, self, index, value)
    else:
        written(self)[index] = value


# A step of an optimiser under `no_grad`. The leaf stays a leaf, so that its gradient is found again, and what was
# recorded before keeps the old value.
def _update_leaf(root: Any, x: Any, index: Any, value: Any) -> None:
    """Write to a leaf, or to a view of it, under `no_grad`: it gets a new value, and nothing is recorded."""
    extent, (region, part) = _laid_out(root, [x])
    storage = Storage(overwrite(np.zeros(extent, root.dtype), primal(root), region, True))
    Written.over(storage, part)[index] = primal(value)
    root.assign(region.view(storage.current))
    if x is not root:
        x.content = part.view(storage.current).copy()


# Where nobody shares an array's memory, nobody can tell a write from a new value: the array takes the result over, and
# needs no storage, through which each access is several calls. Only views that are alive count: `ties` holds weak
# references.
def _augmented(python: Callable[[Any, Any], Any]) -> Any:
    """Return what `y += v` does: an array is written to, a number gets another value."""

    def update(self: Any, other: Any) -> Any:
        if type(self) is not Written:
            value = self.content
            is_array = value.ndim and self.held
            ties = self.ties if is_array else None
            if ties is None or (type(ties) is list and all(each() is None for each in ties)):
                if (is_array or lowest_followed() >= 0) and self.updated_leaf():
                    self.assign(python(value, primal(other)))
                    return self
                result = python(self, other)
                if not is_array:
                    return result
                now = result.content if type(result) is type(self) else None
                # The order in memory shows in views that are made later, so that a result with other strides is
                # copied.
                same: Any = now is not None and (now.dtype, now.strides, now.shape)
                if same == (value.dtype, value.strides, value.shape):
                    self.adopt(result)
                    return self
                return _replaced(self, result)
            if family(self)[0].updated_leaf():
                self[...] = python(primal(self), primal(other))
                return self
            written(self)
        # NumPy's own result depends on the order of its loop there.
        if not self.ties.distinct:
            raise InPlaceError(
                f"`y += v`, or its like, was applied to a view of shape {self.shape} that holds elements several "
                "times, as windows do; write to the array itself, or y[...] = y + v to let the last one win"
            )
        self[...] = _same_kind(python(self.read(), other), self)
        return self

    return update


def _replaced(x: Any, result: Any) -> Any:
    """Give an array that shares its memory with no other a new value."""
    if result.shape != x.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {x.shape} doesn't match the broadcast shape {result.shape}"
        )
    result = _same_kind(result, x)
    if type(result) is type(x) and result.strides == x.strides:
        x.adopt(result)
    else:
        written(x)[...] = result
    return x


def _same_kind(result: Any, x: Any) -> Any:
    """Return a result in the type of the array that it is written to."""
    if result.dtype == x.dtype:
        return result
    if not np.can_cast(result.dtype, x.dtype, "same_kind"):
        raise InPlaceError(
            f"a result of type {result.dtype} was written into an array of type {x.dtype}, which cannot hold it; "
            "write y = y + v"
        )
    return result.astype(x.dtype)


def _at(self: Any, ufunc: Any, index: Any, *values: Any) -> None:
    """Do what `ufunc.at` does: each occurrence of an element in the index takes its turn."""
    index = tuple(map(primal, index)) if isinstance(index, tuple) else primal(index)
    index = np.asarray(index) if isinstance(index, list) else index
    places = None if is_basic(index) else np.arange(self.size).reshape(self.shape)[index]
    # Without repetitions `ufunc.at` is what reading, computing and writing is.
    if places is None or len(np.unique(places)) == places.size:
        self[index] = ufunc(self[index], *values)
        return
    spread = [np.broadcast_to(operand(v), places.shape) for v in values]
    # Sums need no turns, however often a place is met; this is the scatter of histograms and assembled matrices.
    if ufunc in (np.add, np.subtract):
        self[...] = ufunc(self, scatter(spread[0], self.shape, index, places.ndim))
        return
    places, spread = places.reshape(-1), [np.reshape(v, -1) for v in spread]
    # Any other function is applied in rounds: in round k to the occurrence k of each place. A stable order keeps the
    # occurrences in NumPy's.
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    turns = np.empty_like(order)
    turns[order] = np.arange(order.size) - np.repeat(starts, np.diff(starts, append=order.size))
    for turn in range(int(turns.max()) + 1):
        now = np.flatnonzero(turns == turn)
        there = np.unravel_index(places[now], self.shape)
        self[there] = ufunc(self[there], *[v[now] for v in spread])


def _sort(self: Any, axis: int = -1, kind: Any = None, order: None = None) -> None:
    self[...] = np.sort(self, axis=axis, kind=kind)


def _partition(self: Any, kth: Any, axis: int = -1, kind: str = "introselect", order: None = None) -> None:
    self[...] = np.partition(self, kth, axis=axis)


def _fill(self: Any, value: Any) -> None:
    self[...] = value


def _put(self: Any, indices: Any, values: Any, mode: Any = "raise") -> None:
    np.put(self, indices, values, mode)


# From outside, when this package is imported: numbers are below and know nothing of storages.
def equip() -> None:
    """Let active arrays be written to."""
    for name in _OPERATORS:
        setattr(Active, f"__i{name}__", _augmented(getattr(operator, name)))
    protocol = {"written_by": written_by, "__array_function__": array_function, "__array__": property(as_objects)}
    methods = {"sort": _sort, "partition": _partition, "fill": _fill, "put": _put, "at": _at, "__setitem__": _set_item}
    attributes = {"flat": property(Flat, write_flat), "is_writeable": writes_are_allowed}
    for name, method in {**protocol, **methods, **attributes}.items():
        setattr(Active, name, method)
