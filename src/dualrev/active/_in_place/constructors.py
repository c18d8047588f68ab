"""NumPy's functions that take things as arrays: of an active array they give that array, as NumPy does of its own.

NumPy asks nobody in `np.asarray(x)` and its like: what is no array is copied, element by element, into an array of
objects, where a write to it is lost. Therefore these few names of NumPy's namespace stand for functions that ask active
numbers, by the protocol of NumPy's other functions (NEP 18). Where there are none, NumPy's own function is called from
C, with no frame of ours between: results, errors and the places of warnings are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active._in_place.stand_ins import (
    NOBODY,
    OF_LISTS,
    OF_OPTIONS,
    SOUGHT,
    StandIn,
    holds_active,
    of_any_argument,
    original,
    stacked,
    stand_in,
    who_answers,
)
from dualrev.active._in_place.writing import seen_through
from dualrev.active.number import Active, primal
from dualrev.primitives.array.shaping import copied, lies_in

_Array = np.ndarray
_OBJECT = np.dtype(object)
_SHORT = 32
"""A list of so many elements is looked through; of a longer one, or one of lists, the array of objects tells."""


def constructor(function: Any, of_active: Callable[..., Any]) -> StandIn:
    """Return a stand-in for a function that takes its first argument as an array."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        if not args:
            return answer(kwargs.pop("object" if "object" in kwargs else "a"), **kwargs)
        given = args[0]
        if isinstance(given, Active):
            return of_active(*args, **kwargs)
        if len(args) > 1 or "dtype" in kwargs:
            inside = not _objects_wanted(*args[1:2], **kwargs) and holds_active(given)
            return of_active(stacked(given), *args[1:], **kwargs) if inside else function(*args, **kwargs)
        result = function(*args, **kwargs)
        # NumPy has run already: that it made an array of objects is the cheapest sign that a list holds more than
        # numbers.
        if type(result) is not _Array or result.dtype is not _OBJECT or not _are_numbers(result):
            return result
        return of_active(stacked(given), **kwargs)

    ours = who_answers(function, answer)

    def asked(given: Any = None, *args: Any, **kwargs: Any) -> Any:
        # This runs in every `np.asarray` of the process, so that the commonest cases are answered by one comparison.
        kind = type(given)
        if kind is _Array:
            return NOBODY
        if kind is list or kind is tuple:
            if kwargs and "like" in kwargs:
                return NOBODY
            return NOBODY if len(given) <= _SHORT and SOUGHT.isdisjoint(map(type, given)) else ours
        if isinstance(given, Active):
            return NOBODY if "like" in kwargs else ours
        if given is None and isinstance(kwargs.get("object", kwargs.get("a")), Active | list | tuple):
            return ours
        return NOBODY

    return stand_in(function, asked)


def _objects_wanted(dtype: Any = None, **_: Any) -> bool:
    return dtype is not None and np.dtype(dtype).kind == "O"


def _are_numbers(array: np.ndarray) -> bool:
    """Whether an array of objects holds numbers, one or more of them active."""
    elements = list(array.flat)
    known = all(isinstance(each, Active | int | float | complex | np.number | np.bool_) for each in elements)
    return known and any(isinstance(each, Active) for each in elements)


def _in_order(x: Any, order: Any, copy: Any, ndmin: int = 0) -> Any:
    """Return an active array itself where its elements lie in this order of memory, or a copy in which they do."""
    if not isinstance(primal(x), _Array):
        return np.reshape(x, (1,) * ndmin) if ndmin else x  # a number, which nobody writes to
    if isinstance(copy, np._CopyMode):
        copy = {np._CopyMode.ALWAYS: True, np._CopyMode.NEVER: False}.get(copy)
    fits = lies_in(x, order)
    if copy is False and not fits:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    if copy or not fits:
        x = copied(x, order or "K")
    return np.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if x.ndim < ndmin else x


def _taken(x: Any, dtype: Any, order: Any, copy: bool | None, ndmin: int = 0) -> Any:
    """Return an active array in a type and an order: itself where NumPy returns the same memory.

    An array of objects is given where it is asked for. Whole numbers and texts would lose the derivative.
    """
    if dtype is not None:
        wanted = np.dtype(dtype)
        if wanted.kind == "O":
            return x.__array__(object, copy=copy)
        if wanted.kind not in "fc":
            return x._conversion(f"an array of type {wanted.name.rstrip('0123456789')}")
        if wanted != x.dtype:
            if copy is False:
                raise ValueError("Unable to avoid copy while creating an array as requested.")
            x, copy = x.astype(wanted, order=order or "K"), None
    return _in_order(x, order, copy, ndmin)


def _array(
    x: Any, dtype: Any = None, *, copy: bool | None = True, order: Any = "K", subok: bool = False, ndmin: int = 0
) -> Any:
    return _taken(x, dtype, order, copy, ndmin)


def _of_order(order_of: Any = None, ndmin: int = 0) -> Any:
    def convert(x: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: bool | None = None) -> Any:
        return _taken(x, dtype, order_of or order, copy, ndmin)

    return convert


def _require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    wanted = {str(each).upper() for each in requirements or ()}
    orders = {"C": "C", "C_CONTIGUOUS": "C", "CONTIGUOUS": "C", "F": "F", "F_CONTIGUOUS": "F", "FORTRAN": "F"}
    found = sorted({orders[each] for each in wanted & orders.keys()})
    if len(found) > 1:
        raise ValueError('Cannot specify both "C" and "F" order')
    x = _taken(a, dtype, found[0] if found else "A", None)
    lacking = ({"W", "WRITEABLE"} & wanted and not x.flags.writeable) or (
        {"O", "OWNDATA"} & wanted and not x.flags.owndata
    )
    return copied(x, found[0] if found else "A") if lacking else x


def _checked(a: Any, dtype: Any = None, order: Any = None) -> Any:
    x = _taken(a, dtype, order, None)
    if not np.isfinite(x).all():
        raise ValueError("array must not contain infs or NaNs")
    return x


def _strided(x: Any, shape: Any = None, strides: Any = None, subok: bool = False, writeable: bool = True) -> Any:
    return seen_through(x, lambda a: np.lib.stride_tricks.as_strided(a, shape, strides, writeable=writeable))


CONSTRUCTORS: tuple[tuple[Any, str, Any], ...] = (
    (np, "array", _array),
    (np, "asarray", _of_order()),
    (np, "asanyarray", _of_order()),
    (np, "ascontiguousarray", _of_order("C", 1)),
    (np, "asfortranarray", _of_order("F", 1)),
    (np, "require", _require),
    (np, "asarray_chkfinite", _checked),
    (np.lib.stride_tricks, "as_strided", _strided),
)
"""Where in NumPy a function stands, its name, and what it does to active arrays."""


def install() -> None:
    """Put the functions in NumPy's namespace. They keep nothing between calls, so threads do not see each other."""
    for module, name, of_active in CONSTRUCTORS:
        setattr(module, name, constructor(original(module, name), of_active))
    for table in (OF_LISTS, OF_OPTIONS):
        for module, names in table.items():
            for name in names.split():
                setattr(module, name, of_any_argument(original(module, name), table is OF_LISTS))
