"""Slopes that are open: those of vectors whose values coincide, which are any basis of a space.

A function of a matrix that does not depend on the choice of the basis may have a derivative all the same. Operators
find it by `limit`. Here is what holds without them, by hand and for second derivatives. The tangents of the vectors
cannot be told, so a pushforward through them is NaN. The pullback is right for functions of the values as a whole: what
they ask for in the open directions is 0. What such a 0 would have been divided by is 0, too: its own derivative is
unknown, and NaN. So is that of the vectors where they stand in a derivative, `settled`: what cancels there to 0 in open
directions need not be 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import Linear, array_rule, linear, plain
from dualrev.primitives.protocol_function import ProtocolFunction


def _open_slopes(x: Any, where: Any, size: Any = 0.0) -> Any:
    """Return NaN in the open places of matrices, and 0 where nothing but rounding of numbers of a size stands there."""
    size = np.maximum(np.max(np.abs(x), axis=(-2, -1), keepdims=True, initial=0), size)
    asked = where & (x != 0) & ~(np.abs(x) <= 32 * x.shape[-1] * np.finfo(x.dtype).eps * size)
    return np.where(asked, np.nan, 0.0).astype(x.dtype)


open_slopes = ProtocolFunction("open_slopes", _open_slopes)


@array_rule(open_slopes)
def open_slopes_rule(y: Any, x: Any, /, where: Any, size: Any = 0.0) -> Linear:
    """Ask for the slope of an open slope, which is as open."""
    return linear(lambda t: open_slopes(t, where=where), lambda w: open_slopes(w, where=where))


settled = ProtocolFunction("settled", lambda vectors, where: vectors)


@array_rule(settled)
def settled_rule(y: Any, vectors: Any, /, where: Any) -> Linear:
    """Return the vectors; where any are asked to change whose values coincide, as `where` says of each, by NaN."""
    columns = where[..., None, :]

    def change(x: Any) -> Any:
        asked = columns & (plain(x) != 0)
        return np.where(asked, np.nan, x)

    return linear(change, change)


unsettled = ProtocolFunction("unsettled", lambda a: np.zeros_like(a))


@array_rule(unsettled)
def unsettled_rule(y: Any, a: Any, /) -> Linear:
    """Return zeros that stand for something unknown of matrices: their derivative is NaN where any is asked for."""

    def change(x: Any) -> Any:
        return np.where(np.any(plain(x) != 0, axis=(-2, -1), keepdims=True), np.nan, np.zeros_like(x))

    return linear(change, change)


unknown_slope = ProtocolFunction("unknown_slope", lambda x, value: np.full_like(x, value))


@array_rule(unknown_slope)
def unknown_slope_rule(y: Any, x: Any, /, value: Any) -> Linear:
    """Return the value that was found in place of a number; its derivative is unknown."""
    return linear(lambda t: np.full_like(t, np.nan), lambda w: np.where(plain(w) != 0, np.nan, np.zeros_like(w)))
