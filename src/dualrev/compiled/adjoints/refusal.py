"""The refusal of a function by the generator, which the tape then differentiates."""

from __future__ import annotations


class Refused(Exception):
    """The generator does not take a function.

    Attributes
    ----------
    reason
        What it does not take, in the words of a sentence that goes on after "because": "line 12 appends to a list".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SeveralOutputs(Refused):
    """A function takes more than one sweep, and code for one was asked for."""
