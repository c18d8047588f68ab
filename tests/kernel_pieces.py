"""Large arrays, which kernels serve, against the same computed in pieces that are too small for a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualrev as dr
from dualrev.kernels.fused import FUSED_SIZE

LARGE = FUSED_SIZE + 5000
SMALL = FUSED_SIZE // 2


def in_pieces(f: Any, args: Any, tangents: Any, cotangent: Any) -> tuple[Any, list[Any]]:
    """Return the tangent, and per argument the gradient, computed by pieces too small for a kernel."""
    rows = len(cotangent)
    step = max(1, SMALL * rows // cotangent.size)
    pushed, pulled = [], []
    for start in range(0, rows, step):

        def cut(x: Any, start: int = start) -> Any:
            whole = np.ndim(x) == cotangent.ndim and len(x) == rows
            return x[start : start + step] if whole else x

        pushed.append(dr.jvp(f, tuple(map(cut, args)), tuple(map(cut, tangents)))[1])
        pulled.append(dr.vjp(f, *map(cut, args))[1](cut(cotangent)))
    gradients = []
    for n, x in enumerate(args):
        parts = [piece[n] for piece in pulled]
        along = np.ndim(x) == cotangent.ndim and len(x) == rows
        gradients.append(np.concatenate(parts) if along else np.sum(parts, axis=0))
    return np.concatenate(pushed), gradients


def compare(f: Any, args: Any, seed: int = 0) -> None:
    """Compare kernels on whole arrays with NumPy on pieces of them."""
    rng = np.random.default_rng(seed)
    dtype = np.asarray(args[0]).dtype
    eps = float(np.finfo(dtype).eps)
    tangents = tuple(np.asarray(rng.normal(size=np.shape(x)), dtype)[()] for x in args)
    with np.errstate(all="ignore"):
        out, pushed = dr.jvp(f, args, tangents)
        cotangent = rng.normal(size=out.shape).astype(dtype)
        cotangent[::7] = 0.0
        pulled = dr.vjp(f, *args)[1](cotangent)
        expected, gradients = in_pieces(f, args, tangents, cotangent)
    assert pushed.dtype == dtype
    np.testing.assert_allclose(pushed, expected, rtol=16 * eps, atol=16 * eps)
    for found, gradient in zip(pulled, gradients, strict=True):
        assert np.asarray(found).dtype == dtype
        np.testing.assert_allclose(found, gradient, rtol=(1e3 if found.size < out.size else 16) * eps, atol=64 * eps)
