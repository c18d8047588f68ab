"""Numba types of numbers and arrays that carry derivatives, for either mode.

A compiled derivative is under way at a level, 1 for the outermost; the numbers of an inner one are made of the numbers
of the outer one. An operation belongs to the highest level among its arguments, as in `dualrev.active.number`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numba.core import types
from numba.core.datamodel import models
from numba.core.typeconv import Conversion
from numba.extending import box, lower_cast, register_model
from numba.np.arrayobj import intrin_alloc

from dualrev.kernels.numba_extending import intrinsic, overloads_classmethod
from dualrev.kernels.numba_patches import replace_array_class

NUMBERS = (types.Integer, types.Float, types.Boolean)


# One class above both modes, so that rows, casts, conversions and refusals are written once for both.
class ActiveType(types.Type):  # type: ignore[misc]
    """A number that carries a derivative.

    To Numba it is a number like its own (`is_internal`), so that expressions of arrays become loops.

    Attributes
    ----------
    dtype : numba type
        Of its value: a float, or the active number of an outer derivative.
    level : int
    careful : bool
        Whether products of the chain rule test their factors; see `numba_chain_rule`. A number is careful if the one
        that it is made of is.
    """

    is_internal = True

    def __init__(self, name: str, dtype: Any, level: int, careful: bool = False) -> None:
        self.dtype, self.level, self.careful = dtype, level, careful
        super().__init__(name=name)

    def takes(self, other: Any) -> bool:
        """Whether a value of another type is a constant to this one."""
        return isinstance(other, NUMBERS) or other == self.dtype or (is_active(self.dtype) and self.dtype.takes(other))

    # Safe and not exact, so that Numba prefers a signature that needs no conversion.
    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        """Allow constants where this number is expected."""
        return Conversion.safe if self.takes(other) else None

    def unify(self, typingctx: Any, other: Any) -> Any:
        """Let a variable that holds constants and these be one of these."""
        return self if self.takes(other) else None

    def link(self, context: Any, builder: Any, y: Any, partials: Sequence[Any], operands: Sequence[Any]) -> Any:
        """Emit the number with value `y` whose derivative is the sum of the partials times the operands'.

        A partial is a number of type `dtype`, or a float where it is a constant.
        """
        raise NotImplementedError

    def constant(self, context: Any, builder: Any, value: Any) -> Any:
        """Emit the number with this value that depends on nothing."""
        raise NotImplementedError

    def count_call(self, builder: Any, y: Any) -> None:
        """Emit the counting of a mathematical function that was called for a number, where calls are counted."""


# Constants become active numbers here, wherever Numba expects one. Numba looks casts up by class, so an outer
# derivative's number, which is a constant to the inner one, needs an entry of its own.
@lower_cast(ActiveType, ActiveType)  # type: ignore[untyped-decorator]
@lower_cast(types.Boolean, ActiveType)  # type: ignore[untyped-decorator]
@lower_cast(types.Number, ActiveType)  # type: ignore[untyped-decorator]
def _from_constant(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return toty.constant(context, builder, context.cast(builder, value, fromty, toty.dtype))


class ActiveArray(types.Array):  # type: ignore[misc]
    """An array of active numbers. A class of its own, so that its methods come before those of other arrays."""

    is_internal = True


# Numba decides by classes, so arrays of active numbers need their own. A layout model is looked up by the exact
# class.
replace_array_class(lambda cls, dtype: ActiveArray if cls is types.Array and is_active(dtype) else cls)
register_model(ActiveArray)(models.ArrayModel)


@overloads_classmethod(ActiveArray, "_allocate")
def _allocate(cls: Any, size: Any, align: Any) -> Any:
    return lambda cls, size, align: intrin_alloc(size, align)


@box(ActiveArray)  # type: ignore[untyped-decorator]
def _box(typ: Any, value: Any, c: Any) -> Any:
    """Refuse: what Numba writes for Python around a function of active numbers is never called."""
    c.pyapi.err_set_string("PyExc_TypeError", "an array of active numbers cannot leave compiled code")
    return c.pyapi.get_null_object()


def array_of(dtype: Any, ndim: int, layout: str = "C", readonly: bool = False) -> Any:
    """Return the type of arrays of a dtype."""
    return types.Array(dtype, ndim, layout, readonly=readonly)


def order_of(operands: Iterable[Any]) -> str:
    """Return the order in memory that Numba gives the result of an elementwise function of numbers and arrays."""
    orders = {each.layout for each in operands if isinstance(each, types.Array)}
    return "F" if "F" in orders and "C" not in orders else "C"


def is_active(numba_type: Any) -> bool:
    """Whether a type is an active number's."""
    return isinstance(numba_type, ActiveType)


def element(numba_type: Any) -> Any:
    """Return the type of an array's elements, or of a number itself."""
    if isinstance(numba_type, types.Optional | types.Omitted):
        return element(getattr(numba_type, "type", None))
    return numba_type.dtype if isinstance(numba_type, types.Array) else numba_type


def float_of(numba_type: Any) -> Any:
    """Return the float that the values of an active number are; any other type is its own."""
    return float_of(numba_type.dtype) if is_active(numba_type) else numba_type


def without_derivatives(numba_type: Any) -> Any:
    """Return a type with floats for active numbers, in arrays, lists and tuples as well."""
    if isinstance(numba_type, types.BaseTuple):
        parts = [without_derivatives(each) for each in numba_type]
        named = isinstance(numba_type, types.NamedTuple | types.NamedUniTuple)
        return types.BaseTuple.from_types(parts, numba_type.instance_class if named else None)
    if isinstance(numba_type, types.Array | types.List) and numba_type.dtype != without_derivatives(numba_type.dtype):
        return numba_type.copy(dtype=without_derivatives(numba_type.dtype))
    return float_of(numba_type)


def owner_of(numba_types: Iterable[Any]) -> Any:
    """Return the active type of the highest level among numbers and arrays, or None."""
    active = [element(each) for each in numba_types if is_active(element(each))]
    return max(active, key=lambda each: each.level, default=None)


@intrinsic
def link(typingctx: Any, y: Any, partials: Any, operands: Any) -> Any:
    """Return the active number with value `y`, from tuples of partials and of active operands of one type."""
    result = operands[0]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = context.cast(builder, args[0], y, result.dtype)
        count = len(operands)
        cast = [
            context.cast(
                builder,
                builder.extract_value(args[1], n),
                partials[n],
                result.dtype if is_active(partials[n]) else float_of(result),
            )
            for n in range(count)
        ]
        return result.link(context, builder, value, cast, [builder.extract_value(args[2], n) for n in range(count)])

    return result(y, partials, operands), codegen


# A pass-through in the generated row: code that calls no exponential or sine contains no counting either.
@intrinsic
def counted(typingctx: Any, y: Any) -> Any:
    """Return an active number, for which a mathematical function was called."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        y.count_call(builder, args[0])
        return args[0]

    return y(y), codegen


@intrinsic
def constant(typingctx: Any, like: Any, x: Any) -> Any:
    """Return a number as an active one that depends on nothing. `like` is a TypeRef of the active type."""
    result = like.instance_type

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.cast(builder, args[1], signature.args[1], result)

    return (result(like, x), codegen) if result == x or result.takes(x) else None
