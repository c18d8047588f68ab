"""Programs of reads, writes, views and arithmetic, which run on plain, complex and active arrays alike.

A program is a list of steps, each four numbers: what to do, and to which of the arrays there are. A step that NumPy
refuses on plain arrays is left out, so that any list of numbers is a program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Step = tuple[int, int, int, int]
Program = Sequence[Step]


def _bounded(a: Any) -> Any:
    return 0.7 * np.sin(a) + 0.1


def _places(a: Any, j: int, k: int) -> Any:
    """Return integers that index the first axis, some of them twice."""
    return np.array([j, k, j, j + k]) % a.shape[0]


def _assign(a: Any, index: Any, value: Any) -> None:
    a[index] = value


def _augment(a: Any, index: Any, value: Any) -> None:
    a[index] += value


def _add(a: Any, b: Any) -> None:
    a += 0.5 * b


def _scale(a: Any, b: Any) -> None:
    a *= _bounded(b)


def _swap(a: Any, j: int, k: int) -> None:
    j, k = j % a.shape[0], k % a.shape[0]
    a[j], a[k] = a[k] * 1.5, a[j]


def _flat(a: Any, j: int, b: Any) -> None:
    a.flat[j % a.size] = b.flat[j % b.size] * 0.9


def _sort(a: Any) -> None:
    if isinstance(a, np.ndarray) and len(np.unique(a.real.round(9))) < a.size:
        raise ValueError("ties, which a complex step breaks in another way")
    a.sort()


def _of_shape(b: Any, a: Any) -> Any:
    if b.shape != a.shape:
        raise ValueError(f"shape {b.shape} for {a.shape}")
    return b


MAKE: tuple[Callable[..., Any], ...] = (
    lambda x, a, b, j, k: np.zeros_like(a),
    lambda x, a, b, j, k: np.ones_like(x) * 0.3,
    lambda x, a, b, j, k: np.full_like(a, 0.2),
    lambda x, a, b, j, k: a.copy(),
    lambda x, a, b, j, k: np.zeros(3 + k % 2, like=x, dtype=x.dtype),
    lambda x, a, b, j, k: _bounded(a) * b,
    lambda x, a, b, j, k: a + 0.5 * b,
    lambda x, a, b, j, k: np.sum(a * b, axis=0),
    lambda x, a, b, j, k: a @ b,
    lambda x, a, b, j, k: np.array(a.flatten(), like=x),
    lambda x, a, b, j, k: a[_places(a, j, k)],
    lambda x, a, b, j, k: np.concatenate([a, b]),
)
VIEW: tuple[Callable[..., Any], ...] = (
    lambda x, a, b, j, k: a[j % a.shape[0]],
    lambda x, a, b, j, k: a[::-1],
    lambda x, a, b, j, k: a[..., 1:],
    lambda x, a, b, j, k: a[j % 2 :: 2],
    lambda x, a, b, j, k: a[None],
    lambda x, a, b, j, k: a.T,
    lambda x, a, b, j, k: a.reshape(-1),
    lambda x, a, b, j, k: a.reshape(3, -1),
    lambda x, a, b, j, k: a.reshape(-1, 2, order="F"),
    lambda x, a, b, j, k: np.ravel(a, order="K"),
    lambda x, a, b, j, k: np.swapaxes(a, 0, -1),
    lambda x, a, b, j, k: np.diagonal(a),
    lambda x, a, b, j, k: np.split(a, 2)[k % 2],
    lambda x, a, b, j, k: np.rot90(a),
    lambda x, a, b, j, k: np.squeeze(a),
    lambda x, a, b, j, k: np.flip(a),
    lambda x, a, b, j, k: np.atleast_2d(a),
    lambda x, a, b, j, k: a,
)
WRITE: tuple[Callable[..., Any], ...] = (
    lambda x, a, b, j, k: _assign(a, j % a.shape[0], b),
    lambda x, a, b, j, k: _assign(a, slice(None, None, -1), b * 0.8),
    lambda x, a, b, j, k: _assign(a, (j % a.shape[0], -1), b.flat[k % b.size]),
    lambda x, a, b, j, k: _assign(a, ..., b),
    lambda x, a, b, j, k: _augment(a, (slice(None), j % 2), b),
    lambda x, a, b, j, k: _assign(a, np.real(a) > 0.25, 0.1 * k),
    lambda x, a, b, j, k: _augment(a, np.real(b) > 0.25, b[np.real(b) > 0.25]),
    lambda x, a, b, j, k: _assign(a, _places(a, j, k), b),
    lambda x, a, b, j, k: _assign(a, _places(a, j, k), np.ones(()) * 0.4),
    lambda x, a, b, j, k: _assign(a, _places(a, j, k), b[:4] * 1.1),
    lambda x, a, b, j, k: _add(a, b),
    lambda x, a, b, j, k: _scale(a, b),
    lambda x, a, b, j, k: _add(a[1:], a[:-1]),
    lambda x, a, b, j, k: _swap(a, j, k),
    lambda x, a, b, j, k: _flat(a, j, b),
    lambda x, a, b, j, k: np.multiply(a, _bounded(b), out=a),
    lambda x, a, b, j, k: np.sin(b, out=a[: b.shape[0]]),
    lambda x, a, b, j, k: np.add.at(a, _places(a, j, k), 0.3 * b),
    lambda x, a, b, j, k: np.multiply.at(a, _places(a, j, k), _bounded(b[:4])),
    lambda x, a, b, j, k: np.copyto(a, b, where=np.real(b) > 0.1),
    lambda x, a, b, j, k: np.put(a, [j % a.size, k % a.size], b.copy()),
    lambda x, a, b, j, k: np.fill_diagonal(a, b.copy()),
    lambda x, a, b, j, k: np.cumsum(_of_shape(b, a), axis=0, out=a),
    lambda x, a, b, j, k: a.fill(b.flat[j % b.size]),
    lambda x, a, b, j, k: _sort(a),
    lambda x, a, b, j, k: _assign(x, j % x.shape[0], b * 0.9),
)
KINDS = (MAKE, VIEW, WRITE, WRITE)
STEPS = sum(len(kind) for kind in KINDS)
MOST_ELEMENTS = 24


def _function(n: int) -> Any:
    for kind in KINDS:
        if n < len(kind):
            return kind[n]
        n -= len(kind)
    raise IndexError(n)


def valid(program: Program, x: np.ndarray) -> Program:
    """Return the steps that plain arrays can do."""
    done: list[Step] = []
    for step in program:
        try:
            with np.errstate(all="ignore"):
                out = run([*done, step], x)
        except (ValueError, IndexError, TypeError, ZeroDivisionError):
            continue
        if np.all(np.abs(out) < 1e3):
            done.append(step)
    return done


def run(program: Program, x: Any) -> Any:
    """Run a program on a copy of x, and return the elements of all arrays that it leaves."""
    x = x.copy()
    arrays = [x]
    for n, i, j, k in program:
        a, b = arrays[i % len(arrays)], arrays[j % len(arrays)]
        made = _function(n)(x, a, b, j, k)
        if (isinstance(made, np.ndarray) or getattr(made, "ndim", 0)) and made.size <= MOST_ELEMENTS:
            arrays.append(made)
    return np.concatenate([np.ravel(a) for a in arrays])


def complex_step(program: Program, x: np.ndarray) -> np.ndarray:
    """Return the Jacobian by the imaginary part of the program's values a tiny step from x: exact but for rounding."""
    columns = []
    for n in range(x.size):
        moved = x.astype(complex)
        moved.flat[n] += 1e-30j
        columns.append(run(program, moved).imag / 1e-30)
    return np.stack(columns, axis=-1).reshape(-1, *x.shape)
