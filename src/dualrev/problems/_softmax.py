"""Softmax regression: several classes, a linear predictor for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def cross_entropy(weights: Any, features: np.ndarray, labels: np.ndarray, classes: int) -> Any:
    """Return the mean of log sum_c exp(z[c]) - z[label] over all points, where z = W features.

    `weights` holds W, of shape (classes, features), as one vector.
    """
    z = features @ np.reshape(weights, (classes, -1)).T
    largest = np.max(z, axis=1)
    total = np.log(np.sum(np.exp(z - largest[:, None]), axis=1)) + largest
    return np.mean(total - z[np.arange(len(labels)), labels])


def loop(weights: Any, features: np.ndarray, labels: np.ndarray, classes: int) -> Any:
    """Return the same, point by point."""
    points, width = features.shape
    loss = 0.0
    z = np.empty(classes)
    for i in range(points):
        for c in range(classes):
            z[c] = 0.0
            for j in range(width):
                z[c] += weights[c * width + j] * features[i, j]
        largest = z[0]
        for c in range(1, classes):
            largest = max(largest, z[c])
        total = 0.0
        for c in range(classes):
            total += np.exp(z[c] - largest)
        loss += np.log(total) + largest - z[labels[i]]
    return loss / points


def gradient(weights: np.ndarray, features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the gradient, shape (n,)."""
    z = features @ weights.reshape(classes, -1).T
    likely = np.exp(z - z.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    likely[np.arange(len(labels)), labels] -= 1.0
    return np.ravel(likely.T @ features) / len(labels)


def problem(classes: int = 10, features: int = 50, points: int = 200) -> Problem:
    """Return the regression on random points with random labels."""
    at_least(1, classes=classes, features=features, points=points)
    rng = np.random.default_rng(0)
    return Problem(
        name="softmax",
        title=f"softmax regression of {classes} classes by {features} features on {points} points",
        f=cross_entropy,
        loop=loop,
        derivative=gradient,
        x=rng.standard_normal(classes * features) / np.sqrt(features),
        data=(rng.standard_normal((points, features)), rng.integers(classes, size=points), classes),
        description="Mean cross-entropy; points and labels are drawn at random.",
    )
