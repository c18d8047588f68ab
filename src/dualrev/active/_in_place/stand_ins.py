"""Functions in the place of NumPy's that ask active numbers where NumPy asks nobody: in lists, and in options.

They ask by the protocol of NumPy's other functions (NEP 18). Where there are no active numbers, NumPy's own function is
called from C, with no frame of ours between: results, errors and the places of warnings are its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np
from numpy._core.overrides import array_function_dispatch

from dualrev.active._callers import LIBRARIES, package_of
from dualrev.active.number import Active
from dualrev.active.numpy_protocol import apply_function, operand

_Array = np.ndarray
NOBODY = ()
_LIBRARIES = LIBRARIES - {"numpy"}
"""NumPy's own code takes active arrays as its functions do."""
SOUGHT = Active.kinds
SOUGHT |= {list, tuple}


class StandIn:
    """A function in the place of one of NumPy's.

    It equals the function whose place it takes, so that tables of functions find it: Numba's, and those of other
    libraries that answer NumPy's protocols. It is pickled by its name, and no method where it is a class's attribute.
    """

    __slots__ = ("__dict__",)

    stands_in_for: Any
    """NumPy's own function."""

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.stands_in_for or getattr(other, "stands_in_for", 0) is self.stands_in_for

    def __hash__(self) -> int:
        return hash(self.stands_in_for)

    def __get__(self, instance: object, owner: type | None = None) -> StandIn:
        return self

    def __repr__(self) -> str:
        return repr(self.stands_in_for)

    def __reduce__(self) -> str:
        return str(self.stands_in_for.__name__)


def stand_in(function: Any, asked: Callable[..., Any]) -> StandIn:
    """Return a stand-in for a function that asks those whom `asked` returns for the arguments of a call."""
    # `verify` compares the parameters of both functions, and `asked` takes any.
    public = array_function_dispatch(asked, verify=False)(function)
    # A class for each function: Python finds `__call__` in the class, so that NumPy's dispatcher, written in C, is
    # called without a function of ours between.
    # Numba enters a function by a weak reference where it has those, and else as it is; the stand-in, which equals the
    # function, must be looked for in the same way. Most of NumPy's functions have none, its builtin ones do.
    slots = ("__weakref__",) if getattr(type(function), "__weakrefoffset__", 0) else ()
    result: StandIn = type("StandIn", (StandIn,), {"__call__": staticmethod(public), "__slots__": slots})()
    update_wrapper(result, function)  # type: ignore[arg-type]
    result.stands_in_for = function
    return result


def who_answers(function: Any, answer: Callable[..., Any]) -> tuple[Any]:
    """Return whom to ask: one who answers a call by `answer`, unless a library's own code calls.

    Libraries hand such arrays to code in C, which reads their memory as that of numbers. NumPy's own function gives
    them what it always gave: an array of objects, or our refusal to become plain numbers.
    """

    def answered(self: Any, public: Any, types: Any, args: Any, kwargs: Any) -> Any:
        own = function if package_of(sys._getframe(1)) in _LIBRARIES else answer
        return own(*args, **kwargs)

    # NumPy asks the classes of those whom `asked` returns. This one belongs to the function, and is asked whatever
    # kinds of numbers are in the lists.
    return (type("Answer", (), {"__array_function__": answered})(),)


def of_any_argument(function: Any, joined: bool) -> StandIn:
    """Return a stand-in that takes active numbers in any argument, and in lists, which may be joined to arrays."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        if not joined:
            return apply_function(function, args, kwargs)
        options = kwargs and {key: _joined(x) for key, x in kwargs.items()}
        return apply_function(function, tuple(map(_joined, args)), options)

    ours = who_answers(function, answer)

    def asked(*args: Any, **kwargs: Any) -> Any:
        # Plain arrays first: nearly all calls of these functions in a process have nothing else.
        for each in args:
            if type(each) is not _Array and _sought(each):
                return ours
        for each in kwargs.values():
            if _sought(each):
                return ours
        return NOBODY

    return stand_in(function, asked)


def _joined(x: Any) -> Any:
    return stacked(x) if type(x) in (list, tuple) and holds_active(x) else x


def _sought(x: Any) -> bool:
    """Whether an argument is an active number, or a list that holds one."""
    return holds_active(x) if type(x) in (list, tuple) else isinstance(x, Active)


def holds_active(x: list[Any] | tuple[Any, ...]) -> bool:
    """Whether nested lists hold an active number. Few have a look at each element: most hold plain numbers alone."""
    return not SOUGHT.isdisjoint(map(type, x)) and any(
        isinstance(each, Active) or (isinstance(each, list | tuple) and holds_active(each)) for each in x
    )


def stacked(x: Any) -> Any:
    """Return nested lists of active and plain numbers or arrays as one array."""
    if not isinstance(x, list | tuple):
        return x
    parts = [stacked(each) for each in x]
    if any(isinstance(each, Active) for each in parts):
        return np.stack([operand(each) for each in parts])
    return np.array(parts)


OF_LISTS = {
    np: "amax amin average bincount broadcast_to corrcoef cov ediff1d geomspace insert interp max mean meshgrid min "
    "nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar pad percentile "
    "prod quantile round std sum unique unique_values unwrap var",
    np.fft: "fft fft2 fftn ifft ifft2 ifftn ihfft irfft irfft2 irfftn hfft rfft rfft2 rfftn",
    np.linalg: "cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_norm matrix_power pinv qr slogdet solve "
    "svd svdvals tensorinv tensorsolve",
    np.emath: "arccos arcsin arctanh log log10 log2 logn power sqrt",
    np.lib.stride_tricks: "sliding_window_view",
}
"""Functions that make arrays of lists, and cannot compute with arrays of objects."""

OF_OPTIONS = {
    np: "full full_like histogram histogram2d histogramdd nan_to_num piecewise select",
    np.linalg: "norm vector_norm",
}
"""Functions that leave active numbers as they are, or compare them, in arguments of which NumPy asks nobody; a list
may be one of arrays of several shapes, or of functions."""


def original(module: Any, name: str) -> Any:
    """Return NumPy's own function of a name, which a stand-in may have replaced already."""
    found = getattr(module, name)
    return getattr(found, "stands_in_for", found)
