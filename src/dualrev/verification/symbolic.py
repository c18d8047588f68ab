"""A function as SymPy's expressions, to be looked at, printed and weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import sympy

from dualrev.errors import NonScalarOutputError
from dualrev.verification.symbols.exact import CANNOT_COMPILE, derivative, evaluated, numeric_modules

LONGEST = 400
"""Characters of an expression that are printed."""


@dataclass(frozen=True)
class SymbolicCost:
    """The cost of evaluating the symbolic Jacobian.

    Attributes
    ----------
    operations : int
        Operations as the expressions are written.
    shared_operations : int
        Operations where common subexpressions are computed once.
    seconds : float
        Of one evaluation in double precision, common subexpressions computed once: the best of several. NaN where
        neither NumPy nor SciPy has one of the functions.
    """

    operations: int
    shared_operations: int
    seconds: float

    def __str__(self) -> str:
        time = "no evaluation in double precision by NumPy or SciPy"
        if self.seconds == self.seconds:
            time = f"{self.seconds * 1e6:.3g} µs for an evaluation"
        return (
            f"symbolic Jacobian: {self.operations} operations as written, {self.shared_operations} with common "
            f"subexpressions taken out, {time}"
        )


class Symbolic:
    r"""The expressions of a function's outputs, as it ran at a point: branches are those taken there.

    Attributes
    ----------
    symbols : list of sympy.Symbol
        x0, x1, ...: the inputs in order.
    point : list
        Their exact values.
    expressions : list
        One for each output.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> symbolic = dr.verify(lambda x: x[0] ** 2 * np.sin(x[1]), np.array([2.0, 0.5])).symbolic
    >>> symbolic
    f = x0**2*sin(x1)
    >>> symbolic.jacobian
    Matrix([[2*x0*sin(x1), x0**2*cos(x1)]])
    >>> symbolic.hessian
    Matrix([
    [   2*sin(x1),   2*x0*cos(x1)],
    [2*x0*cos(x1), -x0**2*sin(x1)]])
    >>> print(symbolic.latex())
    f = x_{0}^{2} \sin{\left(x_{1} \right)}
    >>> symbolic.operations
    3
    """

    def __init__(self, symbols: Sequence[Any], point: Sequence[Any], expressions: Sequence[Any]) -> None:
        self.symbols, self.point = list(symbols), list(point)
        self.expressions = [sympy.sympify(each) for each in expressions]

    @property
    def values(self) -> dict[Any, Any]:
        """The point, by symbols."""
        return dict(zip(self.symbols, self.point, strict=True))

    @property
    def operations(self) -> int:
        """Operations in the expressions of the outputs, as they are written."""
        return int(sum(sympy.count_ops(each) for each in self.expressions))

    @cached_property
    def jacobian(self) -> Any:
        """The Jacobian, a SymPy matrix of all outputs by all inputs."""
        rows = [[derivative(each, symbol) for symbol in self.symbols] for each in self.expressions]
        return sympy.Matrix(len(self.expressions), len(self.symbols), [entry for row in rows for entry in row])

    @cached_property
    def hessian(self) -> Any:
        """The Hessian of a function with one output, a SymPy matrix.

        Raises
        ------
        NonScalarOutputError
            If there are more outputs.
        """
        if len(self.expressions) != 1:
            raise NonScalarOutputError(
                f"the function has {len(self.expressions)} outputs; expected one. Take "
                "sympy.hessian(symbolic.expressions[i], symbolic.symbols) of one of them"
            )
        n = len(self.symbols)
        slopes = self.jacobian
        return sympy.Matrix(n, n, lambda i, j: derivative(slopes[min(i, j)], self.symbols[max(i, j)]))

    def cost(self, budget: float = 0.02) -> SymbolicCost:
        """Return the size of the Jacobian's expressions and the time of their evaluation.

        Parameters
        ----------
        budget : float
            Seconds to spend on timing.
        """
        entries = list(self.jacobian)
        shared, rest = sympy.cse(entries)
        reduced = [part for _, part in shared] + list(rest)
        return SymbolicCost(
            int(sympy.count_ops(entries)), int(sympy.count_ops(reduced)), self._seconds(entries, budget)
        )

    def _seconds(self, entries: Sequence[Any], budget: float) -> float:
        at = [float(number) for number in self.point]
        try:
            run = sympy.lambdify(self.symbols, entries, modules=numeric_modules(), cse=True)
            run(*at)
        except CANNOT_COMPILE:
            return float("nan")
        best, end = float("inf"), perf_counter() + budget
        while best == float("inf") or perf_counter() < end:
            start = perf_counter()
            run(*at)
            best = min(best, perf_counter() - start)
        return best

    def evaluate(self, values: Sequence[Any] | None = None) -> list[float]:
        """Return all outputs, evaluated to 50 digits and rounded; NaN where one is no finite real number.

        Parameters
        ----------
        values : sequence of float, optional
            Another point, one number for each symbol; there the branches remain those of this one.
        """
        exact = self.point if values is None else [sympy.Rational(float(value)) for value in values]
        at = dict(zip(self.symbols, exact, strict=True))
        found = [evaluated(each, at) for each in self.expressions]
        return [float("nan") if each is None else float(each) for each in found]

    def latex(self) -> str:
        """Return the expressions in LaTeX, one line for each output."""
        return "\n".join(f"{name} = {sympy.latex(each)}" for name, each in self._named("f_{{{}}}"))

    def _named(self, form: str) -> list[tuple[str, Any]]:
        if len(self.expressions) == 1:
            return [("f", self.expressions[0])]
        return [(form.format(n), each) for n, each in enumerate(self.expressions)]

    def __str__(self) -> str:
        return "\n".join(_cut(f"{name} = {each}") for name, each in self._named("f[{}]"))

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        lines = [f"{name} &= {sympy.latex(each)}" for name, each in self._named("f_{{{}}}")]
        return "$$\\begin{aligned}" + " \\\\ ".join(lines) + "\\end{aligned}$$"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
