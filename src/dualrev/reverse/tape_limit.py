"""How much memory a tape may take: by default a share of the machine's, in a context what the user says."""

from __future__ import annotations

import sys
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from functools import cache

from dualrev.environment import machine_memory

SHARE = 0.5
"""Of the machine's memory, what a tape may take by default. While it grows, the old half is there beside the new."""


class Allowance:
    """The limit of the recordings in a context, and how much of it is used.

    Attributes
    ----------
    nbytes : int
        The limit.
    own : bool
        Whether the user set it.
    left : int
        What may still be recorded until the memory that is in use is counted anew.
    """

    __slots__ = ("left", "nbytes", "own")

    def __init__(self, nbytes: int, own: bool) -> None:
        self.nbytes, self.own = nbytes, own
        self.recounted(0)

    def recounted(self, used: int) -> None:
        """Set what may be recorded until the next count: as much again as there is, within the limit."""
        self.left = min(max(used, self.nbytes // 4), self.nbytes - used)


_allowance: ContextVar[Allowance | None] = ContextVar("_allowance", default=None)

current_allowance = _allowance.get
"""Called, the allowance of the context, None if nothing was recorded or limited in it."""


def new_allowance() -> Allowance:
    """Give the context the default allowance, and return it."""
    allowance = Allowance(default_limit(), own=False)
    _allowance.set(allowance)
    return allowance


def own_limit() -> int:
    """Return the limit in bytes that was set in this context, 0 if none was."""
    allowance = current_allowance()
    return 0 if allowance is None or not allowance.own else allowance.nbytes


class tape_limit(ContextDecorator):
    """A context, or decorator, in which a tape takes at most so much memory.

    Without it the limit is half the machine's memory, or of what the process may use of it. A recording that needs
    more raises `TapeLimitError`, a MemoryError, before it asks the system for that memory. What was recorded is given
    back, and the library can be used as before. The limit concerns the recordings of reverse mode that are begun in
    the context, by its thread: interpreted ones, each `Var` made by hand included, and those of compiled functions.
    Compiled code of your own that calls a derivative has the default limit.

    Parameters
    ----------
    nbytes : int
        The limit in bytes, positive.

    Raises
    ------
    ValueError
        If the limit is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> def f(x):
    ...     for _ in range(1000):
    ...         x = np.sin(x)
    ...     return np.sum(x)
    >>> with dr.tape_limit(1_000_000):
    ...     try:
    ...         dr.grad(f)(np.ones(1000))
    ...     except MemoryError as error:
    ...         print(type(error).__name__)
    TapeLimitError
    >>> dr.grad(f)(np.ones(1000)).shape
    (1000,)
    """

    def __init__(self, nbytes: float) -> None:
        if not nbytes > 0:
            raise ValueError(f"tape_limit was given {nbytes!r} bytes; expected a positive number")
        self.nbytes = int(min(nbytes, sys.maxsize))
        self._before: list[Token[Allowance | None]] = []

    def _recreate_cm(self) -> tape_limit:
        return tape_limit(self.nbytes)  # a decorated function may run in several threads at once

    def __enter__(self) -> None:
        self._before.append(_allowance.set(Allowance(self.nbytes, own=True)))

    def __exit__(self, *_: object) -> None:
        _allowance.reset(self._before.pop())


@cache
def default_limit() -> int:
    """Return the limit where none was set, in bytes."""
    return int(SHARE * machine_memory())
