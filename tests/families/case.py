"""What a case of an array function is, and ways to write many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

MASK = np.array([[True, False, True], [False, True, True]])


class Case(NamedTuple):
    """A call of an array function, as a function of its operands, and their shapes."""

    call: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]


def over(*options: dict[str, Any], shapes: Any = ((2, 3),)) -> Callable[[Any], list[Case]]:
    """Return the cases of a function of one operand that is called with each of the options."""
    return lambda f: [Case(lambda x, o=o: f(x, **o), (shape,)) for o in options for shape in shapes]


def of(*shapes: tuple[tuple[int, ...], ...]) -> Callable[[Any], list[Case]]:
    """Return the cases of a function of operands that have each of these tuples of shapes."""
    return lambda f: [Case(f, operands) for operands in shapes]


def calls(*cases: tuple[Callable[..., Any], Any]) -> Callable[[Any], list[Case]]:
    """Return cases as they are, each a function that is given the table's function, and shapes."""
    return lambda f: [Case(lambda *x, g=g: g(f, *x), shapes) for g, shapes in cases]


AXES = over({}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 0, "keepdims": True})
ONE_AXIS = over({}, {"axis": 0}, {"axis": -1})
PRODUCTS = of(((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 3)))
