"""The effects of a generated function's statements besides setting names, and the dependences of expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dualrev.compiled.adjoints._text_flow import blocks, expressions, nodes, pairs

_MODULES = frozenset(("np", "math"))


class Deeds(NamedTuple):
    """The effects that a statement may have, with all that stands in it.

    Attributes
    ----------
    sets
        The names that it sets.
    stores
        Whether it writes to memory.
    acts
        Whether it raises an error, ends something, or may not end itself.
    """

    sets: frozenset[str]
    stores: bool
    acts: bool


class Effects:
    """Tells what statements and expressions do.

    Parameters
    ----------
    pure
        Whether a function, by its name in the text, has no effect and raises no error. One that is not may write to
        arrays only where the call is a statement of its own.
    """

    def __init__(self, pure: Callable[[str], bool]) -> None:
        self._pure = pure

    def acts(self, statement: ast.stmt) -> bool:
        """Whether a statement, or the head of a branch or loop, does more than set names."""
        if isinstance(statement, ast.Return | ast.Raise):
            return True
        return _stores(statement) or any(not self.is_pure(each) for each in expressions(statement))

    def is_pure(self, expression: ast.expr) -> bool:
        """Whether an expression has no effect and raises no error."""
        return all(
            self._is_pure_call(each) if isinstance(each, ast.Call) else not _is_product(each)
            for each in nodes(expression)
        )

    def _is_pure_call(self, call: ast.Call) -> bool:
        name = call.func.id if isinstance(call.func, ast.Name) else ast.unparse(call.func)
        if name == "range" and len(call.args) == 3:
            # A step of zero is an error.
            step = call.args[2].operand if isinstance(call.args[2], ast.UnaryOp) else call.args[2]
            return isinstance(step, ast.Constant) and step.value != 0
        return self._pure(name)

    def deeds(self, statements: list[ast.stmt]) -> dict[ast.stmt, Deeds]:
        """Return what statements do, with all that stands in them; they are all of a text, in its order."""
        found: dict[ast.stmt, Deeds] = {}
        for each in reversed(statements):  # what stands in another comes behind it
            inner = [found[statement] for block in blocks(each) for statement in block]
            own = {target.id for target, _ in pairs(each) if isinstance(target, ast.Name)}
            if isinstance(each, ast.For) and isinstance(each.target, ast.Name):
                own.add(each.target.id)
            jumps = isinstance(each, ast.While | ast.Break | ast.Return | ast.Raise)
            found[each] = Deeds(
                frozenset(own).union(*(part.sets for part in inner)),
                _stores(each) or any(part.stores for part in inner),
                jumps or not all(map(self.is_pure, expressions(each))) or any(part.acts for part in inner),
            )
        return found


# Matrices whose lengths do not fit are an error.
def _is_product(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _stores(statement: ast.stmt) -> bool:
    """Whether a statement itself writes to memory."""
    # A call for its own sake may write to its arguments.
    if isinstance(statement, ast.AugAssign | ast.Expr):
        return True
    return any(isinstance(target, ast.Subscript) for target, _ in pairs(statement))


def reads_memory(expression: ast.expr, arrays: frozenset[str]) -> bool:
    """Whether the value of an expression may change when an array's element does."""
    return any(True for _ in _memory(expression, arrays))


def _memory(node: ast.AST, arrays: frozenset[str]) -> Iterator[ast.AST]:
    """Yield what reads memory. The shape of an array does not."""
    if isinstance(node, ast.Attribute) and node.attr in ("shape", "size", "ndim", "inf", "nan"):
        return
    if isinstance(node, ast.Subscript) and not (isinstance(node.value, ast.Attribute) and node.value.attr == "shape"):
        yield node
    if isinstance(node, ast.Name) and node.id in arrays:
        yield node
    for each in ast.iter_child_nodes(node):
        yield from _memory(each, arrays)


def arrays_in(statements: list[ast.stmt]) -> frozenset[str]:
    """Return the names in a text that may stand for arrays: what has elements or attributes, and other names of it."""
    found: set[str] = set()
    copies: list[tuple[str, str]] = []
    for statement in statements:
        for each in nodes(*expressions(statement)):
            if isinstance(each, ast.Subscript | ast.Attribute) and isinstance(each.value, ast.Name):
                found |= {each.value.id} - _MODULES
        for target, value in pairs(statement):
            if isinstance(target, ast.Name) and isinstance(value, ast.Name):
                copies += [(target.id, value.id), (value.id, target.id)]
    while new := {one for one, other in copies if other in found} - found:
        found |= new
    return frozenset(found)
