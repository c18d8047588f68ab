"""When a derivative multiplies plainly, and what it does about a NaN.

A plain product of the chain rule is NaN wherever it is not the careful one (`kernels/numba_chain_rule.py`), and a NaN
survives every later linear operation. So a derivative is computed plainly, its results are looked at once, and only
where they hold a NaN is all of it computed again with care. This is sound because:

1. Every derivative looks at its own results before anybody else can: also one that the function itself asks for, whose
   caller might compare it with something, and lose the NaN.
2. The results of every level are looked at: those of an inner derivative by their innermost values.
3. Nothing between compares, clips or rounds a tangent or an adjoint. Numba's linear algebra raises an error at a NaN,
   which then counts as one.
4. The repetition sees the same world. A function that draws random numbers, calls Python, catches errors, writes to an
   array that it is given, or does what cannot be seen (`repeatable.py`) is computed with care from the start.
5. Value and derivative come from one run, and all chunks of a call from one version.
6. No code tests a tangent or an adjoint against 0, but for a float, to skip a sum that both versions skip; a nested 0
   has a derivative.

Careful at one level means careful at all levels inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from dualrev.compiled._marks import MADE_OF
from dualrev.compiled.drivers.reading import holds_nan
from dualrev.compiled.drivers.repeatable import functions_called, repeatable, uses
from dualrev.kernels.numba_types import is_active

PLAIN, INNER, EITHER, CAREFUL, PART = "plain", "inner", "either", "careful", "part"
"""Answer None at a NaN, to the operator in Python; raise `NeedsCare`, below a derivative that Python asked for; repeat
with care, where compiled code asks; be careful from the start; leave a NaN to whoever looks at the whole result."""

SMALL = 600
"""Bytes of a function, and of all that it calls, up to which compiled code gets both versions of its derivative. More
would double a compilation that takes seconds."""


class NeedsCare(Exception):
    """A derivative inside another one holds a NaN, so that all of it is computed again with care."""


# Generated adjoint code copies what it writes to, and is compiled in less time than the careful version beside it.
def care_for(dispatcher: Any, asked: str, arguments: Any, generated: bool = False) -> str:
    """Return how a derivative for arguments of some types is computed, by generated adjoint code or without."""
    around = arguments.float_type
    if is_active(around):
        return CAREFUL if around.careful else INNER
    if asked == CAREFUL or not repeatable(dispatcher, arguments.types, arguments.argnums, generated):
        return CAREFUL
    if asked == EITHER and not _small(dispatcher, arguments, inf if generated else SMALL):
        return CAREFUL
    return asked


class Repetition:
    """The lines of a derivative that look at its results, and act on a NaN.

    Parameters
    ----------
    care
        One of the names above.
    careful_one
        The careful version, where compiled code has both.
    """

    def __init__(self, care: str, careful_one: Any = None) -> None:
        self.care = care
        self.careful = care == CAREFUL
        self.scope: dict[str, Any] = {"holds_nan": holds_nan, "NeedsCare": NeedsCare, "careful_one": careful_one}

    def lines(self, bad: str, names: Sequence[str]) -> list[str]:
        """Return the lines that follow when all that was borrowed is given back; `bad` is the test."""
        if self.care in (CAREFUL, PART):
            return []
        call = f"careful_one({', '.join(names)})"
        return [
            f"if {bad}:",
            "    " + {PLAIN: "return None", INNER: "raise NeedsCare", EITHER: f"return {call}"}[self.care],
        ]


def _small(dispatcher: Any, arguments: Any, most: float) -> bool:
    """Whether both versions are worth their compilation, up to a number of bytes of the function.

    A derivative inside is not, nor may an error leave one.
    """
    functions = functions_called(dispatcher, arguments.types)
    return (
        not any(hasattr(function, MADE_OF) for function in functions)
        and not any(uses(function, "linalg") for function in functions)
        and sum(len(function.__code__.co_code) for function in functions) <= most
    )
