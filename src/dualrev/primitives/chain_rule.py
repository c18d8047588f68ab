"""The product of the chain rule: 0 when either factor is exactly 0, also beside an infinity or a NaN."""

from __future__ import annotations

from cmath import isfinite
from typing import Any

import numpy as np

_BLOCK = 8192
"""Elements of a dot product at a time: more, and a threaded BLAS waits for the other cores."""


def chain_product(partial: Any, factor: Any) -> Any:
    """Multiply a partial derivative and a tangent or cotangent, which broadcast, without a warning."""
    with np.errstate(all="ignore"):
        return product(partial, factor)


def product(partial: Any, factor: Any) -> Any:
    """Do the same where NumPy has been told to be silent: to tell it takes longer than to multiply a few numbers."""
    kind = type(partial)
    if kind is np.float64 or kind is float:
        if partial == 1.0:
            return factor
        if partial and isfinite(partial):
            return factor * partial
    elif type(factor) is np.float64 and factor and isfinite(factor):
        return partial * factor
    result = partial * factor
    if finite(result):
        return result
    # Not where the product is a number: of nested numbers, one that is 0 has a derivative.
    lost = (np.equal(partial, 0) | np.equal(factor, 0)) & ~np.isfinite(result)
    return np.where(lost, np.zeros((), result.dtype), result)[()]


def finite(x: Any) -> bool:
    """Whether a sum of squares is finite: cheaper than a look at each element; an overflow only costs time."""
    if type(x) is not np.ndarray:
        while not isinstance(x, np.ndarray | np.generic):
            x = x.content
        if not x.ndim:
            return isfinite(x)
    flat: Any = x if x.ndim == 1 else x.reshape(-1)
    if flat.size <= _BLOCK:
        return isfinite(flat.dot(flat))
    blocks = (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))
    return all(isfinite(block.dot(block)) for block in blocks)
