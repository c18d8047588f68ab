"""When a compiled kernel takes over from NumPy, and with what arrays.

NumPy evaluates a partial, multiplies and adds in passes of their own, each over memory. A kernel does all in one, which
pays above `FUSED_SIZE` elements. It does not where the partial calls exponentials, logarithms or powers: NumPy's are
several times faster than the C library's. Operands that broadcast are read as matrices, so that one loop serves every
common pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from dualrev.kernels.heap_pages import keep_pages
from dualrev.primitives.row import HostRow, Row, Rule
from dualrev.primitives.scalar import made_of

# Below this, the call of a kernel and the look at its operands cost more than the passes over memory that it saves,
# since the arrays of a few operations stay in the cache.
FUSED_SIZE = 1 << 15


Shape = tuple[int, ...]


def push(row: Row, y: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the tangents of a large array, or None where NumPy is to compute them."""
    active = tuple([n for n, t in enumerate(tangents) if t is not None and row.partials[n] is not None])
    # A kernel computes all tangents in one pass, so that one partial that NumPy computes faster decides for all.
    if not active or not all(pays(row, n, y) for n in active):
        return None
    operands = _operands(primals, y)
    layout = operands and plan([a.shape for a in operands], y.shape)
    if not operands or not layout:
        return None
    directions = [tangents[n].ndim - operands[n].ndim for n in active]
    # Tangents with and without an axis of directions, or with several, are rare enough for NumPy.
    if any(d > 1 for d in directions) or len(set(directions)) != 1:
        return None
    count = tangents[active[0]].shape[: directions[0]]
    stacks = [_stack(tangents[n], count, layout.shapes[n], y.dtype) for n in active]
    if any(stack is None for stack in stacks):
        return None
    # Imported here: `import dualrev` does not load Numba, and most programs have no array as large as this.
    from dualrev.kernels import cpu

    out = np.empty(count + y.shape, y.dtype)
    kernel = cpu.pushforward(row, layout.pattern, active, False)
    kernel(
        y.reshape(layout.rows, layout.columns),
        *(a.reshape(shape) for a, shape in zip(operands, layout.shapes, strict=True)),
        *stacks,
        out.reshape(-1, layout.rows, layout.columns),
    )
    return out


def pull(row: Row, argument: int, y: Any, primals: Sequence[Any], w: Any, shape: Any, out: Any, add: bool) -> bool:
    """Multiply a large cotangent by a partial into `out`, or add to it; False where NumPy is to do that.

    The partial's other arguments may broadcast; `shape` is the result's, which `w` and `out` have after their leading
    axis of directions.
    """
    # `out` may be a view of a larger adjoint, and kernels write to contiguous memory.
    if isinstance(row, HostRow) or not (out.flags.c_contiguous and out.dtype == w.dtype):
        return False
    ahead = w.ndim - len(shape)
    # Values that no partial reads were not kept: any number stands for them.
    operands = _operands([0.0 if p is None else p for p in (y, *primals)], w)
    layout = operands and plan([a.shape for a in operands], shape)
    constant = not any(w.strides[ahead:])
    if ahead > 1 or not operands or not layout or not (constant or w.flags.c_contiguous):
        return False
    # One number for all: its strides are 0, and the kernel is given the number.
    if constant:
        w = w[(..., *(slice(0, 1),) * len(shape))].reshape(-1, 1, 1)
    else:
        w = w.reshape(-1, layout.rows, layout.columns)
    from dualrev.kernels import cpu

    kernel = cpu.pullback(row, layout.pattern, "c" if constant else "f", argument, add)
    matrices = [a.reshape(matrix) for a, matrix in zip(operands, layout.shapes, strict=True)]
    kernel(*matrices, w, out.reshape(-1, layout.rows, layout.columns))
    return True


# Compiled functions want the tangents of an element side by side. NumPy would copy by strides of a whole direction, a
# cache line for each number.
def directions_last(tangent: Any) -> Any:
    """Return tangents with the directions on the last axis; for large arrays a copy, faster than NumPy's."""
    if tangent.size < FUSED_SIZE or type(tangent) is not np.ndarray or not tangent.flags.c_contiguous:
        return np.moveaxis(tangent, 0, -1)
    from dualrev.kernels import cpu

    keep_pages()
    laid = np.empty((tangent[0].size, len(tangent)), tangent.dtype)
    cpu.directions_last()(tangent.reshape(len(tangent), -1), laid)
    return laid if tangent.ndim == 2 else laid.reshape(*tangent.shape[1:], len(tangent))


def pays(row: Row, argument: int, y: Any) -> bool:
    """Whether a kernel for one partial would be faster than NumPy over an array like this."""
    return (
        type(y) is np.ndarray
        and y.size >= FUSED_SIZE
        and y.dtype in (np.float64, np.float32)
        # SciPy's functions are no expressions, so that there is nothing to compile.
        and not isinstance(row, HostRow)
        and _pays(row.partials[argument])
    )


@cache
def _pays(rule: Rule) -> bool:
    return made_of(rule, lambda row: row.cheap or row.instruction) and not _trivial(rule)


@cache
def _trivial(rule: Rule) -> bool:
    """Whether the partial is a constant, which NumPy applies as fast."""
    return not rule.__code__.co_names and not any(name.startswith("LOAD_FAST") for name in _opnames(rule))


def _opnames(rule: Rule) -> list[str]:
    import dis

    return [instruction.opname for instruction in dis.get_instructions(rule)]


# Kernels are compiled for contiguous arrays of one type. To copy an operand into that form costs what the kernel
# saves.
def _operands(values: Sequence[Any], like: Any) -> list[np.ndarray] | None:
    arrays = []
    for value in values:
        if type(value) is np.ndarray and value.size > 1:
            if value.dtype != like.dtype or not value.flags.c_contiguous:
                return None
            arrays.append(value)
        elif isinstance(value, int | float | np.generic | np.ndarray):
            arrays.append(np.asarray(value, like.dtype))
        else:
            return None
    return arrays


def _stack(tangent: Any, count: tuple[int, ...], matrix: tuple[int, ...], dtype: Any) -> Any:
    if type(tangent) is not np.ndarray and not isinstance(tangent, np.generic):
        return None
    if tangent.dtype != dtype:
        return None
    return np.ascontiguousarray(tangent).reshape((*(count or (1,)), *matrix))


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
    # Equal lengths are a run of axes at one end; operands of any other pattern need more than two dimensions.
    position = same.index(True) if not same[0] else same.index(False)
    tail = same[position:]
    return position if all(tail) or not any(tail) else None
