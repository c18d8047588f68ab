"""A value and its tangents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.active.carried import Carried
from dualrev.active.number import BY_HAND, Active, known_of_complex, lowest_followed, new_level, printed
from dualrev.active.ownership import shown
from dualrev.active.values import own_value
from dualrev.active.views import tie
from dualrev.errors import ShapeMismatchError
from dualrev.forward._row_pushforward import push_row
from dualrev.forward.spans import widened
from dualrev.primitives.row import Row

_new = object.__new__


class Dual(Active):
    """A number or array with the derivatives of its elements in one or several directions.

    Parameters
    ----------
    value : number or array
        The primal value; copied. Integers are taken as float64.
    tangent : number or array
        Of the value's shape for one direction, or with one more leading axis of length k for k directions.

    Attributes
    ----------
    value : number or array
    tangent : number or array

    Raises
    ------
    ShapeMismatchError
        If the tangent has neither of the two shapes.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> y = np.sin(dr.Dual(0.0, 2.0))
    >>> float(y.value), float(y.tangent)
    (0.0, 2.0)
    """

    __slots__ = ()
    held = ("content", "pushed")
    pushed: Any
    """The tangent as it is kept: an array, a number, or a span of directions."""

    # Numbers of derivatives under way are of a class whose call makes a plain number, so that a user's `type(x)(1)` is
    # 1.0. One class for them all keeps the look at `type(arg)` in `apply_row` exact.
    def __new__(cls, *_: Any, **__: Any) -> Dual:
        """Return an instance of the class that all Duals share, unless a user's subclass is called."""
        return _new(_Dual if cls is Dual else cls)

    def __init__(self, value: Any, tangent: Any) -> None:
        self.content = own_value(value)
        given = own_value(tangent)
        if not isinstance(given, Active):
            given = given.astype(self.dtype)
        self.level = new_level() if isinstance(self.content, Active) or isinstance(given, Active) else BY_HAND
        if self.shape not in (given.shape, given.shape[1:]):
            raise ShapeMismatchError(
                f"the tangent has shape {given.shape}; expected the value's shape {self.shape} for one "
                f"direction, or (k, *{self.shape}) for k directions"
            )
        self.pushed = given
        self.ties = None

    @property
    def tangent(self) -> Any:
        """The derivative, read-only: of the value's shape, after a leading axis of directions if there is one."""
        return shown(widened(self.pushed))

    @staticmethod
    def at_level(value: Any, tangent: Any, level: int) -> Dual:
        """Return a Dual of a level, without a copy or a check."""
        self = _new(_Dual)
        self.content, self.pushed, self.level = value, tangent, level
        self.ties = None
        return self

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive: its value, and the partials times the tangents."""
        level = self.level
        primals: list[Any] = []
        tangents: list[Any] = []
        for arg in args:
            # A number of another level is a constant here: taken for one of this derivative, nested ones would mix.
            if arg is self or (type(arg) is _Dual and arg.level == level):
                primals.append(arg.content)
                tangents.append(arg.pushed)
            else:
                primals.append(arg)
                tangents.append(None)
        y = call(*primals)
        # Nothing is followed here, as under `no_grad`: without tangents a number is its value.
        if level < lowest_followed():
            return y
        if y.dtype.kind == "c":
            known_of_complex(row)
        tangent = push_row(row, y, primals, tangents)
        if tangent is None:
            return y
        # Written out instead of `at_level`: this is what every operation of a user's function passes.
        result = _new(_Dual)
        result.content, result.pushed, result.level = y, tangent, level
        result.ties = None
        return result

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply the rule of an array function: its value, and the tangents pushed forward."""
        level = self.level
        primals: list[Any] = []
        tangents: list[Any] = []
        for arg in operands:
            if type(arg) is _Dual and arg.level == level:
                primals.append(arg.content)
                tangents.append(widened(arg.pushed))
            else:
                primals.append(arg)
                tangents.append(None)
        y = rule.direct(*primals, **kwargs) if rule.direct is not None else rule.value(primals, kwargs)
        shares = y.base is not None or y is primals[0]
        if level < lowest_followed():
            if shares and rule.alias and type(y) is np.ndarray:
                y.flags.writeable = False  # it is a view of what belongs to a number
            return y
        result = Dual.at_level(y, rule.at(y, primals, kwargs).push(tangents), level)
        if shares and rule.alias:
            tie(result, operands)
        return result

    def snapshot(self) -> Dual:
        """Return this number as it is now, unmoved by later writes."""
        return Dual.at_level(self.content, self.pushed, self.level)

    def adopt(self, other: Dual) -> None:
        """Become what another number is."""
        self.content, self.pushed, self.level = other.content, other.pushed, other.level

    def __repr__(self) -> str:
        return f"Dual({printed(self.content)}, {printed(self.tangent)})"


class _Dual(Dual, metaclass=Carried):
    __slots__ = ()


_Dual.__name__ = _Dual.__qualname__ = "Dual"  # as messages call it
