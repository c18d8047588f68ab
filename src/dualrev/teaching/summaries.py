"""Numbers and arrays in a few words."""

from __future__ import annotations

from typing import Any

import numpy as np

SHOWN = 4
"""Arrays of no more elements are shown whole."""


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as 3x2, or nothing for a number."""
    return "x".join(map(str, shape))


def summary(value: Any) -> str:
    """Return a number, a short array, or the shape, the extremes and the mean of a long one.

    Examples
    --------
    >>> import numpy as np
    >>> summary(2.5), summary(np.array([1.0, 2.0]))
    ('2.5', '[1 2]')
    >>> summary(np.arange(12.0).reshape(3, 4))
    '3x4: 0 to 11, mean 5.5'
    """
    array = np.asarray(value)
    if array.dtype.kind == "c" and not array.ndim:
        return f"{array[()]:.6g}"
    if array.dtype.kind not in "fiub":
        return _brief(value)
    if not array.ndim:
        return f"{array[()]:.6g}" if array.dtype.kind != "b" else str(array[()])
    if array.size <= SHOWN:
        return _brackets(array)
    numbers = array.astype(np.float64)
    with np.errstate(all="ignore"):
        low, high, mean = numbers.min(), numbers.max(), numbers.mean()
    return f"{shape_text(array.shape)}: {low:.6g} to {high:.6g}, mean {mean:.6g}"


def _brackets(array: np.ndarray) -> str:
    if not array.ndim:
        return f"{array[()]:.6g}" if array.dtype.kind != "b" else str(array[()])
    return f"[{' '.join(_brackets(element) for element in array)}]"


def counted(n: int, word: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "edge"), counted(2, "edge")
    ('1 edge', '2 edges')
    """
    return f"{n} {word}{'' if n == 1 else 's'}"


def constant(value: Any) -> str:
    """Return a constant as formulas show it: a number, or the shape of an array."""
    array = np.asarray(value)
    if array.dtype.kind == "c" and not array.ndim:
        return str(complex(array))
    return f"array {shape_text(array.shape)}" if array.ndim and array.size > SHOWN else summary(value)


def _brief(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 30 else f"{text[:27]}..."
