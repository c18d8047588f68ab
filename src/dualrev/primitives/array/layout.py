"""How arrays lie in memory: copies that lie as what they are copies of.

NumPy reads and copies in the order of memory where it is asked to ("K", "A"), and its functions give results an order
after that of their operands. A copy that an operation is to take for the original has to lie in the same way.
"""

from __future__ import annotations

import numpy as np

MODERATE = 16
"""So many times the memory of an array's elements its gaps may take before they are made smaller."""


def least(array: np.ndarray) -> tuple[int, tuple[int, ...]]:
    """Return the first element's place, and strides counted in elements, of an array that lies so in least memory.

    The same axes run fastest, repeat, run backwards and leave gaps. Where gaps are large they become as small as they
    can be: what lies like a column of a large matrix takes little.
    """
    size = array.itemsize
    steps = [step // size for step in array.strides]
    reach = sum(abs(step) * (length - 1) for step, length in zip(steps, array.shape, strict=True))
    if reach < MODERATE * array.size and not any(step % size for step in array.strides):
        below = sum(-step * (length - 1) for step, length in zip(steps, array.shape, strict=True) if step < 0)
        return below, tuple(steps)
    strides, follows, reach, start = [0] * array.ndim, array.itemsize, 1, 0
    for n in sorted(range(array.ndim), key=lambda n: (abs(array.strides[n]), -n)):
        step, length = abs(array.strides[n]), array.shape[n]
        if not step:
            continue
        strides[n] = reach if step == follows or length == 1 else reach + 1
        if length > 1:
            follows, reach = step * length, strides[n] * length
        if array.strides[n] < 0:
            start += strides[n] * (length - 1)
            strides[n] = -strides[n]
    return start, tuple(strides)


def empty_alike(array: np.ndarray, dtype: np.dtype | type) -> np.ndarray:
    """Return an array of any values that lies as another one does, in memory of its own."""
    start, strides = least(array)
    last = start + sum(step * (length - 1) for step, length in zip(strides, array.shape, strict=True) if step > 0)
    memory = np.empty(last + 1 if array.size else 0, dtype)
    steps = tuple([step * memory.itemsize for step in strides])
    return np.ndarray(array.shape, dtype, memory, start * memory.itemsize if array.size else 0, steps)


def compact(array: np.ndarray) -> np.ndarray:
    """Return a copy that lies as an array does."""
    if array.flags.c_contiguous:
        return array.copy()
    copy = empty_alike(array, array.dtype)
    copy[...] = array
    return copy


# Numba's type of an array tells whether it is contiguous, by rows or by columns. On the type depends whether `ravel` in
# compiled code is a view or a copy.
def apart(array: np.ndarray) -> np.ndarray:
    """Return a writable copy, of the same type to Numba and with its axes in the same order; no elements overlap."""
    copy = array.copy(order="K")
    if array.flags.forc:
        return copy
    memory = np.empty(2 * copy.size, copy.dtype)
    gaps = np.ndarray(copy.shape, copy.dtype, memory, 0, tuple([2 * step for step in copy.strides]))
    gaps[...] = copy
    return gaps
