"""The pushforward of a scalar primitive over arrays: partials times tangents."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from dualrev.forward.spans import push_spans, widened
from dualrev.kernels.fused import FUSED_SIZE, push
from dualrev.kernels.numpy_rows import evaluated, partials
from dualrev.primitives.array.shaping import pad_axes
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.row import Row


def push_row(row: Row, y: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the tangent of `y`, or None if no argument that matters has one."""
    ndim = y.ndim
    # Few directions first: a kernel over all of them would compute and store the zeros of the others. Where both
    # refuse, NumPy is faster.
    if ndim and y.size >= FUSED_SIZE:
        fused = push_spans(row, y, primals, tangents)
        if fused is not None:
            return fused
        tangents = [widened(tangent) for tangent in tangents]
        fused = push(row, y, primals, tangents)
        if fused is not None:
            return fused
    total = None
    n = -1
    for entry in partials(row):
        n += 1
        tangent = tangents[n]
        rule = entry[0]
        if tangent is None or rule is None:
            continue
        partial = rule(y, *primals) if entry[1] else evaluated(entry, y, primals)
        if ndim:
            primal = primals[n]
            if primal.ndim != ndim:
                tangent = pad_axes(tangent, primal.ndim, ndim)
            term = chain_product(partial, tangent)
        # For a partial that is an ordinary number the law holds by itself, and the test costs less than to silence
        # NumPy.
        elif isinstance(partial, float) and partial and isfinite(partial):
            term = tangent * partial
        else:
            term = chain_product(partial, tangent)
        total = term if total is None else total + term
    if total is None:
        return None
    # A partial that is a double makes a double of a single precision tangent.
    if total.dtype is not y.dtype and total.dtype != y.dtype:
        total = total.astype(y.dtype)
    return fitted(total, y) if ndim else total


def fitted(tangent: Any, y: Any) -> Any:
    """Return the tangent with the shape of the result, where broadcasting of constants widened that."""
    ahead = tangent.ndim - y.ndim
    return tangent if tangent.shape[ahead:] == y.shape else np.broadcast_to(tangent, tangent.shape[:ahead] + y.shape)
