"""Promised derivatives at awkward points, as data: the tests prove what the documentation shows.

Every function is an expression of one variable `x`, so that it can be shown, run over NumPy, and compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan, pi
from types import SimpleNamespace
from typing import Any

import numpy as np

from dualrev import special

Numbers = float | list[float]


@dataclass(frozen=True)
class Promise:
    """A derivative that is promised.

    Attributes
    ----------
    expression : str
        The function, of `x`.
    at : float or list of float
        The point.
    gradient : float or list of float
        The derivative there, in both modes.
    second : float or None
        For a function of a number the second derivative, where it is promised too.
    compiled : bool
        Whether the function can be compiled; if not, it is for interpreted code alone.
    interpreted : bool
        Whether the promise holds in interpreted code; if not, it is for compiled code alone.
    """

    expression: str
    at: Numbers
    gradient: Numbers
    second: float | None = None
    compiled: bool = True
    interpreted: bool = True

    @property
    def function(self) -> Callable[[Any], Any]:
        """The function."""
        function: Callable[[Any], Any] = function_of(self.expression)
        return function

    @property
    def point(self) -> Any:
        """The point, as a number or an array."""
        return np.array(self.at) if isinstance(self.at, list) else self.at


def function_of(expression: str) -> Any:
    """Return the function of `x` that an expression stands for."""
    return eval(f"lambda x: {expression}", {"np": np, "dr": _NAMES})


_NAMES = SimpleNamespace(special=special)


def _interpreted(expression: str, at: Numbers, gradient: Numbers, second: float | None = None) -> Promise:
    return Promise(expression, at, gradient, second, compiled=False)


def _compiled(expression: str, at: Numbers, gradient: Numbers, second: float | None = None) -> Promise:
    return Promise(expression, at, gradient, second, interpreted=False)


PROMISES: dict[str, tuple[Promise, ...]] = {
    "Kinks": (
        Promise("abs(x)", 0.0, 0.0, 0.0),
        Promise("np.abs(x)", 0.0, 0.0, 0.0),
        Promise("np.sign(x) * 1.0", 0.0, 0.0, 0.0),
        Promise("dr.special.relu(x)", 0.0, 0.0, 0.0),
        Promise("np.linalg.norm(x, 1)", [0.0, -1.0], [0.0, -1.0]),
        _interpreted(
            "np.sum(np.linalg.svd(x.reshape(2, 2), compute_uv=False))", [2.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]
        ),
    ),
    "Ties share equally": (
        Promise("np.maximum(x[0], x[1])", [1.0, 1.0], [0.5, 0.5]),
        Promise("np.minimum(x[0], x[1])", [1.0, 1.0], [0.5, 0.5]),
        Promise("np.fmax(x[0], x[1])", [1.0, 1.0], [0.5, 0.5]),
        Promise("np.max(x)", [5.0, 1.0, 5.0, 5.0], [1 / 3, 0.0, 1 / 3, 1 / 3]),
        Promise("np.min(x)", [1.0, 1.0], [0.5, 0.5]),
        Promise("np.ptp(x)", [1.0, 1.0], [0.0, 0.0]),
        Promise("np.maximum(x, 0.0)", 0.0, 0.5),
        Promise("np.sum(np.clip(x, 0.0, 2.0))", [-1.0, 0.0, 2.0], [0.0, 0.5, 0.5]),
        _interpreted("np.sum(np.clip(x, 0.0, None))", [-1.0, 0.0, 2.0], [0.0, 0.5, 1.0]),
        Promise("np.linalg.norm(x, np.inf)", [1.0, -1.0], [0.5, -0.5]),
        Promise("np.logaddexp(x[0], x[1])", [-inf, -inf], [0.5, 0.5]),
        _interpreted("dr.special.logsumexp(x)", [-inf, -inf], [0.5, 0.5]),
        _compiled("max(2 * x[0], 2 * x[1])", [1.0, 1.0], [1.0, 1.0]),
        _compiled("min(2 * x[0], 2 * x[1])", [1.0, 1.0], [1.0, 1.0]),
        _compiled("max(x[0], x[1], x[2])", [1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
        _compiled("max(x, 0.0)", 0.0, 0.5, 0.0),
        _compiled("max(x, 0.0) ** 2", 0.0, 0.0, 0.5),
        Promise("np.maximum(x, 0.0) ** 2", 0.0, 0.0, 0.5),
    ),
    "Selections take one": (
        _interpreted("max(2 * x[0], 2 * x[1])", [1.0, 1.0], [2.0, 0.0]),
        _interpreted("min(2 * x[0], 2 * x[1])", [1.0, 1.0], [2.0, 0.0]),
        Promise("x * x if x > 0 else -x", 0.0, -1.0, 0.0),
        Promise("np.sort(x)[0]", [1.0, 1.0], [1.0, 0.0]),
        Promise("x[np.argmax(x)]", [1.0, 1.0], [1.0, 0.0]),
        _interpreted("np.median(x)", [2.0, 1.0, 2.0, 2.0], [0.5, 0.0, 0.5, 0.0]),
    ),
    "Infinite slopes": (
        Promise("np.sqrt(x)", 0.0, inf),
        Promise("np.sqrt(x)", -0.0, inf),
        Promise("np.log(x)", -0.0, inf),
        Promise("np.log2(x)", -0.0, inf),
        Promise("np.log10(x)", -0.0, inf),
        Promise("dr.special.logit(x)", -0.0, inf),
        Promise("dr.special.xlogy(2.0, x)", -0.0, inf),
        _interpreted("dr.special.exp1(x)", -0.0, -inf),
        Promise("np.cbrt(x)", -0.0, inf),
        Promise("x**0.5", -0.0, inf),
        Promise("np.log(np.abs(x))", -0.0, 0.0),
        _interpreted("dr.special.expi(x)", 0.0, inf),
        _interpreted("dr.special.expi(x)", -0.0, -inf),
        Promise("x**-2.0", 0.0, -inf),
        Promise("x**-2.0", -0.0, inf),
        Promise("x**0.5", 0.0, inf),
        Promise("np.arcsin(x)", 1.0, inf),
        Promise("dr.special.xlogy(x, x)", 0.0, -inf),
    ),
    "Zero times an infinite or undefined slope is zero": (
        Promise("np.cbrt(x**3)", 0.0, 0.0),
        Promise("np.sqrt(x**2)", 0.0, 0.0),
        Promise("np.sqrt(np.sum(x * x))", [0.0, 0.0], [0.0, 0.0]),
        Promise("0.0 * np.log(x)", 0.0, 0.0),
        Promise("np.sum(np.sqrt(x) * np.array([1.0, 0.0]))", [4.0, 0.0], [0.25, 0.0]),
    ),
    "Branches and elements not taken": (
        Promise("np.sum(np.where(x > 0, np.sqrt(x), 0.0))", [0.0, 4.0], [0.0, 0.25]),
        Promise("np.sum(np.where(x > 0, np.log(x), x))", [-1.0, 0.0, 2.0], [1.0, 1.0, 0.5]),
        Promise("np.sum(np.where(x != 0, np.sin(x) / x, 1.0))", [0.0, pi], [0.0, -1 / pi]),
        Promise("np.sum(np.log(x)[x > 0])", [-1.0, 0.0, 2.0], [0.0, 0.0, 0.5]),
        Promise("np.sqrt(x)[1] + x[0]", [0.0, 4.0], [1.0, 0.25]),
        _interpreted("np.sum(np.select([x > 0], [np.log(x)], 0.0))", [-1.0, 0.0, 2.0], [0.0, 0.0, 0.5]),
        _interpreted("np.sum(1 / x, where=x != 0)", [0.0, 2.0], [0.0, -0.25]),
        Promise("np.where(x > 0, x**3, 0.0)[()]", 0.0, 0.0, 0.0),
    ),
    "Products with zeros are exact": (
        Promise("np.prod(x)", [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        Promise("np.prod(x)", [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        Promise("np.cumprod(x)[1]", [0.0, 2.0, 3.0], [2.0, 0.0, 0.0]),
        Promise("np.linalg.det(x.reshape(2, 2))", [1.0, 2.0, 2.0, 4.0], [4.0, -2.0, -2.0, 1.0]),
    ),
    "Powers of zero": (
        Promise("x**0", 0.0, 0.0, 0.0),
        Promise("x**1", 0.0, 1.0, 0.0),
        Promise("x**2", 0.0, 0.0, 2.0),
        Promise("np.power(x, 0.0)", 0.0, 0.0),
        Promise("np.sum(x ** np.array([0.0, 1.0, 2.0]))", [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
        Promise("0.0**x", 2.0, 0.0, 0.0),
        Promise("x[0] ** x[1]", [0.0, 2.0], [0.0, 0.0]),
    ),
    "Norms, angles and deviations at the origin": (
        Promise("np.linalg.norm(x)", [0.0, 0.0], [0.0, 0.0]),
        _interpreted("np.sum(np.linalg.norm(x.reshape(2, 2), axis=1))", [0.0, 0.0, 3.0, 4.0], [0.0, 0.0, 0.6, 0.8]),
        Promise("np.linalg.norm(x, 3)", [0.0, 0.0], [0.0, 0.0]),
        Promise("np.hypot(x[0], x[1])", [0.0, 0.0], [0.0, 0.0]),
        Promise("np.arctan2(x[0], x[1])", [0.0, 0.0], [0.0, 0.0]),
        Promise("np.sinc(x)", 0.0, 0.0, -(pi**2) / 3),
        Promise("np.std(x)", [2.0, 2.0], [0.0, 0.0]),
        _interpreted("np.abs(x + 0j)", 0.0, 0.0),
    ),
    "Far out": (
        Promise("dr.special.expit(x)", -1000.0, 0.0),
        Promise("dr.special.softplus(x)", 1000.0, 1.0),
        Promise("np.tanh(x)", inf, 0.0),
        Promise("np.logaddexp(x[0], x[1])", [inf, 1.0], [1.0, 0.0]),
        _interpreted("dr.special.logsumexp(x)", [1000.0, -1000.0], [1.0, 0.0]),
        _interpreted("dr.special.logsumexp(x)", [inf, 0.0], [1.0, 0.0]),
        _interpreted("dr.special.logsumexp(x)", [0.0, -inf], [1.0, 0.0]),
    ),
    "NaN": (
        Promise("np.fmax(x[0], x[1])", [nan, 1.0], [0.0, 1.0]),
        Promise("np.nansum(x)", [nan, 1.0], [0.0, 1.0]),
        Promise("np.nanmax(x)", [nan, 1.0], [0.0, 1.0]),
        Promise("np.maximum(x[0], x[1])", [nan, 1.0], [nan, nan]),
        Promise("np.where(np.isnan(x), 0.0, x * x)[()]", nan, 0.0),
    ),
}
"""The promised values, by the law that they follow from."""


@dataclass(frozen=True)
class Contradiction:
    """A function that is smooth, of parts of which each keeps its promise, so that their sum is wrong.

    Attributes
    ----------
    expression : str
        The function, of `x`.
    at : float or list of float
        The point.
    spelling : str
        The same function, such that the derivative is right there.
    gradient : float or list of float
        That derivative.
    """

    expression: str
    at: Numbers
    spelling: str
    gradient: Numbers


CONTRADICTIONS = (
    Contradiction("dr.special.relu(x) - dr.special.relu(-x)", 0.0, "np.maximum(x, 0.0) - np.maximum(-x, 0.0)", 1.0),
    Contradiction("np.maximum(x, 0.0) - dr.special.relu(-x)", 0.0, "np.maximum(x, 0.0) - np.maximum(-x, 0.0)", 1.0),
    Contradiction("max(x, 0.0) - abs(x) / 2", 0.0, "np.maximum(x, 0.0) - abs(x) / 2", 0.5),
    Contradiction("np.sort(x)[-1] + np.min(x)", [1.0, 1.0], "np.max(x) + np.min(x)", [1.0, 1.0]),
    Contradiction("np.sqrt(x) ** 2", 0.0, "x * 1.0", 1.0),
    Contradiction("np.cbrt(x**3)", 0.0, "x * 1.0", 1.0),
)
"""Pairs of promises that contradict each other on a smooth function; `verify` reports each."""
