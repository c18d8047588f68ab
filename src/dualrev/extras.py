"""Packages that come with the extras: imported when they are first needed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from dualrev.errors import MissingExtraError


def scipy_module(name: str) -> Any:
    """Return a module of SciPy.

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.
    """
    try:
        return importlib.import_module(f"scipy.{name}")
    except ImportError as error:
        raise MissingExtraError(
            f"functions of scipy.{name} need SciPy, which is not installed: pip install dualrev[scipy]"
        ) from error


def from_scipy(name: str, function: str) -> Callable[..., Any]:
    """Return a function of a module of SciPy, looked up when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(scipy_module(name), function)(*args, **kwargs)

    call.__doc__ = f"The same as `scipy.{name}.{function}`."
    return call
