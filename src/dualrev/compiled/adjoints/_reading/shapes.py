"""Lengths of axes: as numbers, and as what proves that two are equal."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Make, Operand, Operation, Value
from dualrev.compiled.adjoints._reading.entries import Tuple
from dualrev.compiled.adjoints._reading.reader import Reader

Slice = tuple[Operand | None, Operand | None, Operand | None]
Index = Operand | Slice | Array | str | None
"""A number, a slice, an array of integers or booleans, `NEW`, or None for an ellipsis."""

NEW = "None"
"""The subscript that makes an axis of length 1."""

WHOLE: Slice = (None, None, None)

SAME: Slice = (None, None, Constant(1, types.intp))
"""The elements of an array that may not be there any more: nothing but its length is that of another."""


def length(reader: Reader, array: Array, axis: int) -> Operand:
    """Return the length of an axis."""
    source = reader.axes.get(array, {}).get(axis)
    if isinstance(source, Constant):
        return source
    if not reader.reshapes:
        found = array.made_by.shape[axis] if isinstance(array.made_by, Make) else None
        if isinstance(found, Constant) or (found is not None and found.block in reader.block.around()):
            return found
        if isinstance(source, Value):
            return source
        if source is not None and source[1] == WHOLE:
            return length(reader, *source[0])
    return reader.operation(f"{{0}}.shape[{axis}]", [array], types.intp)


def is_length(operand: Operand) -> bool:
    """Whether a number is read from the shape of an array, so that it is not negative."""
    made = operand.made_by if isinstance(operand, Value) else None
    return isinstance(made, Operation) and ".shape[" in made.text


def shape(reader: Reader, array: Array) -> Tuple:
    """Return the shape of an array."""
    return Tuple(tuple(length(reader, array, axis) for axis in range(array.type.ndim)))


def size(reader: Reader, array: Array) -> Operand:
    """Return the number of elements."""
    if array.type.ndim == 1:
        return length(reader, array, 0)
    return reader.operation("{0}.size", [array], types.intp)


def note_axes(reader: Reader, view: Array, source: Array, places: Sequence[Index]) -> None:
    """Take note of the axes that a view has, and of how they come from those of its source."""
    given = list(places)
    missing = source.type.ndim - sum(each not in (None, NEW) for each in given)
    where = given.index(None) if None in given else len(given)
    filled = [*given[:where], *[WHOLE] * missing, *given[where + 1 :]]
    kept: list[Any] = []
    axis = 0
    for each in filled:
        if each == NEW:
            kept.append(Constant(1, types.intp))
            continue
        if isinstance(each, tuple):
            kept.append(((source, axis), each))
        axis += 1
    reader.axes[view] = dict(enumerate(kept))


def note_chosen(reader: Reader, result: Array, first: Array, second: Array) -> None:
    """Take note of the axes of one of two arrays that are as long in both, of which a branch may have made each."""
    same = [axis for axis in range(result.type.ndim) if extent(reader, first, axis) == extent(reader, second, axis)]
    reader.axes[result] = {axis: ((first, axis), SAME) for axis in same}


def is_one(reader: Reader, array: Array, axis: int) -> bool:
    """Whether an axis is of length 1 by construction, so that it is repeated where another one is longer."""
    return extent(reader, array, axis) == 1


def extent(reader: Reader, array: Array, axis: int) -> Hashable:
    """Return what stands for the length of an axis: where it is equal, so are the lengths."""
    source = reader.axes.get(array, {}).get(axis)
    if isinstance(source, Constant):
        return number(reader, source)
    if not reader.reshapes:
        if isinstance(array.made_by, Make):
            return number(reader, array.made_by.shape[axis])
        if isinstance(source, Value):
            return number(reader, source)
        if source is not None:
            return _sliced(reader, extent(reader, *source[0]), source[1])
    return "{0}.shape[%d]" % axis, (array,)  # noqa: UP031


def number(reader: Reader, operand: Operand | Array) -> Hashable:
    """Return what stands for a number: where it is equal, so are the numbers."""
    if isinstance(operand, Constant):
        return int(operand.value)
    made = operand.made_by
    if isinstance(operand, Value) and isinstance(made, Operation) and isinstance(operand.type, types.Integer):
        array = made.operands[0] if made.operands else None
        if isinstance(array, Array) and made.text.startswith("{0}.shape["):
            return extent(reader, array, int(made.text.removeprefix("{0}.shape[")[:-1]))
        return made.text, tuple(number(reader, each) for each in made.operands)
    return operand


def _sliced(reader: Reader, of: Hashable, ends: Slice) -> Hashable:
    if ends in (WHOLE, SAME):
        return of
    start, stop, step = (None if each is None else number(reader, each) for each in ends)
    first, last = 0 if start is None else start, 0 if stop is None else stop
    if step is None and isinstance(first, int) and isinstance(last, int) and first >= 0 and (stop is None or last < 0):
        # n - first + last, or 0 if that is below 0: x[1:] and x[:-1] are of one length.
        return "shorter", of, first - last
    return "slice", of, start, stop, step


def same_shape(reader: Reader, first: Array, second: Array) -> bool:
    """Whether two arrays are of one shape by construction."""
    axes: Any = range(first.type.ndim)
    return bool(first.type.ndim == second.type.ndim) and all(
        extent(reader, first, axis) == extent(reader, second, axis) for axis in axes
    )
