"""Array functions that the interpreted and the compiled table know: each case of the one gives the same in the other.

A case is tried where Numba compiles the call itself. A covering sample runs always, all cases on request.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import optree
import pytest
from array_cases import COMPOSITE_CASES, RULE_CASES
from families.case import Case
from numba import njit
from numba.core.errors import NumbaError
from test_array_rules import operands

import dualrev as dr
from dualrev.compiled._array_functions.table import STAND_INS
from dualrev.compiled.clones import registration
from dualrev.primitives.array import COMPOSITES

pytestmark = pytest.mark.compiles

SAMPLE = {"sum", "tril", "cumsum"}
"""Functions whose first case runs always."""

TABLES = RULE_CASES | COMPOSITE_CASES

REFUSED = {"repeat-5", "outer-2", "sum-4", "sum-12", "vander-2", "ediff1d-1", "cov-2", "cov-3"}
REFUSED |= {f"{name}-{n}" for name in ("tril", "triu") for n in (3, 7, 11)}
"""Cases that Numba compiles, and whose derivative compiled code refuses by name: an option or a shape has no rule."""


def known_to_both() -> Iterator[Any]:
    registration.register()
    for f, make in TABLES.items():
        if f in STAND_INS:
            for n, case in enumerate(make(f)):
                if case.written is None:
                    continue  # the case is more than a call
                marks = [] if f.__name__ in SAMPLE and n == 0 else [pytest.mark.exhaustive]
                yield pytest.param(case, id=f"{f.__name__}-{n}", marks=marks)


@pytest.mark.parametrize("case", list(known_to_both()))
def test_compiled_code_gives_what_interpreted_code_gives(case: Case, request: pytest.FixtureRequest) -> None:
    x = tuple(np.ascontiguousarray(each) if np.ndim(each) else float(each) for each in operands(case))
    f = njit(case.written)
    try:
        value = f(*x)
    except (NumbaError, AttributeError, NotImplementedError, TypeError):
        assert request.node.get_closest_marker("exhaustive"), "cases of the sample are compiled"
        pytest.skip("Numba does not compile the call, so that nobody can ask for its derivative")
    argnums = tuple(range(len(x)))
    name = request.node.callspec.id
    expected = optree.tree_leaves(dr.jacobian(case.call, argnums)(*x))
    for mode in ("forward", "reverse"):
        derivative = dr.value_and_jacobian(f, argnums, mode=mode)
        if name in REFUSED:
            with pytest.raises(dr.errors.CompilationError, match=r"cannot be differentiated.* at line"):
                derivative(*x)
            continue
        found, jacobian = derivative(*x)
        for a, b in zip(optree.tree_leaves(found), optree.tree_leaves(value), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-14)
        for a, b in zip(optree.tree_leaves(jacobian), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)


def test_plain_composites_are_compiled_from_the_function_that_interpreted_code_runs() -> None:
    for f in (np.append, np.extract, np.ptp, np.select, np.vdot):
        compiled, interpreted = (each.__code__ for each in (inspect.unwrap(STAND_INS[f]), COMPOSITES[f]))
        assert compiled.replace(co_posonlyargcount=0) == interpreted.replace(co_posonlyargcount=0)


def test_a_choice_without_a_condition_is_an_error_in_both() -> None:
    def f(x: Any) -> Any:
        return np.select([x > 0], [x, -x])

    for each in (f, njit(f)):
        with pytest.raises(ValueError, match="as many choices as conditions"):
            dr.jacobian(each)(np.array([1.0, -2.0]))
