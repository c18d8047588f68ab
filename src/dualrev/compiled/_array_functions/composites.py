"""Composites that are plain NumPy: compiled from the function that interpreted code runs, which is their one source.

A composite qualifies if Numba has a type for each of its variables, and if the results of its branches differ in type
only where an argument is None. All else that it calls has a stand-in: in the table, or here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions import axes
from dualrev.compiled._array_functions.joining import flat
from dualrev.compiled._array_functions.table import STAND_INS, array_function
from dualrev.compiled._rebinding import StandIn, bind, copied
from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import element
from dualrev.primitives.array import COMPOSITES
from dualrev.primitives.array.rule import plain
from dualrev.primitives.array.shaping import laid


# As the function of a row it would write a statement for each element.
@compiled_only
def _conjugate(x: Any) -> Callable[..., Any] | None:
    """Return real numbers as they are."""
    return None if isinstance(element(x), types.Complex) else lambda x: x


@compiled_only
def _laid(y: Any, order: Any) -> Callable[..., Any]:
    """Return a result as it is: in C order, as stand-ins return theirs."""
    return lambda y, order: y


# Numba's function takes neither numbers nor arrays with gaps.
@compiled
def _reshape(a: Any, shape: Any) -> Any:
    """Return an array or a number in another shape."""
    return np.reshape(flat(a), shape)


_OF_COMPOSITES = {np.ravel: flat, np.reshape: _reshape, np.conjugate: _conjugate, plain: axes.plain, laid: _laid}
"""Stand-ins that composites alone call: clones call these functions themselves."""


def _mapped(value: Any) -> Any:
    if isinstance(value, ModuleType):
        return StandIn(value, _mapped)
    try:
        return _OF_COMPOSITES.get(value) or STAND_INS.get(value, value)
    except TypeError:  # not hashable, so no function
        return value


def _entered(function: Any) -> Any:
    """Enter the composite of a function of NumPy's as its stand-in."""
    composite: Any = COMPOSITES[function]
    copy = copied(composite)
    bind(copy, composite, _mapped, {})
    # Numba compares the parameters with those of an overload, where any can be given by name.
    copy.__code__ = copy.__code__.replace(co_posonlyargcount=0)
    return array_function(function)(copy)


append, extract, ptp, select, vdot = map(_entered, (np.append, np.extract, np.ptp, np.select, np.vdot))
