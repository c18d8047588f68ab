"""The product of the chain rule: 0 when either factor is exactly 0, also beside an infinity or a NaN."""

from __future__ import annotations

from cmath import isfinite
from typing import Any

import numpy as np

_BLOCK = 8192
"""Elements of a dot product at a time: more, and a threaded BLAS waits for the other cores."""


def chain_product(partial: Any, factor: Any) -> Any:
    """Multiply a partial derivative and a tangent or cotangent, which broadcast."""
    kind = type(partial)
    if kind is np.float64 or kind is float:
        if partial == 1.0:
            return factor
        if partial and isfinite(partial):
            return factor * partial
    elif type(factor) is np.float64 and factor and isfinite(factor):
        return partial * factor
    with np.errstate(all="ignore"):
        product = partial * factor
    if _finite(product):
        return product
    return np.where(np.equal(partial, 0) | np.equal(factor, 0), np.zeros((), product.dtype), product)[()]


def _finite(x: Any) -> bool:
    """Whether a sum of squares is finite: cheaper than a look at each element; an overflow only costs time."""
    while not isinstance(x, np.ndarray | np.generic):
        x = x.value
    if x.ndim == 0:
        return isfinite(x)
    flat: Any = x if x.ndim == 1 else x.reshape(-1)
    if flat.size <= _BLOCK:
        return isfinite(flat.dot(flat))
    blocks = (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))
    return all(isfinite(block.dot(block)) for block in blocks)
