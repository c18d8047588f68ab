"""Whether a function runs compiled by Numba, or interpreted over NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active import looked_at
from dualrev.errors import UnknownBackendError

BACKENDS = ("auto", "numba", "numpy")


def known_backend(backend: str) -> str:
    """Return the name of a backend, if there is one of that name."""
    if backend not in BACKENDS:
        raise UnknownBackendError(
            f"backend={backend!r} does not exist; expected one of {', '.join(map(repr, BACKENDS))}"
        )
    return backend


def is_dispatcher(f: Any) -> bool:
    """Whether a function is one that Numba compiled."""
    return type(f).__module__.partition(".")[0] == "numba" and hasattr(f, "py_func")


def interpretable(f: Any, backend: str) -> Any:
    """Return a function that takes active numbers: a compiled one as a single step, or interpreted if that is asked.

    It is interpreted, too, where its operations are looked at.
    """
    if not is_dispatcher(f):
        return f
    if backend == "numpy" or looked_at():
        from dualrev.compiled.cloning import interpreted

        return interpreted(f)
    from dualrev.compiled.steps import CompiledStep

    return CompiledStep(f)


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
        from dualrev.compiled.in_place import returning as returning_compiled

        return returning_compiled(dispatcher, shape)
    return Returning(interpretable(f, backend), shape)


def dispatcher_of(f: Any, backend: str) -> Any:
    """Return the compiled function by which a function is differentiated, or None if it runs interpreted."""
    if backend == "numpy":
        return None
    compiled = getattr(f, "compiled", None)
    if compiled is not None and hasattr(compiled, "dispatcher"):
        return compiled.dispatcher
    if is_dispatcher(f):
        return f
    if backend == "auto":
        return None
    import numba

    return numba.njit(f)
