"""The Faddeeva function, Voigt's profile, which is its real part, and Lambert's W: complex between real numbers.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 7.1.20;
R. Corless and others, On the Lambert W function, Advances in Computational Mathematics 5, 1996.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.environment import from_scipy, scipy_module
from dualrev.primitives.array.rule import Linear, array_rule, composite, linear
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.protocol_function import ProtocolFunction

wofz = ProtocolFunction("wofz", from_scipy("special", "wofz"))
voigt_profile = ProtocolFunction("voigt_profile", from_scipy("special", "voigt_profile"))


def _lambertw(z: Any, k: Any = 0, tol: Any = 1e-8) -> Any:
    """Return the branch k of the inverse of w exp(w), as `scipy.special.lambertw`, which is complex."""
    return scipy_module("special").lambertw(z, k, tol)


lambertw = ProtocolFunction("lambertw", _lambertw)

OF_SCIPY = {
    "scipy.special.wofz": wofz,
    "scipy.special.voigt_profile": voigt_profile,
    "scipy.special._ufuncs._lambertw": lambertw,
}
"""The functions that SciPy's ufuncs reach, by the ufuncs' full names."""


@array_rule(wofz)
def wofz_rule(y: Any, z: Any, /) -> Linear:
    """Of each element."""
    return _holomorphic(1.1283791670955126j - 2.0 * z * y, z)


@array_rule(lambertw)
def lambertw_rule(y: Any, z: Any, /, k: Any = 0, tol: Any = 1e-8) -> Linear:
    """Of each element. At the branch point -1/e the slope is infinite; the real part of a branch is np.real."""
    return _holomorphic(1.0 / (np.exp(y) * (1.0 + y)), z)


def _holomorphic(slope: Any, z: Any) -> Linear:
    """Return the linearization of a function with this derivative; the cotangent of a real number is real."""
    real = z.dtype.kind != "c"
    return linear(
        lambda t: chain_product(slope, t),
        lambda w: np.real(chain_product(slope, w)) if real else chain_product(slope, w),
    )


@composite(voigt_profile)
def voigt(x: Any, sigma: Any, gamma: Any, /) -> Any:
    """Return the convolution of a normal and a Cauchy density; both widths have to be positive."""
    z = (x + 1j * gamma) / (1.4142135623730951 * sigma)
    return np.real(wofz(z)) / (2.5066282746310002 * sigma)
