"""The linear array functions: their derivative can be written down without a look at the operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from dualrev.active.number import Active


class PointIsReadError(Exception):
    """A rule looks at the values of its operands. It never leaves this module."""


class Outline(Active):
    """An operand of which a rule may know the shape and the type alone."""

    __slots__ = ("_like",)

    def __init__(self, like: Any) -> None:
        self._like, self.level = like, 0

    @property
    def content(self) -> NoReturn:
        """Refuse."""
        raise PointIsReadError

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the operand."""
        shape: tuple[int, ...] = self._like.shape
        return shape

    @property
    def size(self) -> int:
        """Number of elements of the operand."""
        return int(self._like.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the operand."""
        dtype: np.dtype[Any] = self._like.dtype
        return dtype

    def apply_row(self, row: Any, args: Any, call: Any) -> NoReturn:
        """Refuse."""
        raise PointIsReadError

    def apply_rule(self, rule: Any, operands: Any, kwargs: Any) -> NoReturn:
        """Refuse."""
        raise PointIsReadError

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in (np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj) or args != (self,):
            raise PointIsReadError
        return function(np.broadcast_to(np.zeros((), self.dtype), self.shape))

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PointIsReadError


def linear_map(rule: Any, y: Any, operands: Sequence[Any], active: Sequence[bool], kwargs: dict[str, Any]) -> Any:
    """Return the derivative of an array function in its active operands if it is the same at every point, else None."""
    known = [Outline(x) if own else x for x, own in zip(operands, active, strict=True)]
    nothing = [np.zeros(x.shape, x.dtype)[()] if own else None for x, own in zip(operands, active, strict=True)]
    try:
        push: Callable[[Sequence[Any]], Any] = rule.at(Outline(y), known, kwargs).push
        push(nothing)
    except PointIsReadError:
        return None

    def apply(tangents: Sequence[Any]) -> Any:
        if all(t is None for t in tangents):
            return None
        return push([zero if t is None else t for t, zero in zip(tangents, nothing, strict=True)])

    return apply
