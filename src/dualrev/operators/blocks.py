"""Jacobians as blocks, one for each leaf of the output and of the input, by either mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.active.ownership import owned
from dualrev.active.trees import Tree
from dualrev.environment import expect_room
from dualrev.errors import RandomFunctionError
from dualrev.kernels.fused import directions_last
from dualrev.operators.call import Point
from dualrev.operators.fundamental import Pullback, one_hot, plain, pushforward


class Blocks:
    """A function's value and its Jacobian.

    Attributes
    ----------
    values : list
        The leaves of the output.
    tree : Tree
        Their arrangement.
    blocks : list of list
        Per leaf of the output and of the input an array of shape out.shape + in.shape.
    """

    def __init__(self, values: list[Any], tree: Tree, blocks: list[list[Any]]) -> None:
        self.values, self.tree, self.blocks = values, tree, blocks


def forward(point: Point, chunk: int) -> Blocks:
    """Compute a Jacobian by columns, `chunk` directions in each call of the function."""
    if point.n <= chunk:
        seeds = _seeds(point.leaves, point.offsets, 0, point.n)
        values, tree, tangents = pushforward(point.call, point.leaves, seeds, point.name)
        return Blocks(
            values, tree, [_columns(_last(t, v, point.n), v, point) for t, v in zip(tangents, values, strict=True)]
        )
    whole: list[Any] = []
    columns: list[list[Any]] = []
    first: tuple[list[Any], Tree] | None = None
    for start in range(0, point.n, chunk):
        stop = min(start + chunk, point.n)
        seeds = _seeds(point.leaves, point.offsets, start, stop)
        values, tree, tangents = pushforward(point.call, point.leaves, seeds, point.name)
        parts = [_last(t, v, stop - start) for t, v in zip(tangents, values, strict=True)]
        if first is None:
            first = (values, tree)
            expect_room_for(point, values)
            if all(map(plain, parts)):
                whole = [np.empty((*part.shape[:-1], point.n), part.dtype) for part in parts]
        else:
            _same(point.name, first, (values, tree))
        for into, part in zip(whole, parts, strict=False):
            into[..., start:stop] = part
        if not whole:
            columns.append(parts)
    assert first is not None
    values, tree = first
    whole = whole or [np.concatenate([part[n] for part in columns], axis=-1) for n in range(len(values))]
    return Blocks(values, tree, [_columns(entries, value, point) for entries, value in zip(whole, values, strict=True)])


def expect_room_for(point: Point, values: Sequence[Any]) -> None:
    """Raise an error if a Jacobian with rows for these outputs takes more memory than there is."""
    rows = sum([int(value.size) for value in values])
    itemsize = max([value.dtype.itemsize for value in (*values, *point.leaves)], default=8)
    expect_room(point.what, point.name, (rows, point.n), itemsize)


def _columns(entries: Any, value: Any, point: Point) -> list[Any]:
    """Cut the last axis into a block for each leaf of the input."""
    single = entries.ndim == 1
    return [
        _block(_cut(entries, a, s) if x.shape else entries[a] if single else entries[..., a], value, x)
        for x, a, s in zip(point.leaves, point.offsets, point.sizes, strict=True)
    ]


def _cut(entries: Any, start: int, size: int) -> Any:
    return entries if entries.shape[-1] == size else entries[..., start : start + size]


def reverse(point: Point, pullback: Pullback, block: int) -> Blocks:
    """Compute a Jacobian by rows, `block` cotangents in each sweep of what was recorded."""
    sizes = [int(np.prod(np.shape(v), dtype=np.intp)) for v in pullback.values]
    offsets = [sum(sizes[:n]) for n in range(len(sizes))]
    rows: list[list[Any]] = []
    whole: list[Any] = []
    total = sum(sizes)
    expect_room_for(point, pullback.values)
    for start in range(0, total, block):
        stop = min(start + block, total)
        cotangents = _seeds(pullback.values, offsets, start, stop)
        adjoints = pullback(cotangents, last=stop == total)
        parts = [
            np.zeros((stop - start, x.size), x.dtype) if a is None else a.reshape((stop - start, x.size))
            for a, x in zip(adjoints, point.leaves, strict=True)
        ]
        if start == 0 and stop < total and all(map(plain, parts)):
            whole = [np.empty((total, part.shape[1]), part.dtype) for part in parts]
        for into, part in zip(whole, parts, strict=False):
            into[start:stop] = part
        if not whole:
            rows.append(parts)
    blocks: list[list[Any]] = [[] for _ in pullback.values]
    for n, x in enumerate(point.leaves):
        parts = [whole[n]] if whole else [row[n] for row in rows] or [np.zeros((0, x.size), x.dtype)]
        matrix = parts[0] if len(parts) == 1 else np.concatenate(parts)
        for value, offset, size, result in zip(pullback.values, offsets, sizes, blocks, strict=True):
            result.append(_block(matrix[offset : offset + size], value, x))
    return Blocks(pullback.values, pullback.tree, blocks)


def _seeds(leaves: Sequence[Any], offsets: Sequence[int], start: int, stop: int) -> list[Any]:
    return [one_hot(x.shape, x.dtype, start, stop, a) for x, a in zip(leaves, offsets, strict=True)]


def _last(tangent: Any, value: Any, count: int) -> Any:
    if tangent is None:
        return np.zeros((*np.shape(value), count), value.dtype)
    return directions_last(tangent) if tangent.ndim > 1 else tangent


def _block(entries: Any, value: Any, x: Any) -> Any:
    if type(entries) is np.float64 and x.dtype == entries.dtype:
        return entries
    shape = value.shape + x.shape
    block = entries if entries.shape == shape else entries.reshape(shape)
    if value.dtype != x.dtype:
        block = block.astype(np.result_type(value.dtype, x.dtype))
    return owned(block)


def _same(name: str, first: tuple[list[Any], Tree], again: tuple[list[Any], Tree]) -> None:
    same = first[1] == again[1] and all(_bits(a) == _bits(b) for a, b in zip(first[0], again[0], strict=False))
    if not same:
        raise RandomFunctionError(
            f"{name} gave two different values at the same point; a random function has no derivative. "
            "Fix its randomness: pass a seeded generator's numbers in as an argument"
        )


def _bits(value: Any) -> Any:
    return (value.shape, value.tobytes()) if plain(value) else None


def matrix_of(blocks: Blocks, point: Point) -> np.ndarray:
    """Return a Jacobian in blocks as one matrix."""
    rows = [
        np.concatenate([np.reshape(b, (v.size, x.size)) for b, x in zip(row, point.leaves, strict=True)], axis=1)
        for row, v in zip(blocks.blocks, blocks.values, strict=True)
    ]
    return np.concatenate(rows)
