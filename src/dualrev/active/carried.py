"""Classes of the numbers that derivatives under way make, and no user: the calls of these classes are users'."""

from __future__ import annotations

from typing import Any, TypeVar

from dualrev.active.number import Active

T = TypeVar("T")


class Carried(type):
    """The type of such classes.

    Code that calls `type(x)(1)` makes a number of the kind of x: a plain one, as it would be for a float x.
    """

    def __call__(cls, x: Any = 0.0) -> Any:
        """Return the plain number that a float is made of; an active one stays as it is."""
        return x.snapshot() if isinstance(x, Active) and not x.shape else float(x)

    def of(cls: type[T], *args: Any) -> T:
        """Return an instance."""
        made: T = type.__call__(cls, *args)
        return made
