"""Derivatives of functions of one number, by one pushforward: `derivative` and `elementwise_grad`."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from dualrev.api import Jacobian
from dualrev.backends import dispatcher_of
from dualrev.errors import ShapeMismatchError
from dualrev.point import Point, described, known_function
from dualrev.products import build, push


class Derivative:
    """The derivative of a function of one number; see `derivative`."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = known_function(f, "derivative")
        update_wrapper(self, f, updated=())
        self.compiled: Any = None
        """The way through compiled code, for other compiled code: the Jacobian's. None if there is none."""
        if dispatcher_of(f, "auto") is not None:
            from dualrev.compiled.calls import let_compiled_code_call

            self.compiled = Jacobian(f, mode="forward").compiled
            let_compiled_code_call(Derivative)

    __repr__ = described

    def __reduce__(self) -> tuple[Any, ...]:
        return Derivative, (self.f,)

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative, which has the shape of the function's output."""
        point = Point(self.f, (x, *args), kwargs, 0)
        if [np.shape(leaf) for leaf in point.leaves] != [()]:
            raise ShapeMismatchError(
                f"derivative was called with {_shapes(point)}; expected one number, of shape (). "
                "For arrays call jacobian, or elementwise_grad"
            )
        _, tree, pushed = push(point, [np.ones((), point.leaves[0].dtype)[()]])
        return build(tree, pushed, point.python_float[0])


class ElementwiseGradient:
    """The derivative of a function applied element by element; see `elementwise_grad`."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = known_function(f, "elementwise_grad")
        update_wrapper(self, f, updated=())

    __repr__ = described

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative at every element, of the shape of `x`."""
        point = Point(self.f, (x, *args), kwargs, 0)
        (leaf,) = point.leaves if len(point.leaves) == 1 else (None,)
        if leaf is None:
            raise ShapeMismatchError(f"elementwise_grad was called with {_shapes(point)}; expected one array or number")
        values, tree, pushed = push(point, [np.ones(leaf.shape, leaf.dtype)[()]])
        if tree.spec is not None or values[0].shape != leaf.shape:
            raise ShapeMismatchError(
                f"{point.name} maps shape {leaf.shape} to {[v.shape for v in values]}; a function applied element by "
                "element keeps the shape. Call jacobian or grad"
            )
        return build(tree, pushed, point.python_float[0])


def derivative(f: Callable[..., Any]) -> Derivative:
    """Return the derivative of a function of one number, by forward mode.

    Parameters
    ----------
    f : callable
        Of one number, and of further arguments that are not differentiated. It may return numbers, arrays or
        containers of them.

    Returns
    -------
    Derivative
        A callable of the arguments of `f`; what it returns has the structure and shapes of the output of `f`.

    Raises
    ------
    ShapeMismatchError
        When called, if the first argument is no single number.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.derivative(dr.derivative(lambda x: x**3))(2.0)
    12.0
    """
    return Derivative(f)


def elementwise_grad(f: Callable[..., Any]) -> ElementwiseGradient:
    """Return the derivative of a function that is applied element by element; it nests to any order.

    The Jacobian of such a function is diagonal, and this is its diagonal. For any other function the result is the sum
    of each row of the Jacobian.

    Parameters
    ----------
    f : callable
        Of one array or number, and of further arguments that are not differentiated.

    Returns
    -------
    ElementwiseGradient
        A callable of the arguments of `f`; what it returns has the shape of the first of them.

    Raises
    ------
    ShapeMismatchError
        When called, if the shape of the output is not that of the first argument.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return ElementwiseGradient(f)


def _shapes(point: Point) -> str:
    return f"shapes {[np.shape(leaf) for leaf in point.leaves]}"
