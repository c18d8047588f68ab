"""Names that take each other's arrays from one iteration to the next."""

from __future__ import annotations

from collections.abc import Mapping

from dualrev.compiled.adjoints._form import Array, Exchange, Loop, Make
from dualrev.compiled.adjoints._reading.entries import Entry, arrays_in
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.shapes import same_shape


class Again(Exception):
    """Arrays are exchanged somewhere: the function is read anew by one who knows.

    Attributes
    ----------
    reshapes
        Whether they may differ in shape.
    """

    def __init__(self, reshapes: bool) -> None:
        super().__init__()
        self.reshapes = reshapes


class Shared(Exception):
    """Arrays that names stand for before a loop are somebody else's, too, and cannot be the memory of its iterations.

    Attributes
    ----------
    names
        Those names.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names


def exchanged(
    reader: Reader, loop: Loop, changed: Mapping[str, tuple[Array, Array]], others: Mapping[str, Entry], owned: bool
) -> None:
    """Add the exchange at the end of an iteration that gives names the arrays that they begin the next one with.

    Arrays that the iteration made take part: what they are exchanged for is nobody's any more, and serves as the memory
    of the next iteration's. `others` are the names beside those changed that are read later. Where `owned`, the names
    begin with copies of their own.
    """
    starts, ends = [pair[0] for pair in changed.values()], [pair[1] for pair in changed.values()]
    made = [each for each in ends if each not in starts]
    left = [each for each in starts if each not in ends]
    if len(set(ends)) < len(ends) or any(loop not in reader.made_in.get(each, ()) for each in made):
        reader.refuse(f"has a loop that sets {next(iter(changed))} to another array")
    if made and not owned and not all(isinstance(each.made_by, Make) for each in starts):
        raise Shared(tuple(changed))
    targets, sources = (*starts, *made), (*ends, *left)
    reshapes = not all(same_shape(reader, starts[0], each) for each in targets)
    if (reshapes and made) or any(each.type != starts[0].type for each in targets):
        reader.refuse("has a loop that exchanges arrays of different types or shapes")
    if not reader.exchanges or (reshapes and not reader.reshapes):
        raise Again(reshapes or reader.reshapes)
    callers = [frame.bound for frame in reader.frame.path()][1:]
    held = [array for bound in (others, *callers) for entry in bound.values() for array in arrays_in(entry)]
    groups = {each.root.group for each in targets}
    if made and not owned and any(each.root.group in groups for each in held):
        raise Shared(tuple(changed))
    if any(each in targets for each in held):
        reader.refuse("has a loop that exchanges arrays which have other names")
    for target, source in zip(targets, sources, strict=True):
        target.root.exchange(source.root)
    loop.body.statements.append(Exchange(loop.body, reader.line, targets, sources))
