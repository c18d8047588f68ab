"""Functions of square matrices: the exponential, the logarithm and others, whose values SciPy computes.

For each, f([[A, T], [0, A]]) = [[f(A), L(T)], [0, f(A)]], where L is the derivative of f at A; the transpose of L is
the derivative at the transpose of A (N. J. Higham, Functions of Matrices, SIAM 2008, theorem 3.6 and section 3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.environment import scipy_module
from dualrev.errors import MissingRuleError
from dualrev.primitives.array._matrices import flipped
from dualrev.primitives.array.constant import CONSTANT
from dualrev.primitives.array.rule import array_rule, linear
from dualrev.primitives.protocol_function import ProtocolFunction

NAMES = ("expm", "logm", "sqrtm", "cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")


def _over_stacks(name: str) -> Callable[[Any], Any]:
    def function(A: Any) -> Any:
        a = np.asarray(A)
        if not a.size:
            return np.zeros(a.shape, np.result_type(a, np.float32))
        single = getattr(scipy_module("linalg"), name)
        matrices = a.astype(np.result_type(a, np.float64), copy=False).reshape(-1, *a.shape[-2:])
        values = np.stack([single(matrix) for matrix in matrices]).reshape(a.shape)
        wanted = np.result_type(a, np.complex64 if values.dtype.kind == "c" else np.float32)
        return values.astype(wanted, copy=False)

    function.__doc__ = f"""Apply `scipy.linalg.{name}` to a matrix or to each of a stack.

    Parameters
    ----------
    A : array of shape (..., n, n)

    Returns
    -------
    array of shape (..., n, n)

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.
    MissingRuleError
        If the result is complex where its derivative is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.linalg.{name}(dr.Dual(np.eye(2), np.eye(2))).shape
    (2, 2)
    """
    return function


def _scale(t: Any) -> Any:
    """Return per matrix a power of two near the size of its entries, and 1 for one of zeros."""
    size = np.max(np.abs(t), axis=(-2, -1), keepdims=True, initial=0)
    _, exponent = np.frexp(np.where(np.isfinite(size), size, 1))
    return np.ldexp(np.ones(size.shape, t.dtype), np.where(size > 0, exponent, 0))


scale = ProtocolFunction("scale", _scale)
CONSTANT.add(scale)


def _derivative(function: Any, a: Any, t: Any) -> Any:
    """Return the derivative of a function of a matrix in a direction, which is brought to the size of 1 first."""
    n = a.shape[-1]
    factor = scale(t)
    a = np.broadcast_to(a, t.shape)
    above = np.concatenate([a, t / factor], axis=-1)
    below = np.concatenate([np.zeros(t.shape, t.dtype), a], axis=-1)
    return function(np.concatenate([above, below], axis=-2))[..., :n, n:] * factor


def _matrix_function(name: str) -> ProtocolFunction:
    function = ProtocolFunction(name, _over_stacks(name), "linalg")

    def linearize(y: Any, A: Any, /) -> Any:
        if y.dtype.kind == "c":
            raise MissingRuleError(
                f"{name} of a real matrix of shape {A.shape} came out complex; its derivative is known for matrices "
                "with a real result only"
            )
        return linear(lambda t: _derivative(function, A, t), lambda w: _derivative(function, flipped(A), w))

    linearize.__doc__ = f"Apply `{name}`; the derivative is a block of the function of a matrix of blocks."
    array_rule(function)(linearize)
    return function


MATRIX_FUNCTIONS: dict[str, ProtocolFunction] = {name: _matrix_function(name) for name in NAMES}
