"""Clones of functions for a device, where nothing can be allocated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from numba.core import errors, types

from dualrev.compiled.clones import registration
from dualrev.compiled.clones.cloning import Cloner
from dualrev.compiled.clones.constructors import thorough_constructors
from dualrev.compiled.drivers.repeatable import repeatable
from dualrev.errors import DeviceError
from dualrev.kernels import cuda
from dualrev.kernels.numba_extending import chooser_of, compiled_only
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
        if _is_written(value):
            raise DeviceError(
                f"{getattr(value, '__name__', value)} is a derivative, or a function with a rule of its own, which "
                "code for a device cannot call. Write out what it computes; dr.cuda has derivatives for kernels"
            )
        if self.single and type(value) is float:
            return np.float32(value)
        return super().mapped(value)


# To compile one for a device fails, and Numba then fails for the CPU, too: its record of what is compiled is in a state
# between the two.
def _is_written(value: Any) -> bool:
    """Whether compiled code for the CPU is written for a value that is called: for a derivative, or a rule."""
    try:
        of = numba.typeof(value)
    except ValueError:  # no value of Numba's
        return False
    return isinstance(of, types.Dispatcher) and chooser_of(of.dispatcher) is not None


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
    return DeviceCloner(number, dtype == types.float32).clone(_compiled(function))


def does_the_same_again(function: Any, numba_types: Sequence[Any], argnums: Sequence[int]) -> bool:
    """Whether a thread may call a function twice; the arguments `argnums` are made for each call."""
    return repeatable(_compiled(function), numba_types, argnums)


def _compiled(function: Any) -> Any:
    return function if hasattr(function, "py_func") else numba.njit(function)
