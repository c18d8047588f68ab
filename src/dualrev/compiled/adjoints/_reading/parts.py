"""Writes to parts of arrays, and copies."""

from __future__ import annotations

from dualrev.compiled.adjoints._form import Array
from dualrev.compiled.adjoints._reading.indexing import transposed
from dualrev.compiled.adjoints._reading.making import make
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import length


def copy(reader: Reader, array: Array) -> Array:
    """Return an array of its own that holds the same."""
    made = make(reader, [length(reader, array, axis) for axis in range(array.type.ndim)], array.type.dtype)
    each_element(reader, made, lambda indices: reader.load(array, indices))
    return made


def copy_in_columns(reader: Reader, array: Array) -> Array:
    """Return a copy in Fortran's order."""
    return transposed(reader, copy(reader, transposed(reader, array)))
