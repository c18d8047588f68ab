"""Expansions of functions: `taylor`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active.number import new_level
from dualrev.active.trees import flatten_output
from dualrev.active.values import own_value
from dualrev.errors import ShapeMismatchError
from dualrev.operators.call import Point, known_function
from dualrev.operators.taylor._series import Series, variable


def taylor(f: Callable[..., Any], x: Any, order: int, *args: Any, direction: Any = None, **kwargs: Any) -> Any:
    """Return the coefficients of the Taylor expansion of `f` at `x`, up to an order.

    The coefficient of order k is the derivative of order k divided by k!. All of them are computed in one run of `f`
    with truncated power series. An arithmetic operation takes a number of multiplications proportional to order**2, any
    other function of numbers at most one proportional to order**3, where nested derivatives take 2**order. Functions of
    arrays take a polynomial too; those whose rules ask for ever larger parts are refused at high orders.

    Parameters
    ----------
    f : callable
    x : number or array
    order : int
        The highest order, 0 or more.
    *args, **kwargs
        Further arguments of `f`, not differentiated.
    direction : number or array, optional
        Expand `f(x + t * direction)` in t. By default ones, so that a function applied element by element is expanded
        at each element.

    Returns
    -------
    array or container of arrays
        Of shape (order + 1,) + f(x).shape, for each array that `f` returns.

    Raises
    ------
    ShapeMismatchError
        If `x` is not one number or array, or `direction` does not have its shape.
    ValueError
        If `order` is negative.
    MissingRuleError
        If `f` uses a function without a derivative rule, or one that cannot be expanded to this order.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> print(dr.taylor(np.exp, 0.0, 4) * [1, 1, 2, 6, 24])
    [1. 1. 1. 1. 1.]
    >>> dr.taylor(lambda x: 1 / (1 - x), np.array([0.0, 0.5]), 3)
    array([[ 1.,  2.],
           [ 1.,  4.],
           [ 1.,  8.],
           [ 1., 16.]])
    """
    order = operator.index(order)
    if order < 0:
        raise ValueError(f"order is {order}; expected 0 or more")
    point = Point(known_function(f, "taylor"), (x, *args), kwargs, 0)
    if len(point.leaves) != 1 or not point._bare:
        raise ShapeMismatchError(f"taylor was called with shapes {list(point.shapes)}; expected one number or array")
    (leaf,) = point.leaves
    along = np.ones(leaf.shape, leaf.dtype)[()] if direction is None else own_value(direction)
    if along.shape != leaf.shape:
        raise ShapeMismatchError(f"the direction has shape {along.shape}; expected {leaf.shape}, the shape of x")
    level = new_level()
    outputs, tree = flatten_output(point.call([variable(leaf, along.astype(leaf.dtype), level, order)]), point.name)
    return tree.build([_coefficients(out, level, order) for out in outputs])


def _coefficients(out: Any, level: int, order: int) -> Any:
    own = type(out) is Series and out.level == level
    terms = [out.coefficient(k) if own else None for k in range(order + 1)]
    value = out.content if own else out
    zero = np.zeros(value.shape, value.dtype)
    return np.stack([value, *[zero if term is None else term for term in terms[1:]]])
