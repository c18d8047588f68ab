"""Functions with several results: to a derivative they are one array, in which the results lie side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import Shape, leading


class Packing:
    """How matrices and vectors, or stacks of them, lie side by side on one axis.

    Parameters
    ----------
    *shapes
        Of the parts, without the axes of a stack, which all have in common.
    """

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes
        sizes = [prod(shape) for shape in shapes]
        self.places = [slice(sum(sizes[:n]), sum(sizes[: n + 1])) for n in range(len(sizes))]

    def join(self, parts: Sequence[Any]) -> Any:
        """Lay the parts side by side."""
        flat = [
            part if len(shape) == 1 else np.reshape(part, (*leading(part, len(shape)), prod(shape)))
            for part, shape in zip(parts, self.shapes, strict=True)
        ]
        return np.concatenate(flat, axis=-1)

    def split(self, whole: Any) -> list[Any]:
        """Return the parts."""
        return [
            np.reshape(np.copy(whole[..., place], order="C"), whole.shape[:-1] + shape)
            for place, shape in zip(self.places, self.shapes, strict=True)
        ]

    def views(self, whole: Any) -> list[Any]:
        """Return the parts as views: one or two operations each, which count where they are recorded."""
        ahead = (slice(None),) * (whole.ndim - 1)
        parts = []
        for place, shape in zip(self.places, self.shapes, strict=True):
            part = whole[(*ahead, place if shape else place.start)]
            parts.append(np.reshape(part, part.shape[:-1] + shape) if len(shape) > 1 else part)
        return parts


@cache
def result_of(function: Callable[..., Any]) -> type[Any]:
    """Return the named tuple that a function of `np.linalg` returns."""
    return type(function(np.eye(1)))
