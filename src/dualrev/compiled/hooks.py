"""Hooks in Numba: interpreted code that calls a compiled function with active numbers calls the function's step.

Numba's own way of calling is written in C. It asks Python for the type of what it does not know, and for code where it
has none for these types. These two methods are replaced; calls for which there is code never come by.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.core.dispatcher import OmittedArg
from numba.core.typing.typeof import Purpose
from numba.extending import typeof_impl

from dualrev.active.number import Active
from dualrev.active.trees import active_inside
from dualrev.compiled._marks import MADE_OF
from dualrev.errors import ActiveConversionError
from dualrev.kernels.numba_patches import replace_calls_from_python

_OPEN = "_dualrev_open"
"""Attribute of a function of fixed signatures: the threads whose calls under way have let it ask for code."""

_LOCK = threading.Lock()


def _type_of_argument(numba_type: Callable[..., Any], self: Any, value: Any) -> Any:
    if not active_inside(value):
        return numba_type(self, value)
    # Threads share the function. Each that is on its way is noted, and the last one to leave closes the function
    # again.
    with _LOCK:
        if not self._can_compile or hasattr(self, _OPEN):
            # A function of fixed signatures never asks for code; it does for the rest of this call.
            vars(self).setdefault(_OPEN, set()).add(threading.get_ident())
            self._can_compile = True
    return types.pyobject


def _code_for(numba_code: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what is called with these arguments."""
    given = [arg.value if isinstance(arg, OmittedArg) else arg for arg in args]
    active = any(map(active_inside, given))
    if hasattr(self, _OPEN) and not active:
        return self._explain_matching_error(*args)
    _close(self)
    if not active or self.targetoptions.get("forceobj"):
        return numba_code(self, *args, **kwargs)
    # Numba has noted the types of these arguments, and clears them when it has compiled. Here nothing is compiled.
    self._types_active_call.clear()
    if hasattr(self.py_func, MADE_OF):  # a derivative, of which the operator that it belongs to makes a step
        raise ActiveConversionError(f"{self.py_func.__name__} was called with active numbers")
    # Imported here: these hooks are loaded with Numba in every process, and steps, with all that they need, where one
    # is called.
    from dualrev.compiled.steps import CompiledStep

    step = CompiledStep(self)
    # Numba calls what it is answered with the arguments of the call.
    return lambda *_, **__: step(*given)


def _close(dispatcher: Any) -> None:
    with _LOCK:
        threads = vars(dispatcher).get(_OPEN)
        if threads is None:
            return
        threads.discard(threading.get_ident())
        if not threads:
            delattr(dispatcher, _OPEN)
            dispatcher._can_compile = False


@typeof_impl.register(Active)  # type: ignore[untyped-decorator]
def _type_of_active(x: Any, context: Any) -> Any:
    kind = type(x).__name__
    if context.purpose is Purpose.constant:
        raise ActiveConversionError(
            f"a compiled function looks up a {kind} as a global, or in the function around it, where its derivative "
            "would be lost. Pass it as an argument"
        )
    raise ActiveConversionError(
        f"a {kind} was handed to Numba other than by the call of a compiled function: to a function made by "
        "numba.guvectorize, a typed container or a CUDA kernel, where its derivative would be lost. Write the work out "
        "in a numba.njit function, or give the call a rule with dualrev.custom_rule"
    )


replace_calls_from_python(_type_of_argument, _code_for)
