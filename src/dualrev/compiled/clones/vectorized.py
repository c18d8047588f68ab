"""Functions made by `numba.vectorize`, as loops over their scalar functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types

from dualrev.kernels.numba_arrays import over_elements as loop_over_elements
from dualrev.kernels.numba_extending import around, compiled_only, defined
from dualrev.kernels.numba_types import element


def vectorized(scalar: Any) -> Callable[..., Any]:
    """Return a function of numbers and arrays, which are broadcast, that applies a compiled function of numbers."""
    names = [f"a{n}" for n in range(scalar.py_func.__code__.co_argcount)]

    def choose(*given: Any) -> Callable[..., Any]:
        if not any(isinstance(each, types.Array) for each in given):
            return defined(names, [f"return scalar({', '.join(names)})"], {"scalar": scalar})
        # The template is asked so that the scalar function is compiled, and the type of its result is known.
        _, _, folded, _ = scalar.get_call_template(tuple(element(each) for each in given), {})
        return loop_over_elements(scalar, given, scalar.overloads[folded].signature.return_type)

    made = compiled_only(defined(names, [f"return choose({', '.join(names)})"], {"choose": choose}))
    made.__name__ = scalar.py_func.__name__
    return made


_CALLED_BY = "_dualrev_called_by"
"""Attribute of a function made by `numba.vectorize`: the compiled function that calls it."""


# Derivatives are made of compiled functions, whose dispatchers hold options and caches; a ufunc has none of its own.
def dispatcher_of_ufunc(ufunc: Any) -> Any:
    """Return a function made by `numba.vectorize` as a compiled function that calls it."""
    if not hasattr(ufunc, _CALLED_BY):
        function = ufunc._dispatcher.py_func
        names = list(inspect.signature(function).parameters)
        body = [f"return dualrev_ufunc({', '.join(names)})"]
        setattr(ufunc, _CALLED_BY, around(function, names, body, {"dualrev_ufunc": ufunc}))
    return getattr(ufunc, _CALLED_BY)


def over_elements(scalar: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of numbers and arrays, which are broadcast, that applies an interpreted function of numbers."""

    def elementwise(*args: Any) -> Any:
        shape = np.broadcast_shapes(*map(np.shape, args))
        arrays = [np.broadcast_to(arg, shape) for arg in args]
        values = [scalar(*[array[index] for array in arrays]) for index in np.ndindex(shape)]
        return np.reshape(np.stack(values), shape) if shape else values[0]

    return elementwise
