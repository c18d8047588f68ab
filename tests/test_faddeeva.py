"""The Faddeeva function and Voigt's profile against mpmath, in both modes, to second order."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

import dualrev as dr

MODES = ("forward", "reverse")


def exact(z: Any) -> Any:
    return mpmath.exp(-z * z) * mpmath.erfc(-1j * z)


def voigt(x: Any, s: Any, g: Any) -> Any:
    return mpmath.re(exact((x + 1j * g) / (s * mpmath.sqrt(2)))) / (s * mpmath.sqrt(2 * mpmath.pi))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [scipy.special.voigt_profile, dr.special.voigt_profile], ids=["scipy", "dualrev"])
def test_voigt_profile(f: Any, mode: str) -> None:
    for at in ((0.3, 1.2, 0.7), (-4.0, 0.5, 1.5), (0.0, 1.0, 1.0)):
        value, slopes = dr.value_and_jacobian(f, (0, 1, 2), mode=mode)(*at)
        assert value == pytest.approx(scipy.special.voigt_profile(*at), rel=1e-14)
        with mpmath.workdps(40):
            expected = [float(mpmath.diff(voigt, at, order)) for order in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
            second = float(mpmath.diff(voigt, at, (2, 0, 0)))
        assert slopes == pytest.approx(expected, rel=1e-10, abs=1e-13)
        nested = dr.grad(dr.grad(f, mode=mode), mode=mode)(*at)
        assert nested == pytest.approx(second, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [scipy.special.wofz, dr.special.wofz], ids=["scipy", "dualrev"])
def test_wofz_of_real_and_complex_numbers(f: Any, mode: str) -> None:
    x = np.array([0.3, -1.7])
    for part, of in ((np.real, mpmath.re), (np.imag, mpmath.im)):
        for turn in (1.0, 0.6 + 0.8j):
            found = dr.jacobian(lambda a, part=part, turn=turn: part(f(a * turn)), mode=mode)(x)
            with mpmath.workdps(40):
                slopes = [mpmath.diff(lambda t, turn=turn, of=of: of(exact(t * turn)), a) for a in x]
            np.testing.assert_allclose(found, np.diag([float(s) for s in slopes]), rtol=1e-12, atol=1e-15)
