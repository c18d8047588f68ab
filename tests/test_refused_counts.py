"""Refusals, by sweeps: each refused partial names the line in both modes, each count is said to be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from each import each

import dualrev as dr
from dualrev import errors
from dualrev.primitives.host import HOST

pytest.importorskip("scipy")

MODES = ("forward", "reverse")
REFUSED_PARTIALS = [(row, n) for row in HOST.values() for n in range(row.arity) if row.refuses(n)]


@each("mode", MODES)
@each("partial", REFUSED_PARTIALS)
def test_a_refused_partial_names_the_line(partial: tuple[Any, int], mode: str) -> None:
    row, n = partial
    function = getattr(dr.special, row.name)

    def f(q: Any) -> Any:
        return function(*(q if m == n else 1.0 for m in range(row.arity)))

    with pytest.raises(errors.MissingRuleError, match=r"custom_rule.* of test_refused_counts\.py") as caught:
        dr.derivative(f)(1.0) if mode == "forward" else dr.grad(f, mode=mode)(1.0)
    assert "stop_gradient" not in str(caught.value)


COUNTED: dict[str, Callable[[Any], Any]] = {
    **{
        f"np.{f.__name__}": lambda q, f=f: f(q)
        for f in (np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.arange)
    },
    "np.full": lambda q: np.full(q, 1.0),
    "np.full of a row": lambda q: np.full((2, q), [1]),
    "np.linspace": lambda q: np.linspace(0.0, 1.0, q),
    "np.logspace": lambda q: np.logspace(0.0, 1.0, q),
    "np.geomspace": lambda q: np.geomspace(1.0, 2.0, q),
    "np.indices": lambda q: np.indices((q, 2)),
    "np.repeat": lambda q: np.repeat(np.ones(2), q),
    "range": lambda q: sum(range(q)),
}


@each("mode", MODES)
@pytest.mark.parametrize("name", COUNTED)
def test_a_count_is_said_to_be_one(name: str, mode: str) -> None:
    with pytest.raises(errors.DualrevError, match=r"argnums does not name.* of test_refused_counts\.py") as caught:
        dr.jacobian(COUNTED[name], mode=mode)(2.0)
    assert name.partition(" ")[0] in str(caught.value)


@pytest.mark.parametrize("dtype", [None, np.float32, int])
@pytest.mark.parametrize("value", [1, 2.5, True, [1.0, 2.0]])
def test_full_arrays_that_are_written_to_are_numpys(value: Any, dtype: Any) -> None:
    want = np.full((3, 2), value, dtype)
    found = dr.stop_gradient(np.full((3, 2), value, dtype, like=dr.Var(1.0)))  # type: ignore[call-overload]
    np.testing.assert_array_equal(found, want)
    assert found.dtype == want.dtype
