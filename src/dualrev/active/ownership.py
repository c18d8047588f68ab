"""Who may write to memory: the law of ownership, and what keeps it.

A derivative is computed from values that were met on the way, often long after the user's code has gone on.

1. What is kept is kept in memory to which nobody else can write: `private`, or `private_tree` for containers.
2. Anybody may write to a plain array whose memory is not constant. That an array is read-only does not make it so: it
   may be a view, and what it is a view of is written to. Memory is constant if the array and all that it is a view of
   are read-only, and the last of them owns the memory, or it is that of bytes. Who makes an array that owns its memory
   read-only promises not to write to it by an older view, and not to make it writeable again while it is in use.
3. What is kept is shown to users read-only, by `shown`. A user's function is given copies, `lent`, for it may write
   to what it is given.
4. A result belongs to the caller alone: `owned`. It shares no memory with an argument, with what is kept, or with
   another result.
"""

from __future__ import annotations

import array as python_arrays
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import numpy as np
import optree

from dualrev.primitives.array.layout import apart, compact

_Array = np.ndarray
_IMMUTABLE = frozenset({float, int, bool, complex, str, bytes, type(None), type(Ellipsis)})
_IMMUTABLE |= {np.float64, np.float32, np.int64, np.int32, np.bool_}
_HOLDS_NUMBERS = ("__array__", "__array_interface__", "__array_struct__", "__dlpack__", "__index__")
_CONTAINERS = (bytearray, python_arrays.array)


def is_constant(array: np.ndarray) -> bool:
    """Whether nobody can write to an array's memory, or has promised not to."""
    while not array.flags.writeable:
        base = array.base
        if not isinstance(base, _Array):
            return array.flags.owndata if base is None else type(base) is bytes
        array = base
    return False


def private(x: Any) -> Any:
    """Return a value that nobody else can write to: a copy of an array, unless its memory is constant."""
    kind = type(x)
    if kind is _Array:
        flags = x.flags
        if not flags.writeable and is_constant(x):
            return x
        return x.copy() if flags.c_contiguous else compact(x)
    if kind in _IMMUTABLE:
        return x
    return x.snapshot() if hasattr(kind, "apply_rule") else _private_object(x)


def _private_object(x: Any) -> Any:
    """Return a copy of another object that is known to hold numbers, such as a memoryview, or the object itself."""
    if isinstance(x, slice):
        return slice(private(x.start), private(x.stop), private(x.step))
    if isinstance(x, np.generic | type):
        return x
    if isinstance(x, memoryview):
        return np.array(x).data
    if isinstance(x, _CONTAINERS) or any(hasattr(x, name) for name in _HOLDS_NUMBERS):
        return deepcopy(x)
    return x.copy() if type(x).__module__.startswith("numba.typed") else x


def private_tree(x: Any) -> Any:
    """Apply `private` inside new tuples, lists, dicts and the other containers that `optree` knows."""
    if _immutable(x):
        return x
    return private(x) if type(x) is _Array else optree.tree_map(private, x, none_is_leaf=True)


def _immutable(x: Any) -> bool:
    kind = type(x)
    if kind is slice:
        return type(x.start) in _IMMUTABLE and type(x.stop) in _IMMUTABLE and type(x.step) in _IMMUTABLE
    return kind in _IMMUTABLE or (kind is tuple and all(map(_immutable, x)))


def lent(x: Any) -> Any:
    """Return containers of what is kept with copies of the arrays, for a function of the user's that may write."""
    return optree.tree_map(_lent, x, none_is_leaf=True)


def _lent(x: Any) -> Any:
    if isinstance(x, _Array):
        return apart(x)
    return x.snapshot() if hasattr(type(x), "apply_rule") else x


def shown(x: Any) -> Any:
    """Return what is kept as users see it: an array is read-only from then on."""
    if type(x) is not _Array:
        return x.snapshot() if hasattr(type(x), "apply_rule") else x
    x = x if x.base is None else x.view()  # whether a view may be written to is a question of what NumPy says of it
    x.flags.writeable = False
    return x


def owned(x: Any) -> Any:
    """Return a result that the caller may keep and write to: contiguous, and nobody else's memory."""
    if type(x) is not _Array or not x.ndim:
        return x
    flags = x.flags
    return x if flags.owndata and flags.c_contiguous and flags.writeable else x.copy()


def copied(kept: Iterable[Any]) -> list[Any]:
    """Return copies, which the caller owns, of results that are kept as well."""
    return [owned(shown(x)) for x in kept]


def all_owned(results: Iterable[Any]) -> list[Any]:
    """Apply `owned` to each result; no array comes back twice."""
    found: list[Any] = []
    met: set[int] = set()
    for x in map(owned, results):
        found.append(x.copy() if type(x) is _Array and id(x) in met else x)
        met.add(id(x))
    return found
