"""Memory that grows: a statement of the normal form."""

from __future__ import annotations

from dataclasses import dataclass

from dualrev.compiled.adjoints._form import Array, Operand, Statement


@dataclass(eq=False)
class Grow(Statement):
    """A made array of one axis has room for so many elements from here on; what it held stays. Views before are dead.

    Attributes
    ----------
    function
        The name in texts of what makes it longer.
    """

    array: Array
    size: Operand
    function: str
