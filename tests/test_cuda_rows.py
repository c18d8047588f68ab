"""Every row on CUDA, as users reach it: batches of functions that call rows, emulated on the CPU, and their PTX."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from cuda_emulation import emulate
from numba import njit, types

import dualrev as dr
from dualrev.cuda import batch_kernels, programs
from dualrev.cuda.programs import Layout
from dualrev.kernels import cuda_target
from dualrev.kernels.cuda import sign_by
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE

pytest.importorskip(
    "numba_cuda", reason="the extra cuda is not installed (Linux on x86-64): pip install -e '.[dev,cuda]'"
)
pytestmark = pytest.mark.compiles

REDUCES_BY_DOUBLES = {"sin", "cos", "tan", "sinc", "cosm1", "gamma", "gammaln", "digamma", "polygamma"}
OF_THE_REDUCTION = re.compile(r"cvt\.rn\.f64\.s64|mul(?:\.rn)?\.f64|cvt\.rn\.f32\.f64|mov\.f64|neg\.f64|\.reg \.f64")
"""Rows whose reduction of large arguments CUDA itself computes in double precision, and the instructions of that."""

COUNT, TOGETHER = 5, 10
ROWS = [row for row in TABLE.values() if row.name not in ("clip", "heaviside")]
"""Numba's np.clip takes arrays only, and it has no np.heaviside, so that no function of numbers reaches these rows."""

GROUPS = [ROWS[n : n + TOGETHER] for n in range(0, len(ROWS), TOGETHER)]
every_group = pytest.mark.parametrize("rows", GROUPS, ids=[f"{rows[0].name} to {rows[-1].name}" for rows in GROUPS])


def points_of(rows: list[Row]) -> np.ndarray:
    """Return points with a column for each argument: inside the rows' domains, and where values are promised."""
    rng = np.random.default_rng(0)
    count = COUNT + max(len(row.points) for row in rows)
    columns = []
    for row in rows:
        for place, domain in enumerate(row.domain):
            inside = rng.choice(sorted(domain), count) if isinstance(domain, frozenset) else rng.uniform(*domain, count)
            promised = [point[place] for point, _ in row.points]
            columns.append([*promised, *inside[len(promised) :]])
    return np.array(columns).T


def calls_of(rows: list[Row]) -> Any:
    """Return a compiled function of all arguments that returns a tuple of the rows' values."""
    texts, at = [], 0
    for row in rows:
        texts.append(f"special.{row.name}({', '.join(f'x[{at + n}]' for n in range(row.arity))})")
        at += row.arity
    scope: dict[str, Any] = {"special": dr.special}
    exec(f"def f(x):\n    return {', '.join(texts)},\n", scope)
    return njit(scope["f"])


def expected_of(rows: list[Row], points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return values and Jacobians as arrays of NumPy have them."""
    values = np.zeros((len(points), len(rows)))
    jacobians = np.zeros((*values.shape, points.shape[1]))
    at = 0
    with np.errstate(all="ignore"):
        for k, row in enumerate(rows):
            f, args = getattr(dr.special, row.name), list(points.T[at : at + row.arity])
            values[:, k] = f(*args)
            for n, rule in enumerate(row.partials):
                if rule is not None:
                    slope = dr.elementwise_grad(lambda x, n=n, f=f, args=args: f(*args[:n], x, *args[n + 1 :]))
                    jacobians[:, k, at + n] = slope(args[n])
            at += row.arity
    return values, jacobians


def check(rows: list[Row], dtype: Any, rtol: float) -> None:
    """Compare a batch on the device with arrays of NumPy."""
    points = points_of(rows)
    value, jacobian = dr.value_and_jacobian(calls_of(rows), batched=True, device="cuda")(points.astype(dtype))
    values, jacobians = expected_of(rows, points)
    np.testing.assert_allclose(value, values, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(jacobian, jacobians, rtol=rtol, atol=rtol)
    assert np.isfinite(jacobian).any(axis=(0, 2)).all()


@every_group
def test_rows_in_batches(rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    emulate(monkeypatch)
    # Numba's np.where of numbers gives an array without axes, which no device function can return.
    check([row for row in rows if row.name != "where"], np.float64, 1e-12)


@pytest.mark.parametrize("precision", ["float32", pytest.param("float64", marks=pytest.mark.exhaustive)])
@every_group
def test_rows_in_kernels(rows: list[Row], precision: str) -> None:
    of = getattr(types, precision)
    n = sum(row.arity for row in rows)
    layout = Layout(((n,),), (0,), (len(rows),), "tuple")
    program = programs.jacobian(layout, of, value=True)
    kernel, _ = batch_kernels.over_points(calls_of(rows), layout, program, of, 0)
    code = cuda_target.assembly(kernel, [types.Array(of, 2, "C")] * (1 + len(program.outputs)))
    assert ".entry" in code
    if precision == "float32":
        lines = [line for line in code.splitlines() if ".f64" in line]
        reduces = not REDUCES_BY_DOUBLES.isdisjoint(row.name for row in rows)
        assert [line for line in lines if not (reduces and OF_THE_REDUCTION.search(line))] == []


CONSTANT = [
    ("one of several", lambda x: (x[0] * x[1], 1.0), [[1.5, 0.5], [0.0, 0.0]]),
    ("a branch", lambda x: 1.0 if x[0] > 0 else 0.0, [0.0, 0.0]),
    ("a step", lambda x: np.floor(x[0]), [0.0, 0.0]),
    ("an integer", lambda x: 3, [0.0, 0.0]),
]


@pytest.mark.parametrize(("f", "expected"), [case[1:] for case in CONSTANT], ids=[case[0] for case in CONSTANT])
def test_constant_results(f: Any, expected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    emulate(monkeypatch)
    x = np.array([[0.5, 1.5]])
    for device in ("cpu", "cuda"):
        found = dr.jacobian(f if device == "cpu" else njit(f), batched=True, device=device)(x)
        np.testing.assert_array_equal(np.squeeze(np.stack(found) if isinstance(found, tuple) else found), expected)


@pytest.mark.parametrize("one", [1.0, np.float32(1.0)])
def test_an_infinity_has_a_sign_on_the_device_as_in_numpy(one: Any) -> None:
    values = np.array([-np.inf, -2.0, -0.0, 0.0, 0.5, np.inf, np.nan], np.result_type(one))
    np.testing.assert_array_equal([sign_by(one)(x) for x in values], np.sign(values))
