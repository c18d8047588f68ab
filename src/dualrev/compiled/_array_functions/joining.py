"""Arrays made of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.table import array_function, owner_inside
from dualrev.compiled._seeding import lifted
from dualrev.kernels.numba_arrays import filled_array
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.kernels.numba_types import is_active


# Numba joins arrays of one type; constants become active numbers that depend on nothing.
@compiled_only
def alike(arrays: Any) -> Callable[..., Any]:
    """Return arrays such that all of them hold active numbers of one type."""
    if not isinstance(arrays, types.BaseTuple):
        return lambda arrays: arrays
    parts = [
        f"arrays[{n}]" if getattr(each, "dtype", each) == owner_inside(arrays) else f"lifted(owner, arrays[{n}])"
        for n, each in enumerate(arrays)
    ]
    scope = {"lifted": lifted, "owner": owner_inside(arrays)}
    return defined(["arrays"], [f"return ({''.join(f'{part}, ' for part in parts)})"], scope)


@array_function(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0) -> Any:
    """Join along an axis."""
    return np.concatenate(alike(arrays), axis)


@array_function(np.stack)
def stack(arrays: Any, axis: Any = 0) -> Any:
    """Join along a new axis."""
    return np.stack(alike(arrays), axis)


def _joined(function: Any) -> Any:
    def implementation(tup: Any) -> Any:
        return function(alike(tup))

    return array_function(function)(implementation)


for _function in (np.vstack, np.hstack, np.dstack, np.column_stack):
    _joined(_function)


@compiled_only
def flat(values: Any) -> Callable[..., Any]:
    """Return an array's elements, or a number, as an array of one axis: np.ravel, to which Numba gives no numbers."""
    if not is_active(values):
        return lambda values: np.ravel(np.asarray(values))
    owner = values
    return lambda values: filled_array(owner, 1, values)
