"""Arrays that a function returns in several places: they are copied into one that is nothing but the result."""

from __future__ import annotations

from dualrev.compiled.adjoints._form import Array, Make
from dualrev.compiled.adjoints._reading.entries import Entry, Tuple, arrays_in
from dualrev.compiled.adjoints._reading.making import make
from dualrev.compiled.adjoints._reading.nests import each_element
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import WHOLE, length, same_shape


def returned(reader: Reader, entry: Entry, path: tuple[int, ...] = ()) -> Entry:
    """Return what stands for a result in the whole function, given what a place in it returns."""
    # A return that no branch or loop is around is the only one.
    if reader.block is reader.frame.block:
        return entry
    if isinstance(entry, Tuple):
        items = tuple(returned(reader, each, (*path, n)) for n, each in enumerate(entry.items))
        return Tuple(items, entry.kind)
    if not isinstance(entry, Array) or not _is_free(reader, entry):
        return entry
    return _copied(reader, entry, path)


def _copied(reader: Reader, array: Array, path: tuple[int, ...]) -> Array:
    result = reader.results.get((reader.frame, path))
    # What an attempt to read a loop has made is gone when that failed.
    if result is None or result.made_by not in reader.body.statements:
        if reader.reshapes or not all(_is_known_before(reader, array, axis) for axis in range(array.type.ndim)):
            return array
        lengths = [length(reader, array, axis) for axis in range(array.type.ndim)]
        result = reader.results[reader.frame, path] = make(reader, lengths, array.type.dtype, "result")
    elif array.type.dtype != result.type.dtype or not same_shape(reader, array, result):
        return array
    each_element(reader, result, lambda indices: reader.load(array, indices))
    return result


def _is_free(reader: Reader, array: Array) -> bool:
    """Whether nobody can tell an array that is returned from a copy of it."""
    caller = reader.frame.around
    if caller is None or caller.around is None:
        return True  # the user's function ends
    frames = [frame for frame in reader.frame.path() if frame is not reader.frame]
    held = [each for frame in frames for entry in frame.bound.values() for each in arrays_in(entry)]
    return isinstance(array.made_by, Make) and not any(each.root.group is array.root.group for each in held)


def _is_known_before(reader: Reader, array: Array, axis: int) -> bool:
    """Whether the length of an axis is known where the function begins, or follows from such lengths."""
    if isinstance(array.made_by, Make):
        return array.block is reader.body
    source = reader.axes.get(array, {}).get(axis)
    if source is not None and source[1] == WHOLE:
        return _is_known_before(reader, *source[0])
    return array.block is reader.body
