"""Whether a result fits into memory: what cannot is refused before it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from dualrev.errors import ResultTooLargeError
from dualrev.reverse.tape_limit import machine_memory

ALWAYS_FITS = 1 << 26
"""Bytes of results for which nobody asks how much memory there is."""


def expect_room(what: str, name: str, shape: Sequence[int], itemsize: int = 8) -> None:
    """Raise an error if a derivative takes more memory than the process may use.

    Parameters
    ----------
    what
        The derivative: "Jacobian".
    name
        The function's name.
    shape
        Of the result, or the numbers of its rows and columns.
    itemsize
        Bytes of a number.

    Raises
    ------
    ResultTooLargeError
        If it does not fit.
    """
    asked = prod(shape) * itemsize
    if asked <= ALWAYS_FITS:
        return
    limit = machine_memory()
    if asked > limit:
        raise ResultTooLargeError(what, name, tuple(shape), asked, limit)
