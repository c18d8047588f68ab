"""Products of a compiled function's Hessian with vectors: one call of compiled code, which computes nothing besides."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.compiled.calls import CompiledOperator
from dualrev.compiled.drivers.aliasing import expect_apart, global_arrays
from dualrev.compiled.drivers.derivative import Question
from dualrev.compiled.drivers.parameters import parameters
from dualrev.compiled.plain_first import plain_first
from dualrev.reverse.numba_tape_limit import within_limit


class HessianProducts:
    """The derivative of a compiled gradient along one direction.

    Parameters
    ----------
    gradient
        The gradient of a compiled function, with respect to its first argument.
    """

    def __init__(self, gradient: CompiledOperator) -> None:
        self._f, of = gradient.f, gradient.dispatcher
        self._count = len(parameters(of))
        self._entry = plain_first(of, Question("pushforward", "forward", (0,)))
        self._refers = bool(global_arrays(self._f))

    # All else, such as tuples, numbers and active numbers, goes the way of `jvp`, which knows them and their errors. So
    # do arrays with gaps and those that must not be written to, for which Numba would compile anew.
    def takes(self, x: Any, v: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether compiled code takes the point, the vector and the constants without a copy."""
        if type(x) is not np.ndarray or type(v) is not np.ndarray or x.ndim == 0 or x.shape != v.shape:
            return False
        plain = all(each.flags.c_contiguous and each.flags.writeable for each in (x, v))
        if not plain or x.dtype not in _FLOATS or v.dtype != x.dtype or kwargs or len(args) + 1 != self._count:
            return False
        return all(type(each) in _CONSTANTS or (type(each) is np.ndarray and each.dtype != object) for each in args)

    def __call__(self, x: np.ndarray, v: np.ndarray, *args: Any) -> Any:
        """Return the product."""
        if args or self._refers:
            expect_apart(self._f, (x, *args), {})
        return within_limit(self._entry, x, *args, v)


_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
_CONSTANTS = (int, float, bool, np.float64, np.float32, np.int64)
