"""Sums of products under the law of the chain rule: a product is 0 where a factor is exactly 0, also beside infinities.

Libraries multiply all and add up, which makes 0 times infinity a NaN. Where their result is finite, there was none.
Only where it is not, the factors are taken apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import plain
from dualrev.primitives.chain_rule import finite, product

Multiply = Callable[..., Any]
"""A function of arrays that is linear in each of them: every element of its result is a sum of their products."""


def pushed(multiply: Multiply, *factors: Any) -> Any:
    """Multiply and add up, without a warning."""
    with np.errstate(all="ignore"):
        return contracted(multiply, *factors)


def contracted(multiply: Multiply, *factors: Any) -> Any:
    """`pushed` without `np.errstate`: the caller has set it, as a reverse sweep does."""
    result = multiply(*factors)
    return result if finite(result) else _taken_apart(multiply, factors, result)


def matrix_product(a: Any, b: Any) -> Any:
    """Multiply matrices of which one is a tangent or a cotangent."""
    return contracted(np.matmul, a, b)


def _taken_apart(multiply: Multiply, factors: tuple[Any, ...], result: Any) -> Any:
    """Add up what is finite, and then the products that are not, if none is a NaN and all have the same sign."""
    known = [plain(x) for x in factors]
    wrong = [~np.isfinite(x) for x in known]
    if not any(map(np.any, wrong)):  # an overflow
        return result
    numbers = [np.where(bad, np.zeros((), x.dtype), x) for bad, x in zip(wrong, factors, strict=True)]
    there = [np.not_equal(x, 0).astype(float) for x in known]
    count = _each(multiply, there, [bad.astype(float) for bad in wrong], there)
    rest = multiply(*numbers)
    if rest.dtype.kind == "c":
        return np.where(np.equal(count, 0), rest, result)[()]
    signs = [np.where(np.isnan(x), 0.0, np.sign(x)) for x in known]
    infinite = [np.where(bad, sign, 0.0) for bad, sign in zip(wrong, signs, strict=True)]
    alike = np.equal(np.abs(_each(multiply, signs, infinite, signs)), count)
    # The numbers beside the infinities stay what they are, since they may have derivatives of their own.
    units = [np.where(bad, sign, x).astype(x.dtype) for bad, sign, x in zip(wrong, signs, numbers, strict=True)]
    ones = [x.astype(number.dtype) for x, number in zip(infinite, numbers, strict=True)]
    total = rest + product(np.full((), np.inf, rest.dtype)[()], _each(multiply, units, ones, numbers))
    return np.where(alike, total, result)[()]


def _each(multiply: Multiply, before: list[Any], chosen: list[Any], after: list[Any]) -> Any:
    """Add up the results with each factor in turn taken from the chosen ones."""
    terms = [multiply(*before[:n], chosen[n], *after[n + 1 :]) for n in range(len(chosen))]
    return sum(terms[1:], terms[0])
