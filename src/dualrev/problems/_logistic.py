"""Logistic regression: a mean over points, of a function of one linear predictor each."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def negative_log_likelihood(theta: Any, features: np.ndarray, labels: np.ndarray) -> Any:
    """Return the mean over all points of log(1 + exp(z)) - y z, where z is the linear predictor and y is 0 or 1."""
    z = features @ theta
    return np.mean(np.logaddexp(0.0, z) - labels * z)


def loop(theta: Any, features: np.ndarray, labels: np.ndarray) -> Any:
    """Return the same, point by point."""
    total = 0.0
    for i in range(labels.size):
        z = 0.0
        for j in range(theta.size):
            z += features[i, j] * theta[j]
        total += np.logaddexp(0.0, z) - labels[i] * z
    return total / labels.size


def gradient(theta: np.ndarray, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the gradient, shape (n,)."""
    expected = 1.0 / (1.0 + np.exp(-features @ theta))
    slope: np.ndarray = features.T @ (expected - labels) / len(labels)
    return slope


def problem(n: int = 100, points: int = 500) -> Problem:
    """Return the regression on random points, whose labels are drawn from a model of the kind."""
    at_least(1, n=n, points=points)
    rng = np.random.default_rng(0)
    features = rng.standard_normal((points, n)) / np.sqrt(n)
    labels = (features @ rng.standard_normal(n) + rng.logistic(size=points) > 0.0).astype(np.float64)
    return Problem(
        name="logistic",
        title=f"logistic regression with {n} weights on {points} points",
        f=negative_log_likelihood,
        loop=loop,
        derivative=gradient,
        x=rng.standard_normal(n),
        data=(features, labels),
        description="Mean negative log-likelihood of labels 0 and 1; points and labels are drawn at random.",
    )
