"""Indices and values as writing to an array takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active.number import Active


def keeps_an_array(index: Any) -> bool:
    """Whether NumPy's result is an array of shape () rather than a number."""
    return index is Ellipsis or (isinstance(index, tuple) and Ellipsis in index)


def plain_index(part: Any) -> Any:
    """Return an index, or a part of one, with lists as arrays."""
    if isinstance(part, tuple):
        return tuple(map(plain_index, part))
    return part if isinstance(part, slice | int | np.ndarray) or part in (None, Ellipsis) else np.asarray(part)


def is_mask(index: Any) -> bool:
    """Whether an index is one boolean array, which selects no element twice."""
    return isinstance(index, np.ndarray) and index.dtype.kind == "b"


def fitting(v: Any, shape: tuple[int, ...]) -> Any:
    """Return values without leading axes that the place written to does not have, or raise NumPy's own error."""
    given = np.shape(v)
    # NumPy drops leading axes of length 1 in assignments, which broadcasting does not.
    extra = len(given) - len(shape)
    if given == shape or not given:
        return v
    if extra > 0 and given[:extra] == (1,) * extra:
        v, given = np.reshape(v, given[extra:]), given[extra:]
    if len(given) > len(shape) or any(a not in (1, b) for a, b in zip(given[::-1], shape[::-1], strict=False)):
        raise ValueError(f"could not broadcast input array from shape {np.shape(v)} into shape {shape}")
    return v


def objects(x: Active) -> np.ndarray:
    """Return an active array as an object array of its elements."""
    # Element by element: `np.array` of a list would ask every number for its length and its array.
    array = np.empty(x.shape, object)
    for at in np.ndindex(*x.shape):
        array[at] = x[at]
    return array
