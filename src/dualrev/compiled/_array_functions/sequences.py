"""Lists and tuples of numbers, and of lists and tuples of them, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.table import array_from, owner_inside
from dualrev.kernels.numba_arrays import empty_array
from dualrev.kernels.numba_extending import defined, overloads


def _nested(of: Any) -> bool:
    return isinstance(of, types.List | types.BaseTuple)


_UNEVEN = "rows of different lengths make no array"


def rows_of(
    object: Any, owner: Any, array_of_row: Any, parameters: Sequence[str] = ("object", "dtype=None")
) -> Callable[..., Any]:
    """Return what makes an array of active numbers from a list or a tuple; a function makes those of its rows."""
    # The shape is in the type for tuples and found at run time for lists, so that there are four cases of what a row
    # is.
    inner = object.dtype if isinstance(object, types.List) else object[0]
    scope = {"empty_array": empty_array, "owner": owner, "array_of_row": array_of_row, "uneven": _UNEVEN}
    if not _nested(inner) and not isinstance(inner, types.Array):
        body = ["array = empty_array(owner, len(object))", *_each(object, "array[{n}] = object[{n}]")]
    elif isinstance(inner, types.Array):
        body = ["shape = object[0].shape", "array = empty_array(owner, (len(object),) + shape)"]
        body += _each(object, "if object[{n}].shape != shape: raise ValueError(uneven)")
        body += _each(object, "array[{n}] = object[{n}]")
    elif any(map(_nested, inner if isinstance(inner, types.BaseTuple) else [inner.dtype])):
        body = ["shape = array_of_row(object[0]).shape", "array = empty_array(owner, (len(object),) + shape)"]
        body += _each(object, "if array_of_row(object[{n}]).shape != shape: raise ValueError(uneven)")
        body += _each(object, "array[{n}] = array_of_row(object[{n}])")
    else:
        body = ["count = len(object[0])", "array = empty_array(owner, (len(object), count))"]
        body += _each(object, "if len(object[{n}]) != count: raise ValueError(uneven)")
        if isinstance(object, types.BaseTuple):
            for m, row in enumerate(object):
                body += _each(row, f"array[{m}, {{n}}] = object[{m}][{{n}}]", f"object[{m}]")
        else:
            lines = _each(inner, "array[m, {n}] = object[m][{n}]", "object[m]")
            body += ["for m in range(len(object)):", *(f"    {line}" for line in lines)]
    return defined(list(parameters), [*body, "return array"], scope)


# A tuple's elements may differ in type, so that Numba takes constant indices only: a line for each. A list has a loop.
def _each(of: Any, line: str, name: str = "object") -> list[str]:
    """Write a line for each element of a list or a tuple."""
    if isinstance(of, types.BaseTuple):
        return [line.format(n=n) for n in range(of.count)]
    return [f"for n in range(len({name})):", f"    {line.format(n='n')}"]


@overloads(array_from)
def _array_from(object: Any) -> Callable[..., Any]:
    owner = owner_inside(object)
    if isinstance(object, types.Array):
        return lambda object: object
    if owner is None:
        return lambda object: np.array(object)
    return rows_of(object, owner, array_from, ("object",))
