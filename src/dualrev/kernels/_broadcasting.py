"""Broadcast operands as matrices, so that one loop serves every common pattern of broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int, ...]


class Layout(NamedTuple):
    """How operands that broadcast to one shape are read as matrices of `rows` by `columns`.

    `pattern` holds a letter per operand: "f" if it varies along the columns, "c" if it is constant along them.
    """

    rows: int
    columns: int
    pattern: str
    shapes: tuple[Shape, ...]


def plan(shapes: Sequence[Shape], result: Shape) -> Layout | None:
    """Return the layout of operands with these shapes, or None if two dimensions are not enough for it."""
    # All operands have to be constant along the same axes, the front ones or the last ones: these two groups are the
    # rows and the columns.
    split = 0
    for shape in shapes:
        position = _split(shape, result)
        if position is None or (split and position and position != split):
            return None
        split = split or position
    rows, columns = prod(result[:split]), prod(result[split:])
    pattern, matrices = "", []
    for shape in shapes:
        trailing = prod(_padded(shape, result)[split:])
        leading = prod(_padded(shape, result)[:split])
        if trailing not in (1, columns) or leading not in (1, rows):
            return None
        pattern += "c" if trailing == 1 and columns != 1 else "f"
        matrices.append((leading, trailing))
    return Layout(rows, columns, pattern, tuple(matrices))


def _padded(shape: Shape, result: Shape) -> Shape:
    return (1,) * (len(result) - len(shape)) + shape


def _split(shape: Shape, result: Shape) -> int | None:
    """Return where the axes that the operand is constant along end or begin, 0 where it is all or one value."""
    same = [a == b for a, b in zip(_padded(shape, result), result, strict=True)]
    if all(same) or prod(shape) == 1:
        return 0
    position = same.index(True) if not same[0] else same.index(False)
    tail = same[position:]
    return position if all(tail) or not any(tail) else None


def matrix(array: Any, shape: Shape) -> np.ndarray:
    """Return the array, or the number, as a matrix of this shape without copying."""
    return np.asarray(array).reshape(shape)
