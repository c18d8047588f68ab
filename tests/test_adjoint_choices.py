"""Generated adjoints of small programs in which a branch chooses: views, arrays, results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, differs, uncompiled
from fuzzing.adjoint_programs import Program

X = np.array([0.3, -1.3, 0.8, 1.1, -0.4, 0.6, -0.9])

# The element gets its first content back where the first addition is reversed last.
ADDED_AGAIN = """
def f(x):
    a = x[1]
    for i in range(2):
        a = math.tanh(x[0] + a)
    for j in range(3):
        x[0] += 0.3 * math.cos(a + j)
    return x[0]
"""

CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "added again": (ADDED_AGAIN, (X,)),
}


def program(text: str, arguments: tuple[Any, ...], cotangents: tuple[Any, ...] = (1.0,)) -> Program:
    active = tuple(n for n, each in enumerate(arguments) if not isinstance(each, int))
    return Program(f"@njit{text}", arguments, active, cotangents)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_oracle(name: str) -> None:
    case = program(*CASES[name])
    assert differs(case, uncompiled(adjoint(case))) == ""
