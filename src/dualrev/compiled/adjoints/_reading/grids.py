"""Loops of `for` over all indices of a grid: `np.ndindex` and `np.ndenumerate`.

They are loops over the number of a place in the grid, so that `break` leaves all axes at once.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from numba.core import types

from dualrev.compiled.adjoints._form import Constant, Operand, Value
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.entries import Entry, Tuple, integer
from dualrev.compiled.adjoints._reading.loops import Range
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import is_length


def lengths(reader: Reader, node: ast.Call) -> list[Operand]:
    """Return the lengths of the axes that `np.ndindex` is called with, which may be one tuple."""
    if node.keywords:
        reader.refuse("calls ndindex with keywords")
    given = [reader.expression(each) for each in node.args]
    found = given[0].items if len(given) == 1 and isinstance(given[0], Tuple) else given
    return [_length(reader, each) for each in found]


# NumPy raises an error where a length is negative, and Numba does not.
def _length(reader: Reader, entry: Entry) -> Operand:
    if isinstance(entry, Constant) and isinstance(entry.type, types.Integer) and entry.value >= 0:
        return entry
    if isinstance(entry, Value) and is_length(entry):
        return entry
    return reader.refuse("calls ndindex with what may not be a length")


def grid(reader: Reader, axes: Sequence[Operand]) -> Range:
    """Return the range of the numbers of all places."""
    count: Operand = integer(1)
    for each in axes:
        count = binary(reader, ast.Mult, count, each)
    return Range(integer(0), count, integer(1), types.intp)


def place(reader: Reader, number: Value, axes: Sequence[Operand]) -> list[Operand]:
    """Return the indices of a place, of which the last one counts fastest."""
    found: list[Operand] = []
    left: Operand = number
    for n, each in enumerate(reversed(axes)):
        # The first index is all that is left, so that one axis has the number itself.
        if n == len(axes) - 1:
            found.append(left)
        else:
            found.append(reader.operation("{0} % {1}", [left, each], types.intp))
            left = reader.operation("{0} // {1}", [left, each], types.intp)
    return found[::-1]
