"""Functions of the order of elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from families.case import Case, calls, over

HOLES = np.array([[True, False, True, True], [True, True, True, True]])
METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull"),
    *("linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest"),
)
ROWS = ((2, 4),)
WEIGHTS = np.array([[1.0, 2.0, 0.5, 3.0], [0.5, 0.5, 1.0, 1.0]])
MEDIANS = over(
    {}, {"axis": 0}, {"axis": (0, 2)}, {"axis": [1]}, {"axis": -1, "keepdims": True}, shapes=((2, 3, 4), (3, 1, 5))
)


def _quantiles(scale: float, *more: Any) -> Callable[[Any], list[Case]]:
    return calls(
        *((lambda f, a, m=method: f(a, 0.37 * scale, axis=1, method=m), ROWS) for method in METHODS),
        (lambda f, a: f(a, 0.5 * scale), ROWS),
        (lambda f, a: f(a, [0.0, 0.3 * scale, 1.0 * scale], axis=0), ROWS),
        (lambda f, a: f(a, np.array([[0.1, 0.6]]) * scale, axis=(0, 1), keepdims=True), ROWS),
        (lambda f, a: f(a, 0.4 * scale, axis=1, weights=WEIGHTS, method="inverted_cdf"), ROWS),
        *more,
    )


def _holes(q: Any) -> Any:
    return (lambda f, a: f(np.where(HOLES, a, np.nan), *q, axis=1), ROWS)


RULES: dict[Any, Callable[[Any], list[Case]]] = {
    np.sort: over(
        {}, {"axis": 0}, {"axis": None}, {"axis": 1, "kind": "mergesort"}, {"stable": True}, shapes=((3, 4),)
    ),
    np.partition: over({"kth": 2}, {"kth": (0, 2), "axis": 0}, {"kth": 4, "axis": None}, shapes=((3, 4),)),
    np.median: MEDIANS,
    np.nanmedian: lambda f: [*MEDIANS(f), *calls(_holes(()))(f)],
    np.quantile: _quantiles(1.0),
    np.percentile: _quantiles(100.0),
    np.nanquantile: _quantiles(1.0, _holes((0.3,)), _holes(([0.1, 0.9],))),
    np.nanpercentile: _quantiles(100.0, _holes((30.0,))),
}
COMPOSITES: dict[Any, Callable[[Any], list[Case]]] = {}
