"""Functions of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.scenario import S, Scenario


def branch(x: Any) -> Any:
    return x * x if x > 0 else -3 * x


def thrice(x: Any) -> Any:
    for _ in range(3):
        x = np.sin(x)
    return x


def newton_sqrt(a: Any) -> Any:
    x = 1.0
    while abs(x * x - a) > 1e-3:
        x = 0.5 * (x + a / x)
    for _ in range(3):
        x = 0.5 * (x + a / x)
    return x


def neuron(w: Any, x: Any, b: Any) -> Any:
    return (np.exp(w * x + b) - 2.0) ** 2


def neuron_gradient(w: Any, x: Any, b: Any) -> Any:
    y = np.exp(w * x + b)
    d = 2 * (y - 2.0) * y
    return d * x, d * w, d


NUMBERS = (
    S("worked 6: 3x^2 + x + 4 sin x", lambda x: 3 * x**2 + x + 4 * np.sin(x), 5.0, lambda x: 6 * x + 1 + 4 * np.cos(x)),
    S("worked 4: log(x)^2", lambda x: np.log(x) ** 2, 3.0, lambda x: 2 * np.log(x) / x),
    S(
        "powers",
        lambda x: x**3 + 2.0**x + x**-2 + x**0.5 + x**x,
        1.4,
        lambda x: 3 * x**2 + np.log(2) * 2**x - 2 * x**-3 + 0.5 / x**0.5 + x**x * (np.log(x) + 1),
    ),
    S("branch taken", branch, 1.5, lambda x: 2 * x),
    S("branch not taken", branch, -1.5, lambda x: -3.0),
    S("loop", thrice, 0.8, lambda x: np.cos(np.sin(np.sin(x))) * np.cos(np.sin(x)) * np.cos(x)),
    S("loop until converged", newton_sqrt, 2.0, lambda a: 0.5 / np.sqrt(a)),
    S("number to vector", lambda x: np.array([1.0, 2.0, 3.0]) * x**2, 0.5, lambda x: np.array([2.0, 4.0, 6.0]) * x),
    S("number to list", lambda x: [np.sin(x), np.cos(x), 1.0], 0.5, lambda x: np.array([np.cos(x), -np.sin(x), 0.0])),
    S("number to dict", lambda x: {"a": x * x, "b": (1 / x,)}, 2.0, lambda x: {"a": 2 * x, "b": (-1 / x**2,)}),
    S("constant", lambda x: 7.0, 2.0, lambda x: 0.0),
    S("identity", lambda x: x, 2.0, lambda x: 1.0),
    S("divmod", lambda x: np.stack(divmod(x, 0.75)), 2.0, lambda x: np.array([0.0, 1.0])),
    Scenario("worked 12: three arguments", neuron, (0.5, 0.8, -0.2), neuron_gradient, (0, 1, 2)),
    Scenario("second argument", lambda x, y: x * np.log(y), (3.0, 2.0), lambda x, y: x / y, 1),
    Scenario("last argument", lambda x, y: x * np.log(y), (3.0, 2.0), lambda x, y: x / y, -1),
)
