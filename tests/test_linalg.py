"""Linear algebra where it is singular, degenerate, or not defined, and in single precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from each import each
from linalg_cases import LINALG_COMPOSITES, LINALG_RULES

import dualrev as dr
from dualrev.errors import MissingRuleError
from dualrev.primitives.array import RULES
from dualrev.primitives.array._determinants import log_det
from dualrev.primitives.array._factorizations import lower_factor, orthogonal_triangular
from dualrev.primitives.array._linear_systems import pseudoinverse
from dualrev.primitives.array._singular_values import thin_singular
from dualrev.primitives.array._spectra import real_spectrum, symmetric_spectrum

MODES = ("forward", "reverse")
every_mode = each("mode", MODES)
CASES = [(f, *case) for table in (LINALG_RULES, LINALG_COMPOSITES) for f, make in table.items() for case in make(f)]
RNG = np.random.default_rng(0)
RANK_2 = RNG.normal(size=(3, 2)) @ RNG.normal(size=(2, 3))
TURN = np.linalg.qr(RNG.normal(size=(3, 3))).Q
TWICE = TURN @ np.diag([1.0, 1.0, 4.0]) @ TURN.T


def minors(a: Any) -> Any:
    """Return the matrix of cofactors by deleting rows and columns."""
    n = len(a)
    return np.array(
        [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)] for i in range(n)]
    )


@each("case", CASES)
def test_adjoint_identity_in_single_precision(case: Any) -> None:
    _, call, shapes = case
    rng = np.random.default_rng(4)
    x = tuple(np.float32(rng.uniform(0.2, 2.0, shape)) for shape in shapes)
    v = tuple(np.float32(rng.normal(size=shape)) for shape in shapes)
    out, pushed = dr.jvp(call, x, v)
    w = np.asarray(rng.normal(size=np.shape(out)), np.float32)[()]
    pulled = dr.vjp(call, *x)[1](w)
    assert {np.asarray(a).dtype for a in (out, pushed, *pulled)} == {np.dtype(np.float32)}
    terms = [np.float64(w) * pushed, *(-np.float64(a) * b for a, b in zip(pulled, v, strict=True))]
    size = sum(np.abs(t).sum() for t in terms)
    assert abs(sum(t.sum() for t in terms)) <= 64 * np.finfo(np.float32).eps * size


@every_mode
def test_the_determinant_of_a_singular_matrix_has_its_cofactors_as_gradient(mode: str) -> None:
    for a in (RANK_2, np.zeros((1, 1)), np.zeros((2, 2)), np.ones((3, 3)), np.diag([0.0, 2.0, 3.0])):
        np.testing.assert_allclose(dr.grad(np.linalg.det, mode=mode)(a), minors(a), atol=1e-14)


def test_second_derivatives_of_a_determinant_that_is_0() -> None:
    for a in (RANK_2, np.ones((3, 3)), np.diag([0.0, 0.0, 3.0])):
        h = 1e-4
        for v in (np.eye(3), RNG.normal(size=(3, 3))):
            expected = (minors(a + h * v) - minors(a - h * v)) / (2 * h)
            np.testing.assert_allclose(dr.hvp(np.linalg.det, a, v), expected, atol=1e-8)
    stack = np.stack([RANK_2, TWICE])
    single = [dr.hvp(np.linalg.det, a, TURN) for a in stack]
    np.testing.assert_allclose(dr.hvp(lambda x: np.sum(np.linalg.det(x)), stack, np.stack([TURN] * 2)), single)


@every_mode
def test_log_determinant_and_sign(mode: str) -> None:
    a = TURN @ np.diag([-1.0, 2.0, 3.0]) @ TURN.T
    sign, slope = dr.value_and_jacobian(lambda x: np.linalg.slogdet(x).sign * 1.0, mode=mode)(a)
    assert sign == pytest.approx(-1.0)
    assert not slope.any()
    gradient = dr.grad(lambda x: np.linalg.slogdet(x)[1], mode=mode)(a)
    np.testing.assert_allclose(gradient, np.linalg.inv(a).T)


@every_mode
@pytest.mark.parametrize("triangle", ["L", "U"])
def test_the_triangle_that_is_not_read_has_no_derivative(mode: str, triangle: str) -> None:
    a = TWICE + np.diag([1.0, 2.0, 3.0])
    functions = (
        lambda x: np.linalg.eigvalsh(x, UPLO=triangle)[0],
        lambda x: np.linalg.eigh(x, UPLO=triangle).eigenvectors[0, 0],
        lambda x: np.linalg.cholesky(x, upper=triangle == "U")[0, 0] * 1.0,
    )
    other = np.triu(np.ones((3, 3)), 1) if triangle == "L" else np.tril(np.ones((3, 3)), -1)
    for f in functions:
        gradient = dr.grad(f, mode=mode)(a)
        assert not gradient[other == 1].any()
        assert gradient.any()
        assert f(a) == f(np.where(other, np.nan, a))
    value, _ = dr.value_and_jacobian(lambda x: np.linalg.eigh(x, triangle).eigenvectors, mode=mode)(TURN)
    np.testing.assert_array_equal(value, np.linalg.eigh(TURN, triangle).eigenvectors)


@every_mode
def test_functions_of_eigenvalues_that_coincide(mode: str) -> None:
    """The trace of a function is smooth; its gradient is the derivative of the function at the matrix."""
    for a in (TWICE, np.eye(3), np.zeros((3, 3))):
        full = dr.grad(lambda x: np.sum(np.linalg.eigvalsh((x + x.T) / 2) ** 3), mode=mode)(a)
        np.testing.assert_allclose(full, 3 * a @ a, atol=1e-13)
        values = dr.grad(lambda x: np.sum(np.linalg.svd(x)[1]) ** 2, mode=mode)(a)
        np.testing.assert_allclose(values, 2 * np.trace(a) * (a != 0).any() * np.eye(3), atol=1e-12)


@every_mode
def test_vectors_of_other_eigenvalues(mode: str) -> None:
    """The projector on the third vector is smooth where the first two values coincide."""

    def projector(x: Any) -> Any:
        vector = np.linalg.eigh((x + x.T) / 2).eigenvectors[:, 2]
        return np.outer(vector, vector)

    third, others = TURN[:, 2], TURN[:, :2] @ TURN[:, :2].T / 3.0
    v = RNG.normal(size=(3, 3))
    change = others @ (v + v.T) / 2 @ np.outer(third, third)
    found = np.einsum("ijkl,kl", dr.jacobian(projector, mode=mode)(TWICE), v)
    np.testing.assert_allclose(found, change + change.T, atol=1e-13)


@every_mode
def test_singular_values_of_0_and_norms_of_0(mode: str) -> None:
    for order in (None, "fro", "nuc", 1, 2, np.inf):
        gradient = dr.grad(lambda x, o=order: np.linalg.norm(x, o), mode=mode)(np.zeros((2, 3)))
        np.testing.assert_array_equal(gradient, np.zeros((2, 3)))
    for order in (None, 0, 1, 2, 3, np.inf):
        gradient = dr.grad(lambda x, o=order: np.linalg.norm(x, o) * 1.0, mode=mode)(np.zeros(3))
        np.testing.assert_array_equal(gradient, np.zeros(3))
    u, _, vh = np.linalg.svd(RANK_2)
    nuclear = dr.grad(lambda x: np.linalg.norm(x, "nuc"), mode=mode)(RANK_2)
    np.testing.assert_allclose(nuclear, u[:, :2] @ vh[:2], atol=1e-14)
    largest = dr.grad(lambda x: np.linalg.norm(x, 2), mode=mode)(np.eye(2))
    np.testing.assert_allclose(largest, np.eye(2) / 2, atol=1e-15)


@every_mode
def test_pseudoinverse_of_a_matrix_without_full_rank(mode: str) -> None:
    """Along matrices of the same rank."""
    left, right = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3))
    dr.check_grads(lambda x, y: np.linalg.pinv(x @ y, rcond=1e-10), (left, right), order=1, modes=[mode])


def test_results_are_named_tuples() -> None:
    a = dr.Var(TWICE + np.diag([1.0, 2.0, 3.0]))
    assert np.linalg.eigh(a)._fields == ("eigenvalues", "eigenvectors")
    assert np.linalg.eig(a)._fields == ("eigenvalues", "eigenvectors")
    assert np.linalg.qr(a)._fields == ("Q", "R")
    assert np.linalg.svd(a)._fields == ("U", "S", "Vh")
    assert np.linalg.slogdet(a)._fields == ("sign", "logabsdet")
    assert type(np.linalg.matrix_rank(a)) is np.int64
    assert np.linalg.lstsq(a, np.ones(3))[2] == 3
    assert np.linalg.lstsq(a, np.ones(3))[1].shape == (0,)


@every_mode
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: np.linalg.svd(a[:2])[0], "full_matrices=False"),
        (lambda a: np.linalg.svd(a, hermitian=True)[0], "hermitian"),
        (lambda a: np.linalg.qr(a[:, :2], mode="complete")[0], "'complete'"),
        (lambda a: np.linalg.qr(a, mode="raw")[0], "'raw'"),
        (lambda a: np.linalg.eigvals(a * np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])), "complex"),
    ],
)
def test_what_has_no_derivative_is_refused_by_name(call: Any, message: str, mode: str) -> None:
    with pytest.raises(MissingRuleError, match=message):
        dr.jacobian(call, mode=mode)(np.ones((3, 3)))


@every_mode
def test_singular_matrices_are_an_error(mode: str) -> None:
    for call in (np.linalg.inv, lambda a: np.linalg.solve(a, np.ones(3)), lambda a: np.linalg.qr(a).R):
        with pytest.raises(np.linalg.LinAlgError):
            dr.jacobian(call, mode=mode)(np.zeros((3, 3)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linalg.solve(x, np.array([1.0, 2.0, 3.0])),
        lambda x: np.linalg.solve(x, x[:, :1] ** 2)[:, 0] + np.linalg.pinv(x[:, :1])[0],
        lambda x: np.linalg.inv(x)[1],
        lambda x: np.linalg.det(x) + np.linalg.slogdet(x)[1],
        lambda x: np.linalg.cholesky(x @ x.T)[:, 1],
    ],
    ids=["solve", "solve columns", "inv", "det", "cholesky"],
)
def test_verify_follows_elimination(f: Any) -> None:
    """Also where the first pivot is 0."""
    for a in (np.array([[0.0, 1.0, 0.5], [2.0, 0.25, -1.0], [1.0, 3.0, -1.0]]), TWICE):
        outcome = dr.verify(f, a)
        assert outcome.ok, outcome
        assert outcome.method == "symbolic", outcome.reason


def test_verify_says_that_it_cannot_follow_a_spectrum() -> None:
    for f in (np.linalg.eigvalsh, lambda x: np.linalg.svd(x).S, lambda x: np.linalg.qr(x).R, dr.linalg.expm):
        outcome = dr.verify(f, np.array([[2.0, 1.0], [1.0, 4.0]]))
        assert outcome.ok
        assert outcome.method == "numeric"
        assert "cannot follow" in outcome.reason


def test_rules_of_real_matrices_refuse_complex_ones() -> None:
    a = np.eye(2) * 1j
    functions = (pseudoinverse, log_det, lower_factor, orthogonal_triangular, symmetric_spectrum, thin_singular)
    for f in (*functions, real_spectrum, dr.linalg.expm):
        with pytest.raises(MissingRuleError, match="complex"):
            RULES[f].linearize(a, a)
