"""A product of the chain rule is 0 where a factor is exactly 0: in every array rule, beside infinities and NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from array_cases import Case
from families import contraction
from test_array_rules import GROUPS, operands

import dualrev as dr
from dualrev.primitives.chain_rule import product

MODES = ("forward", "reverse")
MULTILINEAR = {f.__name__ for table in (contraction.RULES, contraction.COMPOSITES) for f in table}
MULTILINEAR |= {"matmul", "dot", "vdot", "inner", "convolve", "correlate", "polymul"}
"""Functions that add up products of elements."""
OTHERS = {"trapezoid", "average", "interp", "prod", "cumprod", "var", "polyval"}


def spoiled(case: Case, bad: float, seed: int) -> tuple[Any, ...]:
    """Return operands with one element replaced."""
    rng = np.random.default_rng(seed)
    x = [np.array(a) for a in operands(case, seed)]
    full = [a for a in x if a.size]
    chosen = full[rng.integers(len(full))].reshape(-1)
    chosen[rng.integers(chosen.size)] = bad
    return tuple(a[()] for a in x)


def by_law(matrix: Any, vector: Any) -> Any:
    """Multiply a matrix and a vector whose zeros win."""
    return np.where((matrix == 0) | (vector == 0), 0.0, matrix * vector).sum(axis=-1)


def jacobian(case: Case, x: tuple[Any, ...], mode: Any) -> Any:
    """Return the derivatives by all operands as one matrix."""
    parts = dr.jacobian(case.call, tuple(range(len(x))), mode=mode)(*x)
    return np.concatenate([np.reshape(a, (-1, np.size(b))) for a, b in zip(parts, x, strict=True) if np.size(b)], 1)


def agree(found: Any, exact: Any) -> None:
    """Compare numbers where the law has numbers, and nothing where it has none."""
    known = np.isfinite(exact)
    np.testing.assert_allclose(found[known], exact[known], rtol=1e-12, atol=1e-12)


def check(case: Case, bad: float, seed: int, multilinear: bool) -> None:
    """Compare both modes, along directions with zeros, with a Jacobian that is multiplied term by term."""
    x, rng = spoiled(case, bad, seed), np.random.default_rng(seed + 1)
    out = np.asarray(case.call(*x))
    if not out.size:
        return
    forward, reverse = (jacobian(case, x, mode) for mode in MODES)
    # In a chain of contractions, infinities of both signs may meet in one mode, and the sum that they multiply be a
    # number in the other: the law is that of products, not of sums.
    known = np.full(forward.shape, True) if len(x) < 3 else ~np.isnan(forward) & ~np.isnan(reverse)
    np.testing.assert_allclose(forward[known], reverse[known], rtol=1e-12, atol=1e-12)
    if multilinear:
        one, two = (jacobian(case, spoiled(case, value, seed), "reverse") for value in (1.5, 2.5))
        same = np.isclose(one, two, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(forward[same], one[same], rtol=1e-12, atol=1e-12)
        assert not np.isfinite(forward[~same]).any()
    v = [np.asarray(rng.normal(size=a.shape) * rng.integers(0, 2, a.shape))[()] for a in x]
    w = np.asarray(rng.normal(size=out.shape) * rng.integers(0, 2, out.shape))[()]
    agree(np.ravel(dr.jvp(case.call, x, tuple(v))[1]), by_law(forward, np.concatenate([np.ravel(a) for a in v])))
    pulled = np.concatenate([np.ravel(a) for a in dr.vjp(case.call, *x)[1](w)])
    agree(pulled, by_law(reverse.T, np.ravel(w)))


def check_group(function: str, seeds: Any) -> None:
    for n, (label, case) in enumerate(GROUPS[function]):
        for seed in seeds:
            if not any(np.prod(shape) for shape in case.shapes):
                continue
            try:
                with np.errstate(all="ignore"):
                    check(case, (np.inf, -np.inf, np.nan)[(n + seed) % 3], seed, function.split()[0] in MULTILINEAR)
            except Exception as error:
                error.add_note(label)
                raise


@pytest.mark.parametrize("function", [name for name in GROUPS if name.split()[0] in MULTILINEAR | OTHERS])
def test_zeros_win_in_both_modes(function: str) -> None:
    check_group(function, (0,))


@pytest.mark.exhaustive
@pytest.mark.parametrize("function", [name for name in GROUPS if name.split()[0] in MULTILINEAR | OTHERS])
def test_zeros_win_at_other_places(function: str) -> None:
    check_group(function, range(1, 10))


@pytest.mark.parametrize("mode", MODES)
def test_solutions_of_right_hand_sides_that_are_not_numbers(mode: Any) -> None:
    a = np.array([np.eye(2), [[np.nan, 1.0], [1.0, 2.0]]])
    chosen = np.array([[True, True], [False, False]])
    for f in (
        lambda a: np.where(chosen, np.linalg.solve(a, np.ones((2, 1)))[..., 0], 0.0),
        lambda a: np.where(chosen, np.sum(np.linalg.inv(a), -1), 0.0),
    ):
        exact = np.zeros((2, 2, 2, 2, 2))
        exact[0, :, 0] = -np.eye(2)[:, :, None] * np.ones(2)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(dr.jacobian(f, mode=mode)(a), exact)


def test_infinite_slopes_of_some_eigenvalues_leave_other_elements_alone() -> None:
    a = np.diag([0.0, 1.0])
    exact = np.diag([np.inf, 0.5])
    for values in (np.linalg.eigvalsh, lambda a: np.sort(np.linalg.eigvals(a))):
        for mode in MODES:
            with np.errstate(all="ignore"):
                found = dr.grad(lambda a, f=values: np.sum(np.sqrt(f(a))), mode=mode)(a)
            np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize("mode", MODES)
def test_derivatives_at_singular_matrices_are_those_promised_or_refused(mode: Any) -> None:
    zero, rank_one = np.zeros((2, 2)), np.array([[1.0, 2.0], [2.0, 4.0]])
    with np.errstate(all="ignore"):
        for p in (None, 2, -2):
            found = dr.grad(lambda a, p=p: np.linalg.cond(a, p), mode=mode)(zero)
            np.testing.assert_array_equal(found, zero)
            assert dr.value_and_grad(lambda a, p=p: np.linalg.cond(a, p), mode=mode)(zero)[0] == np.inf
        for power, slope in ((0, 0.0), (1, 1.0), (2, 8.0)):
            found = dr.jacobian(lambda a, n=power: np.linalg.matrix_power(a, n), mode=mode)(rank_one)
            assert found[1, 1, 1, 1] == slope
    inverse = np.linalg.pinv(rank_one)
    exact = -inverse @ rank_one @ inverse  # the matrix grows in its own direction
    np.testing.assert_allclose(dr.jvp(np.linalg.pinv, rank_one, rank_one)[1], exact, rtol=1e-12)
    pulled = dr.grad(lambda a: np.sum(np.linalg.pinv(a)), mode=mode)(rank_one)
    np.testing.assert_allclose(np.sum(pulled * rank_one), np.sum(exact), rtol=1e-12)
    for refused in (
        lambda a: np.linalg.qr(a).R,
        lambda a: np.linalg.qr(a).Q,
        np.linalg.cholesky,
        lambda a: np.linalg.matrix_power(a, -1),
        lambda a: np.linalg.cond(a, 1),
    ):
        with pytest.raises(np.linalg.LinAlgError):
            dr.jacobian(refused, mode=mode)(rank_one)


def test_no_warning_comes_from_a_zero_beside_an_infinity() -> None:
    a = np.array([[np.inf, 1.0], [2.0, np.nan]])
    with np.errstate(all="raise"):
        for mode in MODES:
            found = dr.jacobian(lambda x: np.matmul(a, x), mode=mode)(np.array([1.0, 2.0]))
            np.testing.assert_array_equal(found, a)


def test_second_derivatives_of_contractions_beside_infinities() -> None:
    """x0 (inf x0 + x1), by all nestings."""
    row = np.array([np.inf, 1.0])
    for inner in MODES:
        for outer in MODES:
            gradient = dr.grad(lambda x: np.dot(row, x) * x[0], mode=inner)
            with np.errstate(all="ignore"):
                found = dr.jacobian(gradient, mode=outer)(np.array([1.0, 2.0]))
            np.testing.assert_array_equal(found, [[np.inf, 1.0], [1.0, 0.0]])


def test_a_product_with_one_part_that_is_lost_keeps_the_derivative_of_another() -> None:
    """A 0 beside a number is a number, which may have a derivative: d2 xlogy / da db = 1 / b."""
    a, b = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    for inner in MODES:
        for outer in MODES:
            slope = dr.grad(lambda a, b: np.sum(dr.special.xlogy(a, b)), mode=inner)
            with np.errstate(all="ignore"):
                mixed = dr.jacobian(lambda b, slope=slope: slope(a, b), mode=outer)(b)
            assert mixed[0, 0] == 1.0, (inner, outer)
    factor = dr.Dual(np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    with np.errstate(all="ignore"):
        found = product(np.array([3.0, np.inf]), factor)
    np.testing.assert_array_equal(found.tangent, [3.0, 0.0])
