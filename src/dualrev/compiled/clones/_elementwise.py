"""Operators and NumPy's ufuncs over arrays of active numbers.

Their types are nearly all that is needed: Numba turns such an expression into one loop over the elements, whose body is
the scalar expression, and broadcasts. It only does not know of active scalars, which it is handed as arrays of no axes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.np.arrayobj import make_array, populate_array
from numba.np.ufunc.array_exprs import _lower_array_expr

from dualrev.compiled._array_functions.table import owner_inside
from dualrev.kernels.numba_extending import defined, overloads
from dualrev.kernels.numba_patches import replace_array_expressions, replace_operators_in_place
from dualrev.kernels.numba_rows import spellings
from dualrev.kernels.numba_types import NUMBERS, ActiveArray, array_of, element, is_active, order_of, owner_of
from dualrev.primitives.scalar import TABLE

_IN_PLACE = {
    operator.iadd: "+",
    operator.isub: "-",
    operator.imul: "*",
    operator.itruediv: "/",
    operator.ipow: "**",
    operator.ifloordiv: "//",
    operator.imod: "%",
}


def is_elementwise(arguments: tuple[Any, ...]) -> bool:
    """Whether arguments are numbers and arrays, one an array and one active."""
    known = all(isinstance(element(each), NUMBERS) or is_active(element(each)) for each in arguments)
    return known and any(isinstance(each, types.Array) for each in arguments) and owner_of(arguments) is not None


def _template(function: Callable[..., Any]) -> type:
    # Only the type is told: Numba then turns the whole expression into one loop, without arrays for what is between.
    class Elementwise(AbstractTemplate):  # type: ignore[misc]
        key = function

        def generic(self, args: Any, kws: Any) -> Any:
            # Numba asks every template of an operator; this one answers for active arrays alone.
            if kws or not is_elementwise(args):
                return None
            scalar = self.context.resolve_function_type(function, tuple(element(each) for each in args), {})
            if scalar is None:
                return None
            ndim = max(each.ndim for each in args if isinstance(each, types.Array))
            if not ndim:
                return None  # numbers, as NumPy has it; see `numba_rows`
            return array_of(scalar.return_type, ndim, order_of(args))(*args)

    return Elementwise


def _in_place(function: Callable[..., Any], symbol: str) -> None:
    @overloads(function)
    def choose(a: Any, b: Any) -> Callable[..., Any] | None:
        if not isinstance(a, ActiveArray):
            return None
        if not isinstance(b, ActiveArray):
            return defined(["a", "b"], [f"a[...] = a {symbol} b", "return a"], {})
        # `b` may be a view of `a`. As in Numba's own loop, later elements then see what was written to earlier ones.
        indices = [f"i{n}" for n in range(a.ndim)]
        at = f"[{', '.join(indices) or '()'}]"
        loops = [f"{'    ' * n}for i{n} in range(a.shape[{n}]):" for n in range(a.ndim)]
        line = f"{'    ' * a.ndim}a{at} = a{at} {symbol} c{at}"
        return defined(
            ["a", "b"], ["c = broadcast_to(b, a.shape)", *loops, line, "return a"], {"broadcast_to": np.broadcast_to}
        )


@overloads(abs)
def _abs(x: Any) -> Callable[..., Any] | None:
    return (lambda x: np.abs(x)) if isinstance(x, ActiveArray) else None


class _Lowerer:
    """The interface that Numba's lowering of an expression needs, with arrays of no axes for active scalars."""

    def __init__(self, lowerer: Any) -> None:
        self.lowerer, self.context, self.builder = lowerer, lowerer.context, lowerer.builder

    def typeof(self, name: str) -> Any:
        """Return a variable's type."""
        found = self.lowerer.typeof(name)
        return array_of(found, 0) if is_active(found) else found

    def loadvar(self, name: str) -> Any:
        """Return a variable's value."""
        value, found = self.lowerer.loadvar(name), self.lowerer.typeof(name)
        if not is_active(found):
            return value
        context, builder = self.context, self.builder
        # Numba's loop reads operands from memory, by pointer and strides. A number in registers is stored, and its
        # array has no axes.
        slot = cgutils.alloca_once(builder, context.get_data_type(found))
        context.pack_value(builder, found, value, slot)
        array = make_array(array_of(found, 0))(context, builder)
        itemsize = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(found)))
        populate_array(array, data=slot, shape=(), strides=(), itemsize=itemsize, meminfo=None)
        return array._getvalue()


def _lower(lowerer: Any, expr: Any) -> Any:
    return _lower_array_expr(_Lowerer(lowerer), expr)


def _in_place_of_floats(numba_types: Callable[..., Any], self: Any, args: Any, kws: Any) -> Any:
    """Answer for Numba's own numbers only: its rules fail on others, instead of leaving them to an overload."""
    return None if owner_inside(types.Tuple(args)) is not None else numba_types(self, args, kws)


def register() -> None:
    """Enter the types of all rows' spellings, and the lowering of expressions."""
    replace_operators_in_place(_in_place_of_floats)
    replace_array_expressions(_lower)
    for row in TABLE.values():
        for function in spellings(row):
            elementwise = isinstance(function, np.ufunc) or getattr(operator, function.__name__, None) is function
            if elementwise and function not in _IN_PLACE:
                infer_global(function)(_template(function))
    for function, symbol in _IN_PLACE.items():
        _in_place(function, symbol)
