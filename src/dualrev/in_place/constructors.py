"""NumPy's functions that take things as arrays: of an active array they give that array, as NumPy does of its own.

NumPy asks nobody in `np.asarray(x)` and its like: what is no array is copied, element by element, into an array of
objects, where a write to it is lost. Therefore these few names of NumPy's namespace stand for functions that ask active
numbers, by the protocol of NumPy's other functions (NEP 18). Where there are none, NumPy's own function is called from
C, with no frame of ours between: results, errors and the places of warnings are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np
from numpy._core.overrides import array_function_dispatch

from dualrev.active import Active, primal
from dualrev.in_place.writing import seen_through
from dualrev.numpy_protocol import apply_function, operand
from dualrev.primitives.array.shaping import copied, lies_in

_Array = np.ndarray
_OBJECT = np.dtype(object)
_NOBODY = ()
_SOUGHT = Active.kinds
_SOUGHT |= {list, tuple}
_SHORT = 32
"""A list of so many elements is looked through; of a longer one, or one of lists, the array of objects tells."""


class StandIn:
    """A function in the place of one of NumPy's.

    It equals the function whose place it takes, so that tables of functions find it: Numba's, and those of other
    libraries that answer NumPy's protocols. It is pickled by its name, and no method where it is a class's attribute.
    """

    stands_in_for: Any
    """NumPy's own function."""

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.stands_in_for or getattr(other, "stands_in_for", 0) is self.stands_in_for

    def __hash__(self) -> int:
        return hash(self.stands_in_for)

    def __get__(self, instance: object, owner: type | None = None) -> StandIn:
        return self

    def __repr__(self) -> str:
        return repr(self.stands_in_for)

    def __reduce__(self) -> str:
        return str(self.stands_in_for.__name__)


def _stand_in(function: Any, asked: Callable[..., Any]) -> StandIn:
    """Return a stand-in for a function that asks those whom `asked` returns for the arguments of a call."""
    public = array_function_dispatch(asked, verify=False)(function)
    result: StandIn = type("StandIn", (StandIn,), {"__call__": staticmethod(public)})()
    update_wrapper(result, function)  # type: ignore[arg-type]
    result.stands_in_for = function
    return result


def _who_answers(answer: Callable[..., Any]) -> tuple[Any]:
    """Return whom to ask: one who answers a call by a function of the arguments."""

    def answered(self: Any, public: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return answer(*args, **kwargs)

    return (type("Answer", (), {"__array_function__": answered})(),)


def of_any_argument(function: Any) -> StandIn:
    """Return a stand-in that takes active numbers in any argument, where NumPy asks some arguments alone."""
    ours = _who_answers(lambda *args, **kwargs: apply_function(function, args, kwargs))

    def asked(*args: Any, **kwargs: Any) -> Any:
        for each in (*args, *kwargs.values()):
            if isinstance(each, Active):
                return ours
        return _NOBODY

    return _stand_in(function, asked)


def constructor(function: Any, of_active: Callable[..., Any]) -> StandIn:
    """Return a stand-in for a function that takes its first argument as an array."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        if not args:
            return answer(kwargs.pop("object" if "object" in kwargs else "a"), **kwargs)
        given = args[0]
        if isinstance(given, Active):
            return of_active(*args, **kwargs)
        if len(args) > 1 or "dtype" in kwargs:
            inside = not _objects_wanted(*args[1:2], **kwargs) and _holds_active(given)
            return of_active(stacked(given), *args[1:], **kwargs) if inside else function(*args, **kwargs)
        result = function(*args, **kwargs)
        if type(result) is not _Array or result.dtype is not _OBJECT or not _are_numbers(result):
            return result
        return of_active(stacked(given), **kwargs)

    ours = _who_answers(answer)

    def asked(given: Any = None, *args: Any, **kwargs: Any) -> Any:
        kind = type(given)
        if kind is _Array:
            return _NOBODY
        if kind is list or kind is tuple:
            if kwargs and "like" in kwargs:
                return _NOBODY
            return _NOBODY if len(given) <= _SHORT and _SOUGHT.isdisjoint(map(type, given)) else ours
        if isinstance(given, Active):
            return _NOBODY if "like" in kwargs else ours
        if given is None and isinstance(kwargs.get("object", kwargs.get("a")), Active | list | tuple):
            return ours
        return _NOBODY

    return _stand_in(function, asked)


def _objects_wanted(dtype: Any = None, **_: Any) -> bool:
    return dtype is not None and np.dtype(dtype).kind == "O"


def _holds_active(x: list[Any] | tuple[Any, ...]) -> bool:
    """Whether nested lists hold an active number. Few have a look at each element: most hold plain numbers alone."""
    return not _SOUGHT.isdisjoint(map(type, x)) and any(
        isinstance(each, Active) or (isinstance(each, list | tuple) and _holds_active(each)) for each in x
    )


def _are_numbers(array: np.ndarray) -> bool:
    """Whether an array of objects holds numbers, one or more of them active."""
    elements = list(array.flat)
    known = all(isinstance(each, Active | int | float | complex | np.number | np.bool_) for each in elements)
    return known and any(isinstance(each, Active) for each in elements)


def stacked(x: Any) -> Any:
    """Return nested lists of active and plain numbers or arrays as one array."""
    if not isinstance(x, list | tuple):
        return x
    parts = [stacked(each) for each in x]
    if any(isinstance(each, Active) for each in parts):
        return np.stack([operand(each) for each in parts])
    return np.array(parts)


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


def _taken(name: str, x: Any, dtype: Any, order: Any, copy: bool | None, ndmin: int = 0) -> Any:
    """Return an active array in a type and an order: itself where NumPy returns the same memory.

    An array of objects is given where it is asked for. Whole numbers and texts would lose the derivative.
    """
    if dtype is not None:
        wanted = np.dtype(dtype)
        if wanted.kind == "O":
            return x.__array__(object, copy=copy)
        if wanted.kind not in "fc":
            return x._conversion(f"np.{name}(x, {wanted.name.rstrip('0123456789')})")
        if wanted != x.dtype:
            if copy is False:
                raise ValueError("Unable to avoid copy while creating an array as requested.")
            x, copy = x.astype(wanted, order=order or "K"), None
    return _in_order(x, order, copy, ndmin)


def _array(
    x: Any, dtype: Any = None, *, copy: bool | None = True, order: Any = "K", subok: bool = False, ndmin: int = 0
) -> Any:
    return _taken("array", x, dtype, order, copy, ndmin)


def _of_name(name: str, order_of: Any = None, ndmin: int = 0) -> Any:
    def convert(x: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: bool | None = None) -> Any:
        return _taken(name, x, dtype, order_of or order, copy, ndmin)

    return convert


def _require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    wanted = {str(each).upper() for each in requirements or ()}
    orders = {"C": "C", "C_CONTIGUOUS": "C", "CONTIGUOUS": "C", "F": "F", "F_CONTIGUOUS": "F", "FORTRAN": "F"}
    found = sorted({orders[each] for each in wanted & orders.keys()})
    if len(found) > 1:
        raise ValueError('Cannot specify both "C" and "F" order')
    x = _taken("require", a, dtype, found[0] if found else "A", None)
    lacking = ({"W", "WRITEABLE"} & wanted and not x.flags.writeable) or (
        {"O", "OWNDATA"} & wanted and not x.flags.owndata
    )
    return copied(x, found[0] if found else "A") if lacking else x


def _checked(a: Any, dtype: Any = None, order: Any = None) -> Any:
    x = _taken("asarray_chkfinite", a, dtype, order, None)
    if not np.isfinite(x).all():
        raise ValueError("array must not contain infs or NaNs")
    return x


def _strided(x: Any, shape: Any = None, strides: Any = None, subok: bool = False, writeable: bool = True) -> Any:
    return seen_through(x, lambda a: np.lib.stride_tricks.as_strided(a, shape, strides, writeable=writeable))


CONSTRUCTORS: tuple[tuple[Any, str, Any], ...] = (
    (np, "array", _array),
    (np, "asarray", _of_name("asarray")),
    (np, "asanyarray", _of_name("asanyarray")),
    (np, "ascontiguousarray", _of_name("ascontiguousarray", "C", 1)),
    (np, "asfortranarray", _of_name("asfortranarray", "F", 1)),
    (np, "require", _require),
    (np, "asarray_chkfinite", _checked),
    (np.lib.stride_tricks, "as_strided", _strided),
)
"""Where in NumPy a function stands, its name, and what it does to active arrays."""


def install() -> None:
    """Put the functions in NumPy's namespace. They keep nothing between calls, so threads do not see each other."""
    for module, name, of_active in CONSTRUCTORS:
        setattr(module, name, constructor(_original(module, name), of_active))
    for name in ("select", "full", "full_like"):
        setattr(np, name, of_any_argument(_original(np, name)))


def _original(module: Any, name: str) -> Any:
    found = getattr(module, name)
    return getattr(found, "stands_in_for", found)
