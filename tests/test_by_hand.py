"""Dual and Var made by hand: the worked examples that build up a derivative step by step."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import dualrev as dr


def test_the_worked_example_forward_and_reverse() -> None:
    def f(x1: Any, x2: Any) -> Any:
        return np.log(x1) + x1 * x2 - np.sin(x2)

    first = f(dr.Dual(2.0, 1.0), dr.Dual(5.0, 0.0))
    second = f(dr.Dual(2.0, 0.0), dr.Dual(5.0, 1.0))
    both = f(dr.Dual(2.0, np.array([1.0, 0.0])), dr.Dual(5.0, np.array([0.0, 1.0])))
    assert float(first.value) == pytest.approx(11.652, abs=5e-4)
    assert float(first.tangent) == 5.5
    assert float(second.tangent) == pytest.approx(2 - np.cos(5.0), rel=1e-15)
    np.testing.assert_array_equal(both.tangent, [first.tangent, second.tangent])
    x1, x2 = dr.Var(2.0), dr.Var(5.0)
    y = f(x1, x2)
    y.backward()
    assert (x1.grad, x2.grad, y.value) == (5.5, second.tangent, first.value)


def test_a_tangent_of_the_values_shape_is_one_direction() -> None:
    x = np.array([1.0, 2.0])
    one = dr.Dual(x, x) * 3
    several = dr.Dual(x, np.stack([x, -x, 0 * x])) * 3
    assert one.tangent.shape == (2,)
    assert several.tangent.shape == (3, 2)
    np.testing.assert_array_equal(several.tangent, [3 * x, -3 * x, 0 * x])
    total = np.sum(several**2)
    np.testing.assert_array_equal(total.tangent, [90.0, -90.0, 0.0])


def test_duals_and_vars_copy_what_they_keep_and_take_integers_as_floats() -> None:
    x, t = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    dual, var = dr.Dual(x, t), dr.Var(x)
    x[:], t[:] = 0.0, 0.0
    np.testing.assert_array_equal(dual.value, [1.0, 2.0])
    np.testing.assert_array_equal(dual.tangent, [3.0, 4.0])
    np.testing.assert_array_equal(var.value, [1.0, 2.0])
    assert dr.Dual(3, 1).value.dtype == dr.Var(3).value.dtype == np.float64
    assert dr.Dual(np.float32(3), 1.0).tangent.dtype == np.float32


def test_gradients_accumulate_until_they_are_cleared() -> None:
    x = dr.Var(5.0)
    seen = []
    for clear in (False, False, True):
        if clear:
            x.zero_grad()
            assert x.grad is None
        (3 * x**2).backward()
        seen.append(float(x.grad))
    assert seen == [30.0, 60.0, 30.0]


def test_backward_of_several_results_over_one_graph() -> None:
    x = dr.Var(5.0)
    y = x**2
    z1, z2, z3 = x + y, x**2 + y, x**3 + y
    z1.backward(retain_graph=True)
    z2.backward(retain_graph=True)
    z3.backward()
    assert x.grad == 116.0
    with pytest.raises(dr.errors.FreedTapeError, match="retain_graph=True"):
        z1.backward()
    with pytest.raises(dr.errors.FreedTapeError, match="freed"):
        (y * 2).backward()
    assert x.grad == 116.0, "a backward that fails adds nothing"


def test_grad_fn_and_its_operands() -> None:
    x = dr.Var(3.0)
    y = np.log(x) ** 2
    assert float(y.value) == pytest.approx(1.2069, abs=5e-5)
    assert x.grad_fn is None
    assert y.grad_fn.row.name in ("power", "square")
    (before,) = [parent for parent in y.grad_fn.parents if parent is not None]
    assert before.row.name == "log"
    y.backward()
    assert float(x.grad) == pytest.approx(0.7324, abs=5e-5)
    assert y.grad is None, "only leaves keep a gradient"


def test_a_gradient_for_an_array() -> None:
    x = dr.Var(np.array([1.0, 2.0, 3.0]))
    y = x**2
    y.backward(np.array([1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 12.0])
    assert type(x.grad) is np.ndarray
    gradient = np.ones(3)
    (x * 1.0).backward(gradient)
    gradient[:] = 7.0
    np.testing.assert_array_equal(x.grad, [3.0, 1.0, 13.0])
    x.backward(np.ones(3))
    np.testing.assert_array_equal(x.grad, [4.0, 2.0, 14.0])


def test_requires_grad_and_detach() -> None:
    x, c = dr.Var(3.0), dr.Var(2.0, requires_grad=False)
    y = x * c
    assert (x.requires_grad, c.requires_grad, y.requires_grad, (c * 2).requires_grad) == (True, False, True, False)
    z = y * y.detach()
    assert not y.detach().requires_grad
    assert z.value == 36.0
    z.backward()
    assert (x.grad, c.grad) == (12.0, None)


def test_vars_made_independently_meet_in_one_expression() -> None:
    x, y = dr.Var(2.0), dr.Var(np.array([1.0, 2.0]))
    late = x * 3
    w = dr.Var(4.0)
    np.sum(late * y * w).backward()
    assert (x.grad, w.grad) == (36.0, 18.0)
    np.testing.assert_array_equal(y.grad, [24.0, 24.0])


def test_adjoints_of_a_neuron() -> None:
    w, x, b, target = dr.Var(0.5), dr.Var(0.8), dr.Var(-0.2), 2.0
    y = np.exp(w * x + b)
    ((y - target) ** 2).backward()
    adjoint = 2 * (float(y.value) - target) * float(y.value)
    assert (w.grad, x.grad, b.grad) == pytest.approx((adjoint * 0.8, adjoint * 0.5, adjoint), rel=1e-15)
    u, v = dr.Var(3.0), dr.Var(4.0)
    (u * (u + v) + v * v).backward()
    assert (u.grad, v.grad) == (10.0, 11.0)


def test_a_thousand_gradient_steps_on_rosenbrock() -> None:
    printed = {
        100: (0.3502924, -0.667685, -0.5771312),
        200: (0.07398106, -0.1603189, -0.2532476),
        1000: (6.962555e-05, -0.003222887, -0.006653666),
    }
    values = {300: 0.02483024, 400: 0.009619333, 500: 0.003990697, 600: 0.001719962, 700: 0.0007584976}
    values |= {800: 0.0003393509, 900: 0.0001532408}
    x = np.array([-1.0, 1.0])
    by_var = dr.Var(x)
    gradient = dr.value_and_grad(lambda x: (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2, mode="reverse")
    for step in range(1, 1001):
        value, slope = gradient(x)
        if step in printed:
            assert (value, *slope) == pytest.approx(printed[step], rel=3e-4)
        if step in values:
            assert value == pytest.approx(values[step], rel=2e-4)
        loss = (1 - by_var[0]) ** 2 + 5 * (by_var[1] - by_var[0] ** 2) ** 2
        loss.backward()
        by_var = dr.Var(by_var.value - 0.01 * by_var.grad)
        x = x - 0.01 * slope
    assert x == pytest.approx([0.9918, 0.9830], abs=1e-4)
    np.testing.assert_allclose(by_var.value, x, rtol=1e-13)


def test_how_they_print_and_compare() -> None:
    x, d = dr.Var(2.0), dr.Dual(2.0, 1.0)
    assert repr(x) == "Var(2.0)"
    assert repr(d) == "Dual(2.0, 1.0)"
    assert "requires_grad=False" in repr(dr.Var(2.0, requires_grad=False))
    assert f"{x:.1f} {d:5.2f} {x}" == "2.0  2.00 Var(2.0)"
    for number in (x, d):
        assert number > 1
        assert number == 2.0
        assert number != 3
        assert bool(number)
        assert (number.shape, number.ndim, number.size, number.dtype) == ((), 0, 1, np.float64)
        assert len({number, number}) == 1
        assert sorted([number * 3, number]) == [number, number * 3]


def test_copies_of_leaves_are_leaves_of_their_own() -> None:
    x = dr.Var(np.array([1.0, 2.0]))
    np.sum(x**2).backward()
    deep, pickled = copy.deepcopy([x, x]), pickle.loads(pickle.dumps(x))
    assert deep[0] is deep[1]
    for twin in (deep[0], pickled):
        np.sum(twin * 3.0).backward()
        with dr.no_grad():
            twin += 1.0
    np.testing.assert_array_equal(deep[0].grad, [5.0, 7.0])
    np.testing.assert_array_equal(pickled.grad, [3.0, 3.0])
    np.testing.assert_array_equal(x.value, [1.0, 2.0])
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    assert not copy.deepcopy(dr.Var(1.0, requires_grad=False)).requires_grad
    assert dr.grad(lambda x: copy.deepcopy(x) ** 2, mode="reverse")(3.0) == 6.0
