"""Steps: calls of array functions that are one statement, and their pullbacks.

Which function a pullback is of is known here; drivers make it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dualrev.compiled._array_functions.pullbacks import Lines
from dualrev.compiled.adjoints._form import Array, Operand, Statement, Value


@dataclass(eq=False)
class Step(Statement):
    """A call of an array function that is one step in both sweeps: `text` with the operands' names put in.

    Attributes
    ----------
    results
        The numbers and arrays that it returns; arrays are memory of their own.
    function
        The call as a compiled function of the operands, whose pullback the reverse sweep calls; None with `pulls`.
    tuple_name
        The name of the tuple in texts where it returns one.
    pulls
        The pullback as lines, where the table of array functions has those.
    lengths
        For each array that it returns in a loop the lengths of its axes, which other iterations may have others of.
    """

    results: tuple[Value | Array, ...]
    text: str
    operands: tuple[Operand | Array, ...]
    function: Any
    tuple_name: str = ""
    pulls: Lines | None = None
    lengths: dict[Array, tuple[Operand, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pullback:
    """The name of a pullback in the scope of a text, before a driver puts the pullback there.

    It is called with the function's arguments and the cotangent of its result, and returns a tuple of adjoints.

    Attributes
    ----------
    function
        The compiled function that it is of.
    argnums
        The arguments whose adjoints it returns.
    """

    function: Any
    argnums: tuple[int, ...]


def with_pullbacks(scope: dict[str, Any], made: Callable[[Pullback], Any]) -> dict[str, Any]:
    """Return a scope in which pullbacks are what a driver makes."""
    return {name: made(each) if isinstance(each, Pullback) else each for name, each in scope.items()}
