"""The pushforward of a scalar primitive over arrays: partials times tangents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualrev.kernels.arrays import bound, quiet
from dualrev.kernels.fused import FUSED_SIZE, push
from dualrev.primitives.array.rule import leading
from dualrev.primitives.array.shaping import pad_axes
from dualrev.primitives.product import chain_product
from dualrev.primitives.row import Row


def push_row(row: Row, y: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the tangent of `y`, or None if no argument that matters has one."""
    fused = push(row, y, primals, tangents) if y.size >= FUSED_SIZE else None
    if fused is not None:
        return fused
    rules = bound(row).partials
    total = None
    for n, tangent in enumerate(tangents):
        rule = rules[n]
        if tangent is None or rule is None:
            continue
        if quiet(row.partials[n]):
            partial = rule(y, *primals)
        else:
            with np.errstate(all="ignore"):
                partial = rule(y, *primals)
        ndim = np.ndim(primals[n])
        if ndim != y.ndim:
            tangent = pad_axes(tangent, ndim, y.ndim)
        term = chain_product(partial, tangent)
        total = term if total is None else total + term
    if total is None:
        return None
    return fitted(total, y)


def fitted(tangent: Any, y: Any) -> Any:
    """Return the tangent with the shape and dtype of the result, where broadcasting or constants widened that."""
    if tangent.dtype != y.dtype:
        tangent = tangent.astype(y.dtype)
    ahead = leading(tangent, y.ndim)
    return tangent if tangent.shape[len(ahead) :] == y.shape else np.broadcast_to(tangent, ahead + y.shape)
