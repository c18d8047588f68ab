"""Reductions and scans that pass over NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.primitives.array.rule import composite, plain


def _filled(a: Any, value: float) -> tuple[Any, Any]:
    """Return the array with a value in place of NaN, and where it has numbers."""
    there = ~np.isnan(plain(a))
    return (a if there.all() else np.where(there, a, np.asarray(value, a.dtype))), there


def _options(options: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    given = {key: value for key, value in options.items() if value is not np._NoValue and key != "out"}
    where = given.pop("where", True)
    return given, where


def _filling(function: Any, of_numbers: Any, value: float) -> None:
    def definition(a: Any, axis: Any = None, dtype: Any = None, out: None = None, **options: Any) -> Any:
        return of_numbers(_filled(a, value)[0], axis=axis, dtype=dtype, **options)

    definition.__doc__ = f"Put {value} in place of NaN."
    composite(function)(definition)


for _function, _of_numbers, _value in (
    (np.nansum, np.sum, 0.0),
    (np.nanprod, np.prod, 1.0),
    (np.nancumsum, np.cumsum, 0.0),
    (np.nancumprod, np.cumprod, 1.0),
):
    _filling(_function, _of_numbers, _value)


@composite(np.nanmean)
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: Any = False, **options: Any
) -> Any:
    """Average the numbers."""
    _, where = _options(options)
    return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims is True, where=where & ~np.isnan(plain(a)))


def _spreading(function: Any, of_numbers: Any) -> None:
    def definition(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: None = None,
        ddof: Any = 0,
        keepdims: Any = False,
        **options: Any,
    ) -> Any:
        given, where = _options(options)
        where = where & ~np.isnan(plain(a))
        keepdims = keepdims is True
        return of_numbers(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where, **given)

    definition.__doc__ = f"Take np.{of_numbers.__name__} of the numbers."
    composite(function)(definition)


def _selecting(function: Any, of_numbers: Any, beyond: float) -> None:
    def definition(a: Any, axis: Any = None, out: None = None, keepdims: Any = False, **options: Any) -> Any:
        given, where = _options(options)
        filled, there = _filled(a, beyond)
        keepdims = keepdims is True
        if where is not True or given:
            given = {"initial": beyond, "where": where} | given
        result = of_numbers(filled, axis=axis, keepdims=keepdims, **given)
        nothing = ~np.any(there & where, axis=axis, keepdims=keepdims)
        if not np.any(nothing) or "initial" in options:
            return result
        return np.where(nothing, np.asarray(np.nan, a.dtype), result)

    definition.__doc__ = f"Take np.{of_numbers.__name__} of the numbers, and NaN where there are none."
    composite(function)(definition)


for _spread, _of_spreads in ((np.nanvar, np.var), (np.nanstd, np.std)):
    _spreading(_spread, _of_spreads)
for _extreme, _of_extremes, _beyond in ((np.nanmax, np.max, -np.inf), (np.nanmin, np.min, np.inf)):
    _selecting(_extreme, _of_extremes, _beyond)
