"""Partial derivatives as text, from the table's rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from dualrev.compiled.adjoints._form import Operand, Operation, Value
from dualrev.compiled.adjoints._primal_text import written
from dualrev.compiled.adjoints._steps import Pullback, Step
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.kernels.cpu import native, target
from dualrev.primitives.row import Row, reads
from dualrev.primitives.rule_text import inlined
from dualrev.primitives.scalar import FORMULAS, TABLE

_CALL = re.compile(r"\bmath_(\w+)")
_FACTORS = (ast.Name, ast.Constant, ast.Call, ast.Attribute)
"""Expressions that need no parentheses in a product."""


# A constant exponent decides most of what the rule of a power asks.
class _Simplified(ast.NodeTransformer):
    """Computes what is known of an expression: comparisons of constants, choices by them, and sums of integers."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """Choose by a constant."""
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Compare constants."""
        self.generic_visit(node)
        return _computed(node, [node.left, *node.comparators])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Add and subtract integers; leave out a power of 1."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 1:
            return node.left
        sides = [node.left, node.right]
        whole = all(isinstance(each, ast.Constant) and type(each.value) is int for each in sides)
        return _computed(node, sides) if whole and isinstance(node.op, ast.Add | ast.Sub) else node


def _computed(node: ast.expr, parts: Sequence[ast.expr]) -> ast.expr:
    if all(isinstance(each, ast.Constant) for each in parts):
        return ast.Constant(eval(compile(ast.Expression(node), "<rule>", "eval"), {"__builtins__": {}}))
    return node


def simplified(text: str) -> str:
    """Return an expression without what its constants decide."""
    tree = ast.parse(text, mode="eval").body
    return ast.unparse(ast.fix_missing_locations(_Simplified().visit(tree)))


class Product(NamedTuple):
    """A partial derivative times an adjoint.

    Attributes
    ----------
    text
    negative
        Whether it is to be subtracted.
    reads
        The values that the text reads, besides the adjoint.
    """

    text: str
    negative: bool
    reads: Sequence[Operand]


class _Factor(NamedTuple):
    """The text that an adjoint is multiplied by, empty for 1, and whether the product is subtracted."""

    text: str
    negative: bool


def _factor(text: str) -> _Factor:
    """Return a partial derivative as a factor."""
    if text in ("1.0", "-1.0"):
        return _Factor("", text == "-1.0")
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub) and isinstance(tree.operand, _FACTORS):
        return _Factor(ast.unparse(tree.operand), True)
    return _Factor(text if isinstance(tree, _FACTORS) else f"({text})", False)


class Partials:
    """Writes the products of partial derivatives and adjoints, and collects what their text calls.

    Attributes
    ----------
    scope
        What the names in the text mean.
    """

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}
        self._factors: dict[tuple[Any, ...], _Factor] = {}

    def product(self, operation: Operation, argument: int, adjoint: str) -> Product | None:
        """Return the product for an argument of an operation, or None where the row is flat in it."""
        row = operation.row
        assert row is not None
        rule = None if row.flat else row.partials[argument]
        if rule is None:
            return None
        values: list[Any] = [operation.result, *operation.operands]
        names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
        used = reads(rule)
        factor = self._factor(row, rule, [f"({written(each)})" for each in values])
        read = [each for name, each in zip(names, values, strict=True) if name in used and isinstance(each, Value)]
        return Product(f"{factor.text} * {adjoint}" if factor.text else adjoint, factor.negative, read)

    # The reverse sweep is written several times, until nothing more is needed.
    def _factor(self, row: Row, rule: Any, arguments: list[str]) -> _Factor:
        key = (rule, *arguments)
        if key not in self._factors:
            text = inlined(rule, arguments)
            if text is None:
                raise Refused(f"the source of the table is not at hand for {row.name}")
            text = simplified(text)
            self._bind(text)
            self._factors[key] = _factor(text)
        return self._factors[key]

    def pullback(self, step: Step, argnums: Sequence[int]) -> str:
        """Return the name of the pullback of a step to some of its operands."""
        pullback = Pullback(step.function, tuple(argnums))
        known = next((name for name, meaning in self.scope.items() if meaning == pullback), None)
        name = known or f"pull_{step.text.partition('(')[0]}_{len(self.scope)}"
        self.scope[name] = pullback
        return name

    def _bind(self, text: str) -> None:
        for name in _CALL.findall(text):
            meaning = native().get(name)
            if meaning is None:
                meaning = target().bind(FORMULAS[name] if name in FORMULAS else TABLE[name].fn)
            self.scope[f"math_{name}"] = meaning
