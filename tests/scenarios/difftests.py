"""Functions that other libraries test themselves with.

Those of DiffTests.jl (ForwardDiff, ReverseDiff), of DifferentiationInterfaceTest.jl, of the collection of More, Garbow
and Hillstrom (ACM TOMS 7, 1981), and of HIPS autograd's examples; the Jacobians by hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.scenario import I3, A, B, C, P, S, Scenario, X

einsum = np.einsum
COUNT = np.arange(1.0, 4.0)


def ackley(x: Any) -> Any:
    n = len(x)
    sum_of_squares = sum_of_cosines = 0.0
    for v in x:
        sum_of_squares += v * v
        sum_of_cosines += np.cos(2 * np.pi * v)
    return -20 * np.exp(-0.2 * np.sqrt(sum_of_squares / n)) - np.exp(sum_of_cosines / n) + 20 + np.e


def ackley_gradient(x: Any) -> Any:
    r = np.sqrt(np.mean(x * x))
    first = 4 * np.exp(-0.2 * r) * x / (r * len(x))
    return first + np.exp(np.mean(np.cos(2 * np.pi * x))) * 2 * np.pi * np.sin(2 * np.pi * x) / len(x)


def brown_almost_linear(x: Any) -> Any:
    return np.stack([*(x[:-1] + np.sum(x) - (len(x) + 1)), np.prod(x) - 1])


def brown_jacobian(x: Any) -> Any:
    jacobian = np.ones((3, 3)) + I3
    jacobian[2] = np.prod(x) / x
    return jacobian


def trigonometric(x: Any) -> Any:
    return len(x) - np.sum(np.cos(x)) + COUNT * (1 - np.cos(x)) - np.sin(x)


def trigonometric_jacobian(x: Any) -> Any:
    return np.tile(np.sin(x), (3, 1)) + np.diag(COUNT * np.sin(x) - np.cos(x))


def broyden_tridiagonal(x: Any) -> Any:
    before, after = np.concatenate([[0.0], x[:-1]]), np.concatenate([x[1:], [0.0]])
    return (3 - 2 * x) * x - before - 2 * after + 1


def broyden_jacobian(x: Any) -> Any:
    return np.diag(3 - 4 * x) - np.diag(np.ones(2), -1) - 2 * np.diag(np.ones(2), 1)


def mixture(p: Any) -> Any:
    """The log-likelihood of a mixture of two normal distributions, by its means and the logarithms of its scales."""
    z = (P[:, None] - p["mean"]) / np.exp(p["scale"])
    return np.sum(np.logaddexp(*(-0.5 * z**2 - p["scale"]).T))


def mixture_gradient(p: Any) -> Any:
    z = (P[:, None] - p["mean"]) / np.exp(p["scale"])
    weights = np.exp(-0.5 * z**2 - p["scale"])
    weights = weights / weights.sum(axis=1, keepdims=True)
    return {"mean": np.sum(weights * z / np.exp(p["scale"]), 0), "scale": np.sum(weights * (z**2 - 1), 0)}


def recurrent(x: Any) -> Any:
    state = np.zeros(2)
    for v in x:
        state = np.tanh(C @ state + v * np.array([1.0, -0.5]))
    return state


def recurrent_jacobian(x: Any) -> Any:
    state, jacobian = np.zeros(2), np.zeros((2, 3))
    for n, v in enumerate(x):
        state = np.tanh(C @ state + v * np.array([1.0, -0.5]))
        jacobian = C @ jacobian
        jacobian[:, n] += [1.0, -0.5]
        jacobian = (1 - state**2)[:, None] * jacobian
    return jacobian


def inverse_jacobian(a: Any) -> Any:
    inverse = np.linalg.inv(a)
    return -einsum("ik,lj->ijkl", inverse, inverse)


def logit(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.dot(x, x)))


DIFFTESTS = (
    S("DiffTests: num2num_1", lambda x: np.sin(x) ** 2 / np.cos(x) ** 2, 0.6, lambda x: 2 * np.tan(x) / np.cos(x) ** 2),
    S("DiffTests: num2num_2", lambda x: 2 * x + np.sqrt(x * x * x), 1.7, lambda x: 2 + 1.5 * np.sqrt(x)),
    S("DiffTests: num2arr", lambda x: x * A - np.exp(x) * A, 0.4, lambda x: A * (1 - np.exp(x))),
    S("DiffTests: ackley", ackley, X, ackley_gradient),
    S(
        "DiffTests: Styblinski-Tang",
        lambda x: 0.5 * sum(v**4 - 16 * v**2 + 5 * v for v in x),
        X,
        lambda x: 2 * x**3 - 16 * x + 2.5,
    ),
    S("DiffTests: self-weighted logit", logit, X / 2, lambda x: 2 * x * logit(x) * (1 - logit(x))),
    S("DiffTests: products of sums", lambda x: sum(a * b for a in x for b in x), X, lambda x: np.full(3, 2 * x.sum())),
    S(
        "DiffTests: mean of sin(A) A",
        lambda a: np.mean(np.sum(np.sin(a) * a, axis=0)),
        A,
        lambda a: (np.sin(a) + a * np.cos(a)) / 3,
    ),
    S("DiffTests: det", np.linalg.det, C, lambda a: np.linalg.det(a) * np.linalg.inv(a).T),
    S("DiffTests: inv", np.linalg.inv, C, inverse_jacobian),
    S("MGH 27: Brown almost linear", brown_almost_linear, P, brown_jacobian),
    S("MGH 26: trigonometric", trigonometric, X, trigonometric_jacobian),
    S("MGH 30: Broyden tridiagonal", broyden_tridiagonal, X, broyden_jacobian),
    S("DI: number to array", lambda x: np.sin(x * P), 0.8, lambda x: P * np.cos(x * P)),
    S(
        "DI: array to array",
        lambda x: np.concatenate([np.sin(x), 2 * np.cos(x)]),
        X,
        lambda x: np.concatenate([np.diag(np.cos(x)), -2 * np.diag(np.sin(x))]),
    ),
    S(
        "DI: matrix to vector",
        lambda a: np.concatenate([np.sin(a).ravel(), np.cos(a).T.ravel()])[::5],
        A,
        lambda a: einsum(
            "n,njk->njk",
            [np.cos(a[0, 0]), np.cos(a[1, 2]), -np.sin(a[0, 2])],
            np.stack([np.eye(6).reshape(6, 2, 3)[k] for k in (0, 5, 2)]),
        ),
    ),
    S(
        "autograd: mixture of normals",
        mixture,
        {"mean": np.array([0.5, 1.8]), "scale": np.array([-0.3, 0.2])},
        mixture_gradient,
    ),
    S("autograd: recurrent network", recurrent, X / 3, recurrent_jacobian),
    S("autograd: linear regression", lambda w: np.mean((B.T @ w - np.ones(2)) ** 2), X, lambda w: B @ (B.T @ w - 1)),
    Scenario(
        "autograd: weights and data",
        lambda w, x: np.tanh(x @ w),
        (X / 2, A),
        lambda w, x: (
            (1 - np.tanh(x @ w) ** 2)[:, None] * x,
            einsum("i,ik,l->ikl", 1 - np.tanh(x @ w) ** 2, np.eye(2), w),
        ),
        (0, 1),
    ),
)
