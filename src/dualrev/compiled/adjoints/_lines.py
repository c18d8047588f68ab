"""Lines of Python, which are written from the outside in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dualrev.compiled.adjoints._form import Statement
from dualrev.compiled.adjoints._place import Place


@dataclass
class Line:
    """A line of text.

    Attributes
    ----------
    tag
        For lines that are later moved or left out: what they do, and to which element.
    place
        The line of the user's code that it comes from.
    """

    depth: int
    text: str
    tag: Any = None
    place: Place | None = None

    @property
    def indented(self) -> str:
        """The line as it stands in a function."""
        return "    " * self.depth + self.text


class Lines:
    """Lines of a function's body, with the depth of the block that is being written."""

    def __init__(self, depth: int = 1) -> None:
        self.lines: list[Line] = []
        self.depth = depth
        self._place: Place | None = None

    @contextmanager
    def of(self, statement: Statement) -> Iterator[None]:
        """Write the lines of a statement."""
        before, self._place = self._place, statement.line
        yield
        self._place = before

    def add(self, text: str, tag: Any = None) -> None:
        """Add a line to the block."""
        self.lines.append(Line(self.depth, text, tag, self._place))

    def extend(self, lines: list[Line]) -> None:
        """Add lines that were written elsewhere, at their own depth."""
        self.lines += lines

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a block under a line that ends in a colon."""
        self.add(head)
        self.depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.add("pass")
        self.depth -= 1

    def text(self) -> str:
        """Return all lines, each ended by a line break."""
        return "".join(f"{line.indented}\n" for line in self.lines)
