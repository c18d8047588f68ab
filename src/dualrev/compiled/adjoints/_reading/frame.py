"""Functions that are being read, one called by another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from dualrev.compiled.adjoints._form import Block
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
    around
        The function that calls it.
    enclosing
        The function that it is written in, whose names it reads.
    site, line
        The call, and its line.
    block
        The block that its statements are added to.
    library
        The function of NumPy's that it is Numba's implementation of.
    """

    source: Source
    bound: dict[str, Entry]
    raises_by_zero: bool
    around: Frame | None = None
    enclosing: Frame | None = None
    site: ast.AST | None = None
    line: int = 0
    library: str = ""
    block: Block | None = None

    def path(self) -> Iterator[Frame]:
        """Yield it and the functions around it."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.around
