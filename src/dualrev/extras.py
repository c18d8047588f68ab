"""Packages that come with the extras: imported when they are first needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from dualrev.errors import MissingExtraError


def install(extra: str) -> str:
    """Return the command that installs an extra.

    Examples
    --------
    >>> print(install("plot"))
    from a checkout of dualrev: pip install '.[plot]'
    """
    return f"from a checkout of dualrev: pip install '.[{extra}]'"


def module_of(extra: str, name: str, what: str) -> Any:
    """Return a module of a package that an extra installs.

    Parameters
    ----------
    extra, name
        The extra and the module.
    what
        What needs it, for the message: "plot() needs Matplotlib".

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    """
    try:
        __import__(name)
    except ImportError as error:
        raise MissingExtraError(f"{what}, which is not installed; {install(extra)}") from error
    return sys.modules[name]


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    try:
        __import__(package)
    except ImportError:
        return False
    return True


def scipy_module(name: str) -> Any:
    """Return a module of SciPy, or raise `MissingExtraError`."""
    return module_of("scipy", f"scipy.{name}", f"functions of scipy.{name} need SciPy")


def pyplot() -> Any:
    """Return Matplotlib's pyplot, or raise `MissingExtraError`."""
    return module_of("plot", "matplotlib.pyplot", "a plot needs Matplotlib")


def from_scipy(name: str, function: str) -> Callable[..., Any]:
    """Return a function of a module of SciPy, looked up when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(scipy_module(name), function)(*args, **kwargs)

    call.__doc__ = f"The same as `scipy.{name}.{function}`."
    return call
