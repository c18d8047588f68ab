"""The Var interface as users of PyTorch know it: retained gradients, hooks, no_grad, updates, creation."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import dualrev as dr


@pytest.mark.parametrize("retained", [True, False])
def test_a_retained_gradient_is_kept_and_another_is_dropped(retained: bool) -> None:
    x1, x2 = dr.Var(5.0), dr.Var(2.0)
    y = 0.5 * x2**2
    if retained:
        y.retain_grad()
    z = x1**2 + y
    z.backward()
    assert (x1.grad, x2.grad, y.grad) == (10.0, 2.0, 1.0 if retained else None)
    y.zero_grad()
    assert y.grad is None


def test_retained_gradients_of_arrays_are_their_own_and_add_up() -> None:
    x = dr.Var(np.arange(6.0).reshape(2, 3))
    part = x[1]
    part.retain_grad()
    same = +part
    same.retain_grad()
    result = np.sum(same * 2 + part[1])
    result.retain_grad()
    result.backward(retain_graph=True)
    result.backward()
    np.testing.assert_array_equal(same.grad, [4.0, 4.0, 4.0])
    np.testing.assert_array_equal(part.grad, [4.0, 10.0, 4.0])
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [4, 10, 4]])
    assert result.grad == 2.0
    part.grad[:] = 7.0
    np.testing.assert_array_equal(same.grad, [4.0, 4.0, 4.0])
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [4, 10, 4]])


@pytest.mark.parametrize("size", [3, 20000], ids=["small", "fused"])
def test_retaining_changes_no_gradient(size: int) -> None:
    def gradients(retain: bool) -> Any:
        x = dr.Var(np.linspace(0.1, 2.0, size))
        steps = [x * 2.0]
        for f in (np.sin, np.exp, lambda s: s - x, np.negative, lambda s: s[1:], lambda s: s * s):
            steps.append(f(steps[-1]))
        if retain:
            for step in steps:
                step.retain_grad()
        np.sum(steps[-1] + np.sum(steps[2])).backward()
        return x.grad, [step.grad for step in steps]

    plain, nothing = gradients(False)
    retained, kept = gradients(True)
    np.testing.assert_array_equal(retained, plain)
    assert nothing == [None] * 7
    assert [len(gradient) for gradient in kept] == [size] * 5 + [size - 1] * 2


def test_grad_fn_has_a_name_and_next_functions() -> None:
    x = dr.Var(3.0)
    y = np.log(x) ** 2
    assert y.value == pytest.approx(1.2069, abs=5e-5)
    assert y.grad_fn.name == "square"
    (before,) = y.grad_fn.next_functions
    assert (before.name, repr(before)) == ("log", "<log, shape ()>")
    (leaf,) = before.next_functions
    assert (leaf.name, leaf.next_functions) == ("leaf", ())
    assert np.sum(dr.Var(np.ones(2))).grad_fn.name == "sum"
    assert (x * 2.0).grad_fn.next_functions == (leaf,)
    y.backward()
    assert x.grad == pytest.approx(0.7324, abs=5e-5)


def test_a_hook_sees_and_replaces_the_whole_gradient() -> None:
    x = dr.Var(2.0)
    y = x**2
    seen: list[float] = []
    hook = y.register_hook(seen.append)
    y.register_hook(lambda g: g * 10)
    leaf = x.register_hook(lambda g: g + 1)
    (3 * y + y).backward(retain_graph=True)
    assert (seen, x.grad) == ([4.0], 4 * 10 * 4 + 1)
    hook.remove()
    hook.remove()
    leaf.remove()
    x.zero_grad()
    (y * 1.0).backward()
    assert (seen, x.grad) == ([4.0], 40.0)


def test_a_hook_acts_in_operators_on_each_cotangent() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        y.register_hook(lambda g: g / np.max(np.abs(g)))
        return y * np.array([3.0, 5.0])

    np.testing.assert_array_equal(dr.jacobian(f, mode="reverse")(np.ones(2)), 2 * np.eye(2))
    with pytest.raises(AttributeError):
        dr.jacobian(f, mode="forward")(np.ones(2))


def test_what_a_hook_does_to_the_gradient_it_was_given_changes_nothing() -> None:
    def spoil(gradient: Any) -> None:
        gradient[:] = 0.0

    x = dr.Var(np.ones(2))
    y = x * 3.0
    y.register_hook(spoil)
    np.sum(y).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
    z = x * 3.0
    z.register_hook(lambda g: g[0])
    with pytest.raises(dr.errors.ShapeMismatchError, match=r"a hook returned shape \(\) .*shape \(2,\)"):
        np.sum(z).backward()


def test_a_leaf_is_updated_without_a_record() -> None:
    x = dr.Var(np.array([5.0, 1.0], np.float32))
    y = np.sum(x**2)
    y.backward(retain_graph=True)
    before = x.value
    with dr.no_grad():
        kept = x
        x -= np.float64(0.1) * x.grad
        x *= 2
        assert not (x * 2).requires_grad
    assert kept is x
    assert x.is_leaf
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.value, [8.0, 1.6], rtol=1e-6)
    np.testing.assert_array_equal(before, [5.0, 1.0])
    x.zero_grad()
    y.backward()
    np.testing.assert_array_equal(x.grad, [10.0, 2.0])
    x.zero_grad()
    np.sum(x**2).backward()
    np.testing.assert_allclose(x.grad, [16.0, 3.2], rtol=1e-6)


def test_an_update_outside_no_grad_is_an_operation_like_any_other() -> None:
    x = dr.Var(3.0)
    s = x
    s *= x
    s += 1.0
    s.backward()
    assert (x.value, x.grad, s.value, s.is_leaf) == (3.0, 6.0, 10.0, False)
    with pytest.raises(dr.errors.InPlaceError, match="only leaves"):
        s.assign(2.0)
    with pytest.raises(dr.errors.ShapeMismatchError, match=r"\(2,\).*\(\)"), dr.no_grad():
        x += np.ones(2)
    assert x.value == 3.0
    with pytest.raises(ValueError, match="read-only"):
        dr.Var(np.ones(2)).value[0] = 2.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_no_grad_stops_the_derivatives_under_way_and_no_others(mode: str) -> None:
    def f(x: Any) -> Any:
        with dr.no_grad():
            constant = np.sum(x**2)
            inner = dr.grad(lambda t: t**3, mode=mode)(2.0)
            x *= 5.0
        return np.sum(x) * constant * inner

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(dr.jacobian(lambda x: f(x + 0.0), mode=mode)(x), [0.0, 0.0])
    np.testing.assert_array_equal(dr.grad(lambda x: np.sum(x) * dr.no_grad()(np.sum)(x), mode=mode)(x), [3.0, 3.0])
    with dr.no_grad():
        np.testing.assert_array_equal(dr.grad(lambda x: np.sum(x**2), mode=mode)(x), 2 * x)


def test_no_grad_concerns_one_thread_and_ends_with_its_block() -> None:
    recorded = []

    def block() -> None:
        with dr.no_grad():
            thread = threading.Thread(target=lambda: recorded.append((dr.Var(1.0) * 2).requires_grad))
            thread.start()
            thread.join()
            with dr.no_grad():
                pass
            assert not (dr.Var(1.0) * 2).requires_grad
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert recorded == [True]
    assert (dr.Var(1.0) * 2).requires_grad

    @dr.no_grad()
    def nested(n: int) -> bool:
        return nested(n - 1) if n else bool((dr.Var(1.0) * 2).requires_grad)

    assert not nested(3)


def test_backward_of_what_requires_no_gradient() -> None:
    for y in (dr.Var(1.0, requires_grad=False), (dr.Var(1.0) * 2).detach(), dr.zeros()):
        with pytest.raises(dr.errors.NoGradientError, match="requires_grad=True"):
            y.backward()
        with pytest.raises(dr.errors.NoGradientError, match="retain_grad"):
            y.retain_grad()
        with pytest.raises(dr.errors.NoGradientError, match="register_hook"):
            y.register_hook(print)
    x = dr.Var(np.ones(3))
    with pytest.raises(dr.errors.ShapeMismatchError, match=r"shape \(3,\) needs a gradient"):
        (x * 2).backward()
    with pytest.raises(dr.errors.NoGradientError, match="result of an operation"):
        (x * 2).requires_grad = False


def test_requires_grad_and_grad_can_be_set() -> None:
    x = dr.ones(2)
    assert (x.requires_grad, x.is_leaf) == (False, True)
    x.requires_grad = True
    np.sum(x * 3).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
    x.grad = [1, 2]
    np.sum(x * 3).backward()
    np.testing.assert_array_equal(x.grad, [4.0, 5.0])
    x.grad = None
    assert x.grad is None
    with pytest.raises(dr.errors.ShapeMismatchError, match="gradient"):
        x.grad = 1.0
    with pytest.raises(dr.errors.NoGradientError):
        (x * 2).grad = 1.0
    x.requires_grad = False
    assert not (x * 2).requires_grad


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda **o: dr.arange(5, **o), np.arange(5)),
        (lambda **o: dr.arange(1, 2, 0.25, **o), np.arange(1, 2, 0.25)),
        (lambda **o: dr.zeros(2, 3, **o), np.zeros((2, 3))),
        (lambda **o: dr.ones((2, 3), **o), np.ones((2, 3))),
        (lambda **o: dr.full((3, 1), 7, **o), np.full((3, 1), 7)),
        (lambda **o: dr.linspace(-1, 1, 5, **o), np.linspace(-1, 1, 5)),
        (lambda **o: dr.tensor([[1, 2], [3, 4]], **o), [[1, 2], [3, 4]]),
        (lambda **o: dr.randn(2, 2, seed=3, **o), np.random.default_rng(3).standard_normal((2, 2))),
    ],
    ids=["arange", "steps", "zeros", "ones", "full", "linspace", "tensor", "randn"],
)
def test_creation(made: Any, expected: Any, dtype: Any) -> None:
    x = made(dtype=dtype, requires_grad=True)
    assert (x.dtype, x.requires_grad, made().requires_grad, made().dtype) == (dtype, True, False, np.float64)
    np.testing.assert_array_equal(x.value, np.asarray(expected, dtype))
    np.sum(x).backward()
    assert (x.grad.dtype, x.grad.shape) == (dtype, x.shape)


def test_creation_refuses_integers() -> None:
    with pytest.raises(dr.errors.InputTypeError, match="int64"):
        dr.zeros(2, dtype=np.int64)


def test_mean_of_a_log() -> None:
    x = dr.arange(5, requires_grad=True)
    y = np.mean(np.log(x**2 + 1) + 5 * x)
    y.backward()
    assert y.value == pytest.approx(11.4877, abs=5e-5)
    np.testing.assert_allclose(x.grad, [1.0, 1.2, 1.16, 1.12, 1.0941], atol=5e-5)


def test_tensors_are_differentiable_where_that_makes_sense() -> None:
    x = dr.arange(12, dtype=np.float32, requires_grad=True)
    table = x.reshape(3, -1)
    assert table.shape == (3, 4)
    column, row = dr.tensor([[1.0], [2.0], [3.0]], requires_grad=True), dr.tensor([[10.0, 20.0]], requires_grad=True)
    assert (column + row).shape == (3, 2)
    joined = np.concatenate([table, table[:, -2:]], axis=1)
    assert joined.shape == (3, 6)
    assert (table > 4).dtype == bool
    parts = [
        np.sum(np.exp(-x)),
        np.sum(table @ table.T),
        np.sum(joined[1:, ::2] ** 2),
        np.sum(x[x > 6.5]) * x[-1],
        np.sum(column * row),
    ]
    sum(parts).backward()
    plain = np.arange(12.0)
    expected = -np.exp(-plain) + 2 * np.tile(plain.reshape(3, 4).sum(axis=0), 3)
    squares = np.zeros((3, 4))
    squares[1:, [0, 2]] = 2 * plain.reshape(3, 4)[1:, [0, 2]]
    squares[1:, 2] *= 2
    expected += squares.ravel() + 11.0 * (plain > 6.5)
    expected[-1] += plain[7:].sum()
    np.testing.assert_allclose(x.grad, expected, rtol=1e-5)
    np.testing.assert_array_equal(column.grad, [[30.0], [30.0], [30.0]])
    np.testing.assert_array_equal(row.grad, [[6.0, 6.0]])


def test_names_of_special_are_rows_not_functions_of_math() -> None:
    assert dr.special.log(dr.Var(1.0)).value == 0.0
