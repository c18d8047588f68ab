"""Whether a function runs compiled by Numba, or interpreted over NumPy."""

from __future__ import annotations

from typing import Any

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
    """Return a function that takes active numbers: a compiled one as a single step, or interpreted if that is asked."""
    if not is_dispatcher(f):
        return f
    if backend == "numpy":
        from dualrev.compiled.cloning import interpreted

        return interpreted(f)
    from dualrev.compiled.steps import CompiledStep

    return CompiledStep(f)


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
