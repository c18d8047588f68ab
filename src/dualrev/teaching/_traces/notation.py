"""Formulas as text, as HTML and as LaTeX."""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from dualrev.primitives.scalar import TABLE

COMPARISON, EITHER, BOTH, SUM, PRODUCT, SIGN, POWER, ATOM = range(8)
"""How tightly an expression holds together."""

MOST_PARTS = 12
"""Sums and lists of more parts are not written out."""

_OPERATORS: dict[type, tuple[str, int]] = {
    ast.BitOr: ("|", EITHER),
    ast.BitAnd: ("&", BOTH),
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
    ast.FloorDiv: ("//", PRODUCT),
    ast.Mod: ("%", PRODUCT),
    ast.Pow: ("**", POWER),
}
_COMPARISONS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_LATEX_FUNCTIONS = {row.name: row.latex for row in TABLE.values() if row.latex} | {"max": r"\max", "min": r"\min"}
_LATEX_COMPARISONS = {"==": "=", "!=": r"\ne", "<=": r"\le", ">=": r"\ge"}
_LATEX_SIGNS = {"*": r"\,", "%": r"\bmod", "&": r"\wedge", "|": r"\vee"}


def name_text(number: int, mark: str = "") -> str:
    """Return a variable's name: v3, its tangent v3' or its adjoint v3b."""
    return f"v{number}{ {'': '', 'tangent': chr(39), 'adjoint': 'b'}[mark] }"


def name_html(number: int, mark: str = "") -> str:
    """Return a variable's name with a subscript, and a dot or a bar above it."""
    above = {"": "", "tangent": "&#775;", "adjoint": "&#772;"}[mark]
    return f"<i>v</i>{above}<sub>{number}</sub>"


def name_latex(number: int, mark: str = "") -> str:
    """Return a variable's name with a subscript, and a dot or a bar above it."""
    return rf"{ {'': 'v', 'tangent': chr(92) + 'dot v', 'adjoint': chr(92) + 'bar v'}[mark] }_{{{number}}}"


@dataclass(frozen=True)
class Style:
    """How formulas are written.

    Attributes
    ----------
    name
        From a variable's number and "", "tangent" or "adjoint".
    word
        Function names, and other words.
    latex
        Whether fractions and roots are drawn.
    """

    name: Callable[[int, str], str]
    word: Callable[[str], str]
    latex: bool = False


def _latex_word(word: str) -> str:
    plain = word.replace("_", r"\_")
    return _LATEX_FUNCTIONS.get(word, rf"\operatorname{{{plain}}}")


TEXT = Style(name_text, str)
HTML = Style(name_html, escape)
LATEX = Style(name_latex, _latex_word, latex=True)

Written = tuple[str, int]
"""An expression as written, and how tightly it holds together."""


def number(value: float, style: Style = TEXT) -> Written:
    """Return a number with six digits, whole ones without a decimal point."""
    text = f"{value:.6g}"
    if style.latex and not np.isfinite(value):
        text = text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    elif style.latex and "e" in text:
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT
    return text, SIGN if text.startswith("-") else ATOM


def held(written: Written, tightness: int) -> str:
    """Return an expression, in parentheses if it holds together less tightly than asked."""
    text, own = written
    return text if own >= tightness else f"({text})"


def write(node: ast.expr, names: Mapping[str, Written], style: Style) -> Written:
    """Return a rule's expression, with what its parameters stand for."""
    match node:
        case ast.Name(id=name):
            return names[name] if name in names else (style.word(name.removeprefix("math_")), ATOM)
        case ast.Constant(value=int() | float() as value):
            return number(float(value), style)
        case ast.UnaryOp(op=op, operand=operand):
            sign = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}[type(op)]
            return sign + held(write(operand, names, style), POWER), SIGN
        case ast.BinOp(left=left, op=op, right=right):
            return binary(op, write(left, names, style), write(right, names, style), style)
        case ast.Call(func=function, args=arguments):
            inside = ", ".join(write(argument, names, style)[0] for argument in arguments)
            name = write(function, names, style)[0]
            if style.latex and name == _latex_word("sqrt"):
                return rf"\sqrt{{{inside}}}", ATOM
            return f"{name}({inside})", ATOM
        case ast.IfExp(test=test, body=body, orelse=other):
            parts = [write(each, names, style)[0] for each in (test, body, other)]
            return f"{style.word('select')}({', '.join(parts)})", ATOM
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            sign = _COMPARISONS[type(op)]
            sign = _LATEX_COMPARISONS.get(sign, sign) if style.latex else style.word(sign)
            return f"{write(left, names, style)[0]} {sign} {write(right, names, style)[0]}", COMPARISON
    raise TypeError(f"a rule holds {ast.unparse(node)}, which has no notation")


def binary(op: Any, left: Written, right: Written, style: Style) -> Written:
    """Return two expressions joined by an operator."""
    sign, tightness = _OPERATORS[type(op)]
    if style.latex and sign == "/":
        return rf"\frac{{{left[0]}}}{{{right[0]}}}", POWER
    if style.latex and sign == "**":
        return f"{held(left, ATOM)}^{{{right[0]}}}", POWER
    tighter = tightness + 1
    if sign == "**":
        return f"{held(left, ATOM)}**{held(right, SIGN)}", POWER
    right_text = held(right, POWER if right[1] == SIGN else tightness if sign in "+*" else tighter)
    shown = _LATEX_SIGNS.get(sign, sign) if style.latex else style.word(sign)
    if style.latex and sign == "*" and right_text[0].isdigit():
        shown = r"\cdot"
    return f"{held(left, tightness)} {shown} {right_text}", tightness


class _Folding(ast.NodeTransformer):
    """Puts constants in for parameters, and computes what is constant then."""

    def __init__(self, constants: Mapping[str, float]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a parameter that is constant."""
        return ast.Constant(self.constants[node.id]) if node.id in self.constants else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Compute an operation on two constants."""
        self.generic_visit(node)
        both = isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant)
        return _computed(node) if both else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Compute a comparison of two constants."""
        self.generic_visit(node)
        both = isinstance(node.left, ast.Constant) and isinstance(node.comparators[0], ast.Constant)
        return _computed(node) if both else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """Take the branch that a constant condition selects."""
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node


_COMPUTED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
    ast.Pow: np.float_power,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _computed(node: Any) -> ast.expr:
    comparison = isinstance(node, ast.Compare)
    left, right, op = (node.left, node.comparators[0], node.ops[0]) if comparison else (node.left, node.right, node.op)
    if type(op) not in _COMPUTED:
        return node  # type: ignore[no-any-return]
    with np.errstate(all="ignore"):
        return ast.Constant(float(_COMPUTED[type(op)](left.value, right.value)))


def folded(body: ast.expr, constants: Mapping[str, float]) -> ast.expr:
    """Return an expression in which some parameters are constants."""
    if not constants:
        return body
    result: ast.expr = _Folding(constants).visit(copy.deepcopy(body))
    return result


def product(factor: Written, partial: ast.expr, names: Mapping[str, Written], style: Style) -> tuple[bool, Written]:
    """Return whether a factor times a partial derivative is negative, and it as an expression without that sign."""
    negative, partial = _without_sign(partial)
    if isinstance(partial, ast.Constant) and partial.value == 1:
        return negative, factor
    if isinstance(partial, ast.BinOp) and isinstance(partial.op, ast.Div):
        below = write(partial.right, names, style)
        above = partial.left
        if not (isinstance(above, ast.Constant) and above.value == 1):
            factor = binary(ast.Mult(), factor, write(above, names, style), style)
        return negative, binary(ast.Div(), factor, below, style)
    return negative, binary(ast.Mult(), factor, write(partial, names, style), style)


def _without_sign(node: ast.expr) -> tuple[bool, ast.expr]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return True, node.operand
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        negative, left = _without_sign(node.left)
        return negative, ast.BinOp(left, node.op, node.right)
    return False, node


def elided(parts: Sequence[Any], dots: Any) -> Sequence[Any]:
    """Return some parts of a formula; of many the first three, dots, and the last."""
    return parts if len(parts) <= MOST_PARTS else [*parts[:3], dots, parts[-1]]


def total(terms: list[tuple[bool, Written]]) -> Written:
    """Return a sum of terms with signs, of many the first and the last; 0 if there are none."""
    if not terms:
        return "0", ATOM
    text = ""
    for negative, term in elided(terms, (False, ("...", ATOM))):
        inside = held(term, PRODUCT)
        text += (" - " if negative else " + ") + inside if text else ("-" if negative else "") + inside
    tightness: int = SUM if len(terms) > 1 else SIGN if terms[0][0] else terms[0][1][1]
    return text, tightness
