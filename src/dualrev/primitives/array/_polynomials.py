"""Polynomials as vectors of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import array_rule, composite, linear, plain
from dualrev.primitives.chain_rule import chain_product


def _coefficients(p: Any) -> Any:
    return np.stack(p) if isinstance(p, list | tuple) else np.atleast_1d(p)


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Evaluate by Horner's rule."""
    p = _coefficients(p)
    x = np.asarray(x) if plain(x) is x else x
    total: Any = np.zeros_like(plain(x))
    for coefficient in p:
        total = total * x + coefficient
    return total


def _added(a: Any, b: Any) -> Any:
    a, b = _coefficients(a), _coefficients(b)
    short = min(len(a), len(b))
    longer = a if len(a) > len(b) else b
    same = a[len(a) - short :] + b[len(b) - short :]
    return np.concatenate([longer[: len(longer) - short], same]) if len(longer) > short else same


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """Add coefficients of the same power."""
    return _added(a1, a2)


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """Subtract coefficients of the same power."""
    return _added(a1, -_coefficients(a2))


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """Convolve the coefficients."""
    return np.convolve(_coefficients(a1), _coefficients(a2))


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """Multiply by the powers, and lower them."""
    p = _coefficients(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """Raise the powers, and divide by them."""
    p = _coefficients(p)
    constants = np.zeros(m, p.dtype) if k is None else np.broadcast_to(k, (m,)) if np.size(k) == 1 else _coefficients(k)
    for n in range(m):
        p = np.concatenate([p / np.arange(len(p), 0, -1), constants[n : n + 1]])
    return p


@array_rule(np.vander)
def vander(y: Any, x: Any, /, N: Any = None, increasing: bool = False) -> Any:
    """Return the powers of each element, whose derivatives are powers."""
    powers = np.arange(y.shape[-1], dtype=x.dtype)
    powers = powers if increasing else powers[::-1]
    if y.shape[-1] > 1:
        lower = np.vander(x, y.shape[-1] - 1, increasing)
        zero = np.zeros((x.shape[0], 1), x.dtype)
        partial = np.concatenate([zero, lower] if increasing else [lower, zero], axis=1) * powers
    else:
        partial = np.zeros(y.shape, x.dtype)
    return linear(
        lambda t: chain_product(partial, t.reshape((*t.shape, 1))),
        lambda w: np.sum(chain_product(partial, w), axis=-1),
    )
