"""Convolution and correlation of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array._bilinear import contracted, pushed
from dualrev.primitives.array.indexing import index
from dualrev.primitives.array.rule import Each, Pair, array_rule, composite, leading
from dualrev.primitives.protocol_function import ProtocolFunction

MODES = {0: "valid", 1: "same", 2: "full", "v": "valid", "s": "same", "f": "full"}


def _named(mode: Any) -> str:
    known: str = MODES.get(mode[:1].lower() if isinstance(mode, str) else mode, "")
    if not known:
        raise ValueError(f"mode={mode!r}; expected 'full', 'same' or 'valid'")
    return known


convolved = ProtocolFunction("convolve", lambda a, v, mode="full": np.convolve(a, v, mode))


def _windows(rows: Any, length: int) -> Any:
    """Return, on a new last axis, the stretches of this length on the last axis."""
    if type(rows) is np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(rows, length, axis=-1)
    count = rows.shape[-1] - length + 1
    return index(rows, (Ellipsis, np.arange(count)[:, None] + np.arange(length)))


def _surrounded(rows: Any, before: int, after: int) -> Any:
    """Put zeros before and after on the last axis."""
    ahead = rows.shape[:-1]
    zeros = [np.zeros((*ahead, by), rows.dtype) for by in (before, after)]
    return np.concatenate([zeros[0], rows, zeros[1]], axis=-1)


def _full(rows: Any, kernel: Any) -> Any:
    """Convolve each row with a vector."""
    length = kernel.shape[0]
    return _windows(_surrounded(rows, length - 1, length - 1), length) @ kernel[::-1]


def _kept(n: int, m: int, mode: str) -> tuple[int, int]:
    """Return where the part of a full convolution begins that a mode keeps, and how long that is."""
    long, short = max(n, m), min(n, m)
    if mode == "full":
        return 0, n + m - 1
    return (short - 1, long - short + 1) if mode == "valid" else ((short - 1) // 2, long)


@array_rule(convolved)
def convolved_rule(y: Any, a: Any, v: Any, /, mode: Any = "full") -> Any:
    """Convolve the tangent with the other vector; the transpose correlates the cotangent with it."""
    (n,), (m,) = a.shape, v.shape
    first, length = _kept(n, m, _named(mode))

    def pair(other: Any, size: int) -> Pair:
        def push(t: Any) -> Any:
            t = t.reshape((*leading(t, 1), size))
            whole = pushed(_full if other.shape[0] <= size else _of_one, t, other)
            return whole[..., first : first + length]

        def pull(w: Any) -> Any:
            whole = _surrounded(w, first, n + m - 1 - first - length)
            return contracted(np.matmul, _windows(whole, other.shape[0]), other)

        return Pair(push, pull)

    return Each((pair(v, n), pair(a, m)))


def _of_one(rows: Any, kernel: Any) -> Any:
    """Convolve rows with a vector that is longer than they are."""
    length = rows.shape[-1]
    windows = _windows(_surrounded(kernel, length - 1, length - 1), length)
    return rows[..., ::-1] @ windows.T


def _vector(x: Any) -> Any:
    if np.ndim(x) > 1:
        raise ValueError(f"a convolution of shape {np.shape(x)}; expected vectors")
    return np.reshape(x, -1)


@composite(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """Convolve two vectors."""
    return convolved(_vector(a), _vector(v), mode=mode)


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Convolve with the second turned round."""
    a, v, mode = _vector(a), _vector(v), _named(mode)
    n, m = a.shape[0], v.shape[0]
    whole = convolved(a, np.conj(v)[::-1], mode="full")
    first, length = _kept(n, m, mode)
    if n < m:  # NumPy swaps the two and turns the result round
        first = n + m - 1 - first - length
    return whole[first : first + length]
