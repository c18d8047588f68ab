"""Functions of arrays whose result is a number."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualrev as dr
from scenarios.scenario import I2, I3, A, B, C, P, S, X, s


def largest_product(x: Any) -> Any:
    best = x[0] * x[1]
    for k in range(1, len(x) - 1):
        best = max(best, x[k] * x[k + 1])
    return best


def horner(c: Any) -> Any:
    total = 0.0
    for coefficient in c:
        total = total * 2.0 + coefficient
    return total


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x: Any) -> Any:
    g = np.zeros_like(x)
    g[:-1] = -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return g


def likelihood(theta: Any) -> Any:
    z = B @ theta
    return -np.sum(np.array([1.0, 0.0, 1.0]) * z - np.log1p(np.exp(z)))


SCALARS = (
    S(
        "worked 1: log(x1) + x1 x2 - sin(x2)",
        lambda x: np.log(x[0]) + x[0] * x[1] - np.sin(x[1]),
        np.array([2.0, 5.0]),
        lambda x: np.array([1 / x[0] + x[1], x[0] - np.cos(x[1])]),
    ),
    S(
        "worked 2: log(x1 x2) sin(x2)",
        lambda x: np.log(x[0] * x[1]) * np.sin(x[1]),
        np.array([2.0, 5.0]),
        lambda x: np.array([np.sin(x[1]) / x[0], np.sin(x[1]) / x[1] + np.log(x[0] * x[1]) * np.cos(x[1])]),
    ),
    S("worked 3", lambda x: 0.2 * x[0] ** 2 + 0.2 * x[1] ** 2 - 5, np.array([2.0, 2.0]), lambda x: 0.4 * x),
    S("worked 10: sum of squares", lambda x: np.sum(x**2), np.arange(5.0), lambda x: 2 * x),
    S(
        "worked 10: mean(log(x^2 + 1) + 5x)",
        lambda x: np.mean(np.log(x**2 + 1) + 5 * x),
        np.arange(5.0),
        lambda x: (2 * x / (x**2 + 1) + 5) / 5,
    ),
    S("worked 5: Rosenbrock", rosenbrock, X, rosenbrock_gradient),
    S("worked 14: likelihood", likelihood, C[0], lambda t: B.T @ (1 / (1 + np.exp(-B @ t)) - [1.0, 0.0, 1.0])),
    S("worked 18: mean square", lambda t: np.mean((P - B @ t) ** 2), C[0], lambda t: -2 / 3 * B.T @ (P - B @ t)),
    S("worked 13: cross entropy", lambda z: dr.special.logsumexp(z) - z[1], X, lambda z: s(z) - I3[1]),
    S("norm", lambda x: np.linalg.norm(x), X, lambda x: x / np.sqrt(x @ x)),
    S("norm of order 1", lambda x: np.linalg.norm(x, 1), X, np.sign),
    S("dot with itself", lambda x: np.dot(x, x), X, lambda x: 2 * x),
    S("quadratic form", lambda x: x @ A.T @ A @ x, X, lambda x: 2 * A.T @ A @ x),
    S("largest", lambda x: np.max(x) ** 2, X, lambda x: np.array([0.0, 0.0, 2 * x[2]])),
    S("smallest, tied", lambda x: x.min(), np.array([1.0, 3.0, 1.0]), lambda x: np.array([0.5, 0.0, 0.5])),
    S("builtin max", largest_product, P, lambda x: np.array([0.0, x[2], x[1]])),
    S("builtin sum", lambda x: sum(v * v for v in x), X, lambda x: 2 * x),
    S("iteration", horner, X, lambda c: np.array([4.0, 2.0, 1.0])),
    S("zip", lambda x: sum(k * v for k, v in zip((1, 2, 3), x, strict=True)), X, lambda x: np.arange(1, 4.0)),
    S("methods of arrays", lambda x: x.reshape(3, 1).T.sum() + x.mean() + x.dot(x), X, lambda x: 4 / 3 + 2 * x),
    S("trace", lambda a: a[0, 0] + a[1, 1], C, lambda a: I2),
    S("Frobenius", lambda a: np.linalg.norm(a), A, lambda a: a / np.sqrt((a * a).sum())),
    S("sum of nothing", lambda x: np.sum(x * 2), np.zeros(0), lambda x: np.zeros(0)),
)
