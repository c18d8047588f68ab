"""Lists and tuples where compiled array functions take arrays, and the types of numbers called as functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr

pytestmark = pytest.mark.compiles

V = np.array([1.5, 2.25, 0.75])

OPERANDS = {
    "np.cross": [
        "np.cross({[0.0, 0.0, 1.0]}, v).sum()",
        "np.cross(v, {(0, 0, 1)})[0]",
        "np.cross({[v[0], 1.0, 0.0]}, v)[2]",
    ],
    "np.dot": ["np.dot({[v[0], 1.0, 2.0]}, v)", "np.dot(v, {(1.0, 2.0, 3.0)})", "np.vdot({[1.0, 2.0, 3.0]}, v)"],
    "sums": ["np.sum({[v[0], v[1]]})", "np.mean({[[v[0], 1.0], [2.0, v[1]]]})", "np.prod({(v[0], 2, v[1])})"],
    "extremes": ["np.max({(v[0], 1.0, v[1])})", "np.argmax({[v[0], v[1]]}) * v[0]", "np.median({[v[0], v[1], v[2]]})"],
    "np.linalg": [
        "np.linalg.inv({[[v[0], 1.0], [0.0, v[1]]]}).sum()",
        "np.linalg.det({((v[0], v[1]), (v[1], v[2]))})",
        "np.linalg.norm({[v[0], v[1]]})",
        "np.linalg.solve({[[v[0], 0.0], [1.0, 2.0]]}, v[:2])[1]",
    ],
    "np.interp": ["np.interp(0.5, {[0.0, 1.0]}, {[v[0], v[1]]})", "np.interp(v[0], {(0.0, 10.0)}, {(1.0, 2.0)})"],
    "choices": ["np.where({[True, False, True]}, v, {[1.0, 2.0, 3.0]}).sum()", "np.append({[v[0], 1.0]}, v[2])[0]"],
    "numerics": [
        "np.trapezoid({[v[0], 1.0, v[1]]})",
        "np.convolve({[1.0, 2.0]}, v)[1]",
        "np.polyval({[v[0], 1.0]}, v[1])",
        "np.quantile(v, {(0.2, 0.7)})[1]",
        "np.average(v, weights={[1.0, 2.0, 3.0]})",
        "np.diff({[v[0], 1.0, v[1]]})[1]",
        "np.cumsum({(v[0], v[1])})[1]",
        "np.outer({[1.0, 2.0]}, v)[1, 2]",
    ],
}
"""Per kind expressions, in which braces stand round lists and tuples."""

EXPRESSIONS = [text for texts in OPERANDS.values() for text in texts]


def of_v(texts: list[str]) -> Any:
    lines = "".join(f"    y[{n}] = {text}\n" for n, text in enumerate(texts))
    scope: dict[str, Any] = {"np": np}
    exec(f"def f(v):\n    y = np.zeros({len(texts)})\n{lines}    return y\n", scope)
    return njit(scope["f"])


@pytest.mark.parametrize(
    ("texts", "mode"),
    [
        (
            ["np.cross({[0.0, 0.0, 1.0]}, v).sum()", "np.linalg.norm({(v[0], v[1])})", "np.dot({[v[0], 1, 2]}, v)"],
            "forward",
        ),
        pytest.param(EXPRESSIONS, "forward", marks=pytest.mark.exhaustive),
        pytest.param(EXPRESSIONS, "reverse", marks=pytest.mark.exhaustive),
    ],
)
def test_lists_and_tuples_are_taken_as_arrays(texts: list[str], mode: str) -> None:
    bare = of_v([text.replace("{", "").replace("}", "") for text in texts])
    arrays = of_v([text.replace("{", "np.array(").replace("}", ")") for text in texts])
    for found, expected in zip(
        dr.value_and_jacobian(bare, mode=mode)(V), dr.value_and_jacobian(arrays, mode=mode)(V), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@njit
def uneven(v):
    return np.sum(np.array([[v[0]], [v[1], v[2]]]))


@njit
def of_its_type(x):
    one = type(x)(1)
    T = type(x)
    return one / (one + x * x) + T(0.5) * T(x)


@njit
def of_its_dtype(x):
    T = x.dtype.type
    whole = np.intc(x[0]) * np.single(0.1) + (1.0 if isinstance(x[0], float) else 100.0)
    return np.double(x[0]) * T(2.5) + type(x[0])(x[1]) * T(x[0]) + x[1] * whole


@njit
def narrowed(x):
    return np.float32(x) * 1.0


def test_rows_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        dr.grad(uneven)(V)


@pytest.mark.parametrize("mode", ["forward", pytest.param("reverse", marks=pytest.mark.exhaustive)])
def test_the_type_of_a_number_makes_numbers_of_its_precision(mode: str) -> None:
    grad = dr.value_and_grad(of_its_type, mode=mode)
    for x in (0.3, np.float32(0.3)):
        value, slope = grad(x)
        assert math.isclose(value, of_its_type(x), rel_tol=1e-15 if type(x) is float else 1e-6)
        assert math.isclose(slope, 0.5 - 2 * 0.3 / (1 + 0.09) ** 2, abs_tol=1e-6)
    assert math.isclose(dr.derivative(dr.derivative(of_its_type))(0.3), (6 * 0.09 - 2) / 1.09**3, rel_tol=1e-14)
    x = np.array([1.1, 2.3])
    value, gradient = dr.value_and_grad(of_its_dtype, mode=mode)(x)
    assert math.isclose(value, of_its_dtype(x), rel_tol=1e-15)
    np.testing.assert_allclose(gradient, [2.5 + 2.3, 1.1 + float(np.float32(0.1)) + 1.0], rtol=1e-15)
    value, slope = dr.value_and_grad(narrowed, mode=mode)(0.1)
    assert value == 0.1  # of the inputs' precision
    assert slope == 1.0


OF_NUMBERS = ("sum", "prod", "mean", "average", "max", "min", "amax", "amin", "nanmax", "nanmin")


@pytest.mark.parametrize("mode", ["forward", pytest.param("reverse", marks=pytest.mark.exhaustive)])
def test_reductions_of_a_number_are_the_number(mode: str) -> None:
    f = of_v([f"np.{name}(v[0] * v[1])" for name in OF_NUMBERS])
    value, jacobian = dr.value_and_jacobian(f, mode=mode)(V)
    np.testing.assert_array_equal(value, f(V))
    np.testing.assert_array_equal(jacobian, [[V[1], V[0], 0.0]] * len(OF_NUMBERS))
