"""Functions made by `numba.vectorize`, as loops over their scalar functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.active_arrays import empty_array
from dualrev.compiled.array_functions.axes import as_array
from dualrev.kernels.numba_extending import around, defined, overloads
from dualrev.kernels.numba_types import element


def vectorized(scalar: Any) -> Callable[..., Any]:
    """Return a function of numbers and arrays, which are broadcast, that applies a compiled function of numbers."""
    names = list(scalar.py_func.__code__.co_varnames[: scalar.py_func.__code__.co_argcount])
    own = [f"a{n}" for n in range(len(names))]
    stub = defined(own, ["raise NotImplementedError"], {})
    stub.__name__ = scalar.py_func.__name__

    def choose(*given: Any) -> Callable[..., Any]:
        scope: dict[str, Any] = {"scalar": scalar}
        if not any(isinstance(each, types.Array) for each in given):
            return defined(own, [f"return scalar({', '.join(own)})"], scope)
        _, _, folded, _ = scalar.get_call_template(tuple(element(each) for each in given), {})
        scope["result_type"] = scalar.overloads[folded].signature.return_type
        scope |= {name: getattr(np, name) for name in ("broadcast_shapes", "broadcast_to", "ndindex")}
        body = [f"{name} = as_array({of})" for name, of in zip(arrays, own, strict=True)]
        body.append(f"shape = broadcast_shapes({', '.join(f'{name}.shape' for name in arrays)})")
        body += [f"b{n} = broadcast_to({name}, shape)" for n, name in enumerate(arrays)]
        call = f"scalar({', '.join(f'b{n}[index]' for n in range(len(own)))})"
        body += ["result = empty_array(result_type, shape)", "for index in ndindex(shape):"]
        body += [f"    result[index] = {call}", "return result"]
        return defined(own, body, scope | {"as_array": as_array, "empty_array": empty_array})

    arrays = [f"c{n}" for n in range(len(own))]
    overloads(stub)(defined(own, [f"return choose({', '.join(own)})"], {"choose": choose}))
    return stub


_CALLED_BY = "_dualrev_called_by"
"""Attribute of a function made by `numba.vectorize`: the compiled function that calls it."""


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
