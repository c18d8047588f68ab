"""Where values, tangents and adjoints hold NaN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import optree

from dualrev.active.number import Active, primal
from dualrev.forward.dual import Dual
from dualrev.primitives.row import Row
from dualrev.reverse.adjoint_sweep import Adjoints
from dualrev.reverse.tape import Statement


def new_nan(found: Any, before: Sequence[Any], elementwise: bool) -> Any:
    """Return where NaN is and was not; all elements of all operands count where an operation is not elementwise."""
    for each in before:
        found = found & ~(each if elementwise else each.any())
    return found


def nan_in(x: Any) -> Any:
    """Return at which elements a plain number or array holds NaN; nowhere, if it is something else."""
    number = isinstance(x, float | complex | np.inexact) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")
    return np.isnan(x) if number else np.False_


def tangent_nan(x: Any) -> Any:
    """Return at which elements of a value any of its tangents, of all levels, holds NaN."""
    found: Any = np.False_
    while isinstance(x, Active):
        if isinstance(x, Dual):
            tangent = x.tangent
            inside = nan_in(primal(tangent)) | tangent_nan(tangent)
            found = found | _ahead_any(inside, x.ndim)
        x = x.content
    return found


def adjoint_nan(adjoints: Adjoints, statement: Statement) -> Any:
    """Return at which elements of a statement's result its adjoint holds NaN, in any direction."""
    adjoint = adjoints.get(statement)
    return _ahead_any(nan_in(primal(adjoint)) | tangent_nan(adjoint), len(statement.shape))


def _ahead_any(found: Any, ndim: int) -> Any:
    """Return whether there is any along the axes ahead of the last `ndim`."""
    ahead = found.ndim - ndim
    return found.any(axis=tuple(range(ahead))) if ahead > 0 else found


def operands_nan(operation: Any, operands: Sequence[Any], further: Any) -> Any:
    """Return whether values of operands hold NaN: where, for an operation element by element, or anywhere."""
    found: Any = np.False_
    for x in operands if isinstance(operation, Row) else (*operands, *optree.tree_leaves(further)):
        found = found | (nan_in(primal(x)) if isinstance(operation, Row) else nan_in(primal(x)).any())
    return found
