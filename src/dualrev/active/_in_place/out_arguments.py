"""Functions that are asked to write their result into an array: `out=`, `ufunc.at`."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active.number import Active
from dualrev.active.numpy_protocol import apply_function
from dualrev.active.refusals import write_refused
from dualrev.errors import InactiveWriteError
from dualrev.primitives.array.rule import output_of, place_of_output


def written_by(self: Active, ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a ufunc that writes to an array."""
    options = dict(kwargs)
    outputs = options.pop("out", inputs[:1])
    if not isinstance(outputs, tuple):  # of a function made by numba.vectorize, which hands on what it is given
        outputs = (outputs,)
    if not all(isinstance(out, Active) for out in outputs if out is not None):
        raise write_refused(ufunc, "For `s += x` write s = s + x, or make s by np.zeros(n, like=x) or np.zeros_like(x)")
    if method == "at":
        return inputs[0].at(ufunc, *inputs[1:])
    where = options.pop("where", True)
    result = getattr(ufunc, method)(*inputs, **options)
    results = result if isinstance(result, tuple) else (result,)
    for out, each in zip(outputs, results, strict=True):
        if out is not None:
            out[...] = each if where is True else np.where(where, each, out)
    return outputs[0] if len(outputs) == 1 else outputs


def array_function(self: Active, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer `__array_function__`."""
    if len(types) > 1:
        # Written arrays answer in their own way. NumPy asks the kind of the first argument first, which would answer
        # for all.
        for each in types:
            if issubclass(each, Active) and each.__array_function__ is not array_function:
                return each.__array_function__(self, function, types, args, kwargs)
    try:
        return apply_function(function, args, kwargs)
    except InactiveWriteError:
        out: Any = output_of(function, args, kwargs)
        if not isinstance(out, Active):
            raise
        rest = {key: value for key, value in kwargs.items() if key != "out"}
        target: Any = out
        target[...] = function(*args[: place_of_output(function)], **rest)
        return out
