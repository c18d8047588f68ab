"""Whether a function runs compiled by Numba, or interpreted over NumPy."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from dualrev.active.number import Active
from dualrev.errors import UnknownBackendError, meant
from dualrev.operators.call import compiled_form, interpretable

BACKENDS = ("auto", "numba", "numpy")


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
