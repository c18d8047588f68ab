"""Compiled kernels: what they compute is what the NumPy path computes, for every row of the table."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from kernel_pieces import LARGE, compare

import dualrev as dr
from dualrev.kernels import cpu, numpy_rows
from dualrev.kernels.fused import FUSED_SIZE
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import FAMILIES as TABLE_FAMILIES
from dualrev.primitives.scalar import TABLE
from dualrev.verification._rows import sample

pytestmark = pytest.mark.compiles

CURVED = [row for row in TABLE.values() if row.partials]
COUNT = 500
FAMILIES = [family for family in TABLE_FAMILIES if any(row.partials for row in family.ROWS)]
each_row = pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.name, marks=[pytest.mark.exhaustive] if n % 4 else []) for n, row in enumerate(CURVED)],
)
precision = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that kernels, when they are asked for, enter their names in."""
    names: list[str] = []
    for kind in ("pushforward", "pullback"):
        right = getattr(cpu, kind)

        def spy(row: Row, *rest: Any, kind: str = kind, right: Any = right) -> Any:
            names.append(f"{kind} {row.name}")
            return right(row, *rest)

        monkeypatch.setattr(cpu, kind, spy)
    return names


def columns(row: Row, count: int, dtype: Any = np.float64) -> list[Any]:
    """Return arguments of a row as vectors: samples of its domain, and its promised points here and there."""
    rng = np.random.default_rng(1)
    points = [arguments for arguments, _ in row.points]
    at = [points[n // 97] if n % 97 == 0 and n // 97 < len(points) else sample(row, rng) for n in range(500)]
    return [np.resize(np.array(column, dtype), count) for column in zip(*at, strict=True)]


@precision
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.rpartition(".")[2])
def test_rows_compiled_in_one_unit_are_the_rows_over_numpy(family: Any, dtype: Any) -> None:
    rows = [row for row in family.ROWS if row.partials]
    names: dict[str, Any] = {}
    lines: list[str] = []
    expected: dict[str, Any] = {}
    data = np.ones((len(rows), 3, COUNT), dtype)
    for k, row in enumerate(rows):
        given = columns(row, COUNT, dtype)
        data[k, : row.arity] = given
        arguments = ", ".join(f"data[{k}, {n}, j]" for n in range(row.arity))
        compiled, over_numpy = cpu.bound(row), numpy_rows.bound(row)
        names[f"value_{k}"] = compiled.value
        lines.append(f"y = out[{len(expected)}, j] = value_{k}({arguments})")
        with np.errstate(all="ignore"):
            y = expected[row.name] = over_numpy.value(*given)
            for n, rule in enumerate(compiled.partials):
                if rule is not None:
                    names[f"partial_{k}_{n}"] = rule
                    lines.append(f"out[{len(expected)}, j] = partial_{k}_{n}(y, {arguments})")
                    expected[f"{row.name}, partial {n}"] = over_numpy.partials[n](y, *given)
    body = "\n        ".join(lines)
    exec(f"def unit(data, out):\n    for j in range({COUNT}):\n        {body}\n", names)
    out = np.empty((len(expected), COUNT), dtype)
    numba.njit(names["unit"], error_model="numpy")(data, out)
    tolerance = 256 * np.finfo(dtype).eps
    for (label, right), found in zip(expected.items(), out, strict=True):
        whole = np.broadcast_to(right, (COUNT,))
        np.testing.assert_allclose(found, whole, rtol=tolerance, atol=tolerance, err_msg=label)


@each_row
def test_large_arrays_are_differentiated_as_small_ones_are(row: Row) -> None:
    compare(numpy_rows.FUNCTIONS[row.name], tuple(columns(row, LARGE)))


def test_zero_times_infinity_is_zero_in_both_modes(used: list[str]) -> None:
    x = np.linspace(1.0, 2.0, LARGE)
    holes = [0, 511, 512, 513, 20_000, LARGE - 1]
    x[holes] = 0.0
    direction, cotangent = np.ones(LARGE), np.ones(LARGE)
    direction[holes[:3]] = cotangent[holes[:3]] = 0.0
    with np.errstate(divide="ignore"):
        pushed = dr.jvp(np.sqrt, x, direction)[1]
        pulled = dr.vjp(np.sqrt, x)[1](cotangent)[0]
    for found in (pushed, pulled):
        assert list(found[holes]) == [0.0, 0.0, 0.0, np.inf, np.inf, np.inf]
        assert np.isfinite(np.delete(found, holes)).all()
    assert used == ["pushforward sqrt", "pullback sqrt"]


def test_kernels_serve_large_arrays_and_only_those(used: list[str]) -> None:
    dr.grad(lambda x: np.sum(np.sin(x)))(np.ones(FUSED_SIZE - 1))
    assert used == []
    dr.grad(lambda x: np.sum(np.sin(x)))(np.ones(FUSED_SIZE))
    assert used == ["pullback sin"]
