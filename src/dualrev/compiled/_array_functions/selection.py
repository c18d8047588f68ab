"""Choices among elements, and what depends on values alone: comparisons, orders and searches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.axes import as_array, plain
from dualrev.compiled._array_functions.table import array_function, owner_inside
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

    def implementation(condition, x=None, y=None):  # type: ignore[no-untyped-def]
        c, a, b = as_array(condition), as_array(x), as_array(y)
        shape = np.broadcast_shapes(c.shape, a.shape, b.shape)
        c, a, b = np.broadcast_to(c, shape), np.broadcast_to(a, shape), np.broadcast_to(b, shape)
        result = empty_array(owner, shape)
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
    low, high = (not (each is None or isinstance(each, types.Omitted | types.NoneType)) for each in (a_min, a_max))
    if low and high:
        return lambda a, a_min=None, a_max=None: np.minimum(np.maximum(a, a_min), a_max)
    if low:
        return lambda a, a_min=None, a_max=None: np.maximum(a, a_min)
    return lambda a, a_min=None, a_max=None: np.minimum(a, a_max)


@array_function(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Take the first choice whose condition holds."""
    result = where(condlist[-1], choicelist[-1], default)
    for n in range(len(condlist) - 2, -1, -1):
        result = where(condlist[n], choicelist[n], result)
    return result


@array_function(np.argsort, method="argsort")
def argsort(a: Any, kind: Any = None) -> Any:
    """Return the stable permutation that sorts."""
    # The stable order is the promise at ties, and merge sort is Numba's stable one.
    return np.argsort(plain(a), kind="mergesort")


@array_function(np.sort)
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


def _flat(function: Any, method: str | None, *defaults: tuple[str, Any], count: int = 1) -> None:
    """Enter a function whose result depends on values alone and is flat in them."""
    if count == 1:

        def of_one(a: Any) -> Any:
            return function(plain(a))

        array_function(function, method=method)(of_one)
    else:

        def of_two(a: Any, b: Any) -> Any:
            return function(plain(a), plain(b))

        array_function(function, method=method)(of_two)


for _function in (np.count_nonzero, np.flatnonzero, np.argwhere):
    _flat(_function, None)
for _name in ("nonzero", "any", "all"):
    _flat(getattr(np, _name), _name)
_flat(np.array_equal, None, count=2)


@array_function(np.argmax, method="argmax")
def argmax(a: Any, axis: Any = None) -> Any:
    """Return where the largest is."""
    return np.argmax(plain(a), axis)


@array_function(np.argmin, method="argmin")
def argmin(a: Any, axis: Any = None) -> Any:
    """Return where the smallest is."""
    return np.argmin(plain(a), axis)


@array_function(np.nanargmax)
def nanargmax(a: Any) -> Any:
    """Return where the largest is that is not NaN."""
    return np.nanargmax(plain(a))


@array_function(np.nanargmin)
def nanargmin(a: Any) -> Any:
    """Return where the smallest is that is not NaN."""
    return np.nanargmin(plain(a))


@array_function(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """Return the elements where a condition holds."""
    flat, taken = np.ravel(arr), np.flatnonzero(condition)
    if taken.size > 0 and taken[-1] >= flat.size:
        raise IndexError("np.extract was given a condition that holds beyond the array's end")
    return flat[taken]


@array_function(np.round, np.around)
def round_(a: Any, decimals: Any = 0) -> Any:
    """Round values."""
    return np.round(plain(a), decimals)


@array_function(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left") -> Any:
    """Return where values belong in a sorted array."""
    return np.searchsorted(plain(a), plain(v), side)


@array_function(np.digitize)
def digitize(x: Any, bins: Any, right: Any = False) -> Any:
    """Return the bins that values are in."""
    return np.digitize(plain(x), plain(bins), right)


@array_function(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    """Compare values."""
    return np.isclose(plain(a), plain(b), rtol, atol, equal_nan)


@array_function(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    """Compare values."""
    return np.allclose(plain(a), plain(b), rtol, atol, equal_nan)
