"""Functions whose inputs or outputs are nested containers."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.scenario import I2, I3, LABELS, A, C, P, S, Scenario, X


def layer(p: Any) -> Any:
    return {"out": p["w"] @ P + p["b"], "size": np.sum(p["w"] ** 2)}


def layer_jacobian(p: Any) -> Any:
    out = {"w": np.einsum("ik,l->ikl", I2, P), "b": I2}
    return {"out": out, "size": {"w": 2 * p["w"], "b": np.zeros(2)}}


def numbers_jacobian(p: Any) -> Any:
    return np.array([p[1], 1.0]), np.array([p[0], 0.0])


CONTAINERS = (
    S("worked 13: linear layer, in and out of dicts", layer, {"w": A, "b": LABELS}, layer_jacobian),
    S("list in", lambda p: p[0] * p[1], [X, P], lambda p: [np.diag(p[1]), np.diag(p[0])]),
    S(
        "nested in, scalar out",
        lambda p: p["a"][0] ** 2 * p["b"][1] + np.sum(p["a"][1]),
        {"a": (3.0, X), "b": [1.0, 2.0]},
        lambda p: {"a": (2 * p["a"][0] * p["b"][1], np.ones(3)), "b": [0.0, p["a"][0] ** 2]},
    ),
    S(
        "tuple out",
        lambda x: (x[0] * x[1], np.cos(x)),
        X,
        lambda x: (np.array([x[1], x[0], 0.0]), -np.diag(np.sin(x))),
    ),
    S(
        "list of arrays out",
        lambda x: [x[:2] ** 2, x[2:] * 3],
        X,
        lambda x: [np.diag(2 * x)[:2], 3 * I3[2:]],
    ),
    S(
        "dict of a list of scalars out",
        lambda x: {"p": [x[0], x[1] * x[2]]},
        X,
        lambda x: {"p": np.array([[1.0, 0.0, 0.0], [0.0, x[2], x[1]]])},
    ),
    S(
        "an output that does not depend",
        lambda x: (x * 2, np.ones(2)),
        X,
        lambda x: (2 * I3, np.zeros((2, 3))),
    ),
    S("unused input", lambda p: 2 * p["x"], {"x": X, "y": C}, lambda p: {"x": 2 * I3, "y": np.zeros((3, 2, 2))}),
    S("the same leaf twice", lambda x: (x, x), X, lambda x: (I3, I3)),
    S("numbers in a tuple", lambda p: np.stack([p[0] * p[1], p[0]]), (2.0, 3.0), numbers_jacobian),
    S(
        "None holds nothing",
        lambda p: (p["w"] * p["of"][0], None),
        {"w": X, "b": None, "of": (2.0, None)},
        lambda p: ({"w": p["of"][0] * I3, "b": None, "of": (p["w"], None)}, None),
    ),
    Scenario(
        "two arguments",
        lambda x, y: (x @ y, np.sum(x)),
        (A, X),
        lambda x, y: ((np.einsum("ik,l->ikl", I2, y), x), (np.ones((2, 3)), np.zeros(3))),
        (0, 1),
    ),
    Scenario(
        "data is not differentiated",
        lambda theta, data, scale=1.0: scale * data["x"] @ theta,
        (X, {"x": A, "name": "a string"}),
        lambda theta, data: data["x"],
    ),
)
