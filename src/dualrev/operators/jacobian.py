"""The operators that choose their mode, as users call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from dualrev.operators.operator import Gradient, Jacobian, ValueAndGradient, ValueAndJacobian
from dualrev.operators.options import Argnums, Options, takes_options


@takes_options
def jacobian(f: Callable[..., Any], argnums: Argnums = 0, **options: Unpack[Options]) -> Jacobian:
    """Return a function that computes the Jacobian of `f`.

    Parameters
    ----------
    f : callable
        From numbers, arrays and nested tuples, lists and dicts of them to such.
    argnums : int or tuple of int
        The positional arguments to differentiate. An int gives one result, a tuple gives a tuple.
    mode : {"auto", "forward", "reverse"}
        Auto chooses by the numbers of inputs and outputs; `jacobian(f).plan(x)` tells what and why.
    chunk_size : int, optional
        Directions to carry in one pass, or cotangents in one sweep.
    has_aux : bool
        Whether `f` returns (output, aux); the result is then (Jacobian, aux).
    backend : {"auto", "numba", "numpy"}
        Auto runs functions that Numba compiled at compiled speed and all others over NumPy. "numba" compiles an
        undecorated function first, "numpy" runs a compiled one interpreted.
    batched : bool or tuple of int
        Whether the differentiated arguments hold a point in each entry of their first axis, or which arguments do. The
        results have a new first axis. Compiled functions run on all cores.
    out_shape : int or tuple of int, optional
        For a function that writes its result into its last argument: the shape of that. The operator is called without
        it.
    device : {"cpu", "cuda"}
        Where a batch is computed. On a CUDA device there is a thread for each point; NumPy arrays are copied there and
        back, device arrays stay, and calls take `stream=`. A function of numbers is given the columns of a point.

    Returns
    -------
    Jacobian
        A callable of the arguments of `f`. The Jacobian has shape f(x).shape + x.shape; over containers it has the
        output's structure, each leaf holding the input's structure.

    Raises
    ------
    UnknownModeError, ChunkSizeError, DeviceError
        At once.
    ArgnumsError, ComplexInputError, ObjectArrayError, InputTypeError, NoOutputError, RandomFunctionError
        When called, for arguments and functions that cannot be differentiated.
    ResultTooLargeError
        When called, if the Jacobian cannot fit into memory: before it is computed, as soon as its size is known.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.jacobian(lambda x: x[0] * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [2., 1.]])
    """
    return Jacobian(f, argnums, **options)


@takes_options
def value_and_jacobian(f: Callable[..., Any], argnums: Argnums = 0, **options: Unpack[Options]) -> ValueAndJacobian:
    """Return a function that computes the value and the Jacobian of `f`; the parameters are those of `jacobian`.

    Returns
    -------
    ValueAndJacobian
        A callable of the arguments of `f`, which returns the two as a tuple.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.value_and_jacobian(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """
    return ValueAndJacobian(f, argnums, **options)


@takes_options
def grad(f: Callable[..., Any], argnums: Argnums = 0, **options: Unpack[Options]) -> Gradient:
    """Return a function that computes the gradient of a scalar-valued `f`; the parameters are those of `jacobian`.

    Returns
    -------
    Gradient
        A callable of the arguments of `f`. The gradient has the structure, shapes and dtypes of the input.

    Raises
    ------
    NonScalarOutputError
        When called, if the output does not have shape ().

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return Gradient(f, argnums, **options)


@takes_options
def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, **options: Unpack[Options]) -> ValueAndGradient:
    """Return a function that computes the value and the gradient of a scalar-valued `f`, as `scipy.optimize` wants it.

    The parameters are those of `jacobian`. With `has_aux` the result is ((value, aux), gradient).

    Returns
    -------
    ValueAndGradient
        A callable of the arguments of `f`.

    Raises
    ------
    NonScalarOutputError
        When called, if the output does not have shape ().

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """
    return ValueAndGradient(f, argnums, **options)
