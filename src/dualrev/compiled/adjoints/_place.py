"""Places in the user's code, for refusals and for the comments beside generated code."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A line of code that the user wrote.

    Attributes
    ----------
    number
        In its file.
    function
        The function that it stands in, if that is another one than the program was read from.
    text
    """

    number: int
    function: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.number} of {self.function}" if self.function else f"{self.number}"


NOWHERE = Place(0)
"""The line of what is read before a function is."""
