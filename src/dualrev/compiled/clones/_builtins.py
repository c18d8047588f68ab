"""Python's own functions on active numbers: the first at a tie, as Python has it, and conversions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from numba.core import errors, types
from numba.core.typing.templates import AttributeTemplate, infer_getattr, make_callable_template
from numba.cpython.builtins import ol_isinstance
from numba.extending import lower_builtin

from dualrev.kernels.numba_extending import overloads, overloads_method
from dualrev.kernels.numba_patches import replace_call_of_number_class
from dualrev.kernels.numba_types import ActiveType, element, float_of, is_active, owner_of, without_derivatives


# Arrays, tuples and optional values have implementations of their own.
def _selects(*numbers: Any) -> bool:
    plain = not any(isinstance(x, types.Array | types.BaseTuple | types.Optional) for x in numbers)
    return plain and owner_of(numbers) is not None


@overloads(pow)
def _pow(base: Any, exponent: Any) -> Callable[..., Any] | None:
    return (lambda base, exponent: base**exponent) if _selects(base, exponent) else None


@overloads(divmod)
def _divmod(a: Any, b: Any) -> Callable[..., Any] | None:
    return (lambda a, b: (a // b, a % b)) if _selects(a, b) else None


# Not an overload: what `print` does with an argument is looked up by its type when the code is emitted.
@lower_builtin("print_item", ActiveType)  # type: ignore[untyped-decorator]
def _print_item(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    of = signature.args[0].dtype
    printed = context.get_function("print_item", signature.return_type(of))
    return printed(builder, (builder.extract_value(args[0], 0),))


def _of_number(function: Any, answer: Callable[[Any], Any]) -> None:
    overloads(function)(lambda x: answer if is_active(x) else None)


_of_number(bool, lambda x: bool(x.primal_))
_of_number(float, lambda x: x)
_of_number(int, lambda x: int(x.primal_))


@infer_getattr
class _ClassOfNumber(AttributeTemplate):  # type: ignore[misc]
    """`type(x)`, which a function calls to make numbers of the precision of x: those in its text are constants."""

    key = ActiveType

    def resolve___class__(self, number: Any) -> Any:
        return types.NumberClass(float_of(number))


def _call_of_class(numba_call: Callable[..., Any], self: Any, called: Any) -> Any:
    """Type `np.float64(x)` as `float(x)` is, which keeps the derivative, and `np.int64(x)` as `int(x)`.

    A number keeps its precision, whatever float is asked for.
    """
    to = float_of(called.instance_type)
    numbers = numba_call(self, types.NumberClass(to))

    def typer(val: Any) -> Any:
        if is_active(val) and isinstance(to, types.Float):
            return val
        if is_active(val) and isinstance(to, types.Integer | types.Boolean):
            return to
        call = numbers.get_call_type(self.context, (val,), {})
        return None if call is None else call.return_type

    return types.Function(make_callable_template(key=to, typer=typer))


replace_call_of_number_class(_call_of_class)


@lower_builtin(types.NumberClass, ActiveType)  # type: ignore[untyped-decorator]
def _call_class(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    of, value = signature.args[0], args[0]
    if signature.return_type == of:
        return value
    # Numbers of nested derivatives hold one another; the float is innermost.
    while is_active(of):
        of, value = of.dtype, builder.extract_value(value, 0)
    return context.cast(builder, value, of, signature.return_type)


@overloads(isinstance)
def _isinstance(var: Any, typs: Any) -> Callable[..., Any] | None:
    """Answer as for the float, or the array of floats, that stands there without a derivative."""
    return ol_isinstance(without_derivatives(var), typs) if is_active(element(var)) else None


@overloads(round)
def _round(number: Any) -> Callable[..., Any] | None:
    return (lambda number: round(number.primal_)) if is_active(number) else None


@overloads(round)
def _round_to(number: Any, ndigits: Any) -> Callable[..., Any] | None:
    return (lambda number, ndigits: round(number.primal_, ndigits)) if is_active(number) else None


def _as_text(name: str, text: Callable[..., Any]) -> None:
    overloads_method(ActiveType, name)(lambda x: lambda x: text(x.primal_))


_as_text("__str__", str)
_as_text("__repr__", repr)


@overloads(operator.getitem)
def _getitem(x: Any, index: Any) -> Callable[..., Any] | None:
    """Answer `np.where(c, a, b)[()]`, which is a number already."""
    nothing = isinstance(index, types.BaseTuple) and len(index) == 0
    return (lambda x, index: x) if is_active(x) and nothing else None


@overloads_method(ActiveType, "__hash__")
def _hash(x: Any) -> Any:
    raise errors.TypingError(
        "an active number is no key of a dict and no element of a set, since numbers of one value may have different "
        "derivatives; use int(x), which has none"
    )
