"""Whether a function runs compiled by Numba, or interpreted over NumPy."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

import numpy as np

from dualrev.active.number import Active, looked_at
from dualrev.active.numpy_protocol import UFUNCS_OF
from dualrev.errors import UnknownBackendError, meant

BACKENDS = ("auto", "numba", "numpy")
_NUMBA, _HOOKS = "numba.core.dispatcher", "dualrev.compiled.hooks"


def known_backend(backend: str) -> str:
    """Return the name of a backend, if there is one of that name."""
    if backend not in BACKENDS:
        raise UnknownBackendError(
            f"backend={backend!r} does not exist; expected one of {', '.join(map(repr, BACKENDS))}"
            f"{meant(backend, BACKENDS)}"
        )
    return backend


def _let_numba_meet(x: Any) -> Any:
    """Answer Numba, which asks what it does not know for its type: no answer, but from now on it knows active numbers.

    They are made known when they meet, because Numba takes longer to import than dualrev.
    """
    import dualrev.compiled.hooks  # noqa: F401 - what it does on import is wanted

    raise AttributeError("_numba_type_")


Active._numba_type_ = property(_let_numba_meet)  # type: ignore[attr-defined]


def is_dispatcher(f: Any) -> bool:
    """Whether a function is one that Numba compiled."""
    return type(f).__module__.partition(".")[0] == "numba" and hasattr(f, "py_func")


def compiled_form(f: Any) -> Any:
    """Return the compiled function that a function is, or that one made by `numba.vectorize` is called by; or None."""
    if is_dispatcher(f):
        return f
    if type(f).__module__ == "numba.np.ufunc.dufunc":
        from dualrev.compiled.clones.vectorized import dispatcher_of_ufunc

        return dispatcher_of_ufunc(f)
    return None


def _made_by_numba(ufunc: Any) -> Any:
    """Return a ufunc of Numba's as a function of active numbers."""
    compiled = compiled_form(ufunc)
    return ufunc if compiled is None else interpretable(compiled, "auto")


UFUNCS_OF["numba"] = _made_by_numba


def interpretable(f: Any, backend: str) -> Any:
    """Return a function that takes active numbers: a compiled one as a single step, or interpreted if that is asked.

    It is interpreted, too, where its operations are looked at.
    """
    compiled = compiled_form(f)
    if compiled is None:
        if _NUMBA in sys.modules and _HOOKS not in sys.modules:
            import dualrev.compiled.hooks  # noqa: F401 - it sees the arrays of objects that Numba does not ask about
        return f
    if backend == "numpy" or looked_at():
        from dualrev.compiled.clones.cloning import interpreted

        return interpreted(compiled)
    from dualrev.compiled.steps import CompiledStep

    return CompiledStep(compiled, private=True)  # what it writes to is for it alone: operators modify no input


class Returning:
    """A function that writes its result into its last argument, as one that returns an array of a shape."""

    def __init__(self, f: Any, shape: int | tuple[int, ...]) -> None:
        self.f, self.shape = f, shape
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        self.__doc__ = getattr(f, "__doc__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function writes; an array of objects can hold active numbers."""
        out = np.zeros(self.shape, dtype=object)
        self.f(*args, out, **kwargs)
        return out


def returning(f: Any, shape: int | tuple[int, ...], backend: str) -> Any:
    """Return a function that returns its result, from one that writes it into its last argument."""
    dispatcher = dispatcher_of(f, backend)
    if dispatcher is not None:
        from dualrev.compiled.out_argument import returning as returning_compiled

        return returning_compiled(dispatcher, shape)
    return Returning(interpretable(f, backend), shape)


def dispatcher_of(f: Any, backend: str) -> Any:
    """Return the compiled function by which a function is differentiated, or None if it runs interpreted."""
    if backend == "numpy":
        return None
    compiled = getattr(f, "compiled", None)
    if compiled is not None and hasattr(compiled, "dispatcher"):
        return compiled.dispatcher
    made = compiled_form(f)
    if made is not None or backend == "auto":
        return made
    if not isinstance(f, FunctionType):
        raise UnknownBackendError(
            f"backend='numba' was asked for {getattr(f, '__name__', f)!r}, a {type(f).__name__}; it compiles functions "
            "written in Python. Give it one that calls this, or pass backend='numpy'"
        )
    import numba

    return numba.njit(f)
