"""Which rows SciPy's functions reach, without an import of SciPy."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from dualrev.primitives.row import Row


def spellings(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the rows that SciPy's functions reach, by the functions' full names."""
    return {name: row for row in rows for name in row.names if name.startswith("scipy.")}


def found_in(known: dict[str, Any], ufunc: Any) -> Any:
    """Return what a ufunc of SciPy is among the known, or None; the name alone could be that of somebody else's."""
    for name, row in known.items():
        where, _, short = name.rpartition(".")
        if short == ufunc.__name__ and getattr(sys.modules.get(where), short, None) is ufunc:
            return row
    return None
