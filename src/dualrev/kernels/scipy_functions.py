"""SciPy's functions, imported when the first one is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from typing import Any

from dualrev.errors import MissingExtraError
from dualrev.primitives.row import Row


def module(name: str) -> Any:
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


def on_first_use(name: str, function: str) -> Callable[..., Any]:
    """Return a function of a module of SciPy, looked up when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(module(name), function)(*args, **kwargs)

    call.__doc__ = f"The same as `scipy.{name}.{function}`."
    return call


def spellings(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the rows that SciPy's functions reach, by the functions' full names."""
    return {name: row for row in rows for name in row.names if name.startswith("scipy.")}


def found_in(known: dict[str, Row], ufunc: Any) -> Row | None:
    """Return the row that a ufunc of SciPy is, if it is one; the name alone could be that of somebody else's."""
    for name, row in known.items():
        where, _, short = name.rpartition(".")
        if short == ufunc.__name__ and getattr(sys.modules.get(where), short, None) is ufunc:
            return row
    return None
