"""On a CUDA device, against the CPU: every row, every operator, both precisions. Run with `pytest -m gpu -n 0`."""

from __future__ import annotations

import types as python_types
from typing import Any

import numba
import numpy as np
import pytest
from test_cuda import BATCHES, X, _kernel, close, rosenbrock, scaled
from test_cuda_rows import check, every_group

import dualrev as dr
from dualrev import errors
from dualrev.cuda import _transfer as transfer
from dualrev.kernels import cuda_target

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-11), (np.float32, 2e-4)])
@every_group
def test_rows(rows: Any, dtype: Any, rtol: float) -> None:
    check([row for row in rows if row.name != "where"], dtype, rtol)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "make", "args"), BATCHES, ids=[name for name, _, _ in BATCHES])
def test_batches(name: str, make: Any, args: Any, dtype: Any) -> None:
    del name
    many = [
        np.tile(a, (60,) + (1,) * (a.ndim - 1)) if isinstance(a, np.ndarray) and len(a) == len(X) else a for a in args
    ]
    given = [a.astype(dtype) if isinstance(a, np.ndarray) else a for a in many]
    result, expected = make(device="cuda")(*given), make()(*many)
    for one, other in zip(parts(result), parts(expected), strict=True):
        assert (one.dtype, one.shape) == (dtype, other.shape)
        np.testing.assert_allclose(
            one, other, rtol=1e-11 if dtype is np.float64 else 2e-3, atol=1e-11 if dtype is np.float64 else 2e-3
        )
    on_device = [numba.cuda.to_device(a) if isinstance(a, np.ndarray) and len(a) > 4 else a for a in given]
    for one, other in zip(parts(make(device="cuda")(*on_device)), parts(result), strict=True):
        np.testing.assert_array_equal(one.copy_to_host(), other)


def parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_streams_and_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.tile(X, (1000, 1))
    expected = dr.grad(rosenbrock, batched=True)(points)
    stream = numba.cuda.stream()
    gradient = dr.grad(rosenbrock, batched=True, device="cuda")
    close(gradient(points, stream=stream), expected)
    monkeypatch.setattr(transfer, "SHARE", 1e-9)
    close(gradient(points), expected)


def test_functions_for_kernels() -> None:
    scope = _kernel.__globals__ | {"cuda": cuda_target.api()}
    kernel = cuda_target.kernel(python_types.FunctionType(_kernel.__code__, scope, "kernel"))
    out, workspace = np.zeros((5, 16)), dr.cuda.Workspace(5, 40)
    kernel[1, 5](X, out, *workspace.arrays)
    workspace.check()
    values, gradients = dr.value_and_grad(rosenbrock, batched=True)(X)
    np.testing.assert_allclose(out[:, [0, 11]], np.stack([values, values], 1), rtol=1e-13)
    np.testing.assert_allclose(out[:, 1:4], gradients, rtol=1e-11)
    jacobians = dr.jacobian(scaled, batched=True, out_shape=2)(X, 2.0)
    np.testing.assert_allclose(out[:, 4:10].reshape(5, 2, 3), jacobians, rtol=1e-11)
    np.testing.assert_allclose(out[:, 12:15], gradients, rtol=1e-11)
    small = dr.cuda.Workspace(5, 6)
    kernel[1, 5](X, out, *small.arrays)
    assert np.isnan(out[:, 11:15]).all()
    with pytest.raises(errors.TapeOverflowError):
        small.check()
