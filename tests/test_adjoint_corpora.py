"""The check build over functions of the problems and of packages: `pytest -m exhaustive tests/test_adjoint_corpora.py`.

Functions of packages that are not installed are skipped; `benchmarks/adjoint_corpora.txt` lists their versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
import pytest
from fuzzing.adjoint_differences import copied, uncompiled

import dualrev as dr
from dualrev.compiled.adjoints._checks import checked
from dualrev.compiled.adjoints._primal_text import primal, scope_of
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints.refusal import Refused

corpora = pytest.importorskip("benchmarks.adjoint_corpora", reason="benchmarks are there in a checkout")

NAMES = [name for name in dr.problems.names() if dr.problems.get(name).compiled is not None]


def leaves(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return [leaf for each in value for leaf in leaves(each)]
    return [] if value is None else [value]


def cotangent(result: Any) -> Any:
    if np.asarray(result).dtype.kind != "f":
        return 0.0
    return np.linspace(0.5, 1.5, np.size(result)).reshape(np.shape(result))[()]


def check(f: Any, floats: Sequence[Any], others: Mapping[str, Any]) -> None:
    """Run the check build of a function's adjoint as Python, with the value and without."""
    arguments = [*floats, *others.values()]
    program = read(f, tuple(map(numba.typeof, arguments)), tuple(range(len(floats))))
    scope = {name: getattr(meaning, "py_func", meaning) for name, meaning in scope_of(program).items()}
    exec(primal(program), scope)
    given = leaves(tuple(arguments))
    with np.errstate(all="ignore"):
        cotangents = [cotangent(each) for each in leaves(scope["primal"](*copied(given)))]
        for value in (False, True):
            uncompiled(checked(program, value))(*copied(given), *cotangents)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", NAMES)
def test_problems_read_what_was_computed(name: str) -> None:
    problem = dr.problems.get(name)
    data = dict(zip(corpora.data_names(problem), problem.data, strict=False))
    check(problem.compiled, [problem.x[0] if problem.batched else problem.x], data)


@pytest.mark.exhaustive
@pytest.mark.parametrize("call", corpora.calls()[1], ids=lambda call: call.text)
def test_functions_of_packages_read_what_was_computed(call: Any) -> None:
    pytest.importorskip(call.package, reason="it is not installed")
    try:
        check(*corpora.with_floats_first(*call.resolved()))
    except Refused as reason:
        pytest.skip(f"it goes to the tape: {reason}")
