"""Vars made by hand, by the names that users of PyTorch know."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.active.values import own_value
from dualrev.errors import InputTypeError
from dualrev.reverse.var import Var


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Var:
    """Return a `Var` of a number, an array or nested lists of numbers.

    Parameters
    ----------
    data : number, array or nested list
        Copied. Integers are taken as float64.
    dtype : numpy.dtype, optional
        np.float64 or np.float32; by default that of `data`.
    requires_grad : bool
        Whether `backward` computes a gradient for it.

    Raises
    ------
    InputTypeError
        If `dtype` is no type of real floating-point numbers.

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.tensor([1.0, 2.0], requires_grad=True)
    >>> (x**2).sum().backward()
    >>> x.grad
    array([2., 4.])
    """
    return Var(_cast(own_value(np.array(data) if isinstance(data, list | tuple) else data), dtype), requires_grad)


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Var:
    """Return a `Var` of zeros; the shape is one tuple or several ints, the options are those of `tensor`.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.zeros(2, 3).shape
    (2, 3)
    """
    return full(_shape(shape), 0.0, dtype=dtype, requires_grad=requires_grad)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Var:
    """Return a `Var` of ones; the shape is one tuple or several ints, the options are those of `tensor`.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.ones((2,))
    Var(array([1., 1.]), requires_grad=False)
    """
    return full(_shape(shape), 1.0, dtype=dtype, requires_grad=requires_grad)


def full(shape: int | tuple[int, ...], value: float, dtype: Any = None, requires_grad: bool = False) -> Var:
    """Return a `Var` of a shape that holds one value everywhere; the options are those of `tensor`.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.full((2,), 7.0, requires_grad=True)
    Var(array([7., 7.]))
    """
    return tensor(np.full(shape, float(value)), dtype, requires_grad)


def arange(*bounds: float, dtype: Any = None, requires_grad: bool = False) -> Var:
    """Return a `Var` of evenly spaced numbers: (stop), (start, stop) or (start, stop, step), without the stop.

    The options are those of `tensor`.

    Examples
    --------
    >>> import dualrev as dr
    >>> x = dr.arange(5, requires_grad=True)
    >>> (x**2).sum().backward()
    >>> x.grad
    array([0., 2., 4., 6., 8.])
    """
    return tensor(np.arange(*bounds), dtype, requires_grad)


def linspace(start: float, stop: float, num: int = 50, dtype: Any = None, requires_grad: bool = False) -> Var:
    """Return a `Var` of `num` evenly spaced numbers, both ends among them; the options are those of `tensor`.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.linspace(0, 1, 3)
    Var(array([0. , 0.5, 1. ]), requires_grad=False)
    """
    return tensor(np.linspace(start, stop, num), dtype, requires_grad)


def randn(
    *shape: Any, seed: int | np.random.Generator | None = None, dtype: Any = None, requires_grad: bool = False
) -> Var:
    """Return a `Var` of standard normal numbers.

    Parameters
    ----------
    *shape : int or tuple of int
        One tuple or several ints.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same numbers. There is no global generator: without a seed, each call is different.
    dtype, requires_grad
        As for `tensor`.

    Examples
    --------
    >>> import dualrev as dr
    >>> bool((dr.randn(3, seed=1).value == dr.randn(3, seed=1).value).all())
    True
    """
    return tensor(np.random.default_rng(seed).standard_normal(_shape(shape)), dtype, requires_grad)


def _shape(shape: tuple[Any, ...]) -> tuple[int, ...]:
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        return tuple(shape[0])
    return shape


def _cast(value: Any, dtype: Any) -> Any:
    if dtype is None:
        return value
    if np.dtype(dtype).kind != "f":
        raise InputTypeError(
            f"dtype is {np.dtype(dtype)}; a Var holds real floating-point numbers, np.float64 or np.float32. "
            "Integers that carry no derivative can stay plain NumPy arrays"
        )
    return value.astype(dtype)
