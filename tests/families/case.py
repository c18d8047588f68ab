"""What a case of an array function is, and ways to write many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

from dualrev.kernels.numba_extending import defined

MASK = np.array([[True, False, True], [False, True, True]])


class Case(NamedTuple):
    """A call of an array function, as a function of its operands, and their shapes.

    `written` is the call as a function that Numba may be able to compile; it refers to the table's function as `f`.
    """

    call: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    written: Callable[..., Any] | None = None


def _written(f: Any, count: int, call: str, **scope: Any) -> Callable[..., Any]:
    """Return a function of as many operands, whose body is one call."""
    names = ", ".join(f"x{n}" for n in range(count))
    scope |= {"f": f, "__name__": __name__}
    return defined(names.split(", "), [f"return {call.replace('...', names)}"], scope, "call")


def over(*options: dict[str, Any], shapes: Any = ((2, 3),)) -> Callable[[Any], list[Case]]:
    """Return the cases of a function of one operand that is called with each of the options."""

    def make(f: Any) -> list[Case]:
        cases = []
        for o in options:
            named = {f"_{name}": value for name, value in o.items()}
            written = _written(f, 1, f"f({', '.join(['...', *(f'{name}=_{name}' for name in o)])})", **named)
            cases += [Case(lambda x, o=o: f(x, **o), (shape,), written) for shape in shapes]
        return cases

    return make


def of(*shapes: tuple[tuple[int, ...], ...]) -> Callable[[Any], list[Case]]:
    """Return the cases of a function of operands that have each of these tuples of shapes."""
    return lambda f: [Case(f, operands, _written(f, len(operands), "f(...)")) for operands in shapes]


def calls(*cases: tuple[Callable[..., Any], Any]) -> Callable[[Any], list[Case]]:
    """Return cases as they are, each a function that is given the table's function, and shapes."""
    return lambda f: [
        Case(lambda *x, g=g: g(f, *x), shapes, _written(f, len(shapes), "g(f, ...)", g=numba.njit(g)))
        for g, shapes in cases
    ]


AXES = over({}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 0, "keepdims": True})
ONE_AXIS = over({}, {"axis": 0}, {"axis": -1})
PRODUCTS = of(((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 3)))
