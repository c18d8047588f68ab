"""The table's kernels on a device, or in Numba's simulator, against the CPU's results.

As a script it checks every row in both precisions, or each n-th in double precision if given n.
"""

from __future__ import annotations

import sys

import numpy as np

import dualrev as dr
from dualrev.kernels import cuda, cuda_target
from dualrev.primitives.row import Row
from dualrev.primitives.scalar import TABLE

COUNT, DIRECTIONS = 5, 2


def arguments(row: Row, rng: np.random.Generator, dtype: type) -> list[np.ndarray]:
    """Return points of a row: of its domain, and the promised ones."""
    columns = []
    for place, domain in enumerate(row.domain):
        inside = rng.choice(sorted(domain), COUNT) if isinstance(domain, frozenset) else rng.uniform(*domain, COUNT)
        columns.append(np.array([*inside, *(point[place] for point, _ in row.points)], dtype))
    return columns


def agree(result: np.ndarray, expected: np.ndarray, rtol: float, what: str) -> None:
    """Compare arrays; a NaN, of infinite partials that cancel, has to be one in both, and not in all places."""
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=rtol, err_msg=what, equal_nan=True)
    assert np.isfinite(expected).any(), what


def check(row: Row, dtype: type, rtol: float) -> None:
    """Compare value, pushforward and pullback of a row with those of arrays."""
    single = dtype is np.float32
    rng = np.random.default_rng(0)
    args = arguments(row, rng, dtype)
    active = [n for n, rule in enumerate(row.partials) if rule is not None]
    size = args[0].size
    launch = ((size + 31) // 32, 32)
    wide = [arg.astype(np.float64) for arg in args]
    with np.errstate(all="ignore"):
        expected = np.asarray(getattr(dr.special, row.name)(*wide), float)
        partials = [
            np.asarray(
                dr.elementwise_grad(lambda x, n=n: getattr(dr.special, row.name)(*wide[:n], x, *wide[n + 1 :]))(wide[n])
            )
            for n in active
        ]
    y = np.zeros(size, dtype)
    cuda_target.kernel(cuda.value_kernel(row, single))[launch](y, *args)
    agree(y, expected, rtol, f"value of {row.name}")
    tangents = [rng.uniform(-1.0, 1.0, (DIRECTIONS, size)).astype(dtype) for _ in active]
    pushed = np.zeros((DIRECTIONS, size), dtype)
    cuda_target.kernel(cuda.pushforward_kernel(row, single))[launch](y, *args, *tangents, pushed)
    total = sum((p * t for p, t in zip(partials, tangents, strict=True)), np.zeros((DIRECTIONS, size)))
    agree(pushed, total, rtol, f"pushforward of {row.name}")
    for n, partial in zip(active, partials, strict=True):
        w = rng.uniform(-1.0, 1.0, (DIRECTIONS, size)).astype(dtype)
        adjoint = np.ones((DIRECTIONS, size), dtype)
        cuda_target.kernel(cuda.pullback_kernel(row, n, single))[launch](y, *args, w, adjoint)
        agree(adjoint, 1.0 + partial * w, rtol, f"pullback of {row.name}, {n}")


if __name__ == "__main__":
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rows = list(TABLE.values())[::step]
    for each in rows:
        check(each, np.float64, 1e-12)
        if step == 1:
            check(each, np.float32, 2e-4)
    print(len(rows), "rows agree")
