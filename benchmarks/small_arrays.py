"""What an operation on a small array costs, forward and back: there the work around NumPy's own is nearly all."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

import dualrev as dr
from benchmarks.timing import Result, interleaved

ROUNDS, OPERATIONS = 5, 50
MATRIX = np.array([[0.6, -0.3], [0.2, 0.5]])


def chain(xp: Any, matrix: Any, x: Any) -> Any:
    """Apply ten operations in each round to arrays of 10 elements, and add up."""
    for _ in range(ROUNDS):
        y = xp.sin(x)
        z = xp.exp(y)
        x = y * z
        x = x + y
        x = 0.1 * x
        x = x + xp.sum(x)
        x = xp.reshape(x, (2, 5))
        x = xp.matmul(matrix, x)
        x = xp.reshape(x, (10,))
    return xp.sum(x)


def run() -> Iterator[Result]:
    """Compare a reverse gradient with HIPS autograd's and, where it is installed, PyTorch's."""
    import autograd
    import autograd.numpy as anp

    x = np.linspace(0.1, 1.0, 10)
    ours = dr.grad(lambda x: chain(np, MATRIX, x), mode="reverse")
    theirs = autograd.grad(lambda x: chain(anp, MATRIX, x))
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-12)
    calls: list[Any] = [lambda: chain(np, MATRIX, x), lambda: ours(x), lambda: theirs(x)]
    torch = _torch_gradient(x) if find_spec("torch") else None
    if torch is not None:
        np.testing.assert_allclose(torch().numpy(), ours(x), rtol=1e-12)
        calls.append(torch)
    function, mine, *peers = interleaved(calls, seconds=4)
    what = f"gradient of {OPERATIONS} operations on arrays of 10, reverse"
    for name, goal, peer in zip(("autograd", "PyTorch"), ("0.25", "0.5"), peers, strict=False):
        detail = ", ".join(
            f"{who} {seconds / OPERATIONS * 1e6:.2f} µs"
            for who, seconds in (("dualrev", mine), (name, peer), ("NumPy's function", function))
        )
        yield Result(f"{what}, over {name}'s", goal, mine / peer, "", f"{detail}, each per operation")


def _torch_gradient(x: np.ndarray) -> Any:
    import torch

    torch.set_num_threads(1)
    matrix = torch.tensor(MATRIX)

    def gradient() -> Any:
        leaf = torch.tensor(x, requires_grad=True)
        chain(torch, matrix, leaf).backward()
        return leaf.grad

    return gradient


if __name__ == "__main__":
    for result in run():
        print(f"{result.what}: {result.ratio:.3g}{result.unit} (goal {result.goal}; {result.detail})", flush=True)
