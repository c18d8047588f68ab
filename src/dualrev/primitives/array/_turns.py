"""How vectors turn where a matrix changes: numbers over the gaps between values, and what holds where gaps are 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array._bilinear import matrix_product
from dualrev.primitives.array.coincidence import open_slopes, settled
from dualrev.primitives.array.limit import coinciding, taken
from dualrev.primitives.array.rule import plain


def reciprocal(x: Any, zero: Any, instead: Any = np.nan) -> Any:
    return np.where(zero, instead, 1.0 / np.where(zero, 1.0, x))


class Over:
    """How vectors turn: the matrix x, in the basis of the vectors, over the gaps between their values.

    Parameters
    ----------
    values
        The eigenvalues or singular values.
    gaps
        What is divided by, for each pair of them.
    zero
        Where that is 0. These slopes are open: unknown, or terms of the limit that is taken.
    """

    def __init__(self, values: Any, gaps: Any, zero: Any) -> None:
        self._values, self._gaps = values, gaps
        self._factors = reciprocal(gaps, zero, np.zeros((), values.dtype))
        self.open = zero & ~np.eye(values.shape[-1], dtype=bool)
        self._any, self._limit = bool(np.any(self.open)), taken.get()
        self.unknown = self._any and self._limit is None

    def settled(self, vectors: Any) -> Any:
        """Return the vectors for use in a derivative: it has no derivative through those whose values coincide."""
        return settled(vectors, where=np.any(self.open, axis=-1)) if self.unknown else vectors

    def _known(self, x: Any) -> Any:
        turned = self._factors * x
        if self._limit is None or not self._any:
            return turned
        return turned + self._limit.over(x, self._gaps, self.open)

    def of_tangents(self, x: Any) -> Any:
        """Return what the vectors turn by where the matrix changes; nothing is known of open slopes if it does."""
        turned = self._known(x)
        if not self.unknown:
            return turned
        size = np.abs(x)
        return turned + open_slopes(size + np.max(size, axis=(-2, -1), keepdims=True), where=self.open)

    def __call__(self, x: Any, w_values: Any = 0.0) -> Any:
        """Return x_ij over the gap, and what is open where that is 0.

        The cotangent of the values times these says how large x is before rounding cancels it.
        """
        turned = self._known(x)
        if not self.unknown:
            return turned
        size = np.max(np.abs(plain(w_values * self._values)), axis=-1, initial=0)[..., None, None]
        return turned + open_slopes(x, where=self.open, size=size)


def over_differences(values: Any) -> Over:
    return Over(values, values[..., None, :] - values[..., :, None], coinciding(values))


def between(left: Any, middle: Any, right: Any) -> Any:
    """Multiply a cotangent, of which zeros may stand beside infinities, by matrices on both sides."""
    return matrix_product(matrix_product(left, middle), right)


def turned(values: Any, vectors: Any) -> Any:
    """Return vectors as the limit that is taken chooses them."""
    limit = taken.get()
    return vectors if limit is None else limit.turned(values, vectors)
