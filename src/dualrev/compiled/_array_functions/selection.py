"""Choices among elements, and what depends on values alone: comparisons, orders and searches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.axes import as_array, plain
from dualrev.compiled._array_functions.table import absent, array_function, owner_inside
from dualrev.kernels.numba_arrays import empty_array


@array_function(np.where, chosen=True)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Take an element of one or of the other; what is not taken has no part in the derivative."""
    if x is None:
        return lambda condition, x=None, y=None: np.where(plain(condition))
    owner = owner_inside(types.Tuple((x, y)))
    if owner is None:
        return lambda condition, x=None, y=None: np.where(plain(condition), x, y)
    if not any(isinstance(each, types.Array) for each in (condition, x, y)):
        # A number where NumPy has an array of no axes, which could not be an element of another.
        return lambda condition, x=None, y=None: x if condition else y

    orders = [each.layout for each in (condition, x, y) if isinstance(each, types.Array)]
    # As in Numba, the condition decides about the order, unless there are three arrays of which one is of another.
    turned = isinstance(condition, types.Array) and orders[0] == "F" and (len(orders) < 3 or {*orders} == {"F"})

    def implementation(condition, x=None, y=None):  # type: ignore[no-untyped-def]
        c, a, b = as_array(condition), as_array(x), as_array(y)
        shape = np.broadcast_shapes(c.shape, a.shape, b.shape)
        c, a, b = np.broadcast_to(c, shape), np.broadcast_to(a, shape), np.broadcast_to(b, shape)
        result = empty_array(owner, shape[::-1]).T if turned else empty_array(owner, shape)
        for index in np.ndindex(shape):
            if c[index]:
                result[index] = a[index]
            else:
                result[index] = b[index]
        return result

    return implementation


@array_function(np.clip, method="clip", chosen=True)
def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    """Bound values: one that meets a bound shares the derivative with it, as for maximum and minimum."""
    low, high = not absent(a_min), not absent(a_max)
    if low and high:
        return lambda a, a_min=None, a_max=None: np.minimum(np.maximum(a, a_min), a_max)
    if low:
        return lambda a, a_min=None, a_max=None: np.maximum(a, a_min)
    return lambda a, a_min=None, a_max=None: np.minimum(a, a_max)


@array_function(np.argsort, method="argsort", like="a")
def argsort(a: Any, kind: Any = None) -> Any:
    """Return the stable permutation that sorts."""
    # The stable order is the promise at ties, and merge sort is Numba's stable one.
    return np.argsort(plain(a), kind="mergesort")


@array_function(np.sort, like="a")
def sort(a: Any) -> Any:
    """Sort by the stable permutation; NumPy's sort is along the last axis."""
    y = np.ascontiguousarray(a).copy()
    rows = y.reshape((-1, a.shape[-1])) if y.size > 0 else y.reshape((1, 0))
    for n in range(rows.shape[0]):
        rows[n] = rows[n][argsort(rows[n])]
    return y


@array_function(method="sort")
def sort_in_place(a: Any) -> Any:
    """Sort in place."""
    a[:] = sort(a)


# Comparisons, orders and searches depend on values alone, and are flat in them.
for _function, _of_values in {
    np.count_nonzero: lambda a: np.count_nonzero(plain(a)),
    np.flatnonzero: lambda a: np.flatnonzero(plain(a)),
    np.argwhere: lambda a: np.argwhere(plain(a)),
    np.nonzero: lambda a: np.nonzero(plain(a)),
    np.any: lambda a: np.any(plain(a)),
    np.all: lambda a: np.all(plain(a)),
    np.array_equal: lambda a, b: np.array_equal(plain(a), plain(b)),
    np.argmax: lambda a, axis=None: np.argmax(plain(a), axis),
    np.argmin: lambda a, axis=None: np.argmin(plain(a), axis),
    np.nanargmax: lambda a: np.nanargmax(plain(a)),
    np.nanargmin: lambda a: np.nanargmin(plain(a)),
    np.round: lambda a, decimals=0: np.round(plain(a), decimals),
    np.around: lambda a, decimals=0: np.round(plain(a), decimals),
    np.searchsorted: lambda a, v, side="left": np.searchsorted(plain(a), plain(v), side),
    np.digitize: lambda x, bins, right=False: np.digitize(plain(x), plain(bins), right),
    np.isclose: lambda a, b, rtol=1e-05, atol=1e-08, equal_nan=False: np.isclose(
        plain(a), plain(b), rtol, atol, equal_nan
    ),
    np.allclose: lambda a, b, rtol=1e-05, atol=1e-08, equal_nan=False: np.allclose(
        plain(a), plain(b), rtol, atol, equal_nan
    ),
}.items():
    _name = _function.__name__
    _method = _name if _name in ("nonzero", "any", "all", "argmax", "argmin") else None
    array_function(_function, method=_method)(_of_values)
