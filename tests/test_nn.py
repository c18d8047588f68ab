"""Functions and layers of networks: closed forms, large logits, both modes, and iris."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev import nn
from dualrev.problems import flowers, split

X = np.array([-800.0, -30.0, -1.5, -0.2, 0.3, 2.0, 40.0, 900.0])
BOTH = pytest.mark.parametrize("mode", ["forward", "reverse"])


def logistic(x: Any) -> Any:
    return np.exp(-np.logaddexp(0.0, -x))


@pytest.mark.parametrize(
    ("f", "value", "slope"),
    [
        (nn.relu, lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
        (nn.sigmoid, logistic, lambda x: logistic(x) * logistic(-x)),
        (nn.tanh, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (nn.softplus, lambda x: np.logaddexp(0, x), logistic),
    ],
    ids=["relu", "sigmoid", "tanh", "softplus"],
)
@BOTH
def test_activations(f: Any, value: Any, slope: Any, mode: str) -> None:
    np.testing.assert_allclose(f(X), value(X), rtol=1e-14)
    np.testing.assert_allclose(dr.jacobian(f, mode=mode)(X), np.diag(slope(X)), rtol=1e-12, atol=1e-15)


@BOTH
def test_softmax_and_its_logarithm(mode: str) -> None:
    x = np.array([[0.5, -1.0, 2.0], [1000.0, 999.0, -1000.0]])
    s = nn.softmax(x)
    np.testing.assert_allclose(s.sum(axis=-1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(nn.log_softmax(x)[0], np.log(s[0]), rtol=1e-14)
    assert nn.log_softmax(x)[1, 2] == pytest.approx(-2000 - np.log1p(np.exp(-1)), rel=1e-15)
    for row, p in zip(x, s, strict=True):
        expected = np.diag(p) - np.outer(p, p)
        np.testing.assert_allclose(dr.jacobian(nn.softmax, mode=mode)(row), expected, rtol=1e-13, atol=1e-16)
        np.testing.assert_allclose(dr.jacobian(nn.log_softmax, mode=mode)(row), np.eye(3) - p, rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(dr.grad(dr.special.logsumexp, mode=mode)(x[0]), s[0], rtol=1e-14)


@BOTH
def test_cross_entropy_of_a_linear_classifier(mode: str) -> None:
    rng = np.random.default_rng(0)
    weight, bias, x = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4)
    np.testing.assert_array_equal(dr.jacobian(nn.linear, mode=mode)(x, weight), weight)
    z = nn.linear(x, weight, bias)
    s = nn.softmax(z)
    assert nn.cross_entropy(z, 2) == pytest.approx(-np.log(s[2]), rel=1e-14)
    np.testing.assert_allclose(dr.grad(nn.cross_entropy, mode=mode)(z, 2), s - np.eye(3)[2], rtol=1e-13)
    slope = dr.grad(lambda w: nn.cross_entropy(nn.linear(x, w, bias), 2), mode=mode)(weight)
    np.testing.assert_allclose(slope, np.outer(s - np.eye(3)[2], x), rtol=1e-13)
    many = np.array([[1.0, -2, 0.5], [300, 2, -300], [0, 0, 0]])
    labels = np.array([2, 1, 0])
    assert nn.cross_entropy(many, labels) == pytest.approx(100.03440306367013, rel=1e-14)  # PyTorch 2.13.0
    assert nn.cross_entropy(many, np.eye(3)[labels]) == pytest.approx(100.03440306367013, rel=1e-14)
    gradient = dr.grad(nn.cross_entropy, mode=mode)(many, labels)
    np.testing.assert_allclose(gradient, (nn.softmax(many) - np.eye(3)[labels]) / 3, rtol=1e-13, atol=1e-16)


@BOTH
def test_binary_cross_entropy_is_stable(mode: str) -> None:
    y = np.array([0.0, 1, 0, 1, 0, 1, 1, 0])
    expected = np.mean(np.where(y == 1, np.logaddexp(0, -X), np.logaddexp(0, X)))
    assert nn.binary_cross_entropy_with_logits(X, y) == pytest.approx(expected, rel=1e-14)
    gradient = dr.grad(nn.binary_cross_entropy_with_logits, mode=mode)(X, y)
    np.testing.assert_allclose(gradient, (logistic(X) - y) / 8, rtol=1e-13, atol=1e-16)


def test_mean_squared_error() -> None:
    rng = np.random.default_rng(1)
    x, y, theta = rng.normal(size=(20, 3)), rng.normal(size=20), rng.normal(size=3)
    gradient = dr.grad(lambda t: nn.mse(x @ t, y))(theta)
    np.testing.assert_allclose(gradient, -2 / 20 * (y - x @ theta) @ x, rtol=1e-12)


def test_layers_and_their_parameters() -> None:
    model = nn.Sequential(nn.Linear(4, 5, seed=0), nn.Sigmoid(), nn.Linear(5, 2, bias=False, seed=1), nn.tanh)
    assert {name: p.shape for name, p in model.named_parameters().items()} == {
        "0.weight": (5, 4),
        "0.bias": (5,),
        "2.weight": (2, 5),
    }
    assert repr(model) == "Sequential(Linear(4, 5), Sigmoid(), Linear(5, 2, bias=False), tanh)"
    assert all(p.requires_grad and p.is_leaf for p in model.parameters())
    np.testing.assert_array_equal(nn.Linear(4, 5, seed=0).weight.value, model.layers[0].weight.value)
    assert np.max(np.abs(model.layers[0].weight.value)) <= 0.5
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    w0, b0, w2 = (p.value for p in model.parameters())
    out = model(x)
    np.testing.assert_allclose(out.value, np.tanh(logistic(x @ w0.T + b0) @ w2.T), rtol=1e-14)
    np.sum(out**2).backward()
    expected = dr.grad(lambda w: np.sum(np.tanh(logistic(x @ w.T + b0) @ w2.T) ** 2))(w0)
    np.testing.assert_allclose(model.parameters()[0].grad, expected, rtol=1e-12)
    single = nn.Linear(4, 2, dtype=np.float32, seed=1)
    assert single(x.astype(np.float32)).dtype == np.float32
    kinds = [node.kind for node in dr.graph(np.sum(model(x)), parameters=model.named_parameters()).nodes]
    assert kinds.count("parameter") == 3


def test_a_network_learns_iris() -> None:
    features, varieties = flowers()
    train, test = split(varieties, 0.2, seed=0)
    scaled = (features - features[train].mean(axis=0)) / features[train].std(axis=0)
    model = nn.Sequential(nn.Linear(4, 8, seed=1), nn.Sigmoid(), nn.Linear(8, 3, seed=2))
    optimizer = dr.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(scaled[train]), varieties[train])
        loss.backward()
        optimizer.step()
        losses.append(float(loss.value))
    assert losses[-1] < 0.07 < 0.9 < losses[0]
    with dr.no_grad():
        right = np.argmax(model(scaled[test]).value, axis=-1) == varieties[test]
    assert np.mean(right) >= 0.9


def test_a_split_keeps_the_balance_of_classes() -> None:
    _, varieties = flowers()
    train, test = split(varieties, 0.1, seed=3)
    assert (np.bincount(varieties[train]) == 45).all()
    assert (np.bincount(varieties[test]) == 5).all()
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(150))
    np.testing.assert_array_equal(split(varieties, 0.1, seed=3)[1], test)
    assert not np.array_equal(split(varieties, 0.1, seed=4)[1], test)


def test_a_split_that_leaves_a_class_empty_is_refused() -> None:
    labels = ["a"] * 20 + ["b"] * 3
    with pytest.raises(dr.errors.SplitError, match=r"class b has 3 elements, of which 0 would be tested"):
        split(labels, 0.1)
    with pytest.raises(dr.errors.SplitError, match="of which 3 would be tested"):
        split(labels, 0.9)
    with pytest.raises(dr.errors.SplitError, match=r"shape \(0,\)"):
        split([], 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        split(labels, 1.0)


def test_wrong_shapes_and_classes_are_refused() -> None:
    column = np.ones((3, 1))
    for f in (nn.mse, nn.binary_cross_entropy_with_logits):
        with pytest.raises(dr.errors.ShapeMismatchError, match=r"\(3, 1\) and \(3,\)"):
            f(column, np.ones(3))
    with pytest.raises(dr.errors.ShapeMismatchError, match="expected integers of shape"):
        nn.cross_entropy(np.ones((3, 2)), np.ones(3))
    with pytest.raises(dr.errors.InputTypeError, match="class 2; expected 0 to 1"):
        nn.cross_entropy(np.ones((3, 2)), np.array([0, 1, 2]))
    with pytest.raises(dr.errors.InputTypeError, match="class -1"):
        nn.cross_entropy(np.ones((3, 2)), np.array([0, 1, -1]))
