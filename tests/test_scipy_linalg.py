"""`dualrev.linalg`: NumPy's functions under another name, and those that SciPy computes."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import dualrev as dr
from dualrev.errors import MissingExtraError, MissingRuleError

every_mode = pytest.mark.parametrize("mode", ["forward", "reverse"])
RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 4))
B = RNG.normal(size=(4, 2))
V = RNG.normal(size=(4, 4))


def along(f: Any, a: Any, v: Any, mode: str) -> Any:
    """Return the derivative of a function of a matrix in a direction."""
    return np.einsum("ijkl,kl", dr.jacobian(f, mode=mode)(a), v)


@every_mode
@pytest.mark.parametrize("size", [1e-9, 1.0, 30.0])
def test_the_derivative_of_the_exponential_is_that_of_scipy(mode: str, size: float) -> None:
    for direction in (V, 1e-12 * V, 1e12 * V):
        expected = scipy.linalg.expm_frechet(size * A, direction, compute_expm=False)
        found = along(dr.linalg.expm, size * A, direction, mode)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


@every_mode
def test_inverse_functions_of_matrices(mode: str) -> None:
    a = 0.2 * A + 2 * np.eye(4)
    for f in (
        lambda x: dr.linalg.logm(dr.linalg.expm(x)),
        lambda x: dr.linalg.sqrtm(x) @ dr.linalg.sqrtm(x),
        lambda x: dr.linalg.coshm(x) + dr.linalg.sinhm(x) - dr.linalg.expm(x) + x,
        lambda x: dr.linalg.cosm(x) @ dr.linalg.cosm(x) + dr.linalg.sinm(x) @ dr.linalg.sinm(x) + x,
        lambda x: dr.linalg.cosm(x) @ dr.linalg.tanm(x) - dr.linalg.sinm(x) + x,
        lambda x: dr.linalg.coshm(x) @ dr.linalg.tanhm(x) - dr.linalg.sinhm(x) + x,
    ):
        np.testing.assert_allclose(along(f, a, V, mode), V, atol=1e-11)


@every_mode
def test_the_square_root_of_the_identity(mode: str) -> None:
    """Where eigenvalues coincide, a function of the matrix has a derivative all the same."""
    np.testing.assert_allclose(along(dr.linalg.sqrtm, np.eye(4), V, mode), V / 2, atol=1e-15)


@every_mode
def test_complex_results_are_refused(mode: str) -> None:
    assert dr.linalg.sqrtm(-np.eye(2)).dtype.kind == "c"
    for f in (dr.linalg.sqrtm, dr.linalg.logm):
        with pytest.raises(MissingRuleError, match="complex"):
            dr.jacobian(f, mode=mode)(np.diag([-1.0, 2.0]))


@every_mode
@pytest.mark.parametrize("lower", [False, True])
def test_cholesky_solutions_are_solutions(mode: str, lower: bool) -> None:
    def spd(x: Any) -> Any:
        return x @ x.T + 4 * np.eye(4)

    def solved(x: Any) -> Any:
        return dr.linalg.cho_solve(dr.linalg.cho_factor(spd(x), lower=lower), B)

    expected = dr.jacobian(lambda x: dr.linalg.solve(spd(x), B), mode=mode)(A)
    np.testing.assert_allclose(dr.jacobian(solved, mode=mode)(A), expected, rtol=1e-12, atol=1e-12)
    factor = scipy.linalg.cho_factor(spd(A), lower=lower)
    np.testing.assert_allclose(dr.linalg.cho_solve(factor, B), scipy.linalg.cho_solve(factor, B))
    slope = dr.jacobian(lambda b: dr.linalg.cho_solve(factor, b), mode=mode)(B[:, 0])
    np.testing.assert_allclose(slope, np.linalg.inv(spd(A)), rtol=1e-12)


@every_mode
def test_a_banded_system_is_the_dense_one(mode: str) -> None:
    below, above, n = 1, 2, 5
    ab = RNG.normal(size=(below + above + 1, n))
    ab[above] += 5

    def dense(x: Any) -> Any:
        rows = [[x[above + i - j, j] if -above <= i - j <= below else 0.0 for j in range(n)] for i in range(n)]
        return np.stack([np.stack(row) for row in rows])

    b = RNG.normal(size=n)
    found = dr.jacobian(lambda x: dr.linalg.solve_banded((below, above), x, b), mode=mode)(ab)
    np.testing.assert_allclose(found, dr.jacobian(lambda x: np.linalg.solve(dense(x), b), mode=mode)(ab), atol=1e-15)
    with pytest.raises(TypeError, match="nonsense"):
        dr.linalg.solve_banded((1, 1), ab, b, nonsense=True)


@every_mode
def test_only_the_triangle_that_is_read_has_a_derivative(mode: str) -> None:
    a = np.tril(A) + 4 * np.eye(4)
    found = dr.jacobian(lambda x: dr.linalg.solve_triangular(x, B[:, 0], lower=True), mode=mode)(a)
    assert not found[:, np.triu(np.ones((4, 4), bool), 1)].any()
    expected = dr.jacobian(lambda x: np.linalg.solve(x * np.tri(4), B[:, 0]), mode=mode)(a)
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_numpys_functions_are_there_under_their_names() -> None:
    for name in dr.linalg.__all__:
        function = getattr(dr.linalg, name)
        assert function.__name__ == name
        assert function is getattr(np.linalg, name, function)
        assert pickle.loads(pickle.dumps(function)) is function
    with pytest.raises(AttributeError, match=r"nonsense.*expm"):
        dr.linalg.nonsense  # noqa: B018


def test_without_scipy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.linalg", None)
    for f in (
        dr.linalg.expm,
        lambda a: dr.linalg.solve_triangular(a, B),
        lambda a: dr.linalg.solve_banded((1, 2), a, B),
    ):
        with pytest.raises(MissingExtraError, match=r"pip install '\.\[scipy\]'"):
            dr.jacobian(f)(A)
    assert dr.grad(dr.linalg.det)(A).shape == (4, 4)
