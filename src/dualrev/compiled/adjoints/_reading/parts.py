"""Writes to parts of arrays, and copies."""

from __future__ import annotations

from numba.core import types

from dualrev.compiled.adjoints._form import Array
from dualrev.compiled.adjoints._reading.branches import raise_if
from dualrev.compiled.adjoints._reading.making import make
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import extent, length


def copy(reader: Reader, array: Array) -> Array:
    """Return an array of its own that holds the same."""
    made = make(reader, [length(reader, array, axis) for axis in range(array.type.ndim)], array.type.dtype)
    each_element(reader, made, lambda indices: reader.load(array, indices))
    return made


# An axis of length 1 is repeated where that is known. Else it is left to the tape: code for both would be too much.
def require_equal(reader: Reader, first: tuple[Array, int], second: tuple[Array, int]) -> None:
    """Raise an error in the program where two axes are not of one length, unless they are by construction."""
    if extent(reader, *first) == extent(reader, *second):
        return
    lengths = [length(reader, *first), length(reader, *second)]
    differ = reader.operation("{0} != {1}", lengths, types.boolean)
    raise_if(reader, differ, "ValueError('arrays of different shapes')", to_tape=True)
