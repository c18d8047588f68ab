"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import MissingRuleError
from dualrev.primitives.array.complex_parts import is_complex
from dualrev.primitives.array.reduction import norm_2
from dualrev.primitives.array.rule import composite, from_the_end, plain


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return a norm of vectors or matrices; where it is 0, its derivative is 0."""
    if ord is None:
        return norm_2(_sizes(x), axis=axis, keepdims=keepdims)
    axes = from_the_end(axis if axis is None or np.ndim(axis) == 0 else tuple(axis), x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"np.linalg.norm(ord={ord!r}, axis={axis!r}) of shape {x.shape}; expected one axis or two")


def _sizes(x: Any) -> Any:
    """Return the sizes of complex numbers, and real ones as they are."""
    return np.abs(x) if is_complex(x) else x


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"np.linalg.norm(ord={ord!r}) of vectors; expected a number")
    if plain(ord) is not ord:
        return _norm_in_its_order(x, ord, axes, keepdims)
    if ord == 2:
        return norm_2(_sizes(x), axis=axes, keepdims=keepdims)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum(np.not_equal(x, 0), axis=axes, keepdims=keepdims, dtype=x.dtype)
    powers = np.abs(x) if ord == 1 else np.abs(x) ** ord
    total = np.sum(powers, axis=axes, keepdims=keepdims)
    return total if ord == 1 else total ** (1.0 / ord)


def _norm_in_its_order(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """Return a norm whose order is active, of a vector over its largest element: powers then stay between 0 and 1."""
    if np.ndim(ord) or not np.isfinite(plain(ord)) or plain(ord) == 0:
        raise MissingRuleError(f"np.linalg.norm(ord={plain(ord)!r}) has no derivative in ord; expected a finite number")
    sizes = np.abs(x)
    scale = plain(np.max(sizes, axis=axes, keepdims=True))
    scale = np.where(np.equal(scale, 0), 1.0, scale)
    total = np.sum(np.power(sizes / scale, ord), axis=axes, keepdims=True)
    result = np.power(total, 1.0 / ord) * scale
    return result if keepdims else np.squeeze(result, axis=axes)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if plain(ord) is not ord:
        raise MissingRuleError("np.linalg.norm and matrix_norm have no derivative in ord for matrices: it is a choice")
    if ord in ("fro", "f"):
        return norm_2(_sizes(x), axis=axes, keepdims=keepdims)
    if ord not in (1, -1, 2, -2, np.inf, -np.inf, "nuc"):
        raise ValueError(
            f"np.linalg.norm(ord={ord!r}) of matrices; expected 1, 2, inf, their negatives, 'fro' or 'nuc'"
        )
    matrix = np.moveaxis(x, axes, (-2, -1))
    if ord in (2, -2, "nuc"):
        entries = np.linalg.svdvals(matrix)
    else:
        entries = np.sum(np.abs(matrix), axis=-2 if ord in (1, -1) else -1)
    result = (np.sum if ord == "nuc" else np.max if ord > 0 else np.min)(entries, axis=-1)
    return np.expand_dims(result, tuple(n % x.ndim for n in axes)) if keepdims else result


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Return a norm of vectors; over several axes, or all, that of their elements side by side."""
    axes = from_the_end(axis if axis is None or np.ndim(axis) == 0 else tuple(axis), x.ndim)
    return _vector_norm(x, ord, axes, keepdims)


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Return a norm of the matrices on the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Return the condition number in a norm."""
    if p in (None, 2, -2):
        values = np.linalg.svdvals(x)
        high, low = values[..., 0], values[..., -1]
        result = low / high if p == -2 else high / low
        # NumPy calls a matrix of zeros infinitely badly conditioned, not 0/0.
        zeros = np.isnan(plain(result)) & ~np.any(np.isnan(plain(x)), axis=(-2, -1))
        return np.where(zeros, np.inf, result)[()] if np.any(zeros) else result
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
