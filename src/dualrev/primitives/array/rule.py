"""The form of the rule of an array function.

A rule sees the function's arguments and answers with its linearization there: how tangents are pushed forward and how
cotangents are pulled back. Tangents and cotangents may have leading axes, one entry per direction, which the functions
of a linearization carry along. A linear function states itself and its transpose; the value needs no words.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from dualrev.errors import InactiveWriteError, MissingRuleError

Shape = tuple[int, ...]


class Linearization(Protocol):
    """The derivative of an array function at a point, as a linear map and its transpose."""

    def push(self, tangents: Sequence[Any]) -> Any:
        """Return the tangent of the result; None stands for an operand without a tangent."""

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Return what the result's cotangent contributes to that of one operand."""


class Pair(NamedTuple):
    """The derivative with respect to one operand: a linear map and its transpose."""

    push: Callable[[Any], Any]
    pull: Callable[[Any], Any]


class Each(tuple[Pair, ...]):
    """The linearization of a function whose derivative is a sum over its operands."""

    __slots__ = ()

    def push(self, tangents: Sequence[Any]) -> Any:
        """Add up what the tangents of the operands contribute."""
        total = None
        for pair, tangent in zip(self, tangents, strict=True):
            if tangent is not None:
                term = pair.push(tangent)
                total = term if total is None else total + term
        return total

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Apply the transpose that belongs to one operand."""
        return self[operand].pull(cotangent)


class Linear(tuple[Callable[[Any], Any], Callable[[Any], Any]]):
    """The linearization of a function of one operand: a linear map and its transpose."""

    __slots__ = ()

    def push(self, tangents: Sequence[Any]) -> Any:
        """Apply the map."""
        return self[0](tangents[0])

    def pull(self, operand: int, cotangent: Any) -> Any:
        """Apply the transpose."""
        return self[1](cotangent)


class ArrayRule(NamedTuple):
    """The derivative of an array function.

    Attributes
    ----------
    name
        For messages and traces.
    function
        The function whose derivative this is.
    operands
        Names of the parameters that are differentiated, which come first. A single name with a star stands for a
        sequence of arrays, which is the first argument, or if the function is `variadic`, all positional ones.
    linearize
        Called with the result, the operands, and the other arguments.
    options
        Names of the other parameters that the rule knows.
    definition
        The function in other functions' terms, for symbols; None if the function itself serves.
    names
        Of the function's own parameters after the operands, in its order.
    variadic
        Whether all positional arguments are operands.
    sequence
        Whether the first argument is a sequence of arrays.
    direct
        The function of arrays without the wrapper that NumPy puts around it, None if there is no such.
    alias
        Whether a result that shares an operand's memory is a view of it.
    itself
        Whether the function is its own tangent, and is written so.
    """

    name: str
    function: Callable[..., Any]
    operands: tuple[str, ...]
    linearize: Callable[..., Linearization]
    options: frozenset[str]
    definition: Callable[..., Any] | None
    names: tuple[str, ...] = ()
    variadic: bool = False
    sequence: bool = False
    direct: Callable[..., Any] | None = None
    alias: bool = True
    itself: bool = False

    def split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return (operands, all other arguments by name)."""
        if self.variadic:
            return args, self._known(kwargs)
        count = len(self.operands)
        if len(args) > count:
            rest = args[count:]
            given = {self.names[0]: rest[0]} if len(rest) == 1 else dict(zip(self.names, rest, strict=False))
            kwargs = given | kwargs if kwargs else given
            args = args[:count]
        while len(args) < count and self.operands[len(args)].removeprefix("*") in kwargs:
            name = self.operands[len(args)].removeprefix("*")
            args, kwargs = (*args, kwargs[name]), {key: kwargs[key] for key in kwargs if key != name}
        operands = tuple(args[0]) if self.sequence else args
        return operands, self._known(kwargs) if kwargs else kwargs

    def value(self, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return the function's value."""
        return self.function(list(operands), **kwargs) if self.sequence else self.function(*operands, **kwargs)

    def at(self, y: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Linearization:
        """Return the linearization where the operands have these values and the result is `y`."""
        return self.linearize(y, operands, **kwargs) if self.sequence else self.linearize(y, *operands, **kwargs)

    def _known(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        given = kwargs
        for value in kwargs.values():
            if value is np._NoValue:
                given = {key: value for key, value in kwargs.items() if value is not np._NoValue}
        if given.keys() <= self.options:
            return given
        if given.get("out") is not None:
            raise InactiveWriteError(
                f"np.{self.name}(..., out=...) would write an active number into a plain array; leave `out` out"
            )
        for key in given.keys() - self.options - {"out"}:
            known = ", ".join(sorted(self.options))
            raise MissingRuleError(
                f"{self.name}(..., {key}=...) has no derivative rule; known options: {known}. "
                "Leave the option out, or write the operation with other NumPy functions"
            )
        return {key: value for key, value in given.items() if key != "out"}


RULES: dict[Any, ArrayRule] = {}
"""Every array rule, by function."""

COMPOSITES: dict[Any, Callable[..., Any]] = {}
"""Functions that are written in terms of others, and inherit their derivatives."""

OPTIONED: dict[Any, Callable[..., Any]] = {}
"""Functions with a rule, as they are in terms of others where an option is active."""


def array_rule(
    function: Any,
    definition: Callable[..., Any] | None = None,
    direct: Callable[..., Any] | None = None,
    alias: bool = True,
    itself: bool = False,
) -> Callable[[Any], Any]:
    """Enter a linearization in the table. Parameters before the bare `/` are the operands, after `y`, the result."""

    def enter(linearize: Any) -> Any:
        parameters = list(inspect.signature(linearize).parameters.values())[1:]
        operands = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        sequence = operands == ("arrays",)
        if sequence:
            operands = ("*arrays",)
        variadic = parameters[0].kind is parameters[0].VAR_POSITIONAL
        if variadic:
            operands = (f"*{parameters[0].name}",)
        options = frozenset(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
        own = inspect.signature(getattr(function, "implementation", function)).parameters
        names = tuple(own)[len(operands) :]
        RULES[function] = ArrayRule(
            *(function.__name__, function, operands, linearize, options, definition),
            *(names, variadic, sequence, direct, alias, itself),
        )
        return linearize

    return enter


def composite(*functions: Any, table: dict[Any, Any] = COMPOSITES) -> Callable[[Any], Any]:
    """Enter a function that others make up."""

    def enter(definition: Any) -> Any:
        table.update(dict.fromkeys(functions, definition))
        return definition

    return enter


def no_output(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise `InactiveWriteError` where a function is asked to write its result into an array."""
    place = place_of_output(function)
    if kwargs.get("out") is not None or (len(args) > place and args[place] is not None):
        raise InactiveWriteError(
            f"np.{function.__name__}(..., out=...) would write an active number into a plain array; leave `out` out"
        )


@cache
def place_of_output(function: Any) -> int:
    """Return where `out` stands among the positional arguments."""
    if isinstance(function, np.ufunc):
        return function.nin
    parameters = list(inspect.signature(getattr(function, "implementation", function)).parameters.values())
    places = [n for n, p in enumerate(parameters) if p.name == "out" and p.kind is p.POSITIONAL_OR_KEYWORD]
    return places[0] if places else sys.maxsize


def output_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the array to which a function is asked to write its result, None if there is none."""
    if "out" in kwargs or not args or isinstance(args[-1], tuple | list):
        return kwargs.get("out")
    place = place_of_output(function)
    return args[place] if len(args) > place else None


def linear(push: Callable[[Any], Any], pull: Callable[[Any], Any]) -> Linear:
    """Return the linearization of a linear function of one operand: itself and its transpose."""
    return Linear((push, pull))


def plain(x: Any) -> Any:
    """Return the plain value under all levels of an active number."""
    while hasattr(type(x), "apply_rule"):
        x = x.content
    return x


def listed(x: Any) -> Any:
    """Return a list of plain numbers as an array, and anything else as it is."""
    return np.asarray(x) if isinstance(x, list | tuple) else x


def leading(array: Any, ndim: int) -> Shape:
    """Return the shape of the leading axes that come before `ndim` axes."""
    shape: Shape = array.shape
    return shape[: len(shape) - ndim]


def along(axis: int, part: Any) -> Any:
    """Return the index that takes a part, a slice or a place, of an axis that is counted from the end."""
    return (Ellipsis, part, *(slice(None),) * (-axis - 1))


def from_the_end(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return axes counted from the end, where leading axes do not shift them. None means all."""
    if axis is None:
        return tuple(range(-ndim, 0))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis if axis < 0 else axis - ndim,)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple([np.lib.array_utils.normalize_axis_index(a, ndim) - ndim for a in axes])
