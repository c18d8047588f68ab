"""A power series in one variable, as a number: derivatives of any order at the cost of a polynomial in the order.

Where y = f(x, ...) has the derivative y' = sum of partial * x', as every row of the table says, the coefficients of the
left side follow one after the other from those of the right: k y_k is the coefficient k - 1 of the right (Griewank and
Walther, Evaluating Derivatives, 2nd ed., 2008, chapter 13). The partials are series in their turn, evaluated by the
rules of the table. To know y_k takes their coefficients below k alone, so each of them is made when it is asked for,
and what occurs twice among the partials of an operation is made once: sin and cos ask for each other, and come in a
ring of two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from dualrev.active.carried import Carried
from dualrev.active.number import Active, known_of_complex, primal
from dualrev.errors import MissingRuleError
from dualrev.kernels.numpy_rows import partials
from dualrev.operators.taylor._linear import linear_map
from dualrev.primitives.chain_rule import finite, product
from dualrev.primitives.row import Row

Next = Callable[["Series", int], Any]
"""Gives the coefficient of an order, those below being known; None stands for an exact 0."""


MOST_PARTS = 20
"""Series that the partials of one operation may consist of, times (order + 1)**2."""

LARGEST_PART = 10**5
"""Elements of a part that pass in any case; else not more than the operation's largest operand has, squared."""


class Parts(dict[Any, Any]):
    """A cache of the parts of the partials of one operation.

    Rules of some functions ask for ever more or ever larger parts: that of the matrix exponential doubles the matrix.
    """

    def __init__(self, name: str, order: int, args: Sequence[Any]) -> None:
        self.name, self.order = name, order
        self.largest = max(LARGEST_PART, max(np.size(primal(x)) for x in args) ** 2)

    def enter(self, key: Any, y: Any, made_of: Any) -> None:
        """Keep a part, with what it is made of, because the key holds identities."""
        self[key] = y, made_of
        if len(self) > MOST_PARTS * (self.order + 1) ** 2 or y.size > self.largest:
            self.refuse(None)

    def refuse(self, cause: Exception | None) -> NoReturn:
        """Raise the error for an operation whose derivatives become too many."""
        raise MissingRuleError(
            f"{self.name} cannot be expanded to order {self.order}: the derivatives of its rule grow with the order "
            "faster than a polynomial, or lie too deep. Ask for a lower order, or nest dualrev.derivative"
        ) from cause


class Series(Active, metaclass=Carried):
    """A number or array as a power series. A derivative under way makes it; users do not.

    Attributes
    ----------
    value
        The coefficient of order 0.
    order
        The order to which users' operations are carried out.
    """

    __slots__ = ("_known", "_made", "_next", "_slope", "order")

    def __init__(
        self, coefficients: Sequence[Any], level: int, order: int, following: Next, made: Parts | None = None
    ) -> None:
        self.content, self.level, self.order, self.ties = coefficients[0], level, order, None
        self._known, self._next = list(coefficients), following
        # Of the operation that this series was made for; None for those that users meet.
        self._made: Parts | None = made
        self._slope: Callable[[Series], Any] | None = None

    def coefficient(self, k: int) -> Any:
        """Return the coefficient of order k, None for an exact 0."""
        while len(self._known) <= k:
            term = self._next(self, len(self._known))
            if term is not None:
                if term.dtype != self.content.dtype:
                    term = term.astype(self.content.dtype)
                if term.shape != self.content.shape:
                    term = np.broadcast_to(term, self.content.shape)
            self._known.append(term)
        return self._known[k]

    def complete(self) -> Series:
        """Compute the coefficients to the order that is asked for, and forget how."""
        with np.errstate(all="ignore"):
            self.coefficient(self.order)
        self._next, self._made, self._slope = _nothing, None, None
        return self

    def apply_row(self, row: Row, args: tuple[Any, ...], call: Callable[..., Any]) -> Any:
        """Apply a scalar primitive."""
        return self._applied(row.name, {}, args, lambda found, views: self._of_row(row, found, views, call))

    def apply_rule(self, rule: Any, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Apply the rule of an array function, whose derivative is a linear map of the operands' derivatives."""
        return self._applied(
            rule.function, kwargs, operands, lambda found, views: self._of_rule(rule, found, views, kwargs)
        )

    def _applied(
        self, what: Any, options: dict[str, Any], args: Sequence[Any], make: Callable[[Parts, list[Any]], Any]
    ) -> Any:
        """Make the result of an operation, or find it among what was made for the same partials."""
        parts = next((x._made for x in args if self._mine(x) and x._made is not None), None)
        inner = parts is not None
        if parts is None:
            parts = Parts(getattr(what, "__name__", what), self.order, args)
        views = [x._view(parts) if self._mine(x) else x for x in args]
        known = (what, *((name, _key(value)) for name, value in sorted(options.items())), *map(_key, views))
        if known not in parts:
            y = make(parts, views)
            if not isinstance(y, Series):
                return y
            parts.enter(known, y, (views, options))
        y = parts[known][0]
        if inner:
            return y
        try:
            return y.complete()
        except RecursionError as error:
            parts.refuse(error)

    def _of_row(self, row: Row, made: Parts, args: list[Any], call: Callable[..., Any]) -> Series:
        with np.errstate(all="ignore") if self._made is not None else np.errstate():
            value = call(*[x.content if self._mine(x) else x for x in args])
        if value.dtype.kind == "c":
            known_of_complex(row)
        slopes: list[tuple[Any, Series]] = []

        def following(y: Series, k: int) -> Any:
            if not slopes:
                slopes.extend(
                    (entry.rule(y, *args), x)
                    for entry, x in zip(partials(row), args, strict=True)
                    if entry.rule is not None and self._mine(x)
                )
            return _total(self._term(slope, x, k) for slope, x in slopes)

        return Series.of([value], self.level, self.order, following, made)

    def _term(self, slope: Any, x: Series, k: int) -> Any:
        """Return what an argument with a partial contributes to the coefficient of order k."""
        if not self._mine(slope):
            # A constant: no partial that is 0 asks for coefficients, which may not be finite.
            if not isinstance(slope, Active) and not np.any(slope):
                return None
            term = x.coefficient(k)
            return None if term is None else _without_lost(slope, x.coefficient(1), product(slope, term))
        total = None
        for j in range(k):
            term = x.coefficient(k - j)
            factor = None if term is None else slope.coefficient(j)
            if factor is not None:
                contribution = product(factor, (k - j) * term)
                total = contribution if total is None else total + contribution
        return None if total is None else _without_lost(slope.coefficient(0), x.coefficient(1), total) / k

    def _of_rule(self, rule: Any, made: Parts, operands: list[Any], kwargs: dict[str, Any]) -> Series:
        value = rule.value([x.content if self._mine(x) else x for x in operands], kwargs)
        active = [self._mine(x) for x in operands]
        linear = linear_map(rule, value, operands, active, kwargs)
        if linear is not None:

            def mapped(y: Series, k: int) -> Any:
                return linear([x.coefficient(k) if own else None for x, own in zip(operands, active, strict=True)])

            return Series.of([value], self.level, self.order, mapped, made)

        def slope(y: Series) -> Any:
            tangents = [x._derivative() if own else None for x, own in zip(operands, active, strict=True)]
            return rule.at(y, operands, kwargs).push(tangents)

        y = Series.of([value], self.level, self.order, _from_slope, made)
        y._slope = slope
        return y

    def _derivative(self) -> Any:
        """Return the series of the derivative, or a constant: that of an array function is what its rule pushes."""
        made = self._made
        assert made is not None
        key = ("derivative", id(self))
        if key not in made:
            made[key] = self._made_derivative(), self
        return made[key][0]

    def _made_derivative(self) -> Any:
        if self._slope is not None:
            return self._slope(self)
        first = self.coefficient(1)
        start = np.zeros(self.content.shape, self.content.dtype)[()] if first is None else first
        return Series.of([start], self.level, self.order, self._differentiated, self._made)

    def _differentiated(self, derivative: Series, k: int) -> Any:
        term = self.coefficient(k + 1)
        return None if term is None else (k + 1) * term

    def _view(self, made: Parts) -> Series:
        """Return this series as one among the partials of an operation."""
        if self._made is not None:
            return self
        key = ("view", id(self))
        if key not in made:
            view = Series.of([self.content], self.level, self.order, lambda _, k: self.coefficient(k), made)
            made[key] = view, self
        found: Series = made[key][0]
        return found

    def _mine(self, x: Any) -> bool:
        return type(x) is Series and x.level == self.level


def variable(x: Any, direction: Any, level: int, order: int) -> Series:
    """Return the series x + t * direction."""
    return Series.of([x, direction], level, order, _nothing)


def _nothing(series: Series, k: int) -> None:
    """Give the coefficients of a polynomial above its degree."""


def _from_slope(y: Series, k: int) -> Any:
    """Give the coefficients of a function of arrays, from those of its derivative."""
    slope = y._derivative()
    if not y._mine(slope):
        return slope if k == 1 else None
    term = slope.coefficient(k - 1)
    return None if term is None else term / k


# The law of the chain rule, of numbers that have derivatives: a 0 beside an infinity or a NaN leaves none of them.
def _without_lost(slope: Any, first: Any, total: Any) -> Any:
    """Return a coefficient of a product, 0 where the law has the product of the leading coefficients be 0."""
    if slope is None or first is None:
        return total
    leading = slope * first
    if finite(leading):
        return total
    lost = (leading != leading) & ((slope == 0) | (first == 0))
    return np.where(lost, np.zeros((), total.dtype), total)[()]


def _total(terms: Any) -> Any:
    total = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


def _key(x: Any) -> Any:
    """Return what tells an operand from others: itself for a series, its bits for a plain number or array."""
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, np.generic):
        return x.dtype.str, x.tobytes()
    if isinstance(x, float):
        return x.hex()
    if isinstance(x, list | tuple):
        return type(x), *map(_key, x)
    return (type(x), x) if isinstance(x, int | str | type(None)) else id(x)
