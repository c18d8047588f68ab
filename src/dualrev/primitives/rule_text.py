"""The text of rules, for kernels that write several into one function."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping, Sequence
from functools import cache

from dualrev.primitives.row import Rule


@cache
def _lambdas(filename: str, text: str) -> Mapping[int, ast.Lambda]:
    return {node.lineno: node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Lambda)}


class _Names(ast.NodeTransformer):
    """Puts arguments in for parameters, plain names for `math.<name>`, and a choice for `select`."""

    def __init__(self, arguments: Mapping[str, str]) -> None:
        self.arguments = arguments

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a parameter."""
        return ast.parse(self.arguments.get(node.id, node.id), mode="eval").body

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Replace a name of `math`."""
        return ast.Name(f"math_{node.attr}", ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Replace `select`, and go on in the arguments."""
        selects = isinstance(node.func, ast.Name) and node.func.id == "select"
        self.generic_visit(node)
        if not selects:
            return node
        condition, a, b = node.args
        return ast.IfExp(condition, a, b)


def _source(rule: Rule) -> ast.Lambda | None:
    code = rule.__code__
    text = "".join(linecache.getlines(code.co_filename))
    found = _lambdas(code.co_filename, text).get(code.co_firstlineno) if text else None
    parameters = code.co_varnames[: code.co_argcount]
    return found if found is not None and tuple(each.arg for each in found.args.args) == parameters else None


def shown(rule: Rule | None) -> str:
    """Return a rule's expression as the source has it, "flat" where there is no rule."""
    found = None if rule is None else _source(rule)
    return "flat" if found is None else ast.unparse(found.body)


def inlined(rule: Rule, arguments: Sequence[str]) -> str | None:
    """Return a rule's expression with these arguments, or None where its source cannot be read.

    `math.<name>` becomes `math_<name>`, and `select(c, a, b)` becomes `a if c else b`.
    """
    found = _source(rule)
    if found is None:
        return None
    names = dict(zip((each.arg for each in found.args.args), arguments, strict=True))
    return ast.unparse(_Names(names).visit(ast.parse(ast.unparse(found.body), mode="eval").body))
