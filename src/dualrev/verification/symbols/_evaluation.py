"""SymPy's expressions evaluated in mpmath's numbers, as they stand.

`lambdify` with common subexpressions taken out builds the rest of an expression anew, and then SymPy asks of its parts
whether they are real or finite: among symbols that stand for anything, that can take it hours. Here nothing is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, reduce
from operator import mul
from typing import Any

import mpmath
import sympy


def evaluate(expression: Any, values: Mapping[Any, Any]) -> Any:
    """Return an expression's value in mpmath's working precision, computing once what occurs more than once.

    Parameters
    ----------
    expression : sympy.Expr
    values : mapping
        mpmath's numbers, by symbols.

    Raises
    ------
    NameError
        If there is a symbol without a value, or a function that mpmath does not know.
    """
    known = dict(values)

    def value(node: Any) -> Any:
        found = known.get(node)
        if found is None:
            found = known[node] = _apply(node, value)
        return found

    return value(expression)


def _apply(node: Any, value: Callable[[Any], Any]) -> Any:
    if node.is_Symbol:
        raise NameError(f"{node} has no value")
    if node.is_Rational:
        return mpmath.mpf(node.p) / node.q
    if node.is_Float:
        return mpmath.mpf(node)
    if node.is_Add:
        return sum(map(value, node.args), start=mpmath.mpf(0))
    if node.is_Mul:
        return reduce(mul, map(value, node.args))
    if node.is_Piecewise:  # only the branch that is taken
        return next((value(part) for part, condition in node.args if value(condition)), mpmath.nan)
    if not node.args:
        return _compiled(node)()
    if isinstance(node, sympy.Tuple):  # parameters of a hypergeometric function
        return tuple(map(value, node.args))
    return _head(node.func, tuple(map(_width, node.args)))(*map(value, node.args))


def _width(argument: Any) -> int | None:
    return len(argument.args) if isinstance(argument, sympy.Tuple) else None


@cache
def _head(head: Any, widths: tuple[int | None, ...]) -> Callable[..., Any]:
    """Return a function of mpmath's numbers, which SymPy knows how to print."""
    places = [
        sympy.Dummy() if width is None else sympy.Tuple(*[sympy.Dummy() for _ in range(width)]) for width in widths
    ]
    return _compiled(head(*places), *places)


def _compiled(node: Any, *places: Any) -> Callable[..., Any]:
    run: Callable[..., Any] = sympy.lambdify(places, node, modules="mpmath")
    return run
