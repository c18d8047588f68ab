"""The Faddeeva function, complex between real inputs and results, and Voigt's profile, which is its real part.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 7.1.20.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.extras import from_scipy
from dualrev.primitives.array.rule import Linear, array_rule, composite, linear
from dualrev.primitives.product import chain_product
from dualrev.protocol import ProtocolFunction

wofz = ProtocolFunction("wofz", from_scipy("special", "wofz"))
voigt_profile = ProtocolFunction("voigt_profile", from_scipy("special", "voigt_profile"))

OF_SCIPY = {f"scipy.special.{function.__name__}": function for function in (wofz, voigt_profile)}
"""The functions that SciPy's ufuncs reach, by the ufuncs' full names."""


@array_rule(wofz)
def wofz_rule(y: Any, z: Any, /) -> Linear:
    """Of each element; a real one has a complex result, whose cotangent's real part is its own."""
    slope = 1.1283791670955126j - 2.0 * z * y
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
