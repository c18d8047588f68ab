"""The functions that rows need on CUDA and numba-cuda lacks."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba.core import types

from dualrev.kernels import cuda_target
from dualrev.kernels.numba_extending import overloads
from dualrev.primitives.scalar import TABLE


@cache
def complete() -> None:
    """Teach CUDA's target the functions that rules use and numba-cuda lacks."""
    if cuda_target.simulated():
        return
    from numba.cuda import libdevice

    # Numba-cuda lacks most of them as NumPy spells them.
    for row in TABLE.values():
        if row.as_numpy and row.arity == 1 and hasattr(libdevice, row.name):
            _overload(getattr(np, row.name), getattr(libdevice, row.name), getattr(libdevice, f"{row.name}f"))

    @overloads(np.fmod, target="cuda")
    def fmod(x: Any, y: Any) -> Callable[..., Any]:
        narrow = x == y == types.float32
        return (lambda x, y: libdevice.fmodf(x, y)) if narrow else (lambda x, y: libdevice.fmod(x, y))

    @overloads(np.sign, target="cuda")
    def sign(x: Any) -> Callable[..., Any]:
        return sign_by(np.float32(1.0) if x == types.float32 else 1.0)


def sign_by(one: Any) -> Callable[[Any], Any]:
    """Return the function that gives the sign of a number, with a one of its precision."""
    return lambda x: x if x != x else math.copysign(one, x) if x != 0 else x - x


def _overload(function: Any, wide: Any, narrow: Any) -> None:
    @overloads(function, target="cuda")
    def choose(x: Any) -> Callable[..., Any]:
        return (lambda x: narrow(x)) if x == types.float32 else (lambda x: wide(x))
