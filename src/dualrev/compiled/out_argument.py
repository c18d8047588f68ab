"""Compiled functions that write their result into their last argument, as functions that return it."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from dualrev.compiled._marks import MADE_OF, SHAPE
from dualrev.compiled.drivers.parameters import parameters
from dualrev.kernels.numba_extending import defined

_KEPT = "_dualrev_returning"


def returning(dispatcher: Any, shape: int | tuple[int, ...]) -> Any:
    """Return a compiled function without the last argument, which returns an array of a shape instead."""
    # Kept with the function, so that asking again, by another operator, compiles nothing again.
    kept = vars(dispatcher).setdefault(_KEPT, {})
    if shape not in kept:
        names = parameters(dispatcher)[:-1]
        call = f"dualrev_f({', '.join([*names, 'dualrev_result'])})"
        body = ["dualrev_result = dualrev_zeros(dualrev_shape)", call, "return dualrev_result"]
        function = defined(names, body, {"dualrev_zeros": np.zeros, "dualrev_shape": shape, "dualrev_f": dispatcher})
        function.__name__ = function.__qualname__ = dispatcher.py_func.__name__
        setattr(function, MADE_OF, (dispatcher, f"returning an array of shape {shape}"))
        setattr(function, SHAPE, (shape,) if isinstance(shape, int) else tuple(shape))
        kept[shape] = numba.njit(function)
    return kept[shape]
