"""Linear regression by gradient descent, and the gradient of the mean squared error: examples 16 and 18.

Run it with `python examples/linear_regression.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr


def main(figures: Path | None = None) -> dict[str, Any]:
    """Fit y = b0 + b1 x to y = 1 + x + e, e normal with variance 0.25, x uniform on [0, 2], n = 200."""
    random = np.random.default_rng(16)
    x = random.uniform(0, 2, 200)
    y = 1 + x + random.normal(0, 0.5, 200)
    b0, b1 = dr.Var(0.0), dr.Var(0.0)
    optimizer = dr.optim.SGD([b0, b1], lr=0.2)
    for _ in range(500):
        optimizer.zero_grad()
        dr.nn.mse(b0 + b1 * x, y).backward()
        optimizer.step()
    fitted = np.array([float(b0.value), float(b1.value)])
    least_squares = np.polyfit(x, y, 1)[::-1]
    print("gradient descent:", fitted.round(6))
    print("least squares:   ", least_squares.round(6))

    design = np.column_stack([np.ones_like(x), x])
    theta = np.array([0.5, 0.5])
    gradient = dr.grad(lambda theta: dr.nn.mse(design @ theta, y))(theta)
    by_hand = -2 / len(y) * (y - design @ theta) @ design
    print("gradient of the mean squared error:", gradient, "by hand:", by_hand)
    return {"fitted": fitted, "least squares": least_squares, "gradient": gradient, "by hand": by_hand}


if __name__ == "__main__":
    main()
