"""Every row of the table, and functions of arrays that no NumPy function reaches, as functions to call.

Each takes numbers, arrays and active numbers alike: `dualrev.special.erf(x)`, `dualrev.special.relu(x)`.

Examples
--------
>>> import numpy as np
>>> import dualrev as dr
>>> dr.derivative(dr.special.erf)(0.0) == 2 / np.pi**0.5
True
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualrev.active.number import stop_gradient
from dualrev.kernels.numpy_rows import FUNCTIONS
from dualrev.kernels.scipy_from_rows import MADE
from dualrev.primitives.array.faddeeva import lambertw as lambertw
from dualrev.primitives.array.faddeeva import voigt_profile as voigt_profile
from dualrev.primitives.array.faddeeva import wofz as wofz
from dualrev.primitives.array.reduction import logsumexp as logsumexp
from dualrev.primitives.array.reduction import softmax as softmax
from dualrev.primitives.protocol_function import ProtocolFunction

sigmoid = FUNCTIONS["expit"]

__all__ = sorted(
    [
        *(*FUNCTIONS, *MADE),
        *("lambertw", "log_softmax", "logsumexp", "multigammaln", "sigmoid", "softmax", "voigt_profile", "wofz"),
    ]
)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return the logarithm of softmax, which does not underflow.

    Parameters
    ----------
    x : array
    axis : int or tuple of int, optional
        By default all axes.

    Returns
    -------
    array like `x`

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.grad(lambda x: dr.special.log_softmax(x)[0])(np.zeros(2))
    array([ 0.5, -0.5])
    """
    top = stop_gradient(np.max(x, axis=axis, keepdims=True))
    shifted = x - np.where(np.isfinite(top), top, np.zeros_like(top))
    return shifted - logsumexp(shifted, axis=axis, keepdims=True)


def multigammaln(a: Any, d: int) -> Any:
    """Return the logarithm of the multivariate gamma function.

    Parameters
    ----------
    a : number or array
        Larger than (d - 1) / 2.
    d : int
        The dimension.

    Returns
    -------
    number or array
        Of the shape of `a`.

    Examples
    --------
    >>> import dualrev as dr
    >>> f = dr.special.multigammaln
    >>> bool(dr.grad(f)(3.0, 2) == dr.special.digamma(3.0) + dr.special.digamma(2.5))
    True
    """
    gammaln = FUNCTIONS["gammaln"]
    return sum((gammaln(a - 0.5 * j) for j in range(d)), start=0.25 * d * (d - 1) * math.log(math.pi))


def _numba_type(function: ProtocolFunction) -> Any:
    """Return a function's type in compiled code. Numba's part of the table is imported only where one needs it."""
    from dualrev.kernels.numba_rows import type_of

    return type_of(function)


ProtocolFunction.numba_type = staticmethod(_numba_type)


def __getattr__(name: str) -> Any:
    for table in (FUNCTIONS, MADE):
        if name in table:
            return table[name]
    raise AttributeError(f"dualrev.special has no function {name!r}; it has {', '.join(__all__)}")
