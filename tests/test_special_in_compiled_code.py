"""`dualrev.special.<row>` in compiled code: of numbers and arrays, plain or differentiated, before anything else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev.primitives.protocol_function import ProtocolFunction
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE

OWN = [row for row in TABLE.values() if isinstance(getattr(dr.special, row.name), ProtocolFunction)]
"""Rows that NumPy has no function for."""

FIRST = """
import numba, numpy as np
import dualrev as dr
assert "dualrev.kernels.numba_rows" not in __import__("sys").modules

@numba.njit
def of_number(x):
    return dr.special.expit(x)

@numba.njit
def of_array(x):
    return dr.special.relu(x)

print(of_number(0.0), of_array(np.array([-1.0, 2.0])).tolist())
print(dr.derivative(of_number)(0.0), dr.grad(lambda x: np.sum(of_array(x)))(np.array([-1.0, 2.0])).tolist())
"""


@pytest.mark.compiles
def test_a_row_is_known_before_any_derivative_was_compiled() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0.5 [0.0, 2.0]", "0.25 [0.0, 1.0]"]


SHAPES = {1: [(3,)], 2: [(2, 1), (3,)], 3: [(2, 1), (3,), (3,)]}
"""Per number of arguments the shapes that they have, which are broadcast."""


def functions(rows: list[Row], rng: Any) -> tuple[Any, Any, np.ndarray]:
    """Return a function of one vector, which holds the arguments of all rows: compiled, plain, and a point."""
    lines, points, first, last = [], [], 0, 0
    for row in rows:
        shapes, args = SHAPES[row.arity], []
        for shape, domain in zip(shapes, row.domain, strict=True):
            count = int(np.prod(shape))
            finite = isinstance(domain, frozenset)
            points.append(rng.choice(sorted(domain), count) if finite else rng.uniform(*domain, count))
            args.append(f"x[{first} : {first + count}].reshape({shape})")
            first += count
        size = int(np.prod(np.broadcast_shapes(*shapes)))
        lines.append(f"y[{last} : {last + size}] = np.ravel(dr.special.{row.name}({', '.join(args)}))")
        last += size
    made = []
    for buffer in (f"np.zeros({last})", f"np.zeros({last}, like=x)"):
        scope: dict[str, Any] = {"dr": dr, "np": np}
        exec("\n    ".join(["def f(x):", f"y = {buffer}", *lines, "return y"]), scope)
        made.append(scope["f"])
    return njit(made[0]), made[1], np.concatenate(points)


NUMBAS_OWN = {
    "heaviside": "Numba has no np.heaviside of arrays",
    "clip": "Numba's np.clip gives the first argument's shape, whatever the bounds' are",
}
"""Rows that are functions of NumPy's, for arrays of which Numba's own limits hold."""

PARTS = 6
GROUPS = {f"own-{part}": OWN[part::5] for part in range(5)}
GROUPS |= {
    str(part): [row for row in list(TABLE.values())[part::PARTS] if row.name not in NUMBAS_OWN] for part in range(PARTS)
}
SAMPLED = (("own-0", "forward"), ("own-1", "reverse"))
"""What runs every time: a compilation takes several seconds."""


@pytest.mark.parametrize(
    ("group", "mode"),
    [
        pytest.param(group, mode, marks=[] if (group, mode) in SAMPLED else pytest.mark.exhaustive)
        for group in GROUPS
        for mode in ("forward", "reverse")
    ],
)
def test_rows_of_arrays_are_the_interpreted_ones(group: str, mode: str) -> None:
    compiled, f, x = functions(GROUPS[group], np.random.default_rng(3))
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-12)
    np.testing.assert_allclose(
        dr.jacobian(compiled, mode=mode)(x), dr.jacobian(f, mode=mode)(x), rtol=1e-11, atol=1e-12
    )


@njit
def arrays_and_numbers(x: Any, a: Any) -> Any:
    return dr.special.pseudo_huber(a, x) + dr.special.xlogy(x, np.array(2.0)) + dr.special.expit(np.asarray(a))


@pytest.mark.parametrize("mode", ["forward", pytest.param("reverse", marks=pytest.mark.exhaustive)])
def test_numbers_may_stand_beside_arrays(mode: str) -> None:
    x = np.array([0.3, 1.2])
    np.testing.assert_allclose(arrays_and_numbers(x, 0.7), arrays_and_numbers.py_func(x, 0.7), rtol=1e-13)
    given = dr.jacobian(arrays_and_numbers, (0, 1), mode=mode)(x, 0.7)
    expected = dr.jacobian(arrays_and_numbers.py_func, (0, 1), mode=mode)(x, 0.7)
    for one, other in zip(given, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.exhaustive
def test_second_derivatives_of_rows_of_arrays() -> None:
    x = np.array([0.3, 1.2])
    of_total = njit(lambda x, a: np.sum(arrays_and_numbers(x, a)))
    interpreted = dr.hessian(lambda x, a: np.sum(arrays_and_numbers.py_func(x, a)))(x, 0.7)
    np.testing.assert_allclose(dr.hessian(of_total)(x, 0.7), interpreted, rtol=1e-12)


def test_types_are_those_of_the_arguments() -> None:
    f = njit(lambda x: dr.special.softplus(x))
    single = f(np.ones(2, np.float32))
    assert single.dtype == np.float32
    assert f(np.arange(3)).dtype == np.float64
    assert f(np.ones((0, 2))).shape == (0, 2)
    assert isinstance(f(np.array(1.0)), float)
    np.testing.assert_allclose(single, dr.special.softplus(np.ones(2, np.float32)), rtol=1e-6)
