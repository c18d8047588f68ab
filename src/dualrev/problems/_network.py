"""A small network of dense layers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def mean_square(parameters: Any, inputs: np.ndarray, targets: np.ndarray, widths: tuple[int, ...]) -> Any:
    """Return the mean square of the network's output minus the targets, all layers but the last through tanh.

    `widths` are the numbers of units from input to output; `parameters` holds for each layer weights (in, out) and
    biases (out,).
    """
    at, y = 0, inputs
    for layer, (before, after) in enumerate(pairwise(widths)):
        weights = np.reshape(parameters[at : at + before * after], (before, after))
        at += before * after
        y = y @ weights + parameters[at : at + after]
        at += after
        if layer < len(widths) - 2:
            y = np.tanh(y)
    return np.mean((y - targets) ** 2)


def loop(parameters: Any, inputs: np.ndarray, targets: np.ndarray, widths: tuple[int, ...]) -> Any:
    """Return the same, unit by unit."""
    loss = 0.0
    largest = max(widths)
    y, z = np.zeros(largest), np.zeros(largest)
    for i in range(len(inputs)):
        at = 0
        for j in range(widths[0]):
            y[j] = inputs[i, j]
        for layer in range(len(widths) - 1):
            before, after = widths[layer], widths[layer + 1]
            for k in range(after):
                z[k] = parameters[at + before * after + k]
                for j in range(before):
                    z[k] += y[j] * parameters[at + j * after + k]
            at += (before + 1) * after
            for k in range(after):
                y[k] = np.tanh(z[k]) if layer < len(widths) - 2 else z[k]
        for k in range(widths[-1]):
            loss += (y[k] - targets[i, k]) ** 2
    return loss / targets.size


def gradient(parameters: np.ndarray, inputs: np.ndarray, targets: np.ndarray, widths: tuple[int, ...]) -> np.ndarray:
    """Return the gradient, shape (n,), by backpropagation."""
    at, y, stretch, layers = 0, inputs, None, []
    for layer, (before, after) in enumerate(pairwise(widths)):
        weights = parameters[at : at + before * after].reshape(before, after)
        layers.append((y, stretch, weights))
        z = y @ weights + parameters[at + before * after : at + (before + 1) * after]
        y, stretch = (np.tanh(z), np.cosh(z)) if layer < len(widths) - 2 else (z, None)
        at += (before + 1) * after
    slope, parts = 2.0 * (y - targets) / targets.size, []
    for before_layer, stretch, weights in reversed(layers):
        parts.append(np.concatenate([(before_layer.T @ slope).ravel(), slope.sum(axis=0)]))
        slope = slope @ weights.T if stretch is None else (slope @ weights.T) / stretch**2
    return np.concatenate(parts[::-1])


def problem(inputs: int = 10, hidden: int = 20, layers: int = 2, outputs: int = 5, points: int = 50) -> Problem:
    """Return a network with hidden layers of equal width, on random points."""
    at_least(1, inputs=inputs, hidden=hidden, layers=layers, outputs=outputs, points=points)
    rng = np.random.default_rng(0)
    widths = (inputs, *[hidden] * layers, outputs)
    weights = [
        np.concatenate([rng.standard_normal(before * after) / np.sqrt(before), 0.1 * rng.standard_normal(after)])
        for before, after in pairwise(widths)
    ]
    return Problem(
        name="network",
        title=f"network of {' x '.join(map(str, widths))} units on {points} points",
        f=mean_square,
        loop=loop,
        derivative=gradient,
        x=np.concatenate(weights),
        data=(rng.standard_normal((points, inputs)), rng.standard_normal((points, outputs)), widths),
        description="Mean square error of a network with tanh; points and targets are drawn at random.",
    )
