"""Copies of arrays, whose memory a loop may overwrite. The results are those of a loop over the arrays themselves."""

from __future__ import annotations

from collections.abc import Iterable

from dualrev.compiled.adjoints._form import Array, Block, Fill, Store, statements
from dualrev.compiled.adjoints._reading.parts import copy
from dualrev.compiled.adjoints._reading.reader import Reader


def copies(reader: Reader, arrays: dict[str, Array], visible: bool) -> dict[str, Array]:
    """Return copies of arrays that names stand for before a loop; those are `visible` if others have names of them."""
    made = {name: copy(reader, array) for name, array in arrays.items()}
    reader.owned.update(made.values())
    if visible:
        before = frozenset([*statements(reader.body), *statements(reader.block)])
        for name, array in arrays.items():
            reader.copied.append((reader.line, array, made[name], before))
    return made


# The name may stand for the array still where the loop has ended, or where its first iteration writes to it.
def expect_unwritten(reader: Reader) -> None:
    """Refuse a function that writes to an array, or to its copy, after it was copied for a loop."""
    for line, array, made, before in reader.copied:
        for each in _writes(reader.body):
            if each not in before and (each.array.root.group is array.root.group or each.array.root is made.root):
                reader.line = line
                reader.refuse("has a loop that sets a name to another array, and writes to what it stood for before")


def _writes(block: Block) -> Iterable[Store | Fill]:
    return [each for each in statements(block) if isinstance(each, Store | Fill)]
