"""Joining arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.primitives.array._axes import at_least
from dualrev.primitives.array.rule import array_rule, composite, from_the_end, leading


class Joined:
    """The linearization of a function that lays operands side by side along one axis, counted from the end.

    `join` does so; `parts` holds, per operand, its place on that axis.
    """

    def __init__(self, join: Callable[..., Any], axis: int, shapes: Sequence[Any], parts: Sequence[Any]) -> None:
        self.join, self.axis, self.shapes, self.parts = join, axis, shapes, parts

    def push(self, tangents: Sequence[Any]) -> Any:
        """Join the tangents; an operand without one brings zeros."""
        active, shape = next((t, s) for t, s in zip(tangents, self.shapes, strict=True) if t is not None)
        ahead = leading(active, len(shape))
        whole = [
            np.zeros(ahead + s, active.dtype) if t is None else t for t, s in zip(tangents, self.shapes, strict=True)
        ]
        return self.join(whole, axis=self.axis)

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Cut the operand's part out of the cotangent."""
        return cotangent[(Ellipsis, self.parts[operand], *(slice(None),) * (-self.axis - 1))]


class Flattened:
    """The linearization of joining operands as vectors, whatever their shapes."""

    def __init__(self, shapes: Sequence[Any]) -> None:
        self.shapes = shapes
        sizes = [int(np.prod(shape, dtype=np.intp)) for shape in shapes]
        ends = np.cumsum(sizes)
        parts = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
        self.joined = Joined(np.concatenate, -1, [(size,) for size in sizes], parts)

    def push(self, tangents: Sequence[Any]) -> Any:
        """Join the tangents as vectors."""
        return self.joined.push(
            [
                None if t is None else np.reshape(t, (*leading(t, len(shape)), -1))
                for t, shape in zip(tangents, self.shapes, strict=True)
            ]
        )

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Cut the operand's part out of the cotangent, in the operand's shape."""
        part = self.joined.pull(operand, cotangent)
        return np.reshape(part, leading(part, 1) + tuple(self.shapes[operand]))


@array_rule(np.concatenate, itself=True)
def concatenate(y: Any, arrays: Any, /, axis: int | None = 0, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Join along an axis that is there."""
    if axis is None:
        return Flattened([np.shape(a) for a in arrays])
    (place,) = from_the_end(axis, y.ndim)
    ends = np.cumsum([np.shape(a)[place] for a in arrays])
    parts = [slice(int(end) - np.shape(a)[place], int(end)) for a, end in zip(arrays, ends, strict=True)]
    return Joined(np.concatenate, place, [np.shape(a) for a in arrays], parts)


@array_rule(np.stack, itself=True)
def stack(y: Any, arrays: Any, /, axis: int = 0, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Join along a new axis."""
    (place,) = from_the_end(axis, y.ndim)
    return Joined(np.stack, place, [np.shape(a) for a in arrays], range(len(arrays)))


@composite(np.hstack)
def hstack(tup: Any, **options: Any) -> Any:
    """Join along the second axis, or the only one."""
    arrays = [at_least(a, 1) for a in tup]
    return np.concatenate(arrays, axis=0 if np.ndim(arrays[0]) == 1 else 1, **options)


@composite(np.vstack)
def vstack(tup: Any, **options: Any) -> Any:
    """Join along the first axis."""
    return np.concatenate([at_least(a, 2) for a in tup], axis=0, **options)


@composite(np.dstack)
def dstack(tup: Any) -> Any:
    """Join along the third axis."""
    return np.concatenate([np.atleast_3d(a) for a in tup], axis=2)


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Join vectors as columns, and matrices along the second axis."""
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup], axis=1)


@composite(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Join two arrays."""
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((arr, values), axis=axis)


def _depth(blocks: Any) -> int:
    return 1 + max(map(_depth, blocks)) if isinstance(blocks, list) else 0


def _leaves(blocks: Any) -> list[Any]:
    return [leaf for block in blocks for leaf in _leaves(block)] if isinstance(blocks, list) else [blocks]


@composite(np.block)
def block(arrays: Any) -> Any:
    """Join nested lists of blocks, the innermost lists along the last axis."""
    depth = _depth(arrays)
    ndim = max(depth, *(np.ndim(leaf) for leaf in _leaves(arrays)))

    def joined(blocks: Any, level: int) -> Any:
        if level == 0:
            return at_least(blocks, ndim)
        return np.concatenate([joined(each, level - 1) for each in blocks], axis=-level)

    return joined(arrays, depth) if depth else np.copy(arrays)
