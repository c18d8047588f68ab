"""Elements, views and shapes of arrays."""

from __future__ import annotations

import ast
import operator
from collections.abc import Sequence
from typing import TypeGuard

from numba.core import types
from numba.np.numpy_support import as_dtype

from dualrev.compiled.adjoints._form import Array, Constant, Operand, Value
from dualrev.compiled.adjoints._reading.branches import choice
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Listed, Tuple
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import NEW, WHOLE, Index, length, note_axes, shape, size
from dualrev.primitives.scalar import TABLE

MOST_ITEMS = 16
"""Numbers in a tuple that is subscripted by what is known when it runs."""


def indices(reader: Reader, node: ast.expr) -> list[Index]:
    """Read a subscript of an array."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    found: list[Index] = []
    for part in parts:
        if isinstance(part, ast.Slice):
            ends = [None if each is None else _bound(reader, each) for each in (part.lower, part.upper, part.step)]
            found.append((ends[0], ends[1], ends[2]))
            continue
        entry = reader.expression(part)
        items: Sequence[Entry] = entry.items if isinstance(entry, Tuple) else [entry]
        for each in items:
            if isinstance(each, Known) and each.value is Ellipsis:
                found.append(None)
            elif isinstance(each, Known) and each.value is None:
                found.append(NEW)
            elif _counts(each):
                found.append(each)
            else:
                reader.refuse("has a subscript that is no integer and no slice")
    return found


def _counts(entry: Entry) -> TypeGuard[Operand | Array]:
    """Whether an entry is an integer, or an array of integers or booleans."""
    if isinstance(entry, Array):
        return isinstance(entry.type.dtype, types.Integer | types.Boolean)
    return isinstance(entry, Value | Constant) and isinstance(entry.type, types.Integer)


def _bound(reader: Reader, node: ast.expr) -> Operand | None:
    found = reader.expression(node)
    if isinstance(found, Known) and found.value is None:
        return None
    number = reader.as_number(found)
    return number if isinstance(number.type, types.Integer) else reader.refuse("has a slice that is no integer's")


def expect_within(reader: Reader, array: Array, places: Sequence[Index]) -> None:
    """Raise an error in the program where a number is beyond an end, if the function tests that."""
    if not reader.frame.checks_bounds:
        return
    axis = 0
    for each in places:
        if isinstance(each, Array):
            reader.refuse("has a subscript that is an array, in a function that checks bounds")
        if isinstance(each, Value | Constant):
            if not each.type.signed:
                reader.refuse("has a subscript without a sign, in a function that checks bounds")
            within = [each, length(reader, array, axis)]
            outside = reader.operation("not -{1} <= {0} < {1}", within, types.boolean)
            raise_if(reader, outside, "IndexError('index is out of bounds')")
        # What an ellipsis leaves out is counted from the end.
        axis = array.type.ndim - _axes_behind(places) if each is None else axis + (each != NEW)


def _axes_behind(places: Sequence[Index]) -> int:
    behind = places[list(places).index(None) + 1 :]
    return sum(each != NEW for each in behind)


def taken(reader: Reader, array: Array, places: Sequence[Index]) -> Entry:
    """Return an element of an array, or a view."""
    expect_within(reader, array, places)
    if not places:
        return whole_view(reader, array)
    if is_element(array, places):
        return reader.load(*element(reader, array, places))
    return view(reader, array, places)


def is_element(array: Array, places: Sequence[Index]) -> bool:
    """Whether subscripts are those of an element."""
    return len(places) == array.type.ndim and all(isinstance(each, Value | Constant) for each in places)


def all_of(places: Sequence[Index]) -> bool:
    """Whether subscripts are those of all elements."""
    return all(each is None or each == WHOLE for each in places)


def element(reader: Reader, array: Array, places: Sequence[Index]) -> tuple[Array, list[Operand]]:
    """Return an array and its subscripts where an element of a part of it is meant: `x[i][j]` is `x[i, j]`."""
    numbers = [each for each in places if isinstance(each, Value | Constant)]
    while array in reader.parts and not reader.exchanges:
        array, first = reader.parts[array]
        numbers = [*first, *numbers]
    return array, numbers


def view(reader: Reader, array: Array, places: Sequence[Index]) -> Array:
    """Return a part of an array that shares its memory."""
    operands: list[Operand] = []
    texts, kinds = [], []
    for each in places:
        if each is None:
            texts.append("...")
            kinds.append(types.ellipsis)
        elif isinstance(each, str):
            texts.append(each)
            kinds.append(types.none)
        elif isinstance(each, tuple):
            ends = [_put(operands, end) for end in each]
            texts.append(":".join(ends[: 2 if each[2] is None else 3]))
            kinds.append(types.slice2_type if each[2] is None else types.slice3_type)
        elif isinstance(each, Array):
            reader.refuse("has a subscript that is an array")
        else:
            texts.append(_put(operands, each))
            kinds.append(each.type)
    kind = kinds[0] if len(kinds) == 1 else types.BaseTuple.from_types(kinds)
    of = reader.typing.call(operator.getitem, [array.type, kind])
    if not isinstance(of, types.Array):
        reader.refuse("has a subscript that Numba does not take")
    result = reader.view(array, f"{{source}}[{', '.join(texts)}]", operands, of)
    note_axes(reader, result, array, places)
    if all(isinstance(each, Value | Constant) for each in places):
        reader.parts[result] = array, tuple(operands)
    return result


def _put(operands: list[Operand], operand: Operand | None) -> str:
    if operand is None:
        return ""
    operands.append(operand)
    return f"{{{len(operands) - 1}}}"


def item(reader: Reader, of: Tuple, node: ast.expr) -> Entry:
    """Return an item of a tuple, or several."""
    if isinstance(node, ast.Slice):
        ends = [None if each is None else _known_integer(reader, each) for each in (node.lower, node.upper, node.step)]
        return Tuple(of.items[slice(*ends)], of.kind)
    place = reader.whole(node)
    if not isinstance(place, Constant):
        return _item_at(reader, of, place)
    if not -len(of.items) <= place.value < len(of.items):
        return reader.refuse("has a subscript beyond a tuple's end")
    return of.items[int(place.value)]


def listed_item(reader: Reader, of: Listed, node: ast.expr) -> Entry:
    """Return an item of a list."""
    place, count = reader.whole(node), length(reader, of.array, 0)
    outside = reader.operation("not -{1} <= {0} < {1}", [place, count], types.boolean)
    raise_if(reader, outside, "IndexError('getitem out of range')")
    return reader.load(of.array, [place])


def _item_at(reader: Reader, of: Tuple, place: Value) -> Entry:
    """Return the item of a tuple of numbers at a place that is known when it runs, which may count from the end."""
    count = Constant(len(of.items), types.intp)
    outside = reader.operation("not -{1} <= {0} < {1}", [place, count], types.boolean)
    raise_if(reader, outside, "IndexError('tuple index out of range')")
    return item_within(reader, of, place)


def item_within(reader: Reader, of: Tuple, place: Value) -> Entry:
    """Return the item of a tuple of numbers, or of arrays, at a place that is not beyond its ends."""
    arrays = [each for each in of.items if isinstance(each, Array)]
    if arrays and len(arrays) == len(of.items) <= MOST_ITEMS and len({each.type for each in arrays}) == 1:
        return _array_within(reader, arrays, place)
    numbers = [reader.as_number(each) for each in of.items]
    if not 0 < len(numbers) <= MOST_ITEMS or any(each.type != numbers[0].type for each in numbers):
        return reader.refuse("has a subscript that is not known, of a tuple of many numbers or of several types")
    found = numbers[-1]
    for n, each in enumerate(numbers[:-1]):
        text = f"{{0}} == {n} or {{0}} == {n - len(numbers)}"
        here = reader.operation(text, [place], types.boolean)
        found = reader.operation("{1} if {0} else {2}", [here, each, found], each.type, TABLE["where"])
    return found


def _array_within(reader: Reader, arrays: Sequence[Array], place: Value, number: int = 0) -> Entry:
    if number == len(arrays) - 1:
        return arrays[number]
    text = f"{{0}} == {number} or {{0}} == {number - len(arrays)}"
    here = reader.operation(text, [place], types.boolean)
    return choice(reader, here, lambda: arrays[number], lambda: _array_within(reader, arrays, place, number + 1))


def _known_integer(reader: Reader, node: ast.expr) -> int:
    found = reader.expression(node)
    if isinstance(found, Constant) and isinstance(found.type, types.Integer):
        return int(found.value)
    return reader.refuse("has a slice of a tuple that is not known")


def attribute(reader: Reader, of: Array, name: str) -> Entry | None:
    """Return an attribute of an array that is a number, a tuple or a view; None where it is another."""
    if name == "shape":
        return shape(reader, of)
    if name == "ndim":
        return Constant(of.type.ndim, types.intp)
    if name == "size":
        return size(reader, of)
    if name == "flat":
        return flat(reader, of)
    if name == "dtype":
        return Known(as_dtype(of.type.dtype))
    return transposed(reader, of) if name == "T" else None


def whole_view(reader: Reader, of: Array) -> Array:
    """Return another name of an array."""
    result = reader.view(of, "{source}", (), of.type)
    reader.axes[result] = {axis: ((of, axis), WHOLE) for axis in range(of.type.ndim)}
    return result


def flat(reader: Reader, of: Array) -> Array:
    """Return a view of one axis."""
    if of.type.layout != "C":
        return reader.refuse("flattens an array that is not contiguous")
    if of.type.ndim == 1:
        return of
    return reader.view(of, "{source}.reshape(({0},))", [size(reader, of)], of.type.copy(ndim=1))


def transposed(reader: Reader, of: Array) -> Array:
    """Return a view with the axes in reverse order."""
    if of.type.ndim == 1:
        return of
    result = reader.view(of, "{source}.T", (), reader.typing.attribute(of.type, "T"))
    last = of.type.ndim - 1
    reader.axes[result] = {axis: ((of, last - axis), WHOLE) for axis in range(last + 1)}
    return result
