"""Python's `max` and `min` of active numbers, and of what holds them: those that tie share the derivative equally.

Their value is that of Numba's, bit for bit: the first of those that compare equal, and a NaN only where it comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from dualrev.kernels.numba_extending import compiled_only, defined, overloads
from dualrev.kernels.numba_rows import implementation
from dualrev.kernels.numba_types import NUMBERS, is_active
from dualrev.primitives.scalar.selection import BUILTINS

STAND_INS: dict[Any, Any] = {}
"""Stand-ins of `max` and `min` in clones; given an array or a list, they call Numba's own."""


def _some_active(given: Any) -> bool:
    """Whether all are numbers, and one is active."""
    return any(map(is_active, given)) and all(isinstance(each, NUMBERS) or is_active(each) for each in given)


# Text, because `max(a, b, c)` takes any number of arguments of any types, and Numba types each variable once: the best
# so far has a name for each step.
def _extreme(function: Callable[..., Any], comparison: str) -> None:
    @compiled_only(jit_options={"error_model": "numpy"})
    def better(a0: Any, a1: Any, a2: Any, a3: Any) -> Callable[..., Any]:
        chosen = implementation(BUILTINS[function.__name__], (a0, a1, a2, a3), better)
        return chosen or defined(["a0", "a1", "a2", "a3"], [f"return a1 if a1 {comparison} a0 else a0"], {})

    scope = {"better": better, "function": function}
    # Numbers that tie are folded one by one: the count of those that tie already is what shares the derivative equally
    # in the end.
    step = [
        "before = best",
        "best = better(best, each, ties, 1)",
        f"ties = ties + 1 if each == before else 1 if each {comparison} before else ties",
    ]

    def of_several(names: list[str]) -> list[str]:
        """Write the fold over numbers, which may be of several types."""
        lines = [f"best0, ties = {names[0]}, 1"]
        for n, name in enumerate(names[1:]):
            lines.append(f"best{n + 1} = better(best{n}, {name}, ties, 1)")
            if n < len(names) - 2:
                changed = f"1 if {name} {comparison} best{n} else ties"
                lines.append(f"ties = ties + 1 if {name} == best{n} else {changed}")
        return [*lines, f"return best{len(names) - 1}"]

    def choose(*given: Any) -> Callable[..., Any] | None:
        (first, *others) = given
        if others:
            names = [f"a{n}" for n in range(len(given))]
            return _taking(f"{', '.join(names)} = given", of_several(names)) if _some_active(given) else None
        if isinstance(first, types.BaseTuple):
            names = [f"a{n}" for n in range(len(first))]
            return _taking(f"{', '.join(names)}, = given[0]", of_several(names)) if _some_active(first) else None
        if isinstance(first, types.IterableType) and is_active(first.iterator_type.yield_type):
            loop = ["every = iter(given[0])", "best, ties = next(every), 1", "for each in every:"]
            return _taking("pass", [*loop, *(f"    {line}" for line in step), "return best"])
        return None

    def _taking(first: str, lines: list[str]) -> Callable[..., Any]:
        return defined(["*given"], [first, *lines], dict(scope))

    overloads(function)(defined(["*given"], ["return choose(*given)"], {"choose": choose}))

    # Numba has templates of its own for both functions of arrays and lists, which come first, so that clones call this
    # instead.
    @compiled_only
    def stand_in(*given: Any) -> Callable[..., Any] | None:
        names = [f"given[{n}]" for n in range(len(given))]
        return choose(*given) or defined(["*given"], [f"return function({', '.join(names)})"], dict(scope))

    stand_in.__name__ = function.__name__
    STAND_INS[function] = stand_in


_extreme(max, ">")
_extreme(min, "<")
