"""A value on a tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualrev.active import BY_HAND, Active, known_of_complex, new_level, primal
from dualrev.errors import ComplexInputError, NoGradientError, ShapeMismatchError
from dualrev.primitives.row import Row
from dualrev.reverse.sweep import sweep
from dualrev.reverse.tape import Leaf, RowStatement, RuleStatement, Statement, Tape, private
from dualrev.values import own_value

_new = object.__new__
_IMMUTABLE = frozenset({int, float, bool, str, type(None), slice})


class Var(Active):
    """A number or array whose operations are recorded, for derivatives backwards.

    Parameters
    ----------
    value : number or array
        The primal value; copied. Integers are taken as float64.
    requires_grad : bool
        Whether `backward` computes a gradient for it.

    Attributes
    ----------
    value : number or array
    grad : number, array or None
        The gradient that backward passes have added up, of the value's shape.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> x = dr.Var(3.0)
    >>> y = np.log(x) ** 2
    >>> y.backward()
    >>> round(float(x.grad), 4)
    0.7324
    """

    __slots__ = ("statement",)
    statement: Statement | None

    def __init__(self, value: Any, requires_grad: bool = True) -> None:
        self.value = own_value(value)
        self.level = new_level() if isinstance(self.value, Active) else BY_HAND + 1
        self.statement = Leaf(self.value) if requires_grad else None

    @classmethod
    def at_level(cls, value: Any, statement: Statement | None, level: int) -> Var:
        """Return a Var of a level, without a copy or a check."""
        self = object.__new__(cls)
        self.value, self.statement, self.level = value, statement, level
        return self

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive and record it."""
        level = self.level
        primals: list[Any] = []
        parents: list[Statement | None] = []
        active = 0
        for arg in args:
            active += active
            if type(arg) is Var and arg.level == level:
                primals.append(arg.value)
                statement = arg.statement
                parents.append(statement)
                if statement is not None:
                    active += 1
            else:
                primals.append(arg)
                parents.append(None)
        y = call(*primals)
        if y.dtype.kind == "c":
            known_of_complex(row)
        result = _new(Var)
        result.value, result.level = y, level
        result.statement = RowStatement(row, y, primals, parents, active) if active else None
        return result

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply an array function and record its linearization."""
        level = self.level
        primals: list[Any] = []
        parents: list[Statement | None] = []
        for arg in operands:
            if type(arg) is Var and arg.level == level:
                primals.append(arg.value)
                parents.append(arg.statement)
            else:
                primals.append(arg if rule.sequence else private(arg))
                parents.append(None)
        y = rule.direct(*primals, **kwargs) if rule.direct is not None else rule.value(primals, kwargs)
        result = _new(Var)
        result.value, result.level, result.statement = y, level, None
        if any(parents):
            if kwargs:
                kwargs = {key: _private(value) for key, value in kwargs.items()}
            linearization = rule.at(y, primals, kwargs)
            result.statement = RuleStatement(rule, y, linearization, parents)
        return result

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows into this number."""
        return self.statement is not None

    @property
    def grad(self) -> Any:
        """The gradient of a leaf, or None where no backward pass has reached it."""
        return self.statement.grad if isinstance(self.statement, Leaf) else None

    @property
    def grad_fn(self) -> Statement | None:
        """The statement that made this number, None for a leaf."""
        return None if isinstance(self.statement, Leaf) else self.statement

    def backward(self, gradient: Any = None, retain_graph: bool = False) -> None:
        """Add the gradient of this number to `grad` of the leaves that it depends on.

        Parameters
        ----------
        gradient : number or array, optional
            The cotangent, of this number's shape. Needed unless that is ().
        retain_graph : bool
            Keep what was recorded, so that `backward` can be called again.

        Raises
        ------
        NoGradientError
            If nothing that this number depends on requires a gradient.
        ShapeMismatchError
            If `gradient` does not have this number's shape, or is missing for an array.
        FreedTapeError
            If an earlier `backward` freed the graph.
        ComplexInputError
            If this number is complex.
        """
        if self.statement is None:
            raise NoGradientError("backward() on a Var that depends on no Var with requires_grad=True")
        if self.dtype.kind == "c":
            raise ComplexInputError(
                f"backward() on {self.dtype} of shape {self.shape}; expected a real number: take np.real(z), "
                "np.imag(z) or np.abs(z) first"
            )
        if gradient is None and self.shape:
            raise ShapeMismatchError(
                f"backward() on shape {self.shape} needs a gradient of that shape; for a scalar, reduce first: x.sum()"
            )
        cotangent = np.ones((), self.dtype)[()] if gradient is None else own_value(gradient)
        if cotangent.shape != self.shape:
            raise ShapeMismatchError(
                f"the gradient has shape {cotangent.shape}; expected this Var's shape {self.shape}"
            )
        tape = Tape([self.statement])
        for statement, adjoint in sweep(tape, {self.statement: cotangent}, free=not retain_graph).items():
            if isinstance(statement, Leaf):
                adjoint = primal(adjoint)
                statement.grad = np.copy(adjoint)[()] if statement.grad is None else statement.grad + adjoint

    def zero_grad(self) -> None:
        """Forget the gradient."""
        if isinstance(self.statement, Leaf):
            self.statement.grad = None

    def detach(self) -> Var:
        """Return a Var of the same value into which no gradient flows."""
        return Var.at_level(self.value, None, self.level)

    def __repr__(self) -> str:
        return f"Var({self.value!r}{'' if self.requires_grad else ', requires_grad=False'})"


def _private(x: Any) -> Any:
    if type(x) in _IMMUTABLE:
        return x
    if isinstance(x, tuple | list):
        return x if type(x) is tuple and _IMMUTABLE.issuperset(map(type, x)) else type(x)(map(_private, x))
    return private(x)
