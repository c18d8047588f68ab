"""Names that take each other's arrays, from one iteration to the next or in a branch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from dualrev.compiled.adjoints._form import Array, Block, Exchange, If, Loop, Make, View
from dualrev.compiled.adjoints._reading.entries import Entry, arrays_in
from dualrev.compiled.adjoints._reading.errors import require_equal
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import extent, same_shape


class ReadAgain(Exception):
    """Arrays are exchanged, which the reader was not told: the function must be read once more, with `exchanges` set.

    Attributes
    ----------
    reshapes
        Whether they may differ in shape.
    """

    def __init__(self, reshapes: bool) -> None:
        super().__init__()
        self.reshapes = reshapes


class Shared(Exception):
    """The arrays that names stand for before a loop are needed elsewhere, so that its iterations must not reuse them.

    Attributes
    ----------
    names
        Those names.
    visible
        Whether other names stand for the same memory.
    """

    def __init__(self, names: tuple[str, ...], visible: bool) -> None:
        super().__init__()
        self.names, self.visible = names, visible


def exchanged(
    reader: Reader,
    block: Block,
    changed: Mapping[str, tuple[Array, Array]],
    others: Iterable[Entry],
    ending: Loop | None = None,
) -> bool:
    """Add the exchange of memory that ends a block, so that names stand for the same arrays as before it.

    Return False where that is not possible. Arrays that the block has made take part: each gets memory that no name
    needs any more, and the next iteration makes its array there.

    Parameters
    ----------
    block
        The body of a loop, or of a branch.
    changed
        Of each name the array before the block, and the one at its end.
    others
        What the other names stand for that are read later.
    ending
        The loop whose body ends.
    """
    loop = _innermost(reader) if ending is None else ending
    starts, ends = [pair[0] for pair in changed.values()], [pair[1] for pair in changed.values()]
    made = [each for each in ends if each not in starts]
    if any(each in reader.moved.begun or (made and _is_chosen_in(each, loop)) for each in starts):
        return False
    left = [each for each in starts if each not in ends]
    targets, sources = (*starts, *made), (*ends, *left)
    if len(set(ends)) < len(ends) or any(each.type != starts[0].type for each in targets):
        return False
    # A view is exchanged in vain: its adjoints are those of what it views. Nor is one of two that a branch chooses.
    if any(isinstance(each.made_by, View | If) for each in (ends if made and loop else targets)):
        return False
    if made and not (_may_be_reused(reader, made, loop) and _may_be_alike(reader, targets)):
        return False
    reshapes = not made and not all(same_shape(reader, starts[0], each) for each in targets)
    callers = [entry for frame in reader.frame.path() if frame is not reader.frame for entry in frame.bound.values()]
    held = [array for entry in (*others, *callers) for array in arrays_in(entry)]
    if any(each in targets for each in held):
        return False
    groups = {each.root.group for each in targets}
    alone = not any(each.root.group in groups for each in held)
    if made and loop and not all(each in reader.owned or (alone and isinstance(each.made_by, Make)) for each in starts):
        raise Shared(tuple(changed), not alone)
    if not reader.exchanges or (reshapes and not reader.reshapes):
        raise ReadAgain(reshapes or reader.reshapes)
    if made:
        _expect_shape_of(reader, block, starts[0], targets)
    for target, source in zip(targets, sources, strict=True):
        reader.moved.unite(target.root, source.root)
    for cycle in _cycles(dict(zip(targets, sources, strict=True))):
        block.statements.append(Exchange(block, reader.line, tuple(cycle), tuple(cycle.values())))
    return True


# Each is memory of its own: one may be differentiated, and another not.
def _cycles(sources: dict[Array, Array]) -> Iterator[dict[Array, Array]]:
    """Yield the cycles of a permutation."""
    left = dict(sources)
    while left:
        target = next(iter(left))
        cycle = {}
        while target in left:
            cycle[target] = left.pop(target)
            target = cycle[target]
        yield cycle


# A matrix times a vector is as long as the vector in every model of states, and nothing in the text says so.
def _expect_shape_of(reader: Reader, block: Block, first: Array, arrays: Iterable[Array]) -> None:
    """Leave the function to the tape at run time where an array has not the shape of the first."""
    with reader.inside(block, reader.frame.bound):
        for each in arrays:
            for axis in range(first.type.ndim):
                require_equal(reader, (first, axis), (each, axis))


def _is_chosen_in(array: Array, loop: Loop | None) -> bool:
    """Whether a branch in a loop chooses an array."""
    return isinstance(array.made_by, If) and loop is not None and loop.body in array.block.around()


def _may_be_alike(reader: Reader, arrays: Sequence[Array]) -> bool:
    """Whether arrays may be of one shape: nothing says that a length is another one's with a number added."""
    for axis in range(arrays[0].type.ndim):
        sums = [extent(reader, each, axis) for each in arrays]
        for first, second in combinations(sums, 2):
            if isinstance(first, int) and isinstance(second, int) and first != second:
                return False
            if _is_more(first, second) or _is_more(second, first):
                return False
    return True


def _is_more(length: Hashable, other: Hashable) -> bool:
    """Whether a length is another one with a number added to it, or subtracted from it."""
    match length:
        case ("max({0}, 0)", (inner,)):
            return _is_more(inner, other)
        case ("{0} + {1}" | "{0} - {1}", (one, int(added))) | ("shorter", one, int(added)):
            return one == other and added != 0
    return False


def _innermost(reader: Reader) -> Loop | None:
    """Return the innermost loop of the function that is read."""
    for block in reader.block.around():
        if block is reader.frame.block:
            return None
        if isinstance(block.owner, Loop):
            return block.owner
    return None


def _may_be_reused(reader: Reader, made: Sequence[Array], loop: Loop | None) -> bool:
    """Whether arrays are made anew in each iteration, or there is but one."""
    if loop is None:
        return not reader.block.loops() and all(isinstance(each.made_by, Make) for each in made)
    return all(loop in reader.made_in.get(each, ()) for each in made)
