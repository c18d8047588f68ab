"""Registration of types and overloads with Numba; done once, before the first derivative is compiled."""

from __future__ import annotations

from functools import cache
from typing import Any

from dualrev.compiled._array_functions import (
    composites,
    contraction,
    joining,
    linalg,
    numerics,
    reductions,
    selection,
    sequences,
    shaping,
)
from dualrev.compiled._array_functions.table import STAND_INS
from dualrev.compiled.clones import _builtins as builtins
from dualrev.compiled.clones import _elementwise as elementwise
from dualrev.compiled.clones import _extremes as extremes
from dualrev.kernels import numba_rows
from dualrev.kernels.heap_pages import keep_pages


@cache
def register() -> None:
    """Enter all overloads."""
    keep_pages()
    numba_rows.register()
    elementwise.register()


@cache
def replacements(number: Any) -> dict[Any, Any]:
    """Return functions of NumPy's that clones call in a version of ours, whatever the attempt."""
    return STAND_INS | extremes.STAND_INS


_ = builtins, composites, joining, linalg, numerics, contraction, reductions, selection, sequences, shaping
