"""Statements, by the kind of their node."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from dualrev.compiled.adjoints._form import Constant, Operand, Raise, Value
from dualrev.compiled.adjoints._reading.branches import branch, if_statement, truth
from dualrev.compiled.adjoints._reading.entries import Known
from dualrev.compiled.adjoints._reading.inlining import define
from dualrev.compiled.adjoints._reading.iteration import for_statement
from dualrev.compiled.adjoints._reading.loops import endless
from dualrev.compiled.adjoints._reading.reader import Reader, known
from dualrev.compiled.adjoints._reading.targets import annotated, assignment, augmented


def _expression(reader: Reader, node: ast.Expr) -> None:
    if isinstance(node.value, ast.Constant):
        return
    if not isinstance(node.value, ast.Call):
        reader.refuse("has an expression whose value is not used")
    reader.expression(node.value)


def _pass(reader: Reader, node: ast.Pass) -> None:
    """Nothing happens."""


def _raise(reader: Reader, node: ast.Raise) -> None:
    if node.exc is None or node.cause is not None:
        reader.refuse("raises an error from another")
    call = node.exc if isinstance(node.exc, ast.Call) else ast.Call(node.exc, [], [])
    kind: Any = known(reader.expression(call.func))
    if not (isinstance(kind, type) and issubclass(kind, Exception)) or call.keywords:
        reader.refuse("raises what is no error")
    texts: list[str] = []
    operands: list[Operand] = []
    for each in call.args:
        text, operand = _said(reader, each)
        texts.append(text if operand is None else f"{{{len(operands)}}}")
        operands += [] if operand is None else [operand]
    own = str(kind.__name__)
    name = own if getattr(builtins, own, None) is kind else reader.scoped(own, kind)
    text = f"{name}({', '.join(texts)})" if isinstance(node.exc, ast.Call) else name
    reader.add(Raise(reader.block, reader.line, text, tuple(operands)))


def _said(reader: Reader, node: ast.expr) -> tuple[str, Operand | None]:
    """Return what an error says: a text, or a number."""
    found = reader.expression(node)
    if isinstance(found, Value | Constant):
        return "", found
    if isinstance(found, Known) and isinstance(found.value, str):
        return repr(found.value).replace("{", "{{").replace("}", "}}"), None
    return reader.refuse("raises an error that says more than texts and numbers")


def _assert(reader: Reader, node: ast.Assert) -> None:
    error = ast.Call(ast.Name("AssertionError", ast.Load()), [] if node.msg is None else [node.msg], [])
    otherwise = ast.copy_location(ast.Raise(error, None), node)
    condition = truth(reader, reader.expression(node.test))
    live = frozenset(reader.frame.bound)
    branch(reader, condition, lambda: None, lambda: reader.statements([ast.fix_missing_locations(otherwise)]), live)


def _define(reader: Reader, node: ast.FunctionDef) -> None:
    reader.bind(node.name, define(reader, node))


def _while(reader: Reader, node: ast.While) -> None:
    endless(reader, node)


_READ: dict[type[ast.stmt], Callable[[Reader, Any], None]] = {
    ast.Expr: _expression,
    ast.Pass: _pass,
    ast.Assign: assignment,
    ast.AnnAssign: annotated,
    ast.AugAssign: augmented,
    ast.If: if_statement,
    ast.For: for_statement,
    ast.While: _while,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.FunctionDef: _define,
}

_NAMES = {ast.Try: "handles errors", ast.With: "has a with statement", ast.Delete: "deletes a name"}


def statement(reader: Reader, node: ast.stmt) -> None:
    """Read a statement."""
    read = _READ.get(type(node))
    if read is None:
        reader.refuse(_NAMES.get(type(node), f"has a statement of the kind {type(node).__name__}"))
    read(reader, node)
