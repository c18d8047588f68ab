"""Functions that a clone cannot call with active numbers: function pointers, guvectorize, others' overloads.

Each is called as it is where no number is active. Elsewhere a function that others made known to Numba by `overload` is
asked what it would run for floats, and that is cloned; the rest is refused by its name.
"""

from __future__ import annotations

import ctypes
import inspect
import types
from collections.abc import Callable
from typing import Any

import numba
from numba.core import errors
from numba.core.ccallback import CFunc
from numba.core.registry import cpu_target
from numba.core.types import Function, Type, WrapperAddressProtocol
from numba.np.ufunc.gufunc import GUFunc

from dualrev.compiled._array_functions.table import owner_inside
from dualrev.kernels.numba_extending import compiled_only, defined
from dualrev.kernels.numba_types import without_derivatives

_POINTERS: Any = (CFunc, WrapperAddressProtocol, ctypes.CFUNCTYPE(None).__base__)
_KNOWN = ("numba", "numpy", "scipy", "dualrev", "math", "operator", "builtins")


def stand_in(value: Any, clone: Callable[[Any], Any]) -> Any:
    """Return what stands for a global value that only plain numbers can be given to; None for any other."""
    if isinstance(value, GUFunc):
        name = value.__name__
        return _refusing(value, f"{name} was made by guvectorize and has no derivative: write its loop out")
    if isinstance(value, _POINTERS):
        name = _name_of(value)
        return _refusing(
            value,
            f"{name} is a function pointer, which takes no active numbers: give it a rule with dualrev.custom_rule, or "
            "take a function of dualrev.special",
        )
    if isinstance(value, types.FunctionType) and (value.__module__ or "").partition(".")[0] not in _KNOWN:
        written = _overloads_of(value)
        return _for_floats(value, written, clone) if written else None
    return None


def _name_of(value: Any) -> str:
    if isinstance(value, CFunc):
        return str(value._pyfunc.__name__)
    return str(getattr(value, "__name__", None) or type(value).__name__)


# Refused by its own name when it is called: Numba's error would speak of types that the user has never seen.
def _refusing(value: Any, text: str) -> Any:
    """Return a function that calls a value with plain numbers, and refuses active ones."""

    @compiled_only
    def refusing(*args: Any) -> Callable[..., Any]:
        if any(owner_inside(each) is not None for each in args):
            raise errors.TypingError(text)
        call = ", ".join(f"args[{n}]" for n in range(len(args)))
        return defined(["*args"], [f"return called({call})"], {"called": value})

    return refusing


def _overloads_of(function: Any) -> list[Any]:
    """Return what was registered for a function by `numba.extending.overload`."""
    # `overload` enters functions lazily; the refresh makes Numba read what was registered since.
    context = cpu_target.typing_context
    context.refresh()
    known = context._lookup_global(function)
    if not isinstance(known, Function):
        return []
    found = [getattr(template, "_overload_func", None) for template in known.templates]
    return [each for each in found if each is not None]


def _for_floats(function: Any, written: list[Any], clone: Callable[[Any], Any]) -> Any:
    """Return a function that runs, for active numbers, a clone of what an overload gives for floats."""
    parameters = inspect.signature(written[0]).parameters
    if "kwargs" in parameters:  # of what `register_jitable` writes, which stands for any function
        parameters = inspect.signature(function).parameters
    elif any(inspect.signature(each).parameters.keys() != parameters.keys() for each in written):
        return None
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return None
    # Numba compares the parameters of an overload with those of its function, names and defaults included.
    starred = [f"*{name}" if each.kind is each.VAR_POSITIONAL else name for name, each in parameters.items()]
    defaults = {f"default_{name}": each.default for name, each in parameters.items() if each.default is not each.empty}
    texts = [f"{name}=default_{name}" if f"default_{name}" in defaults else name for name in starred]
    call = f"({', '.join(starred)})"

    def choose(*given: Any) -> Any:
        active = any(isinstance(each, Type) and owner_inside(each) is not None for each in given)
        if not active:
            return defined(texts, [f"return function{call}"], {"function": function} | defaults)
        # It is asked as if the numbers were floats: its author did not know of others, and what it answers runs with
        # active numbers when cloned.
        plain = [without_derivatives(each) if isinstance(each, Type) else each for each in given]
        for each in written:
            chosen = each(*plain)
            if chosen is not None:
                body = chosen[1] if isinstance(chosen, tuple) else chosen
                return defined(texts, [f"return body{call}"], {"body": clone(numba.njit(body))} | defaults)
        return None

    made = compiled_only(defined(texts, [f"return choose{call}"], {"choose": choose} | defaults))
    made.__name__ = function.__name__
    return made
