"""The table in compiled code: every spelling of every row, and the promised values, agree with the interpreted ones."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE

SPELLED = {"math": "math", "numpy": "np", "operator": "operator", "builtins": ""}


def spellings(row: Row) -> list[str]:
    """Return the source of each function that reaches a row."""
    found = [f"dr.special.{row.name}"]
    for name in row.names:
        module, _, short = name.partition(".")
        if module in SPELLED:
            found.append(f"{SPELLED[module]}.{short}".lstrip("."))
    return found


def arguments(row: Row, rng: Any) -> list[tuple[float, ...]]:
    """Return points of a row: of its domain, and the promised ones."""

    def sample(domain: Any) -> float:
        return float(rng.choice(sorted(domain))) if isinstance(domain, frozenset) else float(rng.uniform(*domain))

    return [tuple(sample(domain) for domain in row.domain) for _ in range(3)] + [point for point, _ in row.points]


def function(rows: list[Row], every: bool) -> Any:
    """Return one function of the arguments of some rows, one after another, with a result for each spelling."""
    lines, start = [], 0
    for row in rows:
        args = ", ".join(f"x[{start + n}]" for n in range(row.arity))
        number = "[()]" if row.name == "where" else ""  # of numbers it is an array of no axes
        lines += [f"{spelling}({args}){number}" for spelling in spellings(row)[: None if every else 1]]
        start += row.arity
    body = "".join(f"    y[{n}] = {line}\n" for n, line in enumerate(lines))
    scope: dict[str, Any] = {"np": np, "math": math, "operator": operator, "dr": dr}
    exec(f"def f(x):\n    y = np.zeros({len(lines)})\n{body}    return y\n", scope)
    return njit(scope["f"])


@pytest.mark.parametrize(
    ("part", "mode"),
    [
        *((part, ("forward", "reverse")[part % 2]) for part in range(4)),
        *(pytest.param(part, ("reverse", "forward")[part % 2], marks=pytest.mark.exhaustive) for part in range(4)),
    ],
)
def test_every_spelling_is_the_interpreted_row(mode: str, part: int) -> None:
    rng = np.random.default_rng(part)
    rows = list(TABLE.values())[part::4]
    every = mode == "forward"  # how a spelling reaches a row does not depend on the mode
    compiled = dr.value_and_jacobian(function(rows, every), mode=mode)
    points = [arguments(row, rng) for row in rows]
    for k in range(max(map(len, points))):
        chosen = [some[k % len(some)] for some in points]
        values, jacobian = compiled(np.concatenate(chosen))
        m = start = 0
        for row, args in zip(rows, chosen, strict=True):
            with np.errstate(all="ignore"):
                interpreted = dr.value_and_jacobian(getattr(dr.special, row.name), tuple(range(row.arity)))
                value, partials = interpreted(*args)
            for spelling in spellings(row)[: None if every else 1]:
                message = f"{spelling}{args}"
                np.testing.assert_allclose(values[m], float(value), rtol=1e-12, atol=1e-13, err_msg=message)
                expected = np.zeros(jacobian.shape[1])
                expected[start : start + row.arity] = partials
                np.testing.assert_allclose(jacobian[m], expected, rtol=1e-11, atol=1e-12, err_msg=message)
                m += 1
            start += row.arity


@njit
def stored(x):
    y = np.zeros(1)
    y[0] = np.where(x[0] > 0, x[1], 2.0)
    return y


def test_where_of_numbers_can_be_an_element() -> None:
    np.testing.assert_array_equal(dr.jacobian(stored)(np.ones(2)), [[0.0, 1.0]])
