"""Arrays with their elements in other places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import errors, types

from dualrev.compiled._array_functions.axes import plain
from dualrev.compiled._array_functions.table import array_function, expect_int, refuse
from dualrev.kernels.numba_arrays import empty_array, zero_array
from dualrev.kernels.numba_types import is_active


@array_function(np.repeat, method="repeat", chosen=True)
def repeat(a: Any, repeats: Any) -> Any:
    """Repeat each element."""
    dtype = a.dtype
    if isinstance(repeats, types.Integer):

        def equally(a, repeats):  # type: ignore[no-untyped-def]
            y = empty_array(dtype, a.size * repeats)
            for n, each in enumerate(a.flat):
                for k in range(repeats):
                    y[n * repeats + k] = each
            return y

        return equally

    def unequally(a, repeats):  # type: ignore[no-untyped-def]
        if repeats.size != a.size:
            raise ValueError("np.repeat was given counts that are not as many as the elements")
        y, at = empty_array(dtype, np.sum(repeats)), 0
        for n, each in enumerate(a.flat):
            for _ in range(repeats[n]):
                y[at] = each
                at += 1
        return y

    return unequally


def _triangle(function: Any, lower: bool) -> None:
    def choose(m: Any, k: Any = 0) -> Any:
        dtype = m.dtype
        expect_int(f"np.{function.__name__}", k)
        if m.ndim < 2:
            raise errors.TypingError(f"np.{function.__name__} of a vector of active numbers has no rule")

        def implementation(m, k=0):  # type: ignore[no-untyped-def]
            y = zero_array(dtype, m.shape)
            last = m.ndim - 1
            for at, value in np.ndenumerate(m):
                i, j = at[last - 1], at[last]
                if j <= i + k if lower else j >= i + k:
                    y[at] = value
            return y

        return implementation

    array_function(function, chosen=True)(choose)


_triangle(np.tril, True)
_triangle(np.triu, False)


@array_function(np.diff)
def diff(a: Any, n: Any = 1) -> Any:
    """Subtract neighbours along the last axis."""
    if n < 0:
        raise ValueError("diff(): order must be non-negative")
    y = np.ascontiguousarray(a) if n else a.copy()
    for _ in range(n):
        y = np.ascontiguousarray(y[..., 1:] - y[..., :-1])
    return y


@array_function(np.ediff1d, chosen=True)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Subtract neighbours of the flattened array."""
    refuse("ediff1d", to_end=to_end, to_begin=to_begin)
    return lambda ary, to_end=None, to_begin=None: diff(np.ravel(ary))


@array_function(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: Any = False) -> None:
    """Write to the diagonal."""
    if wrap:
        raise ValueError("np.fill_diagonal(wrap=True) of active numbers has no rule")
    for n in range(min(a.shape)):
        a[n, n] = val


@array_function(np.vander, chosen=True)
def vander(x: Any, N: Any = None) -> Any:
    """Return powers in columns."""
    dtype = x.dtype

    def implementation(x, N=None):  # type: ignore[no-untyped-def]
        count = x.size if N is None else N
        y = empty_array(dtype, (x.size, count))
        for i in range(x.size):
            # One of the type of x, which depends on nothing.
            power = x[i] ** 0
            for j in range(count - 1, -1, -1):
                y[i, j] = power
                power = power * x[i]
        return y

    return implementation


@array_function(np.real)
def real(val: Any) -> Any:
    """Return real numbers as they are."""
    return val


@array_function(method="astype", chosen=True)
def astype(a: Any, dtype: Any) -> Any:
    """Copy; active numbers have the precision that they have."""
    of = getattr(dtype, "dtype", getattr(dtype, "instance_type", None))
    literal = getattr(dtype, "literal_value", "")
    if is_active(of) or isinstance(of, types.Float) or "float" in literal:
        return lambda a, dtype: np.copy(a)
    return lambda a, dtype: plain(a).astype(dtype)


# Refused here, since Numba would reinterpret the bytes of values and tangents as numbers.
@array_function(method="view", chosen=True)
def view(a: Any, dtype: Any) -> Any:
    """Refuse: the memory of active numbers is not NumPy's."""
    raise errors.TypingError("view() of an array of active numbers has no rule: their memory is not NumPy's")
