"""Active arrays that were written to, or were made to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

import numpy as np

from dualrev.active._array_methods import OF_ARRAYS
from dualrev.active._in_place.indices import fitting, is_mask, keeps_an_array, objects, plain_index
from dualrev.active._in_place.storage import Place, Storage
from dualrev.active.carried import Carried
from dualrev.active.number import Active, primal
from dualrev.active.numpy_protocol import apply_function, apply_row, operand
from dualrev.errors import InPlaceError
from dualrev.primitives.array.grids import windows
from dualrev.primitives.array.indexing import is_basic
from dualrev.primitives.array.layout import compact
from dualrev.primitives.array.rule import output_of
from dualrev.primitives.array.vector_parts import Region, last_ones, places_of, region_at, window
from dualrev.primitives.row import Row


class Written(Active, metaclass=Carried):
    """An array in a storage, which all views of it share.

    It is no number of its own: operations take what stands there, a `Dual`, a `Var` or a plain array.
    """

    __slots__ = ()

    @classmethod
    def over(cls, storage: Storage, region: Region, *options: bool) -> Written:
        """Return an array in a storage; the options are those of its `Place`."""
        self = object.__new__(cls)
        self.ties = Place(storage, region, *options)
        return self

    @classmethod
    def of(cls, array: np.ndarray) -> Written:
        """Return an array of plain values that can hold derivatives; the values are copied."""
        memory = np.array(array, order="K")
        return cls.over(Storage(memory.ravel(order="K").copy()), Region.of(memory), True, True)

    def read(self) -> Any:
        """Return what stands there now: a `Dual`, a `Var` or a plain array."""
        place = self.ties
        return place.storage.read(place.region, place.cell)

    def snapshot(self) -> Any:
        """Return what stands there now, unmoved by later writes."""
        now = self.read()
        return now.snapshot() if isinstance(now, Active) else compact(now)

    @property
    def content(self) -> Any:
        """The value, that of the level below where derivatives are nested."""
        now = self.read()
        return now.content if isinstance(now, Active) else compact(now)

    @property
    def level(self) -> int:  # type: ignore[override]
        """The level of what stands there."""
        current = self.ties.storage.current
        return int(current.level) if isinstance(current, Active) else 0

    @Active.shape.getter  # type: ignore[attr-defined,untyped-decorator]
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the array."""
        shape: tuple[int, ...] = self.ties.region.shape
        return shape

    @property
    def size(self) -> int:
        """Number of elements of the array."""
        return int(np.prod(self.shape, dtype=np.intp))

    @Active.dtype.getter  # type: ignore[attr-defined,untyped-decorator]
    def dtype(self) -> np.dtype[Any]:
        """Return the data type of the array."""
        dtype: np.dtype[Any] = self.ties.storage.current.dtype
        return dtype

    def laid_out(self) -> Any:
        """Return the plain values in the memory where they lie."""
        place = self.ties
        return place.region.view(primal(place.storage.current))

    def __getattr__(self, name: str) -> Any:
        # An attribute of NumPy's arrays that comes here is one that active numbers refuse, and the plain array that
        # may stand here would have it.
        if name.startswith("__") or name in OF_ARRAYS:
            Active.__getattr__(self, name)  # type: ignore[attr-defined]
        return getattr(self.read(), name)

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive to what stands there."""
        return apply_row(row, tuple([operand(arg) for arg in args]), call)

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply an array function to what stands there."""
        return apply_function(rule.function, ([*operands],) if rule.sequence else tuple(operands), kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Apply a function of arrays to what stands there; where NumPy returns a view, the result is one, too."""
        if function in CREATORS or function in WRITERS or isinstance(output_of(function, args, kwargs), Active):
            return Active.__array_function__(self, function, (), args, kwargs)
        result = function(*_now(args), **_now(kwargs))
        for each in _written_in(args):
            result = each._views(result, function, args, kwargs)
        return result

    def _views(self, result: Any, function: Any, args: Any, kwargs: Any) -> Any:
        """Return a result with views of this array for what shares its memory."""
        parts = list(result) if isinstance(result, tuple | list) else [result]
        shared = [n for n, part in enumerate(parts) if self._shares(part)]
        plain = not isinstance(self.ties.storage.current, Active)
        if shared:
            # The function runs again over plain values in the memory where they lie: only NumPy knows of which
            # elements its result is a view.
            true = function(*_now(args, self), **_now(kwargs, self))
            true = true if isinstance(result, tuple | list) else [true]
        for n, part in enumerate(parts):
            parts[n] = (
                self._view_or(true[n], part, function in READ_ONLY) if n in shared else again(part) if plain else part
            )
        if not isinstance(result, tuple | list):
            return parts[0]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)

    def _shares(self, part: Any) -> bool:
        """Whether a function's result is, or may be, a view of what it was given."""
        if type(part) is np.ndarray:
            return np.may_share_memory(part, primal(self.ties.storage.current))
        if not isinstance(part, Active) or type(part) is Written:
            return False
        given = self.ties.storage.current, self.read()
        return any(each is part or each is part.ties for each in given)

    def _view_or(self, true: Any, part: Any, read_only: bool) -> Any:
        """Return the view that NumPy's result is, or if that is none, the part as it is."""
        if np.may_share_memory(true, primal(self.ties.storage.current)):
            return self._view(true, read_only)
        return part.snapshot() if isinstance(part, Active) else again(part.copy(order="K"))

    def _view(self, true: np.ndarray, read_only: bool = False) -> Written:
        storage = self.ties.storage
        memory = primal(storage.current)
        region = region_at(true, memory.__array_interface__["data"][0], memory.dtype)
        if region is None:
            raise InPlaceError(
                f"a view of type {true.dtype} of a written array of type {memory.dtype}, such as that of real "
                "parts, is not followed; take a copy of the array first"
            )
        # What was shown to users is read-only to them, and so are NumPy's views of it.
        allowed = true.flags.writeable or not (memory.flags.writeable or read_only)
        return Written.over(storage, region, self.ties.writeable and allowed, False, region.distinct())

    def viewed(self, function: Callable[[np.ndarray], np.ndarray]) -> Written:
        """Return the view that a function gives of the plain values as they lie in memory."""
        place = self.ties
        found = self._view(function(self.laid_out()))
        region = found.ties.region
        if region.size and not 0 <= region.first <= region.last < place.storage.size:
            raise InPlaceError(
                f"a view of shape {region.shape}, with steps of {region.strides} elements, was asked for of an array "
                f"of shape {self.shape}, as by np.lib.stride_tricks.as_strided; it reaches beyond that array's memory"
            )
        return found

    def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a ufunc to what stands there."""
        out = kwargs.get("out")
        if method == "at" or (out is not None and any(isinstance(each, Active) for each in out)):
            return Active.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)
        result = getattr(ufunc, method)(*_now(inputs), **_now(kwargs))
        return tuple(map(again, result)) if type(result) is tuple else again(result)

    def __getitem__(self, index: Any) -> Any:
        place = self.ties
        if not is_basic(index):
            return again(self.read()[index])
        region = place.region.at(index)
        if region.shape or keeps_an_array(index):
            return Written.over(place.storage, region, place.writeable, False, place.distinct)
        return window(place.storage.current, region)

    def __setitem__(self, index: Any, value: Any) -> None:
        place = self.ties
        if not place.writeable:
            raise ValueError("assignment destination is read-only")
        storage, region = place.storage, place.region
        if not is_basic(index):
            self._write_scattered(index, operand(value))
            return
        region = region.at(index)
        if type(value) is Written and value.ties.storage is storage and value.ties.region == region:
            return  # `y[i] += v` has written to the view y[i], and assigns it to y[i]
        # A view may hold an element several times, as windows do. Then the last write wins, as in NumPy.
        if place.distinct or not region.shape:
            storage.write(region, fitting(operand(value), region.shape))
        else:
            Written.over(storage, region)._write_scattered(..., operand(value))

    def _write_scattered(self, index: Any, v: Any) -> None:
        storage, region = self.ties.storage, self.ties.region
        index = plain_index(index)
        places: Any = places_of(region, index)
        v = fitting(v, places.shape)
        # As in NumPy, of several values for one element the last one stays, and the others get no derivative.
        if not is_mask(index) and len(np.unique(places.places)) < places.places.size:
            spread = np.broadcast_to(v, places.shape).reshape(-1)
            places, source = last_ones(region, index, storage.size)
            v = spread[source]
        storage.write(places, v)

    def _plain(self, what: str) -> Any:
        now = self.read()
        if isinstance(now, Active):
            self._conversion(what)
        return now

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if isinstance(self.ties.storage.current, Active):
            if dtype is not None and np.dtype(dtype) != object:
                self._conversion("an array of numbers")
            array = objects(self)
        else:
            array = np.array(self.read(), dtype)
        # NumPy may keep this array as if it were the memory. Nobody can write to it, and while it is held, writes to
        # the storage are refused.
        if not copy:
            array.flags.writeable = False
            self.ties.storage.shown.append(ref(array))
        return array

    def __float__(self) -> float:
        return float(self._plain("a float"))

    def __int__(self) -> int:
        return int(self._plain("an integer"))

    def __complex__(self) -> complex:
        return complex(self._plain("a complex number"))

    def flatten(self, order: Any = "C") -> Any:
        """Return the elements as a vector of their own."""
        return np.copy(np.ravel(self, order))

    def __repr__(self) -> str:
        return repr(self.read())

    def __copy__(self) -> Any:
        return again(self.snapshot())

    def __deepcopy__(self, memo: Any) -> Any:
        return again(self.snapshot())


CREATORS: set[Any] = set()
"""Functions that make an array like another."""

WRITERS: set[Any] = set()
"""Functions that write to their first argument."""

READ_ONLY = {np.broadcast_to, np.broadcast_arrays, np.diagonal, np.diag, windows}
"""Functions that make views which nobody may write to."""


# A user who made an array of constants may write active numbers to it later, and to what was computed of it.
def again(result: Any) -> Any:
    """Return a plain array, which came from one that can hold derivatives, as one that can."""
    return Written.of(result) if type(result) is np.ndarray and result.dtype.kind in "fc" else result


def _now(x: Any, true: Written | None = None) -> Any:
    """Return arguments with what stands in written arrays; for one of them, plain values as they lie in memory."""
    if type(x) is Written:
        if true is None:
            return x.read()
        if x.ties.storage is true.ties.storage:
            return x.laid_out()
    if true is not None and isinstance(x, Active):
        return x.content if not isinstance(x.content, Active) else _now(x.content, true)
    if type(x) in (tuple, list):
        return type(x)([_now(each, true) for each in x])
    if type(x) is dict:
        return {key: _now(each, true) for key, each in x.items()}
    return x


def _written_in(x: Any) -> list[Written]:
    """Return the written arrays among arguments, one for each storage."""
    found: dict[int, Written] = {}
    for each in x:
        inside = _written_in(each) if isinstance(each, tuple | list) else [each] if type(each) is Written else []
        found |= {id(array.ties.storage): array for array in inside}
    return list(found.values())
