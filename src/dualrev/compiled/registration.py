"""What must be known to Numba before a derivative is compiled; entered once, when first needed."""

from __future__ import annotations

from functools import cache
from typing import Any

from dualrev.compiled import builtins, elementwise, extremes
from dualrev.compiled.array_functions import (
    joining,
    linalg,
    numerics,
    products,
    reductions,
    selection,
    sequences,
    shaping,
)
from dualrev.compiled.array_functions.table import STAND_INS
from dualrev.kernels import active_rows
from dualrev.kernels.memory import keep_pages


@cache
def register() -> None:
    """Enter all overloads."""
    keep_pages()
    active_rows.register()
    elementwise.register()


@cache
def replacements(number: Any) -> dict[Any, Any]:
    """Return functions of NumPy's that clones call in a version of ours, whatever the attempt."""
    return STAND_INS | extremes.STAND_INS


_ = builtins, joining, linalg, numerics, products, reductions, selection, sequences, shaping
