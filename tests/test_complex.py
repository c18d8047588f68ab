"""Complex intermediate results between real inputs and real results."""

from __future__ import annotations

import dataclasses
from typing import Any

import numba
import numpy as np
import pytest
from each import each
from families.spectra import ROWS

import dualrev as dr
from dualrev import errors
from dualrev.active import numpy_protocol
from dualrev.kernels import numpy_rows
from dualrev.primitives.row import math, row

MODES = ("forward", "reverse")
X = np.array([0.6, -0.8, 1.1])


@each("part", [np.real, np.imag, np.abs])
@pytest.mark.parametrize("name", ROWS)
def test_functions_of_complex_numbers(name: str, part: Any) -> None:
    f = ROWS[name]

    def g(x: Any) -> Any:
        return part(f(x * (0.5 + 0.25j) + 0.3j))

    value, jacobian = dr.value_and_jacobian(g)(X)
    np.testing.assert_allclose(value, g(X), rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(jacobian, dr.jacobian(g, mode="reverse")(X), rtol=1e-13, atol=1e-13)
    dr.check_grads(g, (X,))


@pytest.mark.parametrize("mode", MODES)
def test_the_spectrum_of_a_real_signal_in_closed_form(mode: str) -> None:
    n = 5
    x = np.linspace(-1.0, 2.0, n)
    power = dr.grad(lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), mode=mode)(x)
    np.testing.assert_allclose(power, 2 * n * x, rtol=1e-14)  # Parseval
    dft = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
    jacobian = dr.jacobian(lambda x: np.stack([np.fft.fft(x).real, np.fft.fft(x).imag]), mode=mode)(x)
    np.testing.assert_allclose(jacobian, np.stack([dft.real, dft.imag]), atol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_holomorphic_functions_by_their_derivatives(mode: str) -> None:
    for f, slope in ((np.exp, np.exp), (np.sin, np.cos), (np.log, np.reciprocal), (lambda z: z**3, lambda z: 3 * z**2)):
        found = dr.grad(lambda t, f=f: np.real(f(0.5 + 1j * t)), mode=mode)(0.7)
        assert found == pytest.approx(np.real(1j * slope(0.5 + 0.7j)), rel=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_values_at_zero(mode: str) -> None:
    zero = np.zeros(2)
    for f in (np.abs, np.angle):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(dr.jacobian(lambda x, f=f: f(x * 1j), mode=mode)(zero), 0.0)


@pytest.mark.parametrize("mode", MODES)
def test_single_precision_stays_single(mode: str) -> None:
    gradient = dr.grad(lambda x: np.sum(np.abs(np.fft.fft(x) * 1j)), mode=mode)(np.float32(X))
    assert gradient.dtype == np.float32


def test_complex_results_are_refused() -> None:
    for operator in (dr.jacobian, dr.grad, dr.derivative):
        with pytest.raises(errors.ComplexInputError, match=r"complex128.*np\.real"):
            operator(lambda x: np.sum(x) * 1j)(1.0)


def test_backward_from_a_complex_number_is_refused() -> None:
    with pytest.raises(errors.ComplexInputError, match=r"complex128 of shape \(3,\).*np\.abs"):
        (dr.Var(X) * 1j).backward(X)


def test_complex_numbers_do_not_enter_compiled_functions() -> None:
    half = dr.as_step(numba.njit(lambda z: 0.5 * z))
    assert dr.grad(lambda x: np.sum(half(x)))(X).tolist() == [0.5, 0.5, 0.5]
    with pytest.raises(errors.ComplexInputError, match=r"compiled.*np\.real"):
        dr.grad(lambda x: np.sum(np.abs(half(x * 1j))))(X)


REFUSED = {
    "sign": np.sign,
    "maximum": lambda z: np.maximum(z, 1j),
    "variance": np.var,
    "deviation": np.std,
    "logsumexp": dr.special.logsumexp,
    "softmax": dr.special.softmax,
    "relu": dr.special.relu,
    "erf": dr.special.erf,
    "arccosh": np.arccosh,
    "arcsinh": np.arcsinh,
    "active exponent": lambda z: z**z,
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_of_complex_numbers_is_refused(name: str, mode: str) -> None:
    with pytest.raises(errors.DualrevError, match=r"complex|real numbers"):
        dr.jacobian(lambda x: np.abs(REFUSED[name](x * (1 + 1j))), mode=mode)(X)


VERSIN = row(
    "versin",
    lambda x: 2.0 * math.square(math.sin(0.5 * x)),
    lambda y, x: math.sin(x),
    holomorphic=True,
)


@pytest.mark.parametrize("mode", MODES)
def test_a_row_that_no_library_has_takes_complex_numbers_if_it_says_so(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for new in (VERSIN, dataclasses.replace(VERSIN, holomorphic=False)):
        versin = numpy_rows._function(new)
        monkeypatch.setitem(numpy_protocol._ROWS, versin, new)
        f = dr.grad(lambda x, versin=versin: np.real(versin(x * (1 + 1j))), mode=mode)
        if new.holomorphic:
            assert np.isclose(versin(0.3 + 0.3j), 1 - np.cos(0.3 + 0.3j), rtol=1e-14)
            assert np.isclose(f(0.3), np.real(np.sin(0.3 + 0.3j) * (1 + 1j)), rtol=1e-14)
            continue
        with pytest.raises(errors.MissingRuleError):
            versin(0.3 + 0.3j)
        with pytest.raises(errors.MissingRuleError):
            f(0.3)
