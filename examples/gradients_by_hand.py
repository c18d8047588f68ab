"""The Var interface by hand, as users of PyTorch know it: examples 6 to 10 and 20.

Run it with `python examples/gradients_by_hand.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr


def main(figures: Path | None = None) -> dict[str, Any]:
    """Print gradients."""
    x1, x2 = dr.Var(5.0), dr.Var(2.0)
    (x1**2 + x2**2).backward()
    print(f"z = x1^2 + x2^2 at (5, 2): gradient ({x1.grad:g}, {x2.grad:g})")

    retained = []
    for keep in (True, False):
        x1, x2 = dr.Var(5.0), dr.Var(2.0)
        y = 0.5 * x2**2
        if keep:
            y.retain_grad()
        (x1**2 + y).backward()
        retained.append((x1.grad, x2.grad, y.grad))
        print(f"y {'retained' if keep else 'not retained'}: x1 {x1.grad:g}, x2 {x2.grad:g}, y {y.grad}")

    accumulated = []
    for clear in (False, True):
        x = dr.Var(5.0)
        for _ in range(2):
            if clear:
                x.zero_grad()
            (3 * x**2).backward()
            accumulated.append(float(x.grad))
    print("3 x^2 at 5, two passes without clearing, then with:", *accumulated)

    x = dr.Var(5.0)
    y = x**2
    z1, z2, z3 = x + y, x**2 + y, x**3 + y
    z1.backward(retain_graph=True)
    z2.backward(retain_graph=True)
    z3.backward()
    print(f"three backward passes over one graph: {x.grad:g}")
    try:
        z1.backward()
    except dr.errors.FreedTapeError as error:
        freed = str(error)
        print("a fourth:", freed)

    t = dr.arange(5, requires_grad=True)
    np.sum(t**2).backward()
    print("sum(x^2) at 0, 1, 2, 3, 4: gradient", t.grad)
    squares = t.grad
    t.zero_grad()
    mean = np.mean(np.log(t**2 + 1) + 5 * t)
    mean.backward()
    print(f"mean(log(x^2 + 1) + 5 x): {mean.value:.4f}, gradient", t.grad.round(4))

    column, row = dr.tensor([[1.0], [2.0], [3.0]], requires_grad=True), dr.tensor([[10.0, 20.0]], requires_grad=True)
    table = column + row
    print(f"broadcasting {column.shape} + {row.shape}: {table.shape}")
    joined = np.concatenate([table, table[:, -1:]], axis=1).reshape(-1)
    np.sum(joined[joined.value > 15.0]).backward()
    print("of the elements above 15:", column.grad.ravel(), row.grad.ravel())
    single = dr.randn(2, 3, seed=1, dtype=np.float32) @ dr.ones(3, 2, dtype=np.float32)
    print(f"a product of matrices in {single.dtype}: {single.shape}")
    return {
        "retained": retained,
        "accumulated": accumulated,
        "over one graph": float(x.grad),
        "freed": freed,
        "squares": squares,
        "mean": (float(mean.value), t.grad),
        "masked": (column.grad.ravel(), row.grad.ravel()),
    }


if __name__ == "__main__":
    main()
