"""Interpolation, quadrature, grids, convolution and statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled._array_functions.axes import plain
from dualrev.compiled._array_functions.contraction import dot
from dualrev.compiled._array_functions.reductions import mean, sum_
from dualrev.compiled._array_functions.selection import sort
from dualrev.compiled._array_functions.table import array_function, owner_inside, refuse, zeros_for
from dualrev.kernels.cpu import compiled
from dualrev.kernels.numba_arrays import empty_array


@array_function(np.interp, chosen=True)
def interp(x: Any, xp: Any, fp: Any) -> Any:
    """Interpolate linearly; constant outside."""
    owner = owner_inside(types.Tuple((x, xp, fp)))
    if not isinstance(x, types.Array):
        return lambda x, xp, fp: _between(x, xp, fp, plain(x), plain(xp))

    def implementation(x, xp, fp):  # type: ignore[no-untyped-def]
        y = empty_array(owner, x.shape)
        flat, values, nodes = y.ravel(), plain(x).ravel(), plain(xp)
        for n, each in enumerate(x.flat):
            flat[n] = _between(each, xp, fp, values[n], nodes)
        return y

    return implementation


# Plain values find the interval, and active numbers make the value: the choice of the interval has no derivative.
@compiled
def _between(x: Any, xp: Any, fp: Any, value: Any, nodes: Any) -> Any:
    last = nodes.size - 1
    if last < 0:
        raise ValueError("array of sample points is empty")
    if fp.size != nodes.size:
        raise ValueError("fp and xp are not of the same size.")
    n = min(max(np.searchsorted(nodes, value, "right") - 1, 0), last)
    # A zero of the type that the other branch has: Numba wants one type for all results.
    nothing = (x - x) * (xp[0] - xp[0])
    if n == last or value <= nodes[0]:
        return fp[n] + nothing
    return fp[n] + (fp[n + 1] - fp[n]) / (xp[n + 1] - xp[n]) * (x - xp[n])


@array_function(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0) -> Any:
    """Integrate along the last axis by trapezoids."""
    middle = y[..., 1:] + y[..., :-1]
    if x is None:
        return sum_(middle * (dx / 2), -1)
    return sum_(middle * (x[..., 1:] - x[..., :-1]) / 2, -1)


@array_function(np.linspace)
def linspace(start: Any, stop: Any, num: Any = 50) -> Any:
    """Return numbers at equal distances, both ends included."""
    return start + np.arange(num) * ((stop - start) / max(num - 1, 1))


@array_function(np.arange, chosen=True)
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Return numbers at a distance, the stop left out; how many there are is flat in the ends."""
    if stop is None:
        return lambda start, stop=None, step=None, dtype=None: np.arange(plain(start))
    if step is None:
        return lambda start, stop=None, step=None, dtype=None: (
            start + np.arange(len(np.arange(plain(start), plain(stop))))
        )
    return lambda start, stop=None, step=None, dtype=None: (
        start + step * np.arange(len(np.arange(plain(start), plain(stop), plain(step))))
    )


@array_function(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Evaluate a polynomial by Horner's scheme."""
    # Of the shape and the type of the result from the first step on, since a variable has one type in compiled code.
    y = x * 0 + (p[0] if len(p) > 0 else 0.0)
    for n in range(1, len(p)):
        y = y * x + p[n]
    return y


@array_function(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """Convolve vectors."""
    if a.size == 0 or v.size == 0:
        raise ValueError("an operand of np.convolve is empty")
    y = zeros_for((a, v), a.size + v.size - 1)
    for i in range(a.size):
        for j in range(v.size):
            y[i + j] += a[i] * v[j]
    least, most = min(a.size, v.size), max(a.size, v.size)
    if mode == "valid":
        return y[least - 1 : most]
    if mode == "same":
        return y[(least - 1) // 2 : (least - 1) // 2 + most]
    return y


@array_function(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Correlate vectors; where the second is longer, NumPy swaps them and turns the result round."""
    if v.size > a.size:
        return np.ascontiguousarray(convolve(v, a[::-1], mode)[::-1])
    return convolve(a, v[::-1], mode)


@array_function(np.cross, chosen=True)
def cross(a: Any, b: Any) -> Any:
    """Return the vector product."""
    owner = owner_inside(types.Tuple((a, b)))
    ndim = max(a.ndim, b.ndim)

    def implementation(a, b):  # type: ignore[no-untyped-def]
        if a.shape[-1] != 3 or b.shape[-1] != 3:
            raise ValueError("Incompatible dimensions for cross product; both must be 3")
        if a.ndim == b.ndim and a.shape != b.shape:
            raise ValueError("np.cross of active numbers takes arrays of one shape, or a vector and an array")
        y = empty_array(owner, a.shape if a.ndim == ndim else b.shape)
        for n in range(3):
            i, j = (n + 1) % 3, (n + 2) % 3
            y[..., n] = a[..., i] * b[..., j] - a[..., j] * b[..., i]
        return y

    return implementation


@compiled
def _quantile(ordered: Any, q: Any) -> Any:
    if ordered.size == 0:
        return np.nan
    at = q * (ordered.size - 1)
    n = min(max(int(at), 0), ordered.size - 2) if ordered.size > 1 else 0
    if ordered.size == 1 or at == n:
        return ordered[n]
    return ordered[n] + (ordered[n + 1] - ordered[n]) * (at - n)


@array_function(np.quantile, chosen=True)
def quantile(a: Any, q: Any) -> Any:
    """Interpolate between the elements at a rank, sorted by the stable permutation."""
    owner = owner_inside(a)
    if not isinstance(q, types.Array):
        return lambda a, q: _quantile(sort(np.ravel(a)), q)

    def several(a, q):  # type: ignore[no-untyped-def]
        ordered, y = sort(np.ravel(a)), empty_array(owner, q.size)
        for n in range(q.size):
            y[n] = _quantile(ordered, q[n])
        return y

    return several


percentile = array_function(np.percentile)(lambda a, q: quantile(a, q / 100))
median = array_function(np.median)(lambda a: quantile(a, 0.5))


@array_function(np.bincount)
def bincount(a: Any, weights: Any = None, minlength: Any = 0) -> Any:
    """Add up the weights of each bin."""
    if weights.size != a.size:
        raise ValueError("The weights and list don't have the same length.")
    most = -1
    for each in a:
        if each < 0:
            raise ValueError("first argument must be non-negative")
        most = max(most, each)
    y = zeros_for(weights, max(most + 1, minlength))
    for n in range(a.size):
        y[a[n]] += weights[n]
    return y


@array_function(np.cov, chosen=True)
def cov(m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None) -> Any:
    """Return the covariance of rows."""
    refuse("cov", rowvar=rowvar, bias=bias, ddof=ddof)
    if m.ndim == 1 and y is None:
        return lambda m, y=None, rowvar=True, bias=False, ddof=None: cov(np.expand_dims(m, 0))[0, 0]
    owner = owner_inside(types.Tuple((m,) if y is None else (m, y)))
    if y is not None:

        def of_two(m, y=None, rowvar=True, bias=False, ddof=None):  # type: ignore[no-untyped-def]
            if m.size != y.size:
                raise ValueError("m and y have incompatible dimensions")
            rows = empty_array(owner, (2, m.size))
            rows[0], rows[1] = m, y
            return cov(rows)

        return of_two

    def of_rows(m, y=None, rowvar=True, bias=False, ddof=None):  # type: ignore[no-untyped-def]
        centred = m - np.expand_dims(mean(m, 1), 1)
        return dot(centred, centred.T) / max(m.shape[1] - 1, 0)

    return of_rows
