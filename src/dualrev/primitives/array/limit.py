"""Derivatives where values coincide, as limits of those beside.

A smooth function of a matrix has at A the limit of its derivatives at A + eps D, eps to 0, whatever D is. D moves the
values apart, so that all vectors turn by numbers: those of one value by 1 / eps times a number. So derivatives are
series in eps that begin at 1 / eps. They are carried times eps, to two terms, which are the value and the slope of a
number at a level of its own, that of eps. In the end the term in 1 / eps is 0 where a function does not depend on the
choice of vectors, and the next term is the derivative, if it is the same for another D and another choice of vectors.
Of the turns within one value the term in 1 / eps suffices: a function that does not depend on them does not see more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import plain

taken: ContextVar[Limit | None] = ContextVar("taken", default=None)
"""The limit that the run of a function takes, or None."""

met: ContextVar[frozenset[int]] = ContextVar("met", default=frozenset())
"""The levels at which vectors of values that coincide were asked for, in this thread of work."""


def precision(values: Any, count: int) -> Any:
    """Return what differences of values are worth nothing below."""
    if not values.shape[-1]:
        return np.zeros((*values.shape[:-1], 1))
    return np.max(np.abs(values), axis=-1, keepdims=True) * (count * np.finfo(values.dtype).eps)


def coinciding(values: Any) -> Any:
    """Return for each pair of values whether they coincide, by rounding; each coincides with itself."""
    values = plain(values)
    order = np.argsort(values, axis=-1)
    with np.errstate(invalid="ignore"):
        gaps = np.diff(np.take_along_axis(values, order, -1), axis=-1, prepend=-np.inf)
    groups = np.empty(values.shape, np.intp)
    apart = ~(gaps <= precision(values, 8 * values.shape[-1]))  # products of matrices round so far
    np.put_along_axis(groups, order, np.cumsum(apart, axis=-1), -1)
    same: Any = groups[..., None, :] == groups[..., :, None]
    return same


def note(spectrum: Any, values: Any) -> None:
    """Take note, for the derivative that a spectrum belongs to, if some of its values coincide."""
    if taken.get() is None and hasattr(spectrum, "level") and np.count_nonzero(coinciding(values)) > values.size:
        met.set(met.get() | {spectrum.level})


def forget(level: int) -> None:
    """Forget what was met at a level, whose run is over."""
    met.set(met.get() - {level})


class Limit:
    """A limit in one direction.

    Parameters
    ----------
    level
        Of eps. Lower than that of the derivative whose limit is taken.
    number
        Makes a number of its value, its slope in eps and the level.
    turned
        Whether vectors of one value are another choice than LAPACK's.
    """

    def __init__(self, level: int, number: Callable[[Any, Any, int], Any], turned: bool) -> None:
        self.level, self._number, self._turned = level, number, turned

    def number(self, value: Any, slope: Any) -> Any:
        """Return a number that depends on eps."""
        return self._number(value, slope, self.level)

    def parts(self, x: Any) -> tuple[Any, Any]:
        """Return the value and the slope of a number, 0 if it does not depend on eps."""
        while getattr(x, "level", -1) > self.level:
            x = x.content
        return (x.content, x.tangent) if getattr(x, "level", -1) == self.level else (x, np.zeros_like(plain(x)))

    def turned(self, values: Any, vectors: Any, own: Any = False) -> Any:
        """Return other vectors of the same values; another choice yet for pairs of values that are their `own`."""
        same = coinciding(values)
        if not self._turned or not np.any(np.sum(same, axis=-1) > 1):
            return vectors
        turn = _orthogonal(same, 0)
        if np.any(own):
            turn = np.where(own, _orthogonal(same, 1), turn)
        return vectors @ turn.astype(vectors.dtype)

    def apart(self, a: Any, values: Any, into: tuple[Any, Any], back: tuple[Any, Any]) -> Any:
        """Return a matrix that eps moves apart where values coincide.

        It is taken `into` the basis of the vectors, and `back`, by a product with a matrix on each side.
        """
        same = coinciding(values)
        several = same & (np.sum(same, axis=-1) > 1)[..., None]
        if not np.any(several):
            return a
        rng = np.random.default_rng(2 + self._turned)
        n = values.shape[-1]
        wanted = np.diag(1.0 + rng.permutation(n) + 0.3 * rng.random(n)).astype(values.dtype)
        found = into[0] @ plain(self.parts(a)[1]) @ into[1]
        change = back[0] @ np.where(several, wanted - found, 0.0) @ back[1]
        return a + self.number(np.zeros_like(change), change)

    def inside(self, x: Any) -> bool:
        """Whether a number depends on eps: where the values of a rule do not, it computes how they change by eps."""
        return getattr(x, "level", -1) >= self.level

    def over(self, x: Any, gaps: Any, where: Any) -> Any:
        """Return the term in 1 / eps of numbers over gaps that are 0, in some places: as it is times eps."""
        if not self.inside(gaps):
            return np.zeros((), plain(gaps).dtype)  # what eps changes is diagonal there
        if gaps.level > self.level:
            return np.where(where, np.nan, 0.0).astype(gaps.dtype)  # of a derivative within the one under way
        slope = np.where(where, self.parts(gaps)[1], 1.0)
        quotient = np.where(where, self.parts(x)[1] / slope, 0.0)
        return self.number(quotient, np.zeros(quotient.shape, quotient.dtype))


def _orthogonal(same: Any, seed: int) -> Any:
    """Return orthogonal matrices that mix what is the same."""
    numbers = np.random.default_rng(seed).normal(size=same.shape[-2:])
    return np.where(same, np.linalg.qr(np.where(same, numbers, 0.0))[0], 0.0)
