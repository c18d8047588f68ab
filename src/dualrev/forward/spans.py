"""Tangents of large arrays in the few directions that they have: the others are zero, and neither computed nor stored.

A parameter that is one number meets a large array in one direction of many: `p[0] * np.exp(-p[1] * t)`. Until an
operation needs all directions, a tangent is kept as a span of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dualrev.kernels.fused import pays, pull
from dualrev.kernels.numpy_rows import partials
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.row import Row


class Span(NamedTuple):
    """Tangents in the directions from `first` on, of so many `directions`."""

    part: np.ndarray
    first: int
    directions: int


def widened(tangent: Any) -> Any:
    """Return a tangent in all its directions."""
    if type(tangent) is not Span:
        return tangent
    whole = np.zeros((tangent.directions, *tangent.part.shape[1:]), tangent.part.dtype)
    whole[tangent.first : tangent.first + len(tangent.part)] = tangent.part
    return whole


def push_spans(row: Row, y: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the tangent of a large result, a span if it has few directions, or None where this does not pay."""
    rules = partials(row)
    found = [
        (n, _span(tangent, primals[n], y))
        for n, tangent in enumerate(tangents)
        if tangent is not None and rules[n].rule is not None
    ]
    spans = [(n, span) for n, span in found if span is not None]
    # One argument that is no span needs all directions anyway.
    if not spans or len(spans) < len(found):
        return None
    count = spans[0][1].directions
    low = min(span.first for _, span in spans)
    high = max(span.first + len(span.part) for _, span in spans)
    if sum(len(span.part) for _, span in spans) >= len(spans) * count:
        return None  # every direction is there: one kernel for all is faster
    out = np.empty((high - low, *y.shape), y.dtype)
    filled = np.zeros(high - low, bool)
    for n, span in spans:
        place = slice(span.first - low, span.first - low + len(span.part))
        rows = filled[place]
        # Another span has filled some of these directions. The rest become zero, so that one kernel can add to them
        # all.
        if rows.any() and not rows.all():
            out[place][~rows] = 0.0
            rows[:] = True
        _add(row, n, y, primals, span.part, out[place], bool(rows.all()))
        rows[:] = True
    out[~filled] = 0.0
    return out if high - low == count else Span(out, low, count)


def _span(tangent: Any, primal: Any, y: Any) -> Span | None:
    """Return a tangent as a span, of one number or of an array like the result; None for any other."""
    if type(tangent) is Span:
        return tangent if primal.shape == y.shape else None
    if type(tangent) is not np.ndarray or type(y) is not np.ndarray or tangent.dtype != y.dtype:
        return None
    if tangent.ndim == 1 and np.ndim(primal) == 0:
        # A parameter of many is seeded in one direction. From the first to the last that is not zero, because kernels
        # take a block.
        there = np.flatnonzero(tangent)
        if not there.size:
            return None
        first, end = int(there[0]), int(there[-1]) + 1
        part = tangent[first:end].reshape(-1, *(1,) * y.ndim)
        # Repeated by strides of 0: a kernel reads the one number.
        return Span(np.broadcast_to(part, (end - first, *y.shape)), first, len(tangent))
    whole = primal.shape == y.shape and tangent.ndim == y.ndim + 1
    return Span(tangent, 0, len(tangent)) if whole else None


def _add(row: Row, n: int, y: Any, primals: Sequence[Any], part: Any, out: Any, add: bool) -> None:
    """Write a partial times tangents, or add that to what is there."""
    constant = np.ndim(part) and not any(part.strides[1:])
    if (pays(row, n, y) or not constant) and pull(row, n, y, primals, part, y.shape, out, add):
        return
    with np.errstate(all="ignore"):
        rule = partials(row)[n].rule
        assert rule is not None
        term = chain_product(rule(y, *primals), part)
        np.add(out, term, out=out) if add else np.copyto(out, term)
