"""Views of arrays with their axes in another order, with more axes, or of parts that lie side by side."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import Array, Constant, Operand
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Entry, Tuple, integer
from dualrev.compiled.adjoints._reading.errors import raise_if
from dualrev.compiled.adjoints._reading.handing import copied_or_itself
from dualrev.compiled.adjoints._reading.indexing import MOST_ITEMS, transposed, view
from dualrev.compiled.adjoints._reading.making import lengths_of_shape, make
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import NEW, WHOLE, length
from dualrev.compiled.adjoints._reading.whole import write


def array_of(reader: Reader, x: Entry) -> Array:
    """Return what must be an array."""
    return x if isinstance(x, Array) else reader.refuse("has something else where an array is expected")


def _places(reader: Reader, axes: Entry, ndim: int) -> list[int]:
    """Return axes that are known, one or several, counted from the first."""
    found = []
    for each in axes.items if isinstance(axes, Tuple) else (axes,):
        if not isinstance(each, Constant) or not -ndim <= each.value < ndim:
            reader.refuse("names an axis that is not known, or that the array has not")
        found.append(int(each.value) % ndim)
    return found


def _in_order(reader: Reader, array: Array, order: Sequence[int]) -> Array:
    """Return a view with the axes in an order."""
    given = [array.type, types.UniTuple(types.intp, len(order))]
    of = reader.typing.call(np.transpose, given)
    if sorted(order) != list(range(array.type.ndim)) or not isinstance(of, types.Array):
        reader.refuse("gives the axes of an array an order that is none")
    result = reader.view(array, f"np.transpose({{source}}, {tuple(order)})", (), of)
    reader.axes[result] = {n: ((array, axis), WHOLE) for n, axis in enumerate(order)}
    return result


def _transpose(reader: Reader, x: Entry, *axes: Entry) -> Entry:
    array = array_of(reader, x)
    if not axes:
        return transposed(reader, array)
    given = axes[0] if len(axes) == 1 else Tuple(axes)
    return _in_order(reader, array, _places(reader, given, array.type.ndim))


def _swapped(reader: Reader, a: Entry, axis1: Entry, axis2: Entry) -> Entry:
    array = array_of(reader, a)
    order = list(range(array.type.ndim))
    first, second = _places(reader, Tuple((axis1, axis2)), len(order))
    order[first], order[second] = second, first
    return _in_order(reader, array, order)


def _moved(reader: Reader, a: Entry, source: Entry, destination: Entry) -> Entry:
    array = array_of(reader, a)
    ndim = array.type.ndim
    sources, destinations = _places(reader, source, ndim), _places(reader, destination, ndim)
    if len({*sources}) != len(sources) or len({*destinations}) != len(sources) != len(destinations):
        reader.refuse("moves axes to places that are not as many")
    order = [axis for axis in range(ndim) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return _in_order(reader, array, order)


def _expanded(reader: Reader, x: Entry, axis: Entry) -> Entry:
    array = array_of(reader, x)
    (before,) = _places(reader, axis, array.type.ndim + 1)
    return view(reader, array, [*[WHOLE] * before, NEW])


def _flipped(reader: Reader, x: Entry) -> Entry:
    array = array_of(reader, x)
    return view(reader, array, [(None, None, Constant(-1, types.intp))] * array.type.ndim)


def _at_least(count: int, name: str) -> Callable[..., Entry]:
    """Return the reading of `np.atleast_2d` and its like, which add axes before the others, the third behind them."""

    def read(reader: Reader, *arrays: Entry) -> Entry:
        if len(arrays) != 1:
            return reader.refuse(f"calls {name} of several arrays")
        array = array_of(reader, arrays[0])
        if array.type.ndim >= count:
            return array
        result = reader.view(array, f"np.{name}({{source}})", (), array.type.copy(ndim=count))
        before = max(min(count, 2) - array.type.ndim, 0)
        reader.axes[result] = {
            n: ((array, n - before), WHOLE) if before <= n < before + array.type.ndim else integer(1)
            for n in range(count)
        }
        return result

    return read


def _split(reader: Reader, ary: Entry, indices_or_sections: Entry, axis: Entry | None = None) -> Entry:
    return _parts(reader, np.split, ary, indices_or_sections, axis or integer(0))


def _split_unequally(reader: Reader, ary: Entry, indices_or_sections: Entry, axis: Entry | None = None) -> Entry:
    return _parts(reader, np.array_split, ary, indices_or_sections, axis or integer(0))


def _along(axis: int) -> Callable[..., Entry]:
    """Return the reading of `np.vsplit`, `np.hsplit` or `np.dsplit`."""

    def read(reader: Reader, ary: Entry, indices_or_sections: Entry) -> Entry:
        array = array_of(reader, ary)
        if array.type.ndim <= axis and (axis, array.type.ndim) != (1, 1):
            return reader.refuse("splits an array along an axis that it has not")
        return _parts(reader, np.split, array, indices_or_sections, integer(min(axis, array.type.ndim - 1)))

    return read


def _parts(reader: Reader, function: Any, ary: Entry, sections: Entry, axis: Entry) -> Entry:
    array = array_of(reader, ary)
    (place,) = _places(reader, axis, array.type.ndim)
    # An ordinary view of a part has this type; Numba gives the parts of a list one that fits all.
    of = reader.typing.call(function, [array.type, types.intp, types.intp])
    cuts = _cuts(reader, length(reader, array, place), sections, function is np.split)
    parts = []
    for start, stop in zip([None, *cuts], [*cuts, None], strict=True):
        parts.append(
            view(reader, array, [*[WHOLE] * place, (start, stop, None), *[WHOLE] * (array.type.ndim - place - 1)])
        )
        if not isinstance(of, types.List) or parts[-1].type != of.dtype:
            reader.refuse("splits an array into parts whose order in memory is not known")
    return Tuple(tuple(parts), list)


def _cuts(reader: Reader, count: Operand, sections: Entry, equal: bool) -> list[Operand]:
    """Return the subscripts at which an array is cut, which are at least one."""
    if isinstance(sections, Tuple) and 0 < len(sections.items) < MOST_ITEMS:
        found = [reader.as_number(each) for each in sections.items]
        if all(isinstance(each.type, types.Integer) for each in found):
            return list(found)
    if not isinstance(sections, Constant) or not 1 < sections.value <= MOST_ITEMS:
        return reader.refuse("splits an array into a number of parts that is not known, or into one")
    size, rest = (binary(reader, operation, count, sections) for operation in (ast.FloorDiv, ast.Mod))
    if equal:
        unequal = reader.operation("{0} != 0", [rest], types.boolean)
        raise_if(reader, unequal, "ValueError('array split does not result in an equal division')")
        return [binary(reader, ast.Mult, integer(n), size) for n in range(1, sections.value)]
    longer = [reader.operation(f"min({{0}}, {n})", [rest], types.intp) for n in range(1, sections.value)]
    return [
        binary(reader, ast.Add, binary(reader, ast.Mult, integer(n), size), each) for n, each in enumerate(longer, 1)
    ]


# Nobody writes to what Numba gives out as read only, and the copy may stand for it where nobody writes to the array.
def _broadcast(reader: Reader, array: Entry, shape: Entry) -> Entry:
    lengths = lengths_of_shape(reader, shape)

    def copy(reader: Reader, of: Array) -> Array:
        made = make(reader, lengths, of.type.dtype)
        write(reader, made, of)
        return made

    return copied_or_itself(reader, array_of(reader, array), copy, "repeats an array along new axes")


AXES: dict[Any, Callable[..., Entry]] = {
    np.array_split: _split_unequally,
    np.atleast_1d: _at_least(1, "atleast_1d"),
    np.atleast_2d: _at_least(2, "atleast_2d"),
    np.atleast_3d: _at_least(3, "atleast_3d"),
    np.broadcast_to: _broadcast,
    np.dsplit: _along(2),
    np.expand_dims: _expanded,
    np.flip: _flipped,
    np.hsplit: _along(1),
    np.moveaxis: _moved,
    np.split: _split,
    np.swapaxes: _swapped,
    np.transpose: _transpose,
    np.vsplit: _along(0),
}
"""NumPy's functions that return views, and their reading."""
