"""Iris, virginica against the rest, three ways, and all three varieties by a small network: example 15.

Run it with `python examples/iris_classification.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import dualrev as dr
from dualrev import nn, optim
from dualrev.problems import flowers, split


def hard_way(x: np.ndarray, y: np.ndarray, epochs: int, lr: float = 0.1) -> tuple[list[float], list[float]]:
    """Fit by five scalar parameters, updated by hand; return the losses, one each 100 epochs, and the parameters."""
    columns = x.T
    b, w1, w2, w3, w4 = parameters = [dr.Var(0.0) for _ in range(5)]
    losses = []
    for epoch in range(1, epochs + 1):
        z = b + w1 * columns[0] + w2 * columns[1] + w3 * columns[2] + w4 * columns[3]
        p = 1 / (1 + np.exp(-z))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        loss.backward()
        with dr.no_grad():
            for parameter in parameters:
                parameter -= lr * parameter.grad
                parameter.zero_grad()
        if epoch % 100 == 0:
            losses.append(float(loss.value))
            print(f"epoch {epoch:5d}: loss {loss.value:.6f}")
    return losses, [float(parameter.value) for parameter in parameters]


def by_vectors(x: np.ndarray, y: np.ndarray, epochs: int, lr: float = 0.1) -> np.ndarray:
    """Fit by a vector of parameters and an intercept; return all five."""
    b, w = dr.zeros(requires_grad=True), dr.zeros(4, requires_grad=True)
    optimizer = optim.SGD([b, w], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        nn.binary_cross_entropy_with_logits(x @ w + b, y).backward()
        optimizer.step()
    return np.array([float(b.value), *w.value])


def by_layer(x: np.ndarray, y: np.ndarray, epochs: int) -> tuple[nn.Linear, float]:
    """Fit a linear layer by Adam; return it and the last loss."""
    layer = nn.Linear(4, 1, seed=0)
    optimizer = optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.binary_cross_entropy_with_logits(layer(x)[:, 0], y)
        loss.backward()
        optimizer.step()
    return layer, float(loss.value)


def network(x: np.ndarray, varieties: np.ndarray, epochs: int) -> nn.Sequential:
    """Fit a network with one hidden layer to the three varieties."""
    model = nn.Sequential(nn.Linear(4, 8, seed=1), nn.Sigmoid(), nn.Linear(8, 3, seed=2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(epochs):
        optimizer.zero_grad()
        nn.cross_entropy(model(x), varieties).backward()
        optimizer.step()
    return model


def main(figures: Path | None = None, epochs: int = 5000) -> dict[str, Any]:
    """Fit four times on 90 % of the flowers; the rest tests."""
    features, varieties = flowers()
    y = (varieties == 2).astype(float)
    train, test = split(varieties, 0.1, seed=1)
    center, width = features[train].mean(axis=0), features[train].std(axis=0)
    x = (features - center) / width
    losses, scalars = hard_way(x[train], y[train], epochs)
    vectors = by_vectors(x[train], y[train], epochs)
    print("five scalars:", np.round(scalars, 4))
    print("by vectors:  ", vectors.round(4))
    layer, least = by_layer(x[train], y[train], min(epochs, 500))
    model = network(x[train], varieties[train], min(epochs, 300))
    with dr.no_grad():
        right = {
            "vectors": np.mean((x[test] @ vectors[1:] + vectors[0] > 0) == y[test]),
            "layer": np.mean((layer(x[test]).value[:, 0] > 0) == y[test]),
            "network": np.mean(model(x[test]).value.argmax(axis=1) == varieties[test]),
        }
    print(f"a linear layer by Adam: loss {least:.6f}")
    print("correct of the 15 that were left out:", ", ".join(f"{name} {part:.0%}" for name, part in right.items()))
    return {"losses": losses, "scalars": scalars, "vectors": vectors, "least": least, "right": right}


if __name__ == "__main__":
    main()
