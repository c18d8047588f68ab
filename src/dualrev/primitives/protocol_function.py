"""Functions of our own that active numbers answer, by the protocol of NumPy's own functions (NEP 18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

_OF_ARRAYS = np.ndarray.__array_function__
"""NumPy's own `__array_function__`; an array whose class has it, such as a memory map, is plain."""


class ProtocolFunction:
    """A function of arrays that hands its arguments to any of them that implements `__array_function__`.

    Parameters
    ----------
    name
        The name by which users and rules call it.
    implementation
        What it does to plain numbers and arrays.
    module
        The module of dualrev in which users find it.
    """

    numba_type: ClassVar[Callable[[ProtocolFunction], Any]] = staticmethod(lambda function: None)
    """Returns the type that a function has in compiled code, or None. `dualrev.special` says which."""

    def __init__(self, name: str, implementation: Callable[..., Any], module: str = "special") -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = f"dualrev.{module}"
        self.__doc__ = implementation.__doc__
        self.implementation = implementation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the implementation's answer, or that of the first argument that has its own."""
        for arg in (*args, *kwargs.values()) if kwargs else args:
            answer = getattr(type(arg), "__array_function__", None)
            if answer is not None and answer is not _OF_ARRAYS:
                return answer(arg, self, (type(arg),), args, kwargs)
            if isinstance(arg, list | tuple | np.ndarray):
                element = _answering(arg)
                if element is not None:
                    return type(element).__array_function__(element, self, (type(element),), args, kwargs)
        return self.implementation(*args, **kwargs)

    @property
    def _numba_type_(self) -> Any:
        """The type in compiled code: Numba asks for it by this name where a function of its looks this one up."""
        return ProtocolFunction.numba_type(self)

    def __repr__(self) -> str:
        return f"<function {self.__name__} of {self.__module__}>"

    def __reduce__(self) -> str:
        return self.__name__  # pickle looks it up in `__module__`, where users find it


def _answering(x: Any) -> Any:
    """Return an element of nested lists, or of an array of objects, that implements `__array_function__`, or None."""
    if isinstance(x, np.ndarray):
        return next((each for each in x.flat if _answers(each)), None) if x.dtype.kind == "O" else None
    if isinstance(x, list | tuple):
        return next((found for found in map(_answering, x) if found is not None), None)
    return x if _answers(x) else None


def _answers(x: Any) -> bool:
    return hasattr(type(x), "__array_function__") and not isinstance(x, np.ndarray)
