"""Clones of functions for a device, where nothing can be allocated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.core import errors, types

from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import thorough_constructors
from dualrev.kernels import cuda
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.single_precision import single_floats


def _refused(function: Any) -> Callable[..., Any]:
    @compiled_only
    def stand_in(*args: Any) -> Any:
        raise errors.TypingError(
            f"np.{function.__name__} allocates an array, which is not possible on the device. Write the function in "
            "place, f(x, out), and give the operator out_shape=; or return a tuple of numbers"
        )

    stand_in.__name__ = function.__name__
    return stand_in


class DeviceCloner(Cloner):
    """Clones functions for one type of numbers on a device.

    Parameters
    ----------
    number
        The active numbers that clones are called with, or a float.
    single : bool
        Whether constants are of single precision.
    """

    def __init__(self, number: Any, single: bool) -> None:
        allocating = {function: _refused(function) for function in thorough_constructors(number)}
        super().__init__(registration.replacements(number) | allocating)
        self.single = single

    def finished(self, twin: Any, dispatcher: Any) -> Any:
        """Return the copy, compiled when a kernel calls it."""
        return numba.njit(single_floats(twin) if self.single else twin)

    def mapped(self, value: Any) -> Any:
        """Return what stands for a global value in a clone."""
        if self.single and type(value) is float:
            return np.float32(value)
        return super().mapped(value)


def clone(function: Any, number: Any, dtype: Any) -> Any:
    """Return a function's clone for numbers of a type on a device.

    Parameters
    ----------
    function
        Compiled by Numba for the CPU, or plain.
    number
        The type of the numbers that it is called with.
    dtype
        The float that they are made of.
    """
    registration.register()
    cuda.complete()
    dispatcher = function if hasattr(function, "py_func") else numba.njit(function)
    return DeviceCloner(number, dtype == types.float32).clone(dispatcher)
