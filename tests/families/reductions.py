"""Reductions and scans, products, statistics, and what passes over NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.primitives.array._statistics import deviation, variance
from families.case import AXES, MASK, ONE_AXIS, Case, calls, over

KEPT = {"axis": 1, "keepdims": True}
WHERE = over({"where": MASK}, {"axis": 1, "where": MASK}, {"axis": 0, "where": MASK, "keepdims": True})
SCANS = over({}, {"axis": 0}, {"axis": -1}, {"axis": 1, "dtype": np.float64})


def _all(*makers: Callable[[Any], list[Case]]) -> Callable[[Any], list[Case]]:
    return lambda f: [case for make in makers for case in make(f)]


def _with(initial: float) -> Callable[[Any], list[Case]]:
    return over({"initial": initial}, {"axis": 0, "initial": initial, "where": MASK})


def _holes(x: Any) -> Any:
    """Return x with NaN in one place of each row."""
    return np.where(MASK, x, np.nan)


def _with_holes(*options: dict[str, Any]) -> Callable[[Any], list[Case]]:
    return lambda f: [Case(lambda x, o=o, g=g: f(g(x), **o), ((2, 3),)) for g in (_holes, lambda x: x) for o in options]


ROWS = np.array([[True, False, True, True], [True, True, True, True], [False, True, True, True]])
SPREADS = over(
    *({}, {"axis": 0}, {"axis": (1, 0)}, KEPT, {"ddof": 1}, {"axis": 1, "ddof": 1.5}),
    *({"where": ROWS}, {"axis": 1, "where": ROWS}, {"axis": (0, 1), "where": ROWS[1], "keepdims": True}),
    shapes=((3, 4),),
)
OF_SPREADS = _all(
    over(
        {},
        {"axis": 0},
        KEPT,
        {"ddof": 1},
        {"axis": 1, "correction": 1},
        {"axis": (0, 1), "where": ROWS},
        shapes=((3, 4),),
    ),
    calls(
        (lambda f, x: f(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)), ((2, 3),)),
        (lambda f, x, m: f(x, axis=1, mean=m, ddof=1), ((2, 3), (2, 1))),
        (lambda f, x: f(x, 1, None, None, 1, True), ((2, 3),)),
    ),
)
NANS = _with_holes({}, {"axis": 0}, KEPT)
NAN_SCANS = _with_holes({}, {"axis": 0}, {"axis": 1})

RULES: dict[Any, Callable[[Any], list[Case]]] = {
    np.sum: _all(AXES, WHERE, _with(2.0), over({"dtype": np.float64}, {"axis": ()})),
    np.mean: _all(AXES, WHERE, over({"axis": 0, "dtype": np.float64})),
    np.max: _all(AXES, _with(0.5), _with(-9.0)),
    np.min: _all(AXES, _with(0.5), _with(9.0)),
    np.prod: _all(AXES, WHERE, _with(2.0), over({}, {"axis": (0, 2)}, shapes=((1, 2, 3), (2, 3, 2)))),
    np.cumsum: ONE_AXIS,
    np.cumprod: SCANS,
    variance: SPREADS,
    deviation: SPREADS,
}

COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {
    np.var: OF_SPREADS,
    np.std: OF_SPREADS,
    np.ptp: AXES,
    np.amax: AXES,
    np.amin: AXES,
    np.average: calls(
        (lambda f, a: f(a), ((2, 3),)),
        (lambda f, a: f(a, axis=1, keepdims=True), ((2, 3),)),
        (lambda f, a, w: f(a, weights=w + 4), ((2, 3), (2, 3))),
        (lambda f, a, w: f(a, 1, w + 4), ((2, 3), (3,))),
        (lambda f, a, w: f(a, axis=(2, 0), weights=w + 4), ((2, 3, 4), (4, 2))),
        (lambda f, a, w: f(a, axis=0, weights=w + 4, returned=True)[1], ((2, 3), (2,))),
        (lambda f, a: f(a, returned=True)[0], ((2, 3),)),
    ),
    np.cumulative_sum: over({"axis": 0}, {"axis": -1, "include_initial": True}),
    np.cumulative_prod: over({"axis": 0}, {"axis": 0, "include_initial": True}),
    np.nansum: NANS,
    np.nanprod: NANS,
    np.nanmean: NANS,
    np.nanvar: _all(NANS, _with_holes({"axis": 1, "ddof": 0.5})),
    np.nanstd: calls(
        (lambda f, x: f(np.where(ROWS, x, np.nan)), ((3, 4),)),
        (lambda f, x: f(np.where(ROWS, x, np.nan), axis=1, ddof=1), ((3, 4),)),
        (lambda f, x: f(x, axis=0, keepdims=True), ((3, 4),)),
    ),
    np.nanmax: NANS,
    np.nanmin: _all(NANS, _with_holes({"axis": 1, "initial": 0.5})),
    np.nancumsum: NAN_SCANS,
    np.nancumprod: NAN_SCANS,
}
