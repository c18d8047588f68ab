"""Active arrays as others take their elements: in a row, as `ndarray.flat`, and as objects."""

from __future__ import annotations

import operator
from typing import Any, NoReturn

import numpy as np

from dualrev.active._in_place.indices import objects
from dualrev.active.number import Active, primal
from dualrev.active.numpy_protocol import operand
from dualrev.active.views import show


# A property, which can be absent: NumPy takes everything that has `__array__` for an array, and numbers are to stay
# elements of arrays of objects.
def as_objects(self: Any) -> Any:
    """Return `__array__`: of NumPy's own functions that ask nobody else. Numbers have none, and stay as they are."""
    if not isinstance(primal(self), np.ndarray):
        raise AttributeError("__array__")
    return lambda dtype=None, copy=None: _objects_of(self, dtype, copy)


def _objects_of(x: Any, dtype: Any, copy: bool | None) -> np.ndarray:
    """Return an array of the elements: a copy, or one to which nobody can write, nor to what it was made of."""
    if dtype is not None and np.dtype(dtype) != object:
        x._conversion("an array of numbers")
    array = objects(x)
    if not copy:
        array.flags.writeable = False
        show(x, array)
    return array


def write_flat(self: Any, value: Any) -> None:
    """Write the elements, in C order."""
    Flat(self)[:] = value


class Flat:
    """The elements of an active array, in C order, as `ndarray.flat` has them.

    Attributes
    ----------
    base : Active
        The array.
    index : int
        How many elements were iterated over.
    """

    def __init__(self, array: Active) -> None:
        self.base = array
        self.index = 0

    @property
    def coords(self) -> tuple[int, ...]:
        """The index of the next element; after the last one the first index is one too large."""
        shape, rest = self.base.shape, self.index
        coords: list[int] = []
        for size in shape[:0:-1]:
            rest, last = divmod(rest, size or 1)
            coords.append(last)
        return (rest, *coords[::-1]) if shape else ()

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self.index >= len(self):
            raise StopIteration
        element = self.base[self.coords]
        self.index += 1
        return element

    def __getitem__(self, index: Any) -> Any:
        self.index = 0
        return self.copy()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.index = 0
        places = np.arange(len(self))[index].reshape(-1)
        value = np.reshape(operand(value), -1)
        # NumPy's `flat` repeats values that are too few, and drops those that are too many.
        repeated = np.take(value, np.arange(places.size) % value.size) if value.size else value
        self.base[np.unravel_index(places, self.base.shape)] = repeated

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("Cannot delete iterator elements")

    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*map(_elements, inputs), **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Apply a function of arrays to the elements."""
        return function(*map(_elements, args), **kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return _objects_of(self.copy(), dtype, copy)

    def copy(self) -> Any:
        """Return the elements as a vector of their own."""
        return np.reshape(self.base, -1).snapshot()  # type: ignore[call-overload]


def _elements(x: Any) -> Any:
    return x.copy() if type(x) is Flat else x


def _comparison(name: str) -> Any:
    python = getattr(operator, name)
    return lambda self, other: python(self.copy(), _elements(other))


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Flat, f"__{_name}__", _comparison(_name))
