"""A number that carries SymPy expressions beside its value, so that a function can be followed symbolically.

Comparisons are decided by the value: a branch is followed as it is taken at the point, and `Following` keeps which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from dualrev.active.carried import Carried
from dualrev.active.number import Active, new_level, primal
from dualrev.active.trees import flatten_output
from dualrev.active.views import tie
from dualrev.kernels.sympy_rows import Input
from dualrev.operators.fundamental import Call
from dualrev.primitives.row import Row
from dualrev.verification.symbols._watched import watched
from dualrev.verification.symbols.limits import Following

_sympified = np.frompyfunc(sympy.sympify, 1, 1)
"""NumPy fills arrays of objects with Python's 0."""


class Expressions(Active, metaclass=Carried):
    """A value and, per element, the SymPy expression that it came from."""

    __slots__ = ()
    held = ("content", "pushed")
    takes_steps = False

    def __init__(self, value: Any, expressions: Any, level: int, following: Following) -> None:
        self.content, self.level, self.ties = value, level, None
        self.pushed, self.statement = np.asarray(expressions, dtype=object), following

    @property
    def expressions(self) -> Any:
        """The expressions, an object array of the value's shape."""
        return self.pushed

    @property
    def following(self) -> Following:
        """The run that this number belongs to."""
        following: Following = self.statement
        return following

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive to value and expressions."""
        y = call(*[_value(arg) for arg in args])
        following = self.following
        following.spend(int(np.size(y)))
        parts = np.broadcast_arrays(*[_expressions(arg) for arg in args])
        values = np.broadcast_arrays(*[_value(arg) for arg in args])
        made = np.empty(np.shape(y), dtype=object)
        for at in np.ndindex(made.shape):
            following.in_time()
            numbers = [float(value[at]) for value in values]
            made[at] = following.follower.value(row, [part[at] for part in parts], numbers)
        following.weigh(made)
        following.differentiated(row, y, values, [isinstance(arg, Expressions) for arg in args])
        return Expressions.of(y, made, self.level, following)

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply an array function, or its definition where NumPy's own does not take objects."""
        if rule.definition is not None:
            return rule.definition(*operands, **kwargs)
        y = rule.value([_value(x) for x in operands], kwargs)
        parts = [watched(_expressions(x), self.following) for x in operands]
        made = _sympified(rule.value(parts, kwargs))
        self.following.weigh(made)
        result = Expressions.of(y, made, self.level, self.following)
        if rule.alias:
            tie(result, operands)
        return result

    def snapshot(self) -> Expressions:
        """Return this number as it is now, unmoved by later writes."""
        return Expressions.of(self.content, self.expressions, self.level, self.following)

    def adopt(self, other: Expressions) -> None:
        """Become what another number is."""
        self.content, self.pushed = other.content, other.pushed

    def decided(self, row: Row, args: tuple[Any, ...], y: Any) -> None:
        """Record a comparison."""
        parts = np.broadcast_arrays(*[_expressions(arg) for arg in args])
        self.following.compared(row, parts, np.broadcast_arrays(*[_value(arg) for arg in args]), np.asarray(y))

    def __bool__(self) -> bool:
        truth = super().__bool__()
        self.following.chosen(sympy.Ne(self.expressions[()], 0), truth, not truth)
        return truth

    def __repr__(self) -> str:
        return f"Expressions({self.expressions})"


def follow(
    call: Call, leaves: Sequence[Any], name: str, limit: int, following: Following | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Run a function on symbols.

    Parameters
    ----------
    call, leaves, name
        As for `fundamental.pushforward`.
    limit : int
        Most elements that scalar primitives may be applied to.
    following : Following, optional
        Other limits, and what keeps a record of branches.

    Returns
    -------
    symbols, point, outputs
        The symbols of all inputs, their exact values, and the expressions of all outputs.

    Raises
    ------
    TooLargeError
        If a limit is passed.
    """
    level, following = new_level(), following or Following(limit)
    symbols: list[Any] = []
    numbers = []
    for x in leaves:
        own = [Input(f"x{len(symbols) + n}", real=True) for n in range(x.size)]
        array = np.empty(x.size, dtype=object)
        array[:] = own
        numbers.append(Expressions.of(x, array.reshape(x.shape), level, following))
        symbols += own
    point = [_exact(v) for x in leaves for v in np.ravel(x)]
    outputs, _ = flatten_output(call(numbers), name)
    return symbols, point, [e for out in outputs for e in _expressions(out).ravel()]


def _value(x: Any) -> Any:
    return x.content if isinstance(x, Expressions) else primal(x)


def _expressions(x: Any) -> Any:
    if isinstance(x, Expressions):
        return x.expressions
    array = np.asarray(primal(x))
    if array.dtype.kind == "c":
        raise TypeError("complex numbers are not followed by symbols")
    made = np.empty(array.size, dtype=object)
    made[:] = [_exact(v) for v in array.ravel()]
    return made.reshape(array.shape)


def _exact(x: Any) -> Any:
    if isinstance(x, bool | np.bool_):
        return sympy.Integer(int(x))
    if isinstance(x, int | np.integer):
        return sympy.Integer(int(x))
    if not np.isfinite(x):
        return sympy.Float(float(x))
    return sympy.Rational(float(x))
