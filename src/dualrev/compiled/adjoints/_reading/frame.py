"""Functions that are being read, one called by another."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dualrev.compiled.adjoints._form import Block
from dualrev.compiled.adjoints._place import NOWHERE, Place
from dualrev.compiled.adjoints._reading.entries import Entry
from dualrev.compiled.adjoints._reading.source import Source


@dataclass(eq=False)
class Frame:
    """A function that is being read, the user's or one that it calls.

    Attributes
    ----------
    source
    bound
        What its own names stand for.
    raises_by_zero
        Whether its error model is Python's.
    checks_bounds
        Whether it raises an error where a subscript is beyond an end.
    declared
        From names of its variables to the types that they were declared with.
    around
        The function that calls it.
    enclosing
        The function that it is written in, whose names it reads.
    site, line
        The call, and the line that it stands in.
    block
        The block that its statements are added to.
    library
        The name of the NumPy function that it implements for Numba; empty for the user's own.
    by_user
        Whether neither it nor a function around it is such an implementation.
    """

    source: Source
    bound: dict[str, Entry]
    raises_by_zero: bool
    around: Frame | None = None
    enclosing: Frame | None = None
    site: ast.AST | None = None
    line: Place = NOWHERE
    library: str = ""
    block: Block | None = None
    checks_bounds: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)
    by_user: bool = field(init=False)

    def __post_init__(self) -> None:
        self.by_user = not self.library and (self.around is None or self.around.by_user)

    def place(self, number: int) -> Place:
        """Return a line of it."""
        inner = self.around is not None and self.around.around is not None
        return Place(number, self.source.name if inner else "", self.source.line(number))

    def path(self) -> Iterator[Frame]:
        """Yield it and the functions around it."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.around
