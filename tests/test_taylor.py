"""Power series: every row against nested derivatives, closed forms, and a cost that is polynomial in the order."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from each import each
from scipy import special

import dualrev as dr
from dualrev.errors import MissingRuleError, ShapeMismatchError
from dualrev.kernels.numpy_rows import FUNCTIONS, ROWS
from dualrev.operators.taylor import _series as series
from dualrev.primitives.row import HostRow, Row
from dualrev.primitives.scalar import TABLE

FACTORIALS = np.array([math.factorial(k) for k in range(31)], float)


def nested(f: Any, x: Any, order: int) -> Any:
    found = []
    for k in range(order + 1):
        found.append(f(x) / math.factorial(k))
        f = dr.elementwise_grad(f)
    return np.stack(found)


def matrix(x: Any) -> Any:
    return np.stack([np.stack([x, 1.0]), np.stack([1.0, x * x])])


def inside(domain: Any) -> float:
    return 1.0 if isinstance(domain, frozenset) else domain[0] + 0.613 * (domain[1] - domain[0])


@each(
    "case",
    [
        (row, n)
        for row in ROWS.values()
        for n, rule in enumerate(row.partials)
        if rule is not None and not (isinstance(row, HostRow) and row.refuses(n))
    ],
)
def test_every_row_in_every_argument(case: tuple[Row, int]) -> None:
    row, argument = case
    point = [inside(domain) for domain in row.domain]

    def f(x: Any) -> Any:
        return FUNCTIONS[row.name](*point[:argument], x, *point[argument + 1 :]) * 1.0

    x = np.float64(point[argument])
    np.testing.assert_allclose(dr.taylor(f, x, 4), nested(f, x, 4), rtol=1e-9, atol=1e-12)


CLOSED = {
    "exp": (np.exp, 0.0, 1 / FACTORIALS),
    "geometric": (lambda x: 1 / (1 - x), 0.0, np.ones(31)),
    "log": (lambda x: np.log(1 + x), 0.0, [0.0, *[(-1) ** (k + 1) / k for k in range(1, 31)]]),
    "sin": (np.sin, 0.0, [[0, 1, 0, -1][k % 4] / FACTORIALS[k] for k in range(31)]),
    "arctan": (np.arctan, 0.0, [[0, 1, 0, -1][k % 4] / max(k, 1) for k in range(31)]),
    "power": (lambda x: (1 + x) ** 2.5, 0.0, [math.prod((2.5 - i) / (i + 1) for i in range(k)) for k in range(31)]),
    "gammaln": (
        lambda x: dr.special.gammaln(1 + x),
        0.0,
        [0.0, -np.euler_gamma, *[(-1) ** k * special.zeta(k) / k for k in range(2, 31)]],
    ),
    "polynomial at 0": (lambda x: x**3 + 2 * x, 0.0, [0, 2, 0, 1, *[0] * 27]),
    "abs": (np.abs, -2.0, [2, -1, *[0] * 29]),
    "where": (lambda x: np.where(x > 0, np.sqrt(x), x), 0.0, [0, 1, *[0] * 29]),
    "constant": (lambda x: 3.0, 1.0, [3, *[0] * 30]),
    "floor": (np.floor, 1.5, [1, *[0] * 30]),
}


@pytest.mark.parametrize("case", CLOSED)
def test_closed_forms_to_order_thirty(case: str) -> None:
    f, x, expected = CLOSED[case]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(dr.taylor(f, x, 30), expected, rtol=1e-12, atol=1e-15)


def test_tangent_numbers() -> None:
    """The derivatives of tan at 0 are 1, 2, 16, 272, 7936 (Andre 1881; OEIS A000182)."""
    found = dr.taylor(np.tan, 0.0, 9) * FACTORIALS[:10]
    np.testing.assert_allclose(found, [0, 1, 0, 2, 0, 16, 0, 272, 0, 7936], rtol=1e-12)


FIFTY_DIGITS = {
    "exp of sin": (lambda x: np.exp(np.sin(x)), lambda m, x: m.exp(m.sin(x)), 0.3),
    "log of cosh": (lambda x: np.log(np.cosh(x)), lambda m, x: m.log(m.cosh(x)), 0.4),
    "tan": (np.tan, lambda m, x: m.tan(x), 0.5),
    "quotient": (lambda x: (x**3 + 1) / (2 + np.sqrt(x)), lambda m, x: (x**3 + 1) / (2 + m.sqrt(x)), 1.5),
    "arcsin": (np.arcsin, lambda m, x: m.asin(x), 0.2),
    "x to the x": (lambda x: x**x, lambda m, x: x**x, 1.5),
    "erf": (dr.special.erf, lambda m, x: m.erf(x), 0.7),
    "Bessel": (lambda x: dr.special.jv(0, x), lambda m, x: m.besselj(0, x), 1.2),
    "norm": (lambda x: np.linalg.norm(np.stack([x, np.exp(x)])), lambda m, x: m.sqrt(x * x + m.exp(2 * x)), 0.5),
    "determinant": (lambda x: np.linalg.det(matrix(np.cos(x))), lambda m, x: m.cos(x) ** 3 - 1, 0.5),
}


@pytest.mark.parametrize("case", FIFTY_DIGITS)
def test_closed_forms_with_fifty_digits(case: str) -> None:
    f, exact, x = FIFTY_DIGITS[case]
    with mpmath.workdps(80):
        expected = [float(c) for c in mpmath.taylor(lambda x: exact(mpmath, x), mpmath.mpf(x), 16)]
    atol = 1e-12 if case == "determinant" else 1e-15  # its terms cancel
    np.testing.assert_allclose(dr.taylor(f, x, 16), expected, rtol=1e-11, atol=atol)
    on_an_array = dr.taylor(lambda x: f(x[1, 0]), np.full((2, 1), x), 16)
    np.testing.assert_allclose(on_an_array, expected, rtol=1e-11, atol=atol)


def test_expansions_of_functions_with_rules_of_their_own() -> None:
    expected = nested(lambda x: np.sin(x) ** 2, 0.3, 6)
    sine = dr.custom_rule(math.sin, pushforward=lambda y, primals, tangents: np.cos(primals[0]) * tangents[0])
    pulled = dr.custom_rule(math.sin, pullback=lambda y, primals, w: (np.cos(primals[0]) * w,))
    for f in (lambda x: sine(x) ** 2, lambda x: pulled(x) ** 2, dr.checkpoint(lambda x: np.sin(x) ** 2)):
        np.testing.assert_allclose(dr.taylor(f, 0.3, 6), expected, rtol=1e-13)
    # A rule that is written with other rules: each has the name <lambda>, and is not taken for another.
    cosine = dr.custom_rule(lambda x: math.cos(x), pushforward=lambda y, primals, t: -outer(primals[0]) * t[0])
    outer = dr.custom_rule(lambda x: math.sin(x), pushforward=lambda y, primals, t: cosine(primals[0]) * t[0])
    np.testing.assert_allclose(dr.taylor(lambda x: outer(x) ** 2, 0.3, 6), expected, rtol=1e-13)
    root = dr.implicit_root(lambda z, a: z * z - a, math.sqrt)
    np.testing.assert_allclose(dr.taylor(root, 4.0, 12), dr.taylor(np.sqrt, 4.0, 12), rtol=1e-13)


COSTS = {
    "multiply": (lambda x: x * x * x, 2),
    "tanh": (np.tanh, 3),
    "sin": (np.sin, 2),
    "exp of sin": (lambda x: np.exp(np.sin(x)), 2),
    "erf": (dr.special.erf, 2),
    "power": (lambda x: x**2.5, 3),
    "gammaln": (dr.special.gammaln, 3),
    "jv": (lambda x: dr.special.jv(0, x), 3),
    "matmul": (lambda x: np.stack([x, x * x]) @ np.stack([np.sin(x), 1 + x]), 3),
    "solve": (lambda x: np.linalg.solve(matrix(x), np.stack([x, 1 + x]))[0], 4),
}


@pytest.mark.parametrize("case", COSTS)
def test_the_cost_is_polynomial_in_the_order(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f, degree = COSTS[case]
    counted = [0]

    def count(*factors: Any) -> Any:
        counted[0] += 1
        return product(*factors)

    product = series.product
    monkeypatch.setattr(series, "product", count)
    costs = []
    for order in (10, 20):
        counted[0] = 0
        dr.taylor(f, 0.7, order)
        costs.append(counted[0])
    assert 0 < costs[0] < 4 * 11**degree
    assert costs[1] < 1.6 * 2**degree * costs[0]


def test_functions_of_arrays() -> None:
    x = 0.7
    for f in (
        lambda x: np.sum(np.stack([x, x * x]) @ np.array([[1.0, 2.0], [3.0, 4.0]]) * x),
        lambda x: np.prod(np.stack([x, 1 + x, x * x])),
        lambda x: np.linalg.norm(np.stack([x, 1 + x])),
        lambda x: dr.special.logsumexp(np.stack([x, x * x])),
        lambda x: np.max(np.cumsum(np.stack([x, np.exp(x)]))),
        lambda x: np.linalg.solve(matrix(x), np.stack([x, 1 + x]))[0],
        lambda x: dr.linalg.expm(matrix(x))[0, 1],
    ):
        np.testing.assert_allclose(dr.taylor(f, x, 4), nested(f, x, 4), rtol=1e-12)
    with pytest.raises(MissingRuleError, match="expm cannot be expanded to order 20"):
        dr.taylor(lambda x: dr.linalg.expm(matrix(x))[0, 0], x, 20)
    with pytest.raises(MissingRuleError, match=r"cannot be expanded to order 60.* too deep"):
        dr.taylor(lambda x: np.linalg.cholesky(matrix(x) + np.eye(2))[1, 1], x, 60)


def test_directions_structures_precision_and_nesting() -> None:
    x, v = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    found = dr.taylor(lambda x, c: {"a": c * x[0] * x[1], "b": [x, x**2]}, x, 2, 5.0, direction=v)
    np.testing.assert_array_equal(found["a"], 5 * np.array([2.0, 5.0, -3.0]))
    np.testing.assert_array_equal(found["b"][0], [x, v, [0, 0]])
    np.testing.assert_array_equal(found["b"][1], [x**2, 2 * x * v, v**2])
    assert dr.taylor(np.exp, np.float32(0.5), 3).dtype == np.float32
    np.testing.assert_array_equal(dr.taylor(lambda x: x * np.ones(3), 2.0, 1), [[2, 2, 2], [1, 1, 1]])
    for mode in ("forward", "reverse"):
        third = dr.grad(lambda x: dr.taylor(lambda y: np.sin(x * y), 0.3, 3)[3], mode=mode)(0.8)
        expected = -(3 * 0.8**2 * np.cos(0.24) - 0.8**3 * 0.3 * np.sin(0.24)) / 6
        assert third == pytest.approx(expected, rel=1e-12)
    inner = dr.taylor(lambda x: x * dr.derivative(lambda y: np.exp(x * y))(1.0), 0.5, 3)
    np.testing.assert_allclose(inner, nested(lambda x: x * x * np.exp(x), 0.5, 3), rtol=1e-14)
    np.testing.assert_allclose(
        dr.taylor(lambda x: dr.taylor(lambda y: np.exp(x * y), 1.0, 2)[2], 0.5, 2),
        nested(lambda x: x * x * np.exp(x) / 2, 0.5, 2),
        rtol=1e-14,
    )


def test_misuse() -> None:
    with pytest.raises(ValueError, match="order is -1"):
        dr.taylor(np.sin, 0.0, -1)
    with pytest.raises(ShapeMismatchError, match="one number or array"):
        dr.taylor(lambda x: x[0], (1.0, 2.0), 1)
    with pytest.raises(ShapeMismatchError, match="direction"):
        dr.taylor(np.sin, 0.0, 1, direction=np.ones(2))
    with pytest.raises(MissingRuleError, match="intersect1d"):
        dr.taylor(lambda x: np.intersect1d(x, x), np.ones(2), 2)
    assert TABLE["tanh"] is ROWS["tanh"]


def lost(x: Any) -> Any:
    return np.stack([np.sqrt(x) ** 2, np.cos(np.sqrt(x)), np.cbrt(x**2), np.remainder(0.5, x**2), np.sqrt(x) * x])


def test_a_0_beside_an_infinity_leaves_no_derivative_in_series_either() -> None:
    with np.errstate(all="ignore"):
        for x in (0.0, 0.25):
            slopes = dr.derivative(lost), dr.derivative(dr.derivative(lost))
            expected = [slopes[0](x), slopes[1](x) / 2]
            np.testing.assert_allclose(dr.taylor(lost, x, 2)[1:], expected, rtol=1e-12, atol=1e-14)
