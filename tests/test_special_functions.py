"""All of `scipy.special`: differentiated, constant, of plain numbers, or refused with a reason and a way out."""

from __future__ import annotations

import inspect
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

import dualrev as dr
from dualrev.kernels.scipy_from_rows import MADE
from dualrev.primitives.host.no_closed_form import reason
from dualrev.verification.coverage import COVERED, FLAT, MISSING, NO_RULE, coverage

MODES = ("forward", "reverse")
ENTRIES = {entry.name: entry for entry in coverage("scipy.special")}
UFUNCS = [name for name in ENTRIES if isinstance(getattr(scipy.special, name), np.ufunc)]
X = np.array([0.3, 1.2])


def test_every_function_has_its_place() -> None:
    assert [name for name, entry in ENTRIES.items() if entry.note == NO_RULE] == []
    assert [name for name, entry in ENTRIES.items() if entry.status == MISSING and reason(name) is None] == []
    assert [name for name in UFUNCS if ENTRIES[name].status not in (*COVERED, FLAT, MISSING)] == []


@pytest.mark.parametrize("name", [name for name in UFUNCS if ENTRIES[name].status == MISSING])
def test_refused_ufuncs_say_why_and_what_to_do(name: str) -> None:
    ufunc = getattr(scipy.special, name)
    for place in range(ufunc.nin):
        given: list[Any] = [1] * ufunc.nin
        for active in (dr.Dual(0.4, 1.0), dr.Var(0.4)):
            given[place] = active
            with pytest.raises(dr.errors.MissingRuleError) as caught:
                ufunc(*given)
            assert str(caught.value).startswith(f"scipy.special.{name} has no derivative rule: {reason(name)}")
            assert "dualrev.custom_rule" in str(caught.value)


PYTHON = [
    name
    for name, entry in ENTRIES.items()
    if entry.status == MISSING and inspect.isfunction(getattr(scipy.special, name))
]


@pytest.mark.parametrize("name", PYTHON)
def test_refused_functions_in_python_do_not_lose_a_derivative(name: str) -> None:
    function = getattr(scipy.special, name)
    required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    with pytest.raises(dr.errors.DualrevError, match=r"custom_rule|np.zeros"):
        dr.derivative(lambda x: function(*[1] * (len(required) - 1), x))(0.4)


def _scaled(n: int, slope: int, sign: int) -> Any:
    of = (mpmath.airyai, mpmath.airybi)[n]
    return lambda x: of(x, derivative=slope) * mpmath.exp(sign * 2 * x**1.5 / 3)


SEVERAL: dict[str, tuple[Any, ...]] = {
    "sici": (mpmath.si, mpmath.ci),
    "shichi": (mpmath.shi, mpmath.chi),
    "fresnel": (mpmath.fresnels, mpmath.fresnelc),
    "airy": tuple(lambda x, f=f, k=k: f(x, derivative=k) for f in (mpmath.airyai, mpmath.airybi) for k in (0, 1)),
    "airye": tuple(_scaled(n, k, 1 - 2 * n) for n in (0, 1) for k in (0, 1)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SEVERAL)
def test_every_result_of_several_is_differentiated(name: str, mode: str) -> None:
    ufunc = getattr(scipy.special, name)
    with mpmath.workdps(30):
        expected = [[float(mpmath.diff(exact, mpmath.mpf(x))) for x in X] for exact in SEVERAL[name]]
    for f in (ufunc, MADE[name]):
        value, slope = dr.value_and_jacobian(lambda x, f=f: np.stack(f(x)), mode=mode)(X)
        np.testing.assert_array_equal(value, ufunc(X))
        np.testing.assert_allclose(np.diagonal(slope, 0, 1, 2), expected, rtol=1e-12, atol=1e-14)
    assert dr.derivative(lambda x: ufunc(x)[0])(np.float32(0.3)).dtype == np.float32


@pytest.mark.parametrize("mode", MODES)
def test_lambert(mode: str) -> None:
    for branch, points in ((0, (-0.3, 0.0, 0.5, 30.0)), (-1, (-0.3, -0.01))):

        def f(x: Any, branch: int = branch) -> Any:
            return np.real(scipy.special.lambertw(x, branch))

        for at in points:
            with mpmath.workdps(40):
                first, second = (
                    float(mpmath.diff(lambda t, k=branch: mpmath.lambertw(t, k), at, n).real) for n in (1, 2)
                )
            assert dr.grad(f, mode=mode)(at) == pytest.approx(first, rel=1e-13)
            assert dr.grad(dr.grad(f, mode=mode), mode=mode)(at) == pytest.approx(second, rel=1e-12)


POLYNOMIALS = [name for name in ENTRIES if name.startswith("eval_")]


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials_of_every_degree_at_the_ends_and_to_third_order(name: str) -> None:
    ufunc = getattr(scipy.special, name)
    shape = {
        "eval_genlaguerre": (0.5,),
        "eval_gegenbauer": (0.7,),
        "eval_jacobi": (0.3, 0.6),
        "eval_sh_jacobi": (2.5, 1.5),
    }
    for n in range(6):
        at = np.array([-1.0, 0.0, 0.3, 1.0])
        nodes = np.cos(np.pi * (np.arange(n + 1) + 0.5) / (n + 1))
        exact = np.polynomial.Polynomial(
            np.linalg.solve(np.vander(nodes, increasing=True), ufunc(n, *shape.get(name, ()), nodes))
        )

        def f(x: Any, n: int = n) -> Any:
            return ufunc(n, *shape.get(name, ()), x)

        for mode in MODES:
            slope = f
            for order in (1, 2, 3):
                slope = dr.elementwise_grad(slope, mode=mode)
                np.testing.assert_allclose(slope(at), exact.deriv(order)(at), rtol=1e-10, atol=1e-9 * 4.0**n)


@pytest.mark.parametrize("mode", MODES)
def test_jacobis_functions(mode: str) -> None:
    value, slope = dr.value_and_jacobian(lambda u: np.stack(scipy.special.ellipj(u, 0.3)), mode=mode)(0.7)
    np.testing.assert_array_equal(value, scipy.special.ellipj(0.7, 0.3))
    with mpmath.workdps(30):
        expected = [float(mpmath.diff(lambda u, k=k: mpmath.ellipfun(k, u, m=0.3), 0.7)) for k in ("sn", "cn", "dn")]
    np.testing.assert_allclose(slope, [*expected, value[2]], rtol=1e-13)
    with pytest.raises(dr.errors.MissingRuleError, match="no derivative in m"):
        dr.jacobian(lambda m: scipy.special.ellipj(0.7, m)[0], mode=mode)(0.3)


def test_degrees_that_are_no_whole_numbers_or_below_0() -> None:
    with mpmath.workdps(30):
        expected = float(mpmath.diff(lambda x: mpmath.legendre(0.5, x), 0.3))
    assert dr.derivative(lambda x: scipy.special.eval_legendre(0.5, x))(0.3) == pytest.approx(expected, rel=1e-12)
    assert np.isnan(dr.derivative(lambda x: scipy.special.eval_legendre(-2, x))(0.3))
    with pytest.raises(ValueError, match="takes n as an integer"):
        dr.special.eval_hermite(1.5, 0.3)


@pytest.mark.parametrize("mode", MODES)
def test_incomplete_elliptic_integrals_beyond_half_a_turn(mode: str) -> None:
    for f, exact in ((scipy.special.ellipkinc, mpmath.ellipf), (scipy.special.ellipeinc, mpmath.ellipe)):
        for at in ((4.0, 0.5), (-2.5, 0.3), (7.0, -0.4), (0.0, 0.3)):
            with mpmath.workdps(30):
                expected = [float(mpmath.diff(exact, at, order)) for order in ((1, 0), (0, 1))]
            assert dr.jacobian(f, (0, 1), mode=mode)(*at) == pytest.approx(expected, rel=1e-11, abs=1e-15)


def test_arguments_of_carlson_that_nearly_agree_give_no_lost_digits() -> None:
    slope = dr.derivative(lambda x: scipy.special.elliprd(x, 2.0, 1.0))
    assert np.isnan(slope(1.0))
    assert np.isnan(slope(1.0 + 1e-9))
    assert np.isfinite(slope(1.1))
