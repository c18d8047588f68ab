"""Replacements inside Numba, where it has no interface for them: all of them, so that this file alone can break.

Each function says why, and what tells that it is not needed any more. They were tried on Numba 0.68.1.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from secrets import randbits
from typing import Any

from numba.core import types
from numba.core.bytecode import FunctionIdentity
from numba.core.dispatcher import _DispatcherBase
from numba.core.registry import cpu_target
from numba.core.typing.builtins import NumberClassAttribute
from numba.core.typing.npydecl import NumpyRulesInplaceArrayOperator


def number_functions_at_random() -> None:
    """Have the functions that are compiled from now on numbered from a random number on, and not from 1.

    Their names in machine code hold these numbers. Code from disk would run a function of this process that has the
    same name, number and types as one of its own. Not needed once a name tells the code, and not when it was compiled.
    """
    FunctionIdentity._unique_ids = count(randbits(48))


def replace_array_class(class_for: Callable[[Any, Any], type]) -> None:
    """Have the class of an array type chosen from that which is made and its dtype.

    Numba implements NumPy's functions with results of the type `types.Array(dtype, ...)`, written so, whose methods
    come before those of other classes. Not needed once a type of elements can name the class of its arrays: then
    `np.zeros_like` of an array of active numbers returns an `ActiveArray` without this.
    """

    def new(cls: Any, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(class_for(cls, dtype))

    types.Array.__new__ = new


def replace_call_of_number_class(call: Callable[[Callable[..., Any], Any, Any], Any]) -> None:
    """Have calls such as `np.float64(x)` typed; Numba's own way is the first argument.

    Its template knows numbers of its own and asks no overload. Not needed once `overload(np.float64)` is asked for
    arguments of other types.
    """
    own = NumberClassAttribute.resolve___call__

    def resolve(self: Any, called: Any) -> Any:
        return call(own, self, called)

    NumberClassAttribute.resolve___call__ = resolve


def replace_operators_in_place(types_for: Callable[[Callable[..., Any], Any, Any, Any], Any]) -> None:
    """Have `a += b` of arrays typed; Numba's own way is the first argument.

    That raises an error for elements that it does not know, so that no overload is asked. Not needed once it returns
    None for them: then the tests of `a += b` for arrays of active numbers pass without this.
    """
    own = NumpyRulesInplaceArrayOperator.generic

    def generic(self: Any, args: Any, kws: Any) -> Any:
        return types_for(own, self, args, kws)

    NumpyRulesInplaceArrayOperator.generic = generic


def replace_array_expressions(lower: Callable[[Any, Any], Any]) -> None:
    """Have expressions of arrays, which Numba turns into one loop, written by a function of the lowering and of them.

    Numba takes what is no array in them for a number of its own. Not needed once it casts operands by their types:
    then `x * a` with an active number x and an array a compiles without this.
    """
    cpu_target.target_context.special_ops["arrayexpr"] = lower


def replace_calls_from_python(
    type_of_argument: Callable[[Callable[..., Any], Any, Any], Any],
    code_for: Callable[..., Callable[..., Any]],
) -> None:
    """Have the type of an argument told, and what is called with arguments; Numba's own ways are the first arguments.

    Its dispatcher is written in C and calls these two methods where it knows no type and no code. Not needed once
    `typeof_impl` can answer with something to call instead of a type.
    """
    own_type, own_code = _DispatcherBase.typeof_pyval, _DispatcherBase._compile_for_args

    def typeof_pyval(self: Any, value: Any) -> Any:
        return type_of_argument(own_type, self, value)

    def compile_for_args(self: Any, *args: Any, **kwargs: Any) -> Any:
        return code_for(own_code, self, *args, **kwargs)

    _DispatcherBase.typeof_pyval = typeof_pyval
    _DispatcherBase._compile_for_args = compile_for_args
