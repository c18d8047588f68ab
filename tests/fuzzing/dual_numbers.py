"""A second oracle: forward mode over arrays of Python objects, with derivatives of its own.

Nothing here is taken from the package: neither the table nor its numbers. A function is run as plain Python, with
`math` and `np` replaced by those of this module.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

LARGEST = 1e4
"""Of values and derivatives; a program that goes beyond is not compared."""


class Unsuitable(Exception):
    """A program whose derivative at a point says nothing: too large, or none."""


class Number:
    """A value, and its derivatives by all inputs."""

    __slots__ = ("slope", "value")

    def __init__(self, value: float, slope: Any) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Number):
            return Number(self.value + other.value, self.slope + other.slope)
        return NotImplemented if isinstance(other, np.ndarray) else Number(self.value + other, self.slope)

    def __radd__(self, other: Any) -> Any:
        return Number(other + self.value, self.slope)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Number):
            return Number(self.value - other.value, self.slope - other.slope)
        return NotImplemented if isinstance(other, np.ndarray) else Number(self.value - other, self.slope)

    def __rsub__(self, other: Any) -> Any:
        return Number(other - self.value, -self.slope)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Number):
            return Number(self.value * other.value, self.slope * other.value + other.slope * self.value)
        return NotImplemented if isinstance(other, np.ndarray) else Number(self.value * other, self.slope * other)

    def __rmul__(self, other: Any) -> Any:
        return Number(other * self.value, self.slope * other)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Number):
            value = self.value / other.value
            return Number(value, (self.slope - other.slope * value) / other.value)
        return NotImplemented if isinstance(other, np.ndarray) else Number(self.value / other, self.slope / other)

    def __rtruediv__(self, other: Any) -> Any:
        value = other / self.value
        return Number(value, self.slope * (-value / self.value))

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, Number):
            value = self.value**other.value
            by_base = other.value * self.value ** (other.value - 1.0)
            return Number(value, self.slope * by_base + other.slope * (value * math.log(self.value)))
        if other == 0:
            return Number(1.0, 0.0 * self.slope)
        return Number(self.value**other, self.slope * (other * self.value ** (other - 1)))

    def __rpow__(self, other: Any) -> Any:
        value = other**self.value
        return Number(value, self.slope * (value * math.log(other)))

    def __neg__(self) -> Any:
        return Number(-self.value, -self.slope)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        sign = (self.value > 0.0) - (self.value < 0.0)
        return Number(abs(self.value), sign * self.slope)

    def __int__(self) -> int:
        return int(self.value)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= plain(other))

    def __eq__(self, other: Any) -> bool:
        return bool(self.value == plain(other))

    __hash__ = None  # type: ignore[assignment]


def plain(number: Any) -> Any:
    """Return the value of a number that may have derivatives."""
    return number.value if isinstance(number, Number) else number


def function(value: Callable[[float], float], slope: Callable[[float, float], float]) -> Callable[[Any], Any]:
    """Return a function of a number, from its value and its derivative, which is given the argument and the value."""

    def of(a: Any) -> Any:
        if not isinstance(a, Number):
            return value(a)
        y = value(a.value)
        return Number(y, a.slope * slope(a.value, y))

    return of


FUNCTIONS = {
    "sin": function(math.sin, lambda a, y: math.cos(a)),
    "cos": function(math.cos, lambda a, y: -math.sin(a)),
    "tanh": function(math.tanh, lambda a, y: 0.0 if abs(a) > 300.0 else 1.0 / math.cosh(a) ** 2),
    "exp": function(math.exp, lambda a, y: y),
    "log": function(math.log, lambda a, y: 1.0 / a),
    "sqrt": function(math.sqrt, lambda a, y: 0.5 / y),
    "atan": function(math.atan, lambda a, y: 1.0 / (1.0 + a * a)),
    "sign": function(lambda a: float(np.sign(a)), lambda a, y: 0.0),
    "floor": function(lambda a: float(np.floor(a)), lambda a, y: 0.0),
}


def extreme(better: Callable[[Any, Any], bool], *given: Any) -> Any:
    """Return the maximum or minimum of numbers, or of the items of one argument; those that tie share it."""
    items = list(given[0] if len(given) == 1 else given)
    tied = [each for each in items if not any(better(other, each) for other in items)]
    return tied[0] if len(tied) == 1 or isinstance(tied[0], int) else sum(tied[1:], tied[0]) / len(tied)


larger, smaller = partial(extreme, operator.gt), partial(extreme, operator.lt)


class Math:
    """What stands for `math`."""


def array(numbers: Any) -> Any:
    """Return an array of numbers, one of integers where all are."""
    return np.array(numbers, dtype=None if all(isinstance(each, int) for each in numbers) else object)


def sort(a: Any) -> Any:
    """Return a vector in order."""
    return np.array(sorted(a), dtype=object)


def where(mask: Any, a: Any, b: Any) -> Any:
    """Return the elements of one where a mask is true, and of the other elsewhere."""
    return np.where(np.array(mask, dtype=bool), a, b)


class Algebra:
    """What stands for `np.linalg`, for matrices whose diagonal is large."""

    @staticmethod
    def norm(a: Any) -> Any:
        total = np.sum(a * a)
        if plain(total) == 0:
            raise Unsuitable("a norm of zero")
        return FUNCTIONS["sqrt"](total)

    @staticmethod
    def solve(a: Any, b: Any) -> Any:
        a, b = a.copy(), b.copy()
        for i in range(len(a)):
            for j in range(len(a)):
                if j != i:
                    factor = a[j, i] / a[i, i]
                    a[j], b[j] = a[j] - factor * a[i], b[j] - factor * b[i]
        return np.array([b[i] / a[i, i] for i in range(len(a))], dtype=object)

    @staticmethod
    def inv(a: Any) -> Any:
        return Algebra.solve(a, Arrays.eye(len(a)))

    @staticmethod
    def det(a: Any) -> Any:
        a, product = a.copy(), 1.0
        for i in range(len(a)):
            product = product * a[i, i]
            for j in range(i + 1, len(a)):
                a[j] = a[j] - a[j, i] / a[i, i] * a[i]
        return product


class Arrays:
    """What stands for NumPy: arrays of objects."""

    pi = np.pi

    @staticmethod
    def zeros(shape: Any) -> Any:
        return np.full(shape, 0.0, dtype=object)

    @staticmethod
    def ones(shape: Any) -> Any:
        return np.full(shape, 1.0, dtype=object)

    @staticmethod
    def empty(shape: Any) -> Any:
        """Return NaN, so that nobody reads what was not written."""
        return np.full(shape, np.nan, dtype=object)

    zeros_like = staticmethod(lambda a: Arrays.zeros(a.shape))
    ones_like = staticmethod(lambda a: Arrays.ones(a.shape))
    empty_like = staticmethod(lambda a: Arrays.empty(a.shape))
    eye = staticmethod(lambda n: np.eye(n).astype(object))
    array, sort, where, linalg = staticmethod(array), staticmethod(sort), staticmethod(where), Algebra
    sum, mean, dot = staticmethod(np.sum), staticmethod(np.mean), staticmethod(np.dot)
    outer, diff, cumsum = staticmethod(np.outer), staticmethod(np.diff), staticmethod(np.cumsum)
    diag, copy, ravel, kron = map(staticmethod, (np.diag, np.copy, np.ravel, np.kron))
    flip, take, fill_diagonal = map(staticmethod, (np.flip, np.take, np.fill_diagonal))
    ascontiguousarray, asfortranarray = staticmethod(np.ascontiguousarray), staticmethod(np.asfortranarray)
    asarray = staticmethod(lambda a: a if isinstance(a, np.ndarray) else array(a))
    ndindex, ndenumerate = np.ndindex, np.ndenumerate
    abs = staticmethod(np.frompyfunc(abs, 1, 1))
    maximum = staticmethod(np.frompyfunc(larger, 2, 1))
    minimum = staticmethod(np.frompyfunc(smaller, 2, 1))


for _name, _function in FUNCTIONS.items():
    setattr(Math, _name, staticmethod(_function))
    setattr(Arrays, {"atan": "arctan"}.get(_name, _name), staticmethod(np.frompyfunc(_function, 1, 1)))


def undecorated(*functions: Any, **options: Any) -> Any:
    """Stand for `njit`, with and without options."""
    return functions[0] if functions else lambda f: f


SCOPE = {"math": Math, "np": Arrays, "njit": undecorated, "max": larger, "min": smaller}


def inputs(arguments: Sequence[Any], argnums: Sequence[int]) -> list[Any]:
    """Return arguments of numbers that know their derivatives by the arguments that are named; others are plain."""
    size = sum(np.size(arguments[n]) for n in argnums)
    units = iter(np.eye(size))
    given = []
    for n, argument in enumerate(arguments):
        flat = [float(each) for each in np.ravel(argument)] if not isinstance(argument, int | str) else [argument]
        numbers = [Number(each, next(units)) for each in flat] if n in argnums else flat
        if isinstance(argument, np.ndarray):
            array = np.empty(len(numbers), dtype=object)
            array[:] = numbers
            given.append(array.reshape(argument.shape))
        else:
            given.append(numbers[0])
    return given


def leaves(result: Any) -> list[Any]:
    """Return the numbers and arrays of a result."""
    return [leaf for each in result for leaf in leaves(each)] if isinstance(result, tuple) else [result]


def evaluate(text: str, arguments: Iterable[Any], argnums: Sequence[int] = ()) -> list[Any]:
    """Return the numbers and arrays that the function `f` of a text returns."""
    scope = dict(SCOPE)
    exec(compile(text, "<program>", "exec"), scope)
    return leaves(scope["f"](*inputs(tuple(arguments), argnums)))


def gradient(text: str, arguments: Sequence[Any], argnums: Sequence[int], cotangents: Sequence[Any]) -> list[Any]:
    """Return the gradients by the named arguments of the sum of all results, each times its cotangent.

    Raises
    ------
    Unsuitable
        If a result or a derivative is not finite or large.
    """
    results = evaluate(text, arguments, argnums)
    total = np.zeros(sum(np.size(arguments[n]) for n in argnums))
    for result, cotangent in zip(results, cotangents, strict=True):
        for number, weight in zip(np.ravel(result), np.ravel(cotangent), strict=True):
            if not abs(plain(number)) < LARGEST:
                raise Unsuitable(f"a result of {plain(number)}")
            if isinstance(number, Number):
                total += weight * number.slope
    if not np.all(np.abs(total) < LARGEST):
        raise Unsuitable("a large derivative")
    parts = np.split(total, np.cumsum([np.size(arguments[n]) for n in argnums])[:-1])
    return [part.reshape(np.shape(arguments[n])) for n, part in zip(argnums, parts, strict=True)]
