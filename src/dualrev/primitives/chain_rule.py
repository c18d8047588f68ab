"""The product of the chain rule: 0 when either factor is exactly 0, also beside an infinity or a NaN.

`ZERO_WINS` states that law as the body of a rule. Targets bind it as they do the table's rules; what is written in
machine instructions, and NumPy's short ways below, are forms of it that a test compares.
"""

from __future__ import annotations

import types
from cmath import isfinite
from typing import Any

import numpy as np

from dualrev.primitives.row import Rule, select

# A product is looked at first: it is a number nearly always. Of nested numbers a 0 has a derivative, which the product
# keeps wherever it is a number.
ZERO_WINS: Rule = lambda product, partial, factor: select(  # noqa: E731
    product == product, product, select((partial == 0) | (factor == 0), 0.0, product)
)
"""The product of a partial derivative and a tangent or cotangent, given the plain product and its factors."""

_BLOCK = 8192
"""Elements of a dot product at a time: more, and a threaded BLAS waits for the other cores."""


def chain_product(partial: Any, factor: Any) -> Any:
    """Multiply a partial derivative and a tangent or cotangent, which broadcast, without a warning."""
    with np.errstate(all="ignore"):
        return product(partial, factor)


def product(partial: Any, factor: Any) -> Any:
    """`chain_product` without `np.errstate`, which costs more than a small product; the caller has set it."""
    # These four lines decide how fast interpreted derivatives of numbers are. A test by NumPy costs more than the
    # product of two numbers; one of a Python float does not. A factor of 1 hands the array on without a copy.
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
    zero = np.zeros((), result.dtype)
    law = types.FunctionType(
        ZERO_WINS.__code__, {"select": lambda condition, a, b: np.where(condition, zero if type(a) is float else a, b)}
    )
    return law(result, partial, factor)[()]


def finite(x: Any) -> bool:
    """Whether a sum of squares is finite: cheaper than a look at each element; an overflow only costs time."""
    if type(x) is not np.ndarray:
        while not isinstance(x, np.ndarray | np.generic):
            x = x.content
        if not x.ndim:
            return isfinite(x)
    # A dot product is one pass of BLAS with no array of booleans, which `np.isfinite(x).all()` makes and reads again.
    flat: Any = x if x.ndim == 1 else x.reshape(-1)
    if flat.size <= _BLOCK:
        return isfinite(flat.dot(flat))
    blocks = (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))
    return all(isfinite(block.dot(block)) for block in blocks)
