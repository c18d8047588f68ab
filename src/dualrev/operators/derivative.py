"""Derivatives of functions of one number, by one pass: `derivative` and `elementwise_grad`."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Literal

import numpy as np

from dualrev.active.ownership import owned
from dualrev.errors import ShapeMismatchError, known_mode
from dualrev.operators.backends import dispatcher_of
from dualrev.operators.call import Point, described, known_function
from dualrev.operators.fundamental import Pullback
from dualrev.operators.operator import Jacobian, source_of
from dualrev.operators.options import Mode
from dualrev.operators.vector_products import build, push


class Derivative:
    """The derivative of a function of one number; see `derivative`."""

    def __init__(self, f: Callable[..., Any], mode: Mode = "auto") -> None:
        self.f, self.mode = known_function(f, "derivative"), mode
        known_mode(mode)
        update_wrapper(self, f, updated=())
        self.compiled: Any = None
        """The way through compiled code, for other compiled code: the Jacobian's. None if there is none."""
        if dispatcher_of(f, "auto") is not None:
            from dualrev.compiled.calls import let_compiled_code_call

            self.compiled = Jacobian(f, mode=_one_pass(mode)).compiled
            let_compiled_code_call(Derivative)

    __repr__ = described

    def __reduce__(self) -> tuple[Any, ...]:
        return Derivative, (self.f, self.mode)

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative, which has the shape of the function's output."""
        point = Point(self.f, (x, *args), kwargs, 0)
        if [np.shape(leaf) for leaf in point.leaves] != [()]:
            raise ShapeMismatchError(
                f"derivative was called with {_shapes(point)}; expected one number, of shape (). "
                "For arrays call jacobian, or elementwise_grad"
            )
        if _one_pass(self.mode) == "reverse":
            return Jacobian(self.f, mode="reverse")(x, *args, **kwargs)
        _, tree, pushed = push(point, [np.ones((), point.leaves[0].dtype)[()]])
        return build(tree, pushed, point.python_float[0])

    def source(self, x: Any, *args: Any, **kwargs: Any) -> str:
        """Return the code that is generated for the derivative at a point, to read; see `source_of`."""
        return source_of(self, (x, *args), kwargs)


class ElementwiseGradient:
    """The derivative of a function applied element by element; see `elementwise_grad`."""

    def __init__(self, f: Callable[..., Any], mode: Mode = "auto") -> None:
        self.f, self.mode = known_function(f, "elementwise_grad"), mode
        known_mode(mode)
        update_wrapper(self, f, updated=())

    __repr__ = described

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative at every element, of the shape of `x`."""
        point = Point(self.f, (x, *args), kwargs, 0)
        (leaf,) = point.leaves if len(point.leaves) == 1 else (None,)
        if leaf is None:
            raise ShapeMismatchError(f"elementwise_grad was called with {_shapes(point)}; expected one array or number")
        if _one_pass(self.mode) == "reverse":
            recorded = Pullback.at(point)
            values, tree = recorded.values, recorded.tree
        else:
            values, tree, pushed = push(point, [np.ones(leaf.shape, leaf.dtype)[()]])
        if tree.spec is not None or values[0].shape != leaf.shape:
            raise ShapeMismatchError(
                f"{point.name} maps shape {leaf.shape} to {[v.shape for v in values]}; a function applied element by "
                "element keeps the shape. Call jacobian or grad"
            )
        if _one_pass(self.mode) == "reverse":
            (adjoint,) = recorded([np.ones(leaf.shape, values[0].dtype)[()]], last=True)
            pushed = [np.zeros(leaf.shape, leaf.dtype)[()] if adjoint is None else owned(adjoint)]
        return build(tree, pushed, point.python_float[0])


def derivative(f: Callable[..., Any], *, mode: Mode = "auto") -> Derivative:
    """Return the derivative of a function of one number.

    Parameters
    ----------
    f : callable
        Of one number, and of further arguments that are not differentiated. It may return numbers, arrays or
        containers of them.
    mode : {"auto", "forward", "reverse"}
        Auto is forward: one pass, whatever the number of outputs.

    Returns
    -------
    Derivative
        A callable of the arguments of `f`; what it returns has the structure and shapes of the output of `f`.

    Raises
    ------
    UnknownModeError
        At once.
    ShapeMismatchError
        When called, if the first argument is no single number.

    Examples
    --------
    >>> import dualrev as dr
    >>> dr.derivative(dr.derivative(lambda x: x**3))(2.0)
    12.0
    """
    return Derivative(f, mode)


def elementwise_grad(f: Callable[..., Any], *, mode: Mode = "auto") -> ElementwiseGradient:
    """Return the derivative of a function that is applied element by element; it nests to any order.

    The Jacobian of such a function is diagonal, and this is its diagonal. For any other function the result is the sum
    of each row of the Jacobian, in reverse mode of each column.

    Parameters
    ----------
    f : callable
        Of one array or number, and of further arguments that are not differentiated.
    mode : {"auto", "forward", "reverse"}
        Auto is forward. Either is one pass.

    Returns
    -------
    ElementwiseGradient
        A callable of the arguments of `f`; what it returns has the shape of the first of them.

    Raises
    ------
    UnknownModeError
        At once.
    ShapeMismatchError
        When called, if the shape of the output is not that of the first argument.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> dr.elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return ElementwiseGradient(f, mode)


def _one_pass(mode: Mode) -> Literal["forward", "reverse"]:
    return "reverse" if mode == "reverse" else "forward"


def _shapes(point: Point) -> str:
    return f"shapes {[np.shape(leaf) for leaf in point.leaves]}"
