"""How programs in normal form are compared with the functions that they were read from.

Both run as Python: to compile each would take a second, and what is tested is the order of operations. Some that depend
on types are compiled, many in one function.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from dualrev.compiled.adjoints._form import Program
from dualrev.compiled.adjoints._primal_text import primal, scope_of
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints.refusal import Refused


def types_of(inputs: Sequence[Any]) -> list[Any]:
    """Return Numba's types of arguments."""
    return [numba.typeof(each) for each in inputs]


def leaves(value: Any) -> list[Any]:
    """Return the numbers and arrays in arguments."""
    if isinstance(value, tuple):
        return [leaf for each in value for leaf in leaves(each)]
    return [] if value is None else [value]


def written(program: Program, compiled: bool = False) -> Callable[..., Any]:
    """Return a program as a function, which Numba compiles if asked to."""
    scope = scope_of(program)
    if not compiled:
        scope = {name: each.py_func if isinstance(each, Dispatcher) else each for name, each in scope.items()}
    exec(primal(program), scope)
    return numba.njit(error_model="numpy")(scope["primal"]) if compiled else scope["primal"]


def outcome(f: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """Return what a function answers, and what it leaves in its arguments, or the kind of the error that it raises."""
    given = copy.deepcopy(inputs)
    try:
        answer = f(*given)
    except Exception as error:
        return type(error), leaves(tuple(given))
    return answer, leaves(tuple(given))


def check(f: Any, *points: Sequence[Any], compiled: bool = False) -> Program:
    """Read a compiled function, and compare the program with it bit by bit at some points."""
    program = read(f, types_of(points[0]), [0])
    reading = written(program, compiled)
    for point in points:
        plain = f if compiled else f.py_func
        with np.errstate(all="ignore"):
            expected = outcome(plain, point)
            found = outcome(reading, leaves(tuple(point)))
        assert_same(found, expected)
    return program


def assert_same(found: Any, expected: Any) -> None:
    """Compare two answers bit by bit."""
    assert isinstance(found, tuple | list) == isinstance(expected, tuple | list)
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, type) or expected is None:
        assert found is expected
    else:
        np.testing.assert_array_equal(found, expected)
        assert np.array_equal(np.signbit(found), np.signbit(expected))


def refused(f: Any, *inputs: Any, match: str) -> None:
    """Assert that a function is refused for a reason."""
    with pytest.raises(Refused, match=match):
        read(f, types_of(inputs), [0])
