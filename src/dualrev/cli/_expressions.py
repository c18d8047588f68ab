"""Expressions written as text, such as `log(x1) + x1*x2 - sin(x2)`, as functions.

Nothing is evaluated as Python: the text is parsed, every node is looked up in a list of what is allowed, and the tree
is walked. Numbers are floating-point numbers, so that `9**9**9` is infinite and not a very long calculation.
"""

from __future__ import annotations

import ast
import inspect
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np

from dualrev.errors import ExpressionError
from dualrev.kernels.numpy_rows import FUNCTIONS

LONGEST = 20_000
"""Characters in an expression."""

DEEPEST = 200
"""Expressions within one another."""

CONSTANTS = {"pi": np.pi, "e": np.e}
_UNARY: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
    ast.Pow: operator.pow,
    ast.Mod: operator.mod,
}
_OTHER_NAMES = {"abs": "absolute", "ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan"}
CALLS = FUNCTIONS | {short: FUNCTIONS[name] for short, name in _OTHER_NAMES.items()}
"""Functions by the names that expressions may use: every row of the table, and short names of some."""

_ARITY = {
    name: len(inspect.signature(function).parameters) if not isinstance(function, np.ufunc) else function.nin
    for name, function in CALLS.items()
    if isinstance(function, np.ufunc)
}


class Expression:
    """A function given as text.

    Parameters
    ----------
    text : str
        Numbers, variables, + - * / ** % and parentheses, functions of the table of primitives, pi and e.

    Attributes
    ----------
    variables : tuple of str
        The names that are neither functions nor constants, in natural order: x2 before x10. They are the parameters.

    Raises
    ------
    ExpressionError
        If the text is no such expression; the message shows the place.

    Examples
    --------
    >>> f = Expression("log(x1) + x1*x2 - sin(x2)")
    >>> f.variables
    ('x1', 'x2')
    >>> round(float(f(2.0, 5.0)), 3)
    11.652
    """

    def __init__(self, text: str) -> None:
        self.text = self.__name__ = text.strip()
        self._tree = _parsed(text)
        names: set[str] = set()
        _check(self._tree, text, names, 0)
        self.variables = tuple(sorted(names, key=_natural))
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in self.variables])

    def __call__(self, *args: Any) -> Any:
        """Return the value; the arguments are those of `variables`."""
        if len(args) != len(self.variables):
            raise TypeError(
                f"{self.text!r} has the variables {', '.join(self.variables) or 'none'}; {len(args)} were given"
            )
        given = [np.float64(arg) if isinstance(arg, int | float) else arg for arg in args]
        return _value(self._tree, dict(zip(self.variables, given, strict=True)))


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text)} characters; expected at most {LONGEST}")
    stripped = re.sub(r"\s", " ", text).strip()  # on one line, columns are places
    if not stripped:
        raise ExpressionError("the expression is empty; expected one such as log(x1) + x1*x2")
    lead = len(text) - len(text.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's compiler, about what is refused below
            tree = ast.parse(stripped, mode="eval")
    except SyntaxError as error:
        column = lead + max((error.offset or 1) - 1, 0)
        product = re.search(r"(?<![\w.])(\d+\.?\d*|\.\d+)([A-Za-z_]\w*)", text)
        if product and not re.fullmatch(r"[eE]\d*", product[2]):
            what = f"a number and a name stand side by side; write {product[1]}*{product[2]}"
            raise _error(text, product.start(2), what) from None
        raise _error(text, column, (error.msg or "invalid syntax").rstrip(".")) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise ExpressionError(f"the expression cannot be read: {type(error).__name__}: {error}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            # Python counts bytes.
            node.col_offset = lead + len(stripped.encode()[: node.col_offset].decode(errors="ignore"))
    return tree.body


def _check(node: ast.expr, text: str, names: set[str], depth: int) -> None:
    """Raise `ExpressionError` for anything that is not allowed, and collect the variables."""

    def refuse(what: str) -> ExpressionError:
        return _error(text, node.col_offset, what)

    if depth > DEEPEST:
        raise refuse(f"more than {DEEPEST} expressions within one another")
    match node:
        case ast.Constant(value=bool() as truth):
            raise refuse(f"{truth} is not a number")
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name):
            if name in CALLS:
                raise refuse(f"{name} is a function; write {name}(...)")
            if name.startswith("_"):
                raise refuse(f"{name!r} cannot be a variable: names begin with a letter")
            if name not in CONSTANTS:
                names.add(name)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            _check(operand, text, names, depth + 1)
        case ast.BinOp():
            first, following = _spine(node)
            for sign, _, at in following:
                if isinstance(sign, ast.BitXor):
                    raise _error(text, text.index("^", at), "^ is no power; write **")
                if type(sign) not in _BINARY:
                    raise refuse(f"{_kind(sign)} is not allowed; expected + - * / ** or %")
            for part in (first, *(right for _, right, _ in following)):
                _check(part, text, names, depth + 1)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in CALLS:
            expected = _ARITY.get(name)
            if expected is not None and len(arguments) != expected:
                raise refuse(f"{name} takes {expected} argument{'s' * (expected != 1)}; {len(arguments)} were given")
            for argument in arguments:
                _check(argument, text, names, depth + 1)
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            raise refuse(f"{name} takes no arguments by name")
        case ast.Call(func=ast.Name(id=name)):
            close = get_close_matches(name, CALLS, 1)
            raise refuse(f"there is no function {name}" + (f"; did you mean {close[0]}?" if close else ""))
        case _:
            raise refuse(f"{_kind(node)} is not allowed; expected numbers, variables, + - * / ** and functions")


def _spine(node: ast.BinOp) -> tuple[ast.expr, list[tuple[ast.operator, ast.expr, int]]]:
    """Return a chain such as a - b + c without nesting: a, and the operators with what follows and where it begins.

    Sums of thousands of terms are deep trees, deeper than functions can call themselves.
    """
    following: list[tuple[ast.operator, ast.expr, int]] = []
    first: ast.expr = node
    while isinstance(first, ast.BinOp):
        following.append((first.op, first.right, first.col_offset))
        first = first.left
    return first, following[::-1]


def _kind(node: ast.AST) -> str:
    names = {
        ast.Attribute: "an attribute",
        ast.Call: "such a call",
        ast.Subscript: "an index",
        ast.Compare: "a comparison",
    }
    if isinstance(node, ast.Constant):
        return f"a {type(node.value).__name__}"
    return names.get(type(node), re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__).lower())


def _error(text: str, column: int, what: str) -> ExpressionError:
    """Return an error with a caret under the place; of a long text its surroundings are shown."""
    first = max(0, column - 50)
    part = text[first : first + 80].replace("\n", " ").replace("\t", " ")
    before = "... " if first else ""
    return ExpressionError(f"{what}\n  {before}{part}\n  {' ' * (len(before) + column - first)}^")


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|\D+", name)]


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return _number(number)
        case ast.Name(id=name):
            return values[name] if name in values else CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, values))
        case ast.BinOp():
            first, following = _spine(node)
            result = _value(first, values)
            for sign, right, _ in following:
                result = _joined(sign, result, _value(right, values))
            return result
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return CALLS[name](*[_value(argument, values) for argument in arguments])
    raise AssertionError(ast.dump(node))


def _joined(op: ast.operator, left: Any, right: Any) -> Any:
    """Apply an operator; to two constants as NumPy does, where 9**9**9 is infinite."""
    if type(left) is float and type(right) is float:
        with np.errstate(all="ignore"):
            return float(_BINARY[type(op)](np.float64(left), np.float64(right)))
    return _BINARY[type(op)](left, right)


def _number(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")
