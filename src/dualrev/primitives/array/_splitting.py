"""Cutting arrays into pieces."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import along, composite, from_the_end


def _cut(a: Any, pieces: Any, axis: int) -> list[Any]:
    """Return the parts of an array that have as many places on an axis as the pieces."""
    (place,) = from_the_end(axis, a.ndim)
    return [a[along(place, slice(int(p[0]), int(p[-1]) + 1) if p.size else slice(0, 0))] for p in pieces]


def _places(given: Any) -> Any:
    """Return a number of parts, or places; an active number becomes an index here, which it refuses."""
    return [operator.index(place) for place in given] if np.ndim(given) else operator.index(given)


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Cut into equal parts, or at places."""
    return _cut(ary, np.split(np.arange(ary.shape[axis]), _places(indices_or_sections)), axis)


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Cut into about equal parts, or at places."""
    return _cut(ary, np.array_split(np.arange(ary.shape[axis]), _places(indices_or_sections)), axis)


@composite(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Cut the second axis, or the only one."""
    if ary.ndim == 0:
        raise ValueError("np.hsplit of shape (); expected at least one axis")
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@composite(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Cut the first axis."""
    if ary.ndim < 2:
        raise ValueError(f"np.vsplit of shape {ary.shape}; expected at least two axes")
    return split(ary, indices_or_sections, 0)


@composite(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Cut the third axis."""
    if ary.ndim < 3:
        raise ValueError(f"np.dsplit of shape {ary.shape}; expected at least three axes")
    return split(ary, indices_or_sections, 2)


@composite(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Return the parts along an axis, without it."""
    if x.ndim == 0:
        raise ValueError("np.unstack of shape (); expected at least one axis")
    (place,) = from_the_end(axis, x.ndim)
    return tuple([x[along(place, n)] for n in range(x.shape[place])])
