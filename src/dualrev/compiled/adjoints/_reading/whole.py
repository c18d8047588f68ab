"""Expressions over whole arrays, element by element.

They are no arrays before they need be: an expression that is added up, or assigned to a part of an array, is computed
where each element is used, as Numba fuses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.entries import Alone, Elements, Entry, Number
from dualrev.compiled.adjoints._reading.errors import require_equal
from dualrev.compiled.adjoints._reading.functions import converted
from dualrev.compiled.adjoints._reading.indexing import transposed
from dualrev.compiled.adjoints._reading.making import fill, make
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.parts import copy
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import is_one, length
from dualrev.primitives.scalar import TABLE

Scalar = Callable[..., Number]


def is_whole(*entries: Entry) -> bool:
    """Whether one of some operands is an array, and all are numbers or arrays."""
    some = any(isinstance(each, Array | Elements) for each in entries)
    return some and all(isinstance(each, Array | Elements | Value | Constant) for each in entries)


def elements_of(reader: Reader, entry: Entry) -> Elements:
    """Return an operand as elements; a number is the same in all places."""
    if isinstance(entry, Elements):
        return entry
    if isinstance(entry, Array):
        ndim = entry.type.ndim
        axes = tuple((entry, axis) for axis in range(ndim))
        return Elements(
            axes,
            entry.type.dtype,
            lambda indices: reader.load(entry, indices[len(indices) - ndim :]),
            (entry,),
            entry.type.layout,
        )
    number = reader.as_number(entry)
    return Elements((), number.type, lambda indices: number, ())


def elementwise(reader: Reader, function: Any, operands: Sequence[Entry], scalar: Scalar) -> Elements:
    """Return what a function of numbers makes of arrays; `function` is what Numba knows it as."""
    of = reader.typing.call(function, [_type(each) for each in operands])
    if not isinstance(of, types.Array):
        reader.refuse("has an expression over arrays that Numba does not take")
    return joined(reader, of, operands, scalar)


def joined(reader: Reader, of: types.Array, operands: Sequence[Entry], scalar: Scalar) -> Elements:
    """Return elements of an array of a type that a function makes of those of operands."""
    axes, parts = side_by_side(reader, operands)

    def at(indices: Sequence[Operand]) -> Operand:
        with quiet(reader):
            return converted(reader, scalar(*(part.at(indices) for part in parts)), of.dtype)

    leaves = tuple(leaf for part in parts for leaf in part.leaves)
    return Elements(axes, of.dtype, at, leaves, of.layout)


def side_by_side(reader: Reader, operands: Sequence[Entry]) -> tuple[tuple[tuple[Array, int], ...], list[Elements]]:
    """Return the axes that operands have together, and their elements at subscripts of those."""
    parts = [elements_of(reader, each) for each in operands]
    axes = []
    for n in range(max(len(part.axes) for part in parts), 0, -1):
        those = [part.axes[-n] for part in parts if len(part.axes) >= n]
        axes.append(next((each for each in those if not is_one(reader, *each)), those[0]))
    return tuple(axes), [repeated(reader, axes, part) for part in parts]


def repeated(reader: Reader, axes: Sequence[tuple[Array, int]], part: Elements) -> Elements:
    """Return elements that are the same along each axis where they have a length of 1, and these axes have not."""
    alone: list[int] = []
    for n in range(1, len(part.axes) + 1):
        if is_one(reader, *part.axes[-n]) and not is_one(reader, *axes[-n]):
            alone.append(n)
        else:
            require_equal(reader, axes[-n], part.axes[-n])
    if not alone:
        return part

    def at(indices: Sequence[Operand]) -> Operand:
        places = [Constant(0, types.intp) if len(indices) - n in alone else each for n, each in enumerate(indices)]
        return part.at(places)

    return replace(part, at=at)


def _type(entry: Entry) -> Any:
    if isinstance(entry, Elements):
        return types.Array(entry.dtype, len(entry.axes), entry.layout)
    assert isinstance(entry, Array | Value | Constant)
    return entry.type


@contextmanager
def quiet(reader: Reader) -> Iterator[None]:
    """Divide as arrays do, which raise no error."""
    before, reader.frame.raises_by_zero = reader.frame.raises_by_zero, False
    try:
        yield
    finally:
        reader.frame.raises_by_zero = before


def lengths_of(reader: Reader, elements: Elements) -> list[Operand]:
    """Return the shape of an expression."""
    return [length(reader, *axis) for axis in elements.axes]


def settled(reader: Reader, entry: Entry) -> Entry:
    """Return an array of its own where an entry is an expression over arrays."""
    if not isinstance(entry, Elements):
        return entry
    turned = entry.layout == "F" and len(entry.axes) > 1
    made = make(reader, lengths_of(reader, entry)[:: -1 if turned else 1], entry.dtype)
    made = transposed(reader, made) if turned else made
    each_element(reader, made, entry.at)
    return made


def apart(reader: Reader, target: Array, entry: Entry) -> Entry:
    """Return what is written to an array, so that no element is read after it was written.

    An element may be read where it is written.
    """
    if isinstance(entry, Elements):
        same = [leaf for leaf in entry.leaves if leaf.root.group is target.root.group]
        return settled(reader, entry) if any(leaf is not target for leaf in same) else entry
    return entry


def write(reader: Reader, target: Array, entry: Entry) -> None:
    """Write a number, or the elements of an array, to all elements of an array."""
    if isinstance(entry, Value | Constant):
        return fill(reader, target, entry)
    # As if all were read before the first is written, which NumPy and Numba see to.
    if isinstance(entry, Array) and entry.root.group is target.root.group:
        entry = copy(reader, entry)
    if not is_whole(entry):
        reader.refuse("writes what is no number and no array to a part of an array")
    value = _fit(reader, target, elements_of(reader, apart(reader, target, entry)))
    return each_element(reader, target, value.at)


def _fit(reader: Reader, target: Array, value: Elements) -> Elements:
    if len(value.axes) > target.type.ndim:
        reader.refuse("writes an array of more axes to an array")
    return repeated(reader, [(target, axis) for axis in range(target.type.ndim)], value)


def add_in_place(reader: Reader, target: Array, operation: Scalar, sign: str, entry: Entry) -> None:
    """Add a number or an array to an array in place, or combine them with another operator.

    Numba goes through the elements in order: an element that was written is read so where two parts overlap.
    """
    value = _fit(reader, target, elements_of(reader, apart(reader, target, entry)))

    def changed(indices: list[Value]) -> Operand:
        with quiet(reader):
            return value.at(indices) if sign else operation(reader.load(target, indices), value.at(indices))

    each_element(reader, target, changed, sign)


def chosen(reader: Reader, condition: Entry, first: Entry, second: Entry) -> Entry:
    """Read `np.where` of arrays."""
    numbers = [each for each in (condition, first, second) if isinstance(each, Value | Constant)]
    if len(numbers) < 3 and not is_whole(condition, first, second):
        return reader.refuse("calls where of what is no array")
    of = reader.typing.unified(*(_type(each).dtype if is_whole(each) else _type(each) for each in (first, second)))
    if of is None:
        return reader.refuse("calls where of two types")

    def scalar(*operands: Number) -> Number:
        parts = [operands[0], *(converted(reader, each, of) for each in operands[1:])]
        return reader.operation("{1} if {0} else {2}", parts, of, TABLE["where"])

    if len(numbers) == 3:
        return Alone(scalar(*numbers))
    layouts = [_type(each).layout for each in (condition, first, second) if is_whole(each)]
    # Numba takes the order of the condition, unless both others are arrays and one of them has another.
    ordered = is_whole(condition) and layouts[0] == "F" and (len(layouts) < 3 or set(layouts) == {"F"})
    return joined(reader, types.Array(of, 1, "F" if ordered else "C"), (condition, first, second), scalar)
