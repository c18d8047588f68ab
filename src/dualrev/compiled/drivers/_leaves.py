"""The numbers and arrays in the arguments and results of a compiled function: their types, and the way to each."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.core import types

from dualrev.compiled._seeding import in_memory, laid
from dualrev.kernels.numba_types import NUMBERS, array_of, element, is_active


def size_of(path: str, of: Any) -> str:
    """Return the expression of the number of elements of a number or an array of a type."""
    return f"{path}.size" if isinstance(of, types.Array) else "1"


class Leaf(NamedTuple):
    """A number or an array among the differentiated arguments.

    Attributes
    ----------
    path : str
        The expression that reaches it: "x" or "x[0][1]".
    type : numba type
    number : int
        Its place among all leaves.
    argument : int
        The argument that it is in.
    """

    path: str
    type: Any
    number: int
    argument: int

    @property
    def is_array(self) -> bool:
        """Whether it is an array."""
        return isinstance(self.type, types.Array)

    @property
    def in_memory(self) -> str:
        """The expression of the array with its axes in the order in which they lie in memory."""
        return in_memory(self.path, self.type)

    @property
    def size(self) -> str:
        """The expression of its number of elements."""
        return size_of(self.path, self.type)

    @property
    def float_type(self) -> Any:
        """The type of its numbers as derivatives take them: integers as float64."""
        of = element(self.type)
        return of if isinstance(of, types.Float) or is_active(of) else types.float64


def active(leaf: Leaf) -> str:
    """Return the expression of the array of active numbers that stands for one of the user's; see `laid`."""
    return laid(f"cells{leaf.number}", leaf.type)


class Part(NamedTuple):
    """A number or an array inside of an argument or a result: the expression that reaches it, and its type."""

    path: str
    type: Any


def parts_of(path: str, of: Any) -> list[Part]:
    """Return the numbers and arrays in a value of a type; there are none in None, a string or a function."""
    if isinstance(of, types.BaseTuple):
        return [part for n, each in enumerate(of) for part in parts_of(f"{path}[{n}]", each)]
    return [Part(path, of)] if isinstance(element(of), NUMBERS) or is_active(element(of)) else []


def taken_of(path: str, of: Any) -> list[Part]:
    """Return what the adjoint of a function takes of an argument: numbers, arrays and texts."""
    if isinstance(of, types.BaseTuple):
        return [part for n, each in enumerate(of) for part in taken_of(f"{path}[{n}]", each)]
    return [Part(path, of)] if of == types.unicode_type else parts_of(path, of)


def without_activity(of: Any) -> Any:
    """Return a type with floats in place of active numbers."""
    if isinstance(of, types.NamedTuple | types.NamedUniTuple):
        return types.BaseTuple.from_types(list(map(without_activity, of)), of.instance_class)
    if isinstance(of, types.BaseTuple):
        return types.Tuple(list(map(without_activity, of)))
    if isinstance(of, types.Array) and is_active(of.dtype):
        return array_of(without_activity(of.dtype), of.ndim, of.layout)
    while is_active(of):
        of = of.dtype
    return of


def class_of(numba_type: Any, scope: dict[str, Any]) -> str:
    """Return the name of a named tuple's class, which is entered in the scope; nothing for a plain tuple."""
    if not isinstance(numba_type, types.NamedTuple | types.NamedUniTuple):
        return ""
    # Two classes may have one name. The number keeps them apart within one piece of code.
    name = f"class_{numba_type.instance_class.__name__}_{id(numba_type.instance_class)}"
    scope[name] = numba_type.instance_class
    return name
