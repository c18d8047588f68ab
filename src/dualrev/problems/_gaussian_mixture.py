"""The log-likelihood of a mixture of Gaussians: the objective of ADBench.

Srajer, Kukelova, Fitzgibbon: A benchmark of selected algorithmic differentiation tools on some problems in computer
vision and machine learning, Optimization Methods and Software 33 (2018).
"""

from __future__ import annotations

from math import lgamma, log, pi
from typing import Any

import numpy as np

from dualrev.problems.problem import Problem, at_least


def log_likelihood(parameters: Any, points: np.ndarray, components: int, constant: float) -> Any:
    """Return the log-likelihood of points of shape (N, d), with a Wishart prior of weight 1.

    `parameters` holds, for K components, logarithms of weights (K,), means (K, d), and of the Cholesky factors Q of the
    inverse covariances the logarithms of the diagonals (K, d) and what is below them, row by row (K, d (d - 1) / 2).
    """
    weights, means, diagonals, below = _unpacked(parameters, components, points.shape[1])
    scales = np.exp(diagonals)
    away = points - means[:, None, :]
    terms = away @ np.swapaxes(_lower(below, points.shape[1]), 1, 2) + scales[:, None, :] * away
    exponents = (weights + np.sum(diagonals, axis=1))[:, None] - 0.5 * np.sum(terms * terms, axis=2)
    prior = 0.5 * (np.sum(scales * scales) + np.sum(below * below))
    return constant + np.sum(_log_sum_exp(exponents)) - len(points) * _log_sum_exp(weights) + prior


def loop(parameters: Any, points: np.ndarray, components: int, constant: float) -> Any:
    """Return the same, point by point."""
    count, d = points.shape
    under = d * (d - 1) // 2
    diagonal, below = components * (1 + d), components * (1 + 2 * d)
    scales = np.exp(parameters[diagonal:below])
    result = constant
    exponents, terms = np.empty(components), np.empty(d)
    for i in range(-1, count):  # -1 stands for the weights themselves
        for k in range(components):
            exponents[k] = parameters[k]
            if i >= 0:
                squares = 0.0
                for row in range(d):
                    at = below + k * under + row * (row - 1) // 2
                    mean = components + k * d
                    terms[row] = scales[k * d + row] * (points[i, row] - parameters[mean + row])
                    for column in range(row):
                        terms[row] += parameters[at + column] * (points[i, column] - parameters[mean + column])
                    squares += terms[row] * terms[row]
                    exponents[k] += parameters[diagonal + k * d + row]
                exponents[k] -= 0.5 * squares
        largest = exponents[0]
        for k in range(1, components):
            largest = max(largest, exponents[k])
        total = 0.0
        for k in range(components):
            total += np.exp(exponents[k] - largest)
        result += (np.log(total) + largest) * (1.0 if i >= 0 else -float(count))
    for scale in scales:
        result += 0.5 * scale * scale
    for each in parameters[below:]:
        result += 0.5 * each * each
    return result


def gradient(parameters: np.ndarray, points: np.ndarray, components: int, constant: float) -> np.ndarray:
    """Return the gradient, shape (n,)."""
    d = points.shape[1]
    weights, means, diagonals, below = _unpacked(parameters, components, d)
    scales = np.exp(diagonals)
    factors = _lower(below, d) + scales[:, :, None] * np.eye(d)
    away = points - means[:, None, :]
    terms = away @ np.swapaxes(factors, 1, 2)
    exponents = (weights + diagonals.sum(axis=1))[:, None] - 0.5 * np.sum(terms**2, axis=2)
    share = _softmax(exponents)
    to_factors = -np.swapaxes(share[:, :, None] * terms, 1, 2) @ away
    rows, columns = np.tril_indices(d, -1)
    to_weights = share.sum(axis=1) - len(points) * _softmax(weights)
    to_means = np.sum(share[:, :, None] * (terms @ factors), axis=1)
    to_diagonals = share.sum(axis=1)[:, None] + np.einsum("kii->ki", to_factors) * scales + scales**2
    to_below = to_factors[:, rows, columns] + below
    return np.concatenate([to_weights, to_means.ravel(), to_diagonals.ravel(), to_below.ravel()])


def _unpacked(parameters: Any, k: int, d: int) -> tuple[Any, Any, Any, Any]:
    weights, means, diagonals, below = np.split(parameters, np.cumsum([k, k * d, k * d]))
    return weights, np.reshape(means, (k, d)), np.reshape(diagonals, (k, d)), np.reshape(below, (k, -1))


def _lower(below: Any, d: int) -> Any:
    """Return matrices of shape (K, d, d) with these numbers below the diagonal and zeros elsewhere."""
    place = np.zeros((d, d), dtype=np.intp)
    place[np.tril_indices(d, -1)] = 1 + np.arange(d * (d - 1) // 2)
    return np.concatenate([np.zeros((len(below), 1)), below], axis=1)[:, place]


def _log_sum_exp(x: Any) -> Any:
    largest = np.max(x, axis=0)
    return np.log(np.sum(np.exp(x - largest), axis=0)) + largest


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=0))
    shares: np.ndarray = powers / powers.sum(axis=0)
    return shares


def _constant(points: int, k: int, d: int) -> float:
    """Return what does not depend on the parameters, with ADBench's prior of d + 1 degrees of freedom."""
    freedom = d + 1
    log_gamma = 0.25 * d * (d - 1) * log(pi) + sum(lgamma(0.5 * freedom - 0.5 * j) for j in range(d))
    return -0.5 * points * d * log(2.0 * pi) + k * (0.5 * freedom * d * log(2.0) + log_gamma)


def problem(components: int = 5, dimensions: int = 10, points: int = 200) -> Problem:
    """Return the objective on random points."""
    at_least(1, components=components, dimensions=dimensions, points=points)
    rng = np.random.default_rng(0)
    n = components * (1 + 2 * dimensions + dimensions * (dimensions - 1) // 2)
    return Problem(
        name="gaussian_mixture",
        title=f"mixture of {components} Gaussians in {dimensions} dimensions, {points} points",
        f=log_likelihood,
        loop=loop,
        derivative=gradient,
        x=0.3 * rng.standard_normal(n),
        data=(rng.standard_normal((points, dimensions)), components, _constant(points, components, dimensions)),
        description="Log-likelihood with a Wishart prior, the objective of ADBench (Srajer et al., 2018).",
    )
