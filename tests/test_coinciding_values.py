"""Functions of matrices whose eigenvalues or singular values coincide: right, and the same in both modes, or NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import dualrev as dr

MODES = ("forward", "reverse")
RNG = np.random.default_rng(11)
LEFT, RIGHT = (np.linalg.qr(RNG.normal(size=(4, 4)))[0] for _ in range(2))
SPECTRA = ([2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 3.0], [1.0, 1.0, 3.0, 3.0], [1.0, 2.0, 2.0, 5.0], [1.0, 2.0, 3.0, 4.0])
every_spectrum = pytest.mark.parametrize("values", SPECTRA, ids=str)


class Case(NamedTuple):
    """A function that does not depend on the choice of vectors, and its gradient by hand."""

    f: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    symmetric: bool = True
    second: Callable[[Any, Any], Any] | None = None
    """The derivative of the gradient in a direction."""


def of_eigh(scale: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the trace of a function of a matrix, by eigenvectors."""

    def f(a: Any) -> Any:
        w, v = np.linalg.eigh((a + a.T) / 2)
        return np.trace((v * scale(w)) @ v.T)

    return f


def of_eig(a: Any) -> Any:
    w, v = np.linalg.eig((a + a.T) / 2)
    return np.trace((v * w**2) @ np.linalg.inv(v))


def of_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.linalg.norm((u * s) @ vh)


def function(a: Any, g: Callable[[Any], Any]) -> Any:
    """Return a function of a symmetric matrix."""
    w, v = np.linalg.eigh(a)
    return (v * g(w)) @ v.T


def eigenvalues(a: Any) -> Any:
    return np.linalg.eigvalsh((a + a.T) / 2)


CASES = {
    "trace of sqrt by eigh": Case(of_eigh(np.sqrt), lambda a: function(a, lambda w: 0.5 / np.sqrt(w))),
    "trace of exp by eigh": Case(of_eigh(np.exp), lambda a: function(a, np.exp)),
    "trace of square by eig": Case(of_eig, lambda a: 2 * a),
    "sum of squares by eigvalsh": Case(
        lambda a: np.sum(eigenvalues(a) ** 2), lambda a: 2 * a, second=lambda a, t: t + t.T
    ),
    "sum of roots by eigvalsh": Case(
        lambda a: np.sum(np.sqrt(eigenvalues(a))),
        lambda a: function(a, lambda w: 0.5 / np.sqrt(w)),
        second=lambda a, t: _second_of_roots(a, (t + t.T) / 2),
    ),
    "determinant by eigvalsh": Case(lambda a: np.prod(eigenvalues(a)), lambda a: np.linalg.det(a) * np.linalg.inv(a)),
    "sum of cubes by eigvals": Case(lambda a: np.sum(np.linalg.eigvals((a + a.T) / 2) ** 3), lambda a: 3 * a @ a),
    "norm of the product by svd": Case(of_svd, lambda a: a / np.linalg.norm(a), symmetric=False),
    "sum of squares by svdvals": Case(lambda a: np.sum(np.linalg.svdvals(a) ** 2), lambda a: 2 * a, symmetric=False),
    "nuclear norm": Case(lambda a: np.linalg.norm(a, "nuc"), lambda a: LEFT @ RIGHT, symmetric=False),
    "logarithm of the determinant by svd": Case(
        lambda a: np.sum(np.log(np.linalg.svd(a, compute_uv=False))), lambda a: np.linalg.inv(a).T, symmetric=False
    ),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def _second_of_roots(a: Any, t: Any) -> Any:
    """Return the derivative of half the inverse root: by divided differences in the basis of the vectors."""
    w, v = np.linalg.eigh(a)
    root = np.sqrt(w)
    divided = -0.5 / (root[:, None] * root * (root[:, None] + root))
    return v @ (divided * (v.T @ t @ v)) @ v.T


def matrices(case: Case, values: list[float]) -> list[Any]:
    middle = np.diag(values)
    if case.symmetric:
        return [middle, LEFT @ middle @ LEFT.T]
    return [middle, LEFT @ middle @ RIGHT] if case.f is not CASES["nuclear norm"].f else [LEFT @ middle @ RIGHT]


@every_case
@every_spectrum
def test_gradients(case: Case, values: list[float]) -> None:
    for a in matrices(case, values):
        exact = case.gradient(a)
        for mode in MODES:
            found = dr.grad(case.f, mode=mode)(a)
            np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-12 * np.abs(exact).max(), err_msg=mode)
        direction = RNG.normal(size=a.shape)
        assert dr.jvp(case.f, a, direction)[1] == pytest.approx(np.sum(exact * direction), rel=1e-11, abs=1e-11)


@every_case
@every_spectrum
def test_second_derivatives_are_right_or_not_numbers(case: Case, values: list[float]) -> None:
    """Never a number that 1 / (w_j - w_i) was left out of."""
    if case.second is None:
        return
    a = matrices(case, values)[-1]
    for inner in MODES:
        gradient = dr.grad(case.f, mode=inner)
        found = [dr.jacobian(gradient, mode=mode)(a) for mode in MODES]
        for hessian in [*found, dr.hessian(case.f)(a)]:
            for n in range(a.size):
                unit = np.zeros(a.size)
                unit[n] = 1.0
                exact = case.second(a, unit.reshape(a.shape))
                column = hessian[..., n // 4, n % 4]
                known = ~np.isnan(column)
                np.testing.assert_allclose(column[known], exact[known], rtol=1e-9, atol=1e-11)
                assert known.all() or len(set(values)) < len(values)


def test_two_by_two() -> None:
    """The Hessian of a sum of roots at a multiple of the identity, where it is known entry by entry."""
    hessian = dr.hessian(lambda a: np.sum(np.sqrt(eigenvalues(a))))(2 * np.eye(2))
    slope = -0.25 * 2.0**-1.5
    for at, right in (
        ((0, 0, 0, 0), slope),
        ((1, 1, 1, 1), slope),
        ((0, 1, 0, 1), slope / 2),
        ((0, 1, 1, 0), slope / 2),
    ):
        assert np.isnan(hessian[at]) or hessian[at] == pytest.approx(right)


WEIGHTS = np.arange(9.0).reshape(3, 3)
SMOOTH = {
    "determinant by eigvals": (lambda a: np.prod(np.linalg.eigvals(a)).real, np.linalg.det),
    "exponential by eigh": (
        lambda a: np.sum(function((a + a.T) / 2, np.exp) * WEIGHTS),
        lambda a: np.sum(dr.linalg.expm((a + a.T) / 2) * WEIGHTS),
    ),
    "orthogonal factor by svd": (
        lambda a: np.sum(np.linalg.svd(a).U @ np.linalg.svd(a).Vh * WEIGHTS),
        lambda a: np.sum(a @ np.linalg.inv(dr.linalg.sqrtm(a.T @ a)) * WEIGHTS),
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_through_vectors_leave_out_nothing(name: str) -> None:
    by_vectors, smooth = SMOOTH[name]
    a = np.diag([1.0, 1.0, 2.0])
    right = dr.hessian(smooth)(a)
    for inner in MODES:
        for outer in MODES:
            found = dr.jacobian(dr.grad(by_vectors, mode=inner), mode=outer)(a)
            known = ~np.isnan(found)
            np.testing.assert_allclose(found[known], right[known], rtol=1e-9, atol=1e-9)


def test_what_depends_on_the_choice_has_no_derivative() -> None:
    for f in (
        lambda a: np.linalg.eigh((a + a.T) / 2).eigenvectors[1, 0],
        lambda a: np.linalg.svd(a).U[1, 0],
        lambda a: np.linalg.eigh((a + a.T) / 2).eigenvectors[0, 0],
    ):
        for mode in MODES:
            assert np.isnan(dr.grad(f, mode=mode)(np.eye(3))).any()


def test_the_function_is_called_for_two_limits_where_values_coincide() -> None:
    calls = []

    def counted(a: Any) -> Any:
        calls.append(a)
        return of_svd(a)

    for mode in MODES:
        calls.clear()
        dr.grad(counted, mode=mode)(np.diag([1.0, 2.0]))
        assert len(calls) == 1
        dr.grad(counted, mode=mode)(np.eye(2))
        assert len(calls) == 4
