"""Checks that need no symbols: the adjoint identity, and differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.active.trees import flatten
from dualrev.operators.call import Point
from dualrev.operators.fundamental import Pullback, pushforward


def random_like(arrays: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    """Return a random direction, as one array for each given."""
    return [np.asarray(rng.standard_normal(np.shape(x)), x.dtype)[()] for x in arrays]


def inner(a: Sequence[Any], b: Sequence[Any]) -> float:
    """Return the inner product of two lists of arrays; None is zero."""
    return sum(
        float(np.sum(np.asarray(x, np.float64) * np.asarray(y, np.float64)))
        for x, y in zip(a, b, strict=True)
        if x is not None and y is not None
    )


def identity_error(point: Point, rng: np.random.Generator) -> float:
    """Return the relative difference of <w, Jv> and <J^T w, v> for random v and w."""
    v = random_like(point.leaves, rng)
    values, _, pushed = pushforward(point.call, point.leaves, v, point.name)
    w = random_like(values, rng)
    adjoints = Pullback.at(point)(w)
    left, right = inner(w, pushed), inner(adjoints, v)
    terms = [np.sum(np.abs(a * b)) for a, b in zip(w, pushed, strict=True) if b is not None]
    terms += [np.sum(np.abs(a * b)) for a, b in zip(adjoints, v, strict=True) if a is not None]
    return _ratio(abs(left - right), float(sum(terms)))


def moved(leaves: Sequence[Any], v: Sequence[Any], step: float) -> list[Any]:
    """Return the point a step along `v`, in the precision that it has."""
    return [(x + step * np.asarray(d)).astype(x.dtype)[()] for x, d in zip(leaves, v, strict=True)]


def directional_difference(
    call: Callable[[list[Any]], list[Any]], leaves: Sequence[Any], v: Sequence[Any], part: float = 1.0
) -> list[Any]:
    """Return the derivative of a function of leaves along `v`, by central differences of fourth order.

    Their step is a part of the one at which truncation and rounding are alike.
    """
    h, _ = _step(leaves, v, part)
    near, far = [zip(call(moved(leaves, v, step)), call(moved(leaves, v, -step)), strict=True) for step in (h, 2 * h)]
    return [(8 * (a - b) - (c - d)) / (12 * h) for (a, b), (c, d) in zip(near, far, strict=True)]


def rounding(
    call: Callable[[list[Any]], list[Any]], leaves: Sequence[Any], v: Sequence[Any], part: float = 1.0
) -> float:
    """Return how much a difference of fourth order may be off by the rounding of the values that it is made of."""
    h, eps = _step(leaves, v, part)
    values = [
        np.abs(np.asarray(value, np.float64)) for step in (-2 * h, 2 * h) for value in call(moved(leaves, v, step))
    ]
    return 2 * eps / h * max((float(np.max(value, initial=0.0)) for value in values), default=0.0)


def lost(
    error: float,
    found: Sequence[Any],
    expected: Sequence[Any],
    call: Callable[[list[Any]], list[Any]],
    leaves: Sequence[Any],
    v: Sequence[Any],
    part: float = 1.0,
) -> float:
    """Return the error of a derivative against differences, or 0 if it is lost in their rounding.

    Of values so small that their differences are lost, nothing can be asked.
    """
    if error == 0.0:
        return error
    with np.errstate(all="ignore"):
        return 0.0 if absolute_error(found, expected) <= rounding(call, leaves, v, part) else error


def _sizes(leaves: Sequence[Any], v: Sequence[Any]) -> tuple[float, float]:
    """Return the unit of a step along `v`, which is as large as the point, and the precision of the numbers."""
    scale = max((float(np.max(np.abs(x))) for x in leaves if np.size(x)), default=1.0)
    eps = max((float(np.finfo(x.dtype).eps) for x in leaves), default=1e-16)
    length = max((float(np.max(np.abs(d))) for d in v if np.size(d)), default=1.0)
    return max(scale, 1.0) / max(length, 1.0), eps


def _step(leaves: Sequence[Any], v: Sequence[Any], part: float) -> tuple[float, float]:
    """Return a part of the step at which truncation and rounding are alike, and the precision of the numbers."""
    unit, eps = _sizes(leaves, v)
    return part * eps**0.2 * unit, eps


def absolute_error(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """Return the largest difference; a NaN is an infinite one."""
    with np.errstate(invalid="ignore"):
        differences = [
            np.where(np.equal(a, b), 0.0, np.abs(np.subtract(a, b))) for a, b in zip(found, expected, strict=True)
        ]
    return max((float(np.max(np.where(np.isnan(d), np.inf, d), initial=0.0)) for d in differences), default=0.0)


def relative_error(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """Return the largest difference over the largest expected entry; a NaN shows nothing and is an infinite error."""
    worst, scale = 0.0, 0.0
    for a, b in zip(found, expected, strict=True):
        a, b = np.asarray(0.0 if a is None else a, np.float64), np.asarray(b, np.float64)
        with np.errstate(invalid="ignore"):
            difference = np.where(a == b, 0.0, np.abs(a - b))
        worst = max(worst, float(np.max(np.where(np.isnan(difference), np.inf, difference), initial=0.0)))
        scale = max(scale, float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b))))
    return _ratio(worst, scale)


def _ratio(difference: float, scale: float) -> float:
    return 0.0 if difference == 0 else difference / abs(scale) if scale else float("inf")


def bend(call: Callable[[list[Any]], list[Any]], leaves: Sequence[Any], v: Sequence[Any]) -> tuple[float, float] | None:
    """Return the two one-sided derivatives along `v` of an output in which they differ, or None.

    Where their difference is smaller at a much smaller step, the function is merely curved.
    """
    unit, eps = _sizes(leaves, v)
    before = np.zeros(())
    for part in (1.0, 1e-3):
        h = part * eps ** (1 / 3) * unit
        with np.errstate(all="ignore"):
            left, right, size = _one_sided(call, leaves, v, h)
            gap, steep = np.abs(right - left), np.maximum(np.abs(right), np.abs(left))
            differs = (gap > 1e-3 * steep + 100 * eps / h * size) & (gap > 0.5 * before)
        if not differs.any():
            return None
        before = np.where(differs, gap, np.inf)
    k = int(np.argmax(differs))
    return float(left[k]), float(right[k])


def _one_sided(
    call: Callable[[list[Any]], list[Any]], leaves: Sequence[Any], v: Sequence[Any], h: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the derivatives along `v` from both sides, by differences of second order, and the sizes of the values."""

    def at(step: float) -> np.ndarray:
        values = call(moved(leaves, v, step))
        return np.concatenate([np.ravel(value).astype(np.float64) for value in values])

    here = at(0.0)
    near, far = [at(step) for step in (-h, h)], [at(step) for step in (-2 * h, 2 * h)]
    left, right = [(4 * a - b - 3 * here) / (2 * step) for a, b, step in zip(near, far, (-h, h), strict=True)]
    return left, right, np.max(np.abs([here, *near, *far]), axis=0)


def complex_step(call: Callable[[list[Any]], Any], leaves: Sequence[Any], v: Sequence[Any]) -> list[Any] | None:
    """Return the derivative along `v` by a complex step, or None where the function does not take complex numbers.

    The imaginary part is the derivative as far as the function is analytic as it is written (Squire and Trapp, Using
    complex variables to estimate derivatives of real functions, SIAM Review 40, 1998).
    """
    h = 1e-30
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            out = call([(np.asarray(x) + 1j * h * np.asarray(d))[()] for x, d in zip(leaves, v, strict=True)])
            found = flatten(out if not isinstance(out, list) else np.stack(out))[0]
    except Exception:  # whatever a function raises that was not written for complex numbers
        return None
    if not found or not all(np.iscomplexobj(part) for part in found):
        return None
    return [np.imag(part) / h for part in found]
