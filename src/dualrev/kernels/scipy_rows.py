"""Maps SciPy's functions to rows without importing SciPy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dualrev.environment import from_scipy
from dualrev.primitives.row import HostRow, Row


def spellings(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the rows that SciPy's functions reach, by the functions' full names."""
    return {name: row for row in rows for name in row.names if name.startswith("scipy.")}


def found_in(known: dict[str, Any], ufunc: Any) -> Any:
    """Return what a ufunc of SciPy is among the known, or None; the name alone could be that of somebody else's."""
    for name, row in known.items():
        where, _, short = name.rpartition(".")
        # Looked up among the modules that are loaded: who calls a function of SciPy has imported it.
        if short == ufunc.__name__ and getattr(sys.modules.get(where), short, None) is ufunc:
            return row
    return None


def value(row: HostRow) -> Callable[..., Any]:
    """Return SciPy's function that is a row, of plain numbers."""
    if row.part is not None:
        name, place = row.part
        several = from_scipy("special", name)

        def part(*args: Any) -> Any:
            return several(*args)[place]

        part.__doc__ = f"One of the results of `scipy.special.{name}`, the one at place {place}."
        return part
    function = from_scipy("special", row.name)
    return _of_whole_numbers(row, function) if row.whole else function


def _of_whole_numbers(row: HostRow, function: Callable[..., Any]) -> Callable[..., Any]:
    names = row.fn.__code__.co_varnames[: row.arity]

    def call(*args: Any) -> Any:
        """Return the function's value in the precision of its other arguments."""
        given = list(args)
        for n, (name, arg) in enumerate(zip(names, args, strict=True)):
            if name in row.whole:
                given[n] = np.asarray(arg).astype(np.dtype("long"))
                if not np.array_equal(given[n], arg):
                    raise ValueError(f"{row.name}({', '.join(names)}) takes {name} as an integer; got {arg}")
        dtype = np.result_type(*[arg for name, arg in zip(names, args, strict=True) if name not in row.whole])
        return np.asarray(function(*given), dtype if dtype.kind in "fc" else np.float64)[()]

    call.__doc__ = function.__doc__
    return call
