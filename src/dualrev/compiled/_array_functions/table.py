"""The table of NumPy's array functions in compiled code: per function what clones call instead.

A stand-in has NumPy's parameters. Where an argument holds active numbers it is a Python function over scalar
operations, other stand-ins and what Numba does by itself; everywhere else it is NumPy's function with the same
arguments.

Where the composite of `primitives/array` is plain NumPy, the stand-in is that function compiled; see `composites.py`.
Elsewhere both tables define the function. Other composites take options of any kind, test types of arguments, and
decide by numbers of axes what a result is. Numba has a type for each of these when it compiles, or none.
`tests/test_tables_agree.py` runs every case of the one table in the other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import errors, types

from dualrev.compiled._array_functions.pullbacks import Lines
from dualrev.compiled._seeding import widened
from dualrev.kernels.numba_arrays import zero_array
from dualrev.kernels.numba_extending import compiled_only, defined, overloads, overloads_method
from dualrev.kernels.numba_types import ActiveArray, is_active, owner_of

STAND_INS: dict[Any, Any] = {}
"""Per function of NumPy's its stand-in. What those return is memory of its own."""

METHODS: dict[str, Any] = {}
"""Per method of arrays the function of NumPy's that does the same, where there is one."""

SHAPED_LIKE: dict[Any, str] = {}
"""Per function of NumPy's the parameter whose shape its result has, where that is always so."""


PULLBACKS: dict[Any, Callable[..., Lines]] = {}
"""Per function of NumPy's its pullback as lines, by the types of its arguments, all arrays, where it has one."""


def owner_inside(of: Any) -> Any:
    """Return the active type of the highest level in a type, a list's or a tuple's elements included, or None."""
    if isinstance(of, types.List):
        return owner_inside(of.dtype)
    if isinstance(of, types.BaseTuple):
        owners = [each for each in map(owner_inside, of) if each is not None]
        return max(owners, key=lambda each: each.level, default=None)
    return owner_of([of])


def array_function(
    *functions: Any,
    method: str | None = None,
    chosen: bool = False,
    like: str | None = None,
    pullback: Callable[..., Lines] | None = None,
) -> Callable[[Any], Any]:
    """Enter the decorated function as the stand-in of NumPy's; it becomes a method of active arrays too, if named.

    The decorated function is compiled by Numba; if `chosen`, it is given types and returns what is. `like` is the
    parameter whose shape the result has. Adjoint code calls the `pullback`, if there is one, for which no tape is made.
    """

    def enter(implementation: Any) -> Any:
        implementation.__annotations__ = {}
        parameters = inspect.signature(implementation).parameters

        # Two implementations, of which Numba takes the one that answers: this one for plain numbers, and the one
        # below, which divides by zero as NumPy does, for active ones.
        def choose_plain(*given: Any) -> Any:
            if functions and all(owner_inside(each) is None for each in given):
                return _forwarded(functions[0], parameters, given)
            return None

        def choose(*given: Any) -> Any:
            if all(owner_inside(each) is None for each in given):
                return None
            # Numba has these functions of a number, too, as in np.sum(x[0]).
            if is_active(given[0]) and not _OF_NUMBERS.isdisjoint(functions):
                return _of_one(stand_in, parameters, given)
            # Lists of active numbers are no arrays to Numba's own functions, so that they become arrays before the
            # call.
            if any(_is_sequence(name, of) for name, of in zip(parameters, given, strict=True)):
                return _of_arrays(stand_in, parameters, given)
            return implementation(*given) if chosen else implementation

        # Parameters are written as text, because Numba passes arguments by name where an overload has the same names
        # and defaults as its function.
        stand_in = compiled_only(_with_parameters(parameters, {"choose": choose_plain}, "return choose({names})"))
        stand_in.__wrapped__ = implementation  # type: ignore[attr-defined]  # for `inspect`: what is compiled
        stand_in.__name__ = functions[0].__name__ if functions else str(method)
        # NumPy's functions never raise ZeroDivisionError, whatever the function that calls them does.
        entered = _with_parameters(parameters, {"choose": choose}, "return choose({names})")
        overloads(stand_in, jit_options={"error_model": "numpy"})(entered)
        if method is not None:
            overloads_method(ActiveArray, method, jit_options={"error_model": "numpy"})(entered)
            METHODS.update(dict.fromkeys([method], *functions[:1]) if functions else {})
        STAND_INS.update(dict.fromkeys(functions, stand_in))
        SHAPED_LIKE.update({} if like is None else dict.fromkeys(functions, like))
        PULLBACKS.update({} if pullback is None else dict.fromkeys(functions, pullback))
        return stand_in

    return enter


def replacing(function: Any) -> Callable[[Any], Any]:
    """Make a function of types into one that calls NumPy's as it was called where no answer is given."""

    def enter(choose: Any) -> Any:
        parameters = inspect.signature(choose).parameters

        def choose_or_forward(*given: Any) -> Any:
            return choose(*given) or _forwarded(function, parameters, given)

        return compiled_only(_with_parameters(parameters, {"choose": choose_or_forward}, "return choose({names})"))

    return enter


def absent(of: Any) -> bool:
    """Whether an option was left out, or is None."""
    return of is None or isinstance(of, types.Omitted | types.NoneType)


def lifting(number: Any, function: Any, like: Callable[..., Any]) -> Any:
    """Return what calls a function with the parameters of `like` and makes arrays of floats hold active numbers."""
    parameters = inspect.signature(like).parameters
    scope = {"widened": widened, "number": number, "function": STAND_INS.get(function, function)}

    def choose(*given: Any) -> Any:
        return _with_parameters(parameters, scope, f"return widened(number, function({_given(parameters, given)}))")

    return compiled_only(_with_parameters(parameters, {"choose": choose}, "return choose({names})"))


# Options come as types when the chooser runs, and as values where a default was left out.
def refuse(name: str, **options: Any) -> None:
    """Raise Numba's error if an option was given that has no rule."""
    for option, of in options.items():
        if not (absent(of) or isinstance(of, bool | int)):
            raise errors.TypingError(f"np.{name} of active numbers has no rule for the option {option}")


def expect_int(name: str, of: Any) -> None:
    """Raise Numba's error if an active number is given where a function counts."""
    if not isinstance(of, types.Omitted | types.Integer | int):
        raise errors.TypingError(f"{name} takes an integer there, and {of} was given")


def expect_float(name: str, dtype: Any) -> None:
    """Raise Numba's error if a result is asked for as integers; active numbers have the precision that they have."""
    if absent(dtype):
        return
    asked = getattr(dtype, "dtype", None) or getattr(dtype, "instance_type", None)
    if not isinstance(asked, types.Float):
        raise errors.TypingError(f"np.{name} of active numbers has no rule for dtype={asked}; leave it out")


@compiled_only
def zeros_for(numbers: Any, shape: Any) -> Callable[..., Any]:
    """Return an array of zeros for active numbers like those in an array or a tuple of such."""
    owner = owner_inside(numbers)
    return lambda numbers, shape: zero_array(owner, shape)


def _defaults(parameters: Any) -> dict[str, Any]:
    return {f"default_{name}": each.default for name, each in parameters.items() if each.default is not each.empty}


def _with_parameters(parameters: Any, scope: dict[str, Any], body: str) -> Any:
    """Return a function with these parameters and their defaults."""
    texts = []
    for name, each in parameters.items():
        star = "*" if each.kind is each.VAR_POSITIONAL else ""
        texts.append(f"{star}{name}" if each.default is each.empty else f"{name}=default_{name}")
    names = ", ".join(f"*{n}" if each.kind is each.VAR_POSITIONAL else n for n, each in parameters.items())
    return defined(texts, [body.format(names=names)], scope | _defaults(parameters))


def _forwarded(function: Any, parameters: Any, given: Any) -> Any:
    """Return a call of NumPy's function with the arguments that were given."""
    return _with_parameters(parameters, {"function": function}, f"return function({_given(parameters, given)})")


_OF_ARRAYS = {"arrays", "tup", "condlist", "choicelist", "axis"}
"""Parameters that take several arrays, or no array."""


def _is_sequence(name: str, of: Any) -> bool:
    """Whether an argument is a list or a tuple where a function takes an array."""
    return isinstance(of, types.List | types.BaseTuple) and name not in _OF_ARRAYS


def _of_arrays(function: Any, parameters: Any, given: Any) -> Any:
    """Return a call with arrays in place of lists and tuples of numbers."""
    call = _given(parameters, given)
    lines = [f"{name} = array_of({name})" for name, of in zip(parameters, given, strict=True) if _is_sequence(name, of)]
    scope = {"function": function, "array_of": array_from}
    return _with_parameters(parameters, scope, "\n    ".join([*lines, f"return function({call})"]))


_OF_NUMBERS = {np.sum, np.prod, np.mean, np.average, np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin}
"""Functions of arrays that Numba has for a number, too."""


def _of_one(function: Any, parameters: Any, given: Any) -> Any:
    """Return a call with an array of the one number that was given."""
    first = next(iter(parameters))
    call = _given(parameters, given).replace(first, f"array_of(({first},))", 1)
    return _with_parameters(parameters, {"function": function, "array_of": array_from}, f"return function({call})")


def array_from(object: Any) -> Any:
    """Return a list or a tuple of numbers, or of lists and tuples of such, as an array."""
    raise NotImplementedError


def _given(parameters: Any, given: Any) -> str:
    texts = []
    for (name, parameter), of in zip(parameters.items(), given, strict=True):
        as_by_default = of is parameter.default or (parameter.default is None and absent(of))
        if not isinstance(of, types.Omitted) and not as_by_default:
            texts.append(name if parameter.default is parameter.empty else f"{name}={name}")
    return ", ".join(texts)
