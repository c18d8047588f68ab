"""Calls of compiled functions from interpreted code, on Dual and Var: each call is differentiated as one step."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from dualrev.active.number import Active, looked_at, outermost
from dualrev.active.numpy_protocol import operand
from dualrev.active.trees import active_inside
from dualrev.compiled._step_calls import Call
from dualrev.compiled.clones.cloning import interpreted
from dualrev.compiled.drivers._numba_errors import expect_linear_algebra
from dualrev.compiled.drivers.parameters import parameters
from dualrev.compiled.plain_first import from_python
from dualrev.errors import ComplexInputError, InactiveWriteError
from dualrev.primitives.array.complex_parts import is_complex


class CompiledStep:
    """A compiled function that also takes active numbers.

    Parameters
    ----------
    dispatcher
        The function, as Numba made it.
    private : bool
        Whether nobody is to read what it writes to the arrays that it is given.
    """

    def __init__(self, dispatcher: Any, private: bool = False) -> None:
        self.dispatcher, self.private = dispatcher, private
        self.__name__ = dispatcher.py_func.__name__
        self.__doc__ = dispatcher.py_func.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        # In `detect_anomaly`, lines are what the user wants to be told, and compiled code has none.
        if looked_at():
            return interpreted(self.dispatcher)(*args, **kwargs)
        names = parameters(self.dispatcher)
        if kwargs or len(args) != len(names):
            bound = inspect.signature(self.dispatcher.py_func).bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args[: len(names)]
        argnums = tuple(n for n, arg in enumerate(args) if active_inside(arg))
        if not argnums:
            try:
                return from_python(self.dispatcher)(*args)
            except ImportError as error:
                expect_linear_algebra(self.dispatcher, error)
                raise
        call = Call(self.dispatcher, args, argnums, names, _private)
        operands = [operand(leaf) for leaf in call.given]
        if any(map(is_complex, operands)):
            raise ComplexInputError(
                f"{self.__name__}, a compiled function, was given active complex numbers; it takes real ones: "
                "np.real(z), np.imag(z) and np.abs(z)"
            )
        # Traces and symbols follow each operation, and can do nothing with a step as a whole.
        if not all(x.takes_steps for x in operands if isinstance(x, Active)):
            return interpreted(self.dispatcher)(*args)
        watched = [] if self.private else call.watched(operands)
        owner = outermost(operands)
        assert owner is not None
        out = call.result(call.arranged(call.apply(owner, operands), call.rest))
        for array, before, name in watched:
            if not np.array_equal(array, before, equal_nan=array.dtype.kind == "f"):
                raise InactiveWriteError(call.refusal(name))
        return out


def _private(dispatcher: Any) -> CompiledStep:
    return CompiledStep(dispatcher, private=True)


def as_step(f: Callable[..., Any]) -> CompiledStep:
    """Return a compiled function in a form that interpreted code can differentiate through.

    Parameters
    ----------
    f : callable
        A function that Numba compiled, or one that it can compile.

    Returns
    -------
    CompiledStep
        A function of the same arguments. Called with numbers and arrays, it is `f`; called with the active numbers of
        a derivative under way, it is differentiated at compiled speed, as one step.

    Examples
    --------
    >>> import numpy as np
    >>> from numba import njit
    >>> import dualrev as dr
    >>> @njit
    ... def inner(x):
    ...     return np.sin(x[0]) * x[1]
    >>> step = dr.as_step(inner)
    >>> dr.grad(lambda x: step(x) ** 2)(np.array([0.0, 1.0]))
    array([0., 0.])
    """
    return CompiledStep(f if hasattr(f, "py_func") else numba.njit(f))
