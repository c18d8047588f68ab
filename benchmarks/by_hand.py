"""Var by hand beside PyTorch's eager tensors, and traces and graphs of long functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import dualrev as dr
from benchmarks.timing import Result, interleaved

STEPS = 1000


def descent_by_var() -> Any:
    """Take 1,000 gradient steps on Rosenbrock's function."""
    x = dr.Var(np.array([-1.0, 1.0]))
    for _ in range(STEPS):
        loss = (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        with dr.no_grad():
            x -= 0.01 * x.grad
        x.zero_grad()
    return loss.value


def descent_by_torch() -> Any:
    """Do the same with PyTorch, in double precision."""
    import torch

    x = torch.tensor([-1.0, 1.0], dtype=torch.float64, requires_grad=True)
    for _ in range(STEPS):
        loss = (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        with torch.no_grad():
            x -= 0.01 * x.grad
            x.grad.zero_()
    return loss.item()


def rosenbrock() -> Iterator[Result]:
    """Compare the two, where PyTorch is installed."""
    try:
        import torch
    except ImportError:
        return
    np.testing.assert_allclose(descent_by_var(), descent_by_torch(), rtol=1e-12)
    mine, peer = interleaved([descent_by_var, descent_by_torch], seconds=6)
    detail = f"dualrev {mine * 1e3:.0f} ms, PyTorch {torch.__version__} eager {peer * 1e3:.0f} ms"
    yield Result("1,000 Rosenbrock steps by Var, over PyTorch's", "0.5", mine / peer, "", detail)


def thousand(x: Any) -> Any:
    """Do 1,000 operations."""
    for _ in range(250):
        x = np.sin(x) * 1.01 + 0.5 * x
    return x


def pictures() -> Iterator[Result]:
    """Measure a trace and a graph, to their text."""
    tracing, graphing = interleaved([lambda: dr.trace(thousand, 1.0).table(), lambda: dr.graph(thousand, 1.0).dot])
    yield Result("trace of 1,000 operations, with its table", "1", tracing, " s", f"{tracing * 1e3:.0f} ms")
    yield Result("graph of 1,000 operations, with its DOT", "1", graphing, " s", f"{graphing * 1e3:.0f} ms")


def run() -> Iterator[Result]:
    """Measure all."""
    yield from rosenbrock()
    yield from pictures()
