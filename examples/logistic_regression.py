"""Logistic regression by maximum likelihood, with four optimisers: examples 13 and 14.

Run it with `python examples/logistic_regression.py`; it writes logistic_regression.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr

TRUE = np.array([-0.5, 2.0, -1.0])


def data(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of ones and two normal ones, and labels drawn by the logistic model."""
    random = np.random.default_rng(14)
    x = np.column_stack([np.ones(n), random.normal(size=(n, 2))])
    return x, (random.random(n) < 1 / (1 + np.exp(-x @ TRUE))).astype(float)


def loss(theta: Any, x: np.ndarray, y: np.ndarray) -> Any:
    """Return -sum(y_i x_i.theta - log(1 + exp(x_i.theta)))."""
    z = x @ theta
    return -np.sum(y * z - np.logaddexp(0.0, z))


def main(figures: Path | None = None) -> dict[str, Any]:
    """Fit by gradient descent with its stopping rule, then by three other optimisers for 100 iterations."""
    x, y = data()
    plain = dr.optim.minimize(loss, np.zeros(3), args=(x, y), step=0.005, tolerance=1e-6)
    print(plain)
    exact = dr.optim.minimize(loss, np.zeros(3), "newton", args=(x, y))
    print(exact)
    curves: dict[str, Any] = {"gradient descent": plain.losses[:101]}
    optimizers = {
        "SGD, batches of 30": (lambda p: dr.optim.SGD(p, lr=0.01), 30),
        "Adam": (lambda p: dr.optim.Adam(p, lr=0.1), len(y)),
        "Rprop": (lambda p: dr.optim.Rprop(p, lr=0.1), len(y)),
    }
    random = np.random.default_rng(1)
    for name, (make, batch) in optimizers.items():
        theta = dr.zeros(3, requires_grad=True)
        optimizer, losses = make([theta]), [float(loss(theta.value, x, y))]
        for _ in range(100):
            chosen = random.permutation(len(y))[:batch]
            optimizer.zero_grad()
            loss(theta, x[chosen], y[chosen]).backward()
            optimizer.step()
            losses.append(float(loss(theta.value, x, y)))
        curves[name] = np.array(losses)
        print(f"{name}: loss {losses[-1]:.4f} at {theta.value.round(4)}")
    if figures is not None:
        draw(curves, exact.loss, figures / "logistic_regression.png")
    return {"plain": plain, "exact": exact, "curves": curves}


def draw(curves: dict[str, Any], least: float, path: Path) -> None:
    """Draw how far the losses are from the least."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, losses in curves.items():
        axes.semilogy(losses - least, label=name, linewidth=1.4)
    axes.set_xlabel("iteration")
    axes.set_ylabel("negative log-likelihood above the least")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(Path.cwd())
