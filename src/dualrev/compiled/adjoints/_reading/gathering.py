"""Subscripts that are arrays, of integers or of booleans: elements that are gathered, or written to."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.entries import Alone, Elements, Entry, Listed, Tuple
from dualrev.compiled.adjoints._reading.indexing import (
    expect_within,
    flat,
    indices,
    item,
    listed_item,
    taken,
    view,
    whole_view,
)
from dualrev.compiled.adjoints._reading.nests import nest
from dualrev.compiled.adjoints._reading.parts import copy
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import WHOLE, Index
from dualrev.compiled.adjoints._reading.steps import step
from dualrev.compiled.adjoints._reading.whole import elements_of, lengths_of, repeated, settled, side_by_side


def subscript(reader: Reader, node: ast.Subscript) -> Entry:
    """Read a subscript."""
    of = reader.expression(node.value)
    if isinstance(of, Tuple):
        return item(reader, of, node.slice)
    if isinstance(of, Listed):
        return listed_item(reader, of, node.slice)
    if isinstance(of, Alone) and isinstance(node.slice, ast.Tuple) and not node.slice.elts:
        return of.number
    if not isinstance(of, Array):
        return reader.refuse("has a subscript of what is no array and no tuple")
    places = indices(reader, node.slice)
    return gathered(reader, of, places) if gathers(places) else taken(reader, of, places)


def gathers(places: Sequence[Index]) -> bool:
    """Whether one of some subscripts is an array."""
    return any(isinstance(each, Array) for each in places)


class _Places:
    """The elements of an array that a subscript means.

    Attributes
    ----------
    array
        The array, or the part of it that other subscripts leave.
    indices
        Integers, each of which means an element along an axis of that, the `first` one and those behind it.
    axes
        Those of what is gathered.
    """

    def __init__(self, reader: Reader, of: Array, places: Sequence[Index]) -> None:
        self.reader = reader
        expect_within(reader, of, places)
        filled = _filled(reader, of, places)
        place = next(n for n, each in enumerate(filled) if isinstance(each, Array))
        self.given = [each for each in filled if isinstance(each, Array)]
        # What numbers leave has no such axes.
        self.first = place - sum(isinstance(each, Value | Constant) for each in filled[:place])
        _expect_known(reader, of, filled)
        others = [WHOLE if isinstance(each, Array) else each for each in filled]
        # A name of its own: what is read is another element than the one that is written in its place.
        self.array = whole_view(reader, of) if all(each == WHOLE for each in others) else view(reader, of, others)
        if self.given[0].type.dtype == types.boolean:
            (index,) = self.given
            if index.type.ndim > 1:
                self.array, index = flat(reader, self.array), flat(reader, index)
            found = step(reader, np.flatnonzero, [index], {})
            assert isinstance(found, Array)
            self.given = [found]
        together, self.indices = side_by_side(reader, self.given)
        self.count = len(together)
        axes = [(self.array, axis) for axis in range(self.array.type.ndim)]
        axes[self.first : self.first + len(self.indices)] = together
        self.axes = tuple(axes)

    def of(self, subscripts: Sequence[Operand]) -> list[Operand]:
        """Return the subscripts of the array for those of what is gathered."""
        behind = self.first + self.count
        found = [each.at(subscripts[self.first : behind]) for each in self.indices]
        return [*subscripts[: self.first], *found, *subscripts[behind:]]

    def elements(self) -> Elements:
        """Return what is gathered."""
        count = len(self.axes)

        def at(subscripts: Sequence[Operand]) -> Operand:
            return self.reader.load(self.array, self.of(subscripts[len(subscripts) - count :]))

        return Elements(self.axes, self.array.type.dtype, at, (self.array, *self.given))


def gathered(reader: Reader, of: Array, places: Sequence[Index]) -> Elements:
    """Return elements that are read."""
    return _Places(reader, of, places).elements()


def scatter(reader: Reader, to: Array, places: Sequence[Index], entry: Entry) -> None:
    """Write a number or an array to elements, one after another."""
    _scattered(reader, _Places(reader, to, places), entry)


def scatter_changed(reader: Reader, to: Array, places: Sequence[Index], change: Callable[[Entry], Entry]) -> None:
    """Write to elements what is made of them, all of which are read first."""
    found = _Places(reader, to, places)
    _scattered(reader, found, settled(reader, change(settled(reader, found.elements()))))


def _scattered(reader: Reader, places: _Places, entry: Entry) -> None:
    value = elements_of(reader, entry)
    if any(leaf.root.group is places.array.root.group for leaf in value.leaves):
        value = elements_of(reader, settled(reader, entry) if isinstance(entry, Elements) else _copied(reader, entry))
    if len(value.axes) > len(places.axes):
        reader.refuse("writes an array of more axes to an array")
    value = repeated(reader, places.axes, value)
    lengths = lengths_of(reader, places.elements())
    nest(reader, lengths, lambda n: reader.store(places.array, places.of(n), value.at(n)))


def _copied(reader: Reader, entry: Entry) -> Entry:
    assert isinstance(entry, Array)
    return copy(reader, entry)


def _expect_known(reader: Reader, of: Array, filled: Sequence[Index]) -> None:
    """Refuse subscripts that Numba does not take, and masks of some of the axes only."""
    kinds = []
    for each in filled:
        if isinstance(each, Array):
            kinds.append(each.type)
            if each.type.dtype == types.boolean and each.type.ndim > 1 and each.type.ndim != of.type.ndim:
                reader.refuse("has a mask of some of an array's axes")
        elif isinstance(each, Value | Constant):
            kinds.append(each.type)
        elif each is not None:
            kinds.append(types.slice2_type if not isinstance(each, tuple) or each[2] is None else types.slice3_type)
    kind = kinds[0] if len(kinds) == 1 else types.BaseTuple.from_types(kinds)
    if not isinstance(reader.typing.call(operator.getitem, [of.type, kind]), types.Array):
        reader.refuse("has a subscript that Numba does not take")


def _filled(reader: Reader, of: Array, places: Sequence[Index]) -> list[Index]:
    """Return a subscript for each axis."""
    given = list(places)
    arrays = [each for each in given if isinstance(each, Array)]
    taken = (Array, tuple, Value, Constant)
    if not all(each is None or isinstance(each, taken) for each in given):
        reader.refuse("has a subscript that is an array beside others that are no slices and no numbers")
    if len(arrays) > 1 and not all(isinstance(each.type.dtype, types.Integer) for each in arrays):
        reader.refuse("has a mask beside another subscript that is an array")
    where = [n for n, each in enumerate(given) if isinstance(each, Array)]
    if any(each is None or isinstance(each, tuple) for each in given[where[0] : where[-1]]):
        reader.refuse("has subscripts that are arrays, with a slice between them")
    # NumPy has another order of the axes where a slice stands between.
    kinds = [isinstance(each, tuple) or each is None for each in given]
    if any(isinstance(each, Value | Constant) for each in given) and kinds != sorted(kinds):
        reader.refuse("has a subscript that is an array beside a number, with a slice before or between them")
    missing = of.type.ndim - sum(_axes_of(each) for each in given)
    rest = given.index(None) if None in given else len(given)
    return [*given[:rest], *[WHOLE] * missing, *given[rest + 1 :]]


def _axes_of(place: Index) -> int:
    """Return how many axes a subscript is for: a mask is for as many as it has."""
    if isinstance(place, Array) and place.type.dtype == types.boolean:
        return int(place.type.ndim)
    return int(place is not None)
