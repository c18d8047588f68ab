"""Arrays that loops copy, and memory that several names may mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualrev.compiled.adjoints._form import Array, Root, Statement
from dualrev.compiled.adjoints._place import Place


@dataclass(eq=False)
class Copied:
    """Two arrays that the function has as one.

    Attributes
    ----------
    line, does
        The line that copies, and what it does there.
    arrays
        Both.
    free
        Statements before that, which may write to them.
    """

    line: Place
    does: str
    arrays: tuple[Array, Array]
    free: set[Statement]


@dataclass(eq=False)
class Moved:
    """The copies that loops make, and the memory that names may mean besides their own.

    Attributes
    ----------
    pairs
        Arrays and their copies, where the function may see that they are two.
    by
        The statements that copy.
    begun
        The arrays that iterations begin with.
    united
        Memory whose names may mean that of others, in the order in which that was found.
    """

    pairs: list[Copied] = field(default_factory=list)
    by: set[Statement] = field(default_factory=set)
    begun: set[Array] = field(default_factory=set)
    united: list[Root] = field(default_factory=list)

    def unite(self, first: Root, second: Root) -> None:
        """Note that names of two may mean the memory of either."""
        if first.group is not second.group:
            self.united.append(second.group)
            second.group.exchanged_with = first.group

    def undo(self, pairs: int, united: int) -> None:
        """Forget all but so many pairs, and so much that was united."""
        for root in self.united[united:]:
            root.exchanged_with = None
        del self.united[united:], self.pairs[pairs:]
