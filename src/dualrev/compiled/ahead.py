"""Derivatives for other people's code: compiled before the first call, and as C functions."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from typing import Any

import numba
from numba import types
from numba.core.sigutils import normalize_signature

from dualrev.compiled.calls import CompiledOperator
from dualrev.compiled.drivers.parameters import parameters
from dualrev.compiled.plain_first import plain_first
from dualrev.errors import InputTypeError
from dualrev.kernels.numba_extending import defined

Shape = int | tuple[int, ...]


def prepare(operator: CompiledOperator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    """Compile what a call would run, without running it, and return the seconds that this took."""
    begin = time.perf_counter()
    by_number = not kwargs and bool(args) and type(args[0]) is float
    entry = plain_first(operator.f, operator.question if by_number else operator.asked(args, kwargs)).plain
    signature = inspect.signature(entry.py_func)
    given = signature.bind(*args, **kwargs).arguments
    # As Numba has it: a parameter that is left out is of a type that holds its default.
    entry.compile(
        tuple(
            numba.typeof(given[name]) if name in given else types.Omitted(each.default)
            for name, each in signature.parameters.items()
        )
    )
    return time.perf_counter() - begin


# An error inside of a C function is printed by Numba and lost, and the function returns 0. NaN is what C code can see.
def c_function(
    operator: CompiledOperator,
    signature: Any,
    arguments: Sequence[int] | None,
    shapes: Sequence[Shape],
    result: int | None,
) -> Any:
    """Return a derivative as a C function, see `Operator.cfunc`."""
    given, returned = normalize_signature(signature)
    name = operator.f.py_func.__name__
    count = len(parameters(operator.dispatcher))
    places = list(range(count)) if arguments is None else list(arguments)
    pointers = [n for n, of in enumerate(given) if isinstance(of, types.CPointer) and (n in places or n == result)]
    if len(places) != count or not all(0 <= n < len(given) for n in places):
        raise InputTypeError(
            f"a derivative of {name} takes {count} arguments from {len(given)} parameters of the C function; "
            f"arguments={arguments!r} does not name one for each"
        )
    if len(shapes) != len(pointers):
        raise InputTypeError(
            f"shapes= holds {len(shapes)} shapes for {len(pointers)} pointers in {signature}; give one for each, a "
            "number or a tuple of numbers"
        )
    if (returned == types.none) is (result not in pointers):
        raise InputTypeError(
            f"{signature} returns {returned}; a derivative that is a number is returned, and one that is an array goes "
            "to a pointer, which result= names"
        )
    names = [f"c{n}" for n in range(len(given))]
    held = {n: f"carray(c{n}, {shape!r})" for n, shape in zip(pointers, shapes, strict=True)}
    call = f"derivative({', '.join(held.get(n, f'c{n}') for n in places)})"
    if result not in held:
        body = ["try:", f"    return {call}", "except Exception:", "    return nan"]
    else:
        assert result is not None
        out = held[result]
        body = [f"out = {out}", "try:", f"    out[...] = {call}", "except Exception:", "    out[...] = nan"]
    scope = {"derivative": operator.dispatcher, "carray": numba.carray, "nan": float("nan")}
    return numba.cfunc(returned(*given))(defined(names, body, scope, "c_function"))
