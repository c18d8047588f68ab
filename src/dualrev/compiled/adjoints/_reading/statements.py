"""Statements, by the kind of their node."""

from __future__ import annotations

import ast
import builtins
import re
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
        texts.append(_said(reader, each, operands))
    own = str(kind.__name__)
    name = own if getattr(builtins, own, None) is kind else reader.scoped(own, kind)
    text = f"{name}({', '.join(texts)})" if isinstance(node.exc, ast.Call) else name
    reader.add(Raise(reader.block, reader.line, text, tuple(operands)))


def _said(reader: Reader, node: ast.expr, operands: list[Operand]) -> str:
    """Return what an error says, a text or a number, with places for operands, which are added to those there are."""
    if isinstance(node, ast.JoinedStr):
        return _formatted(reader, node, operands)
    found = reader.expression(node)
    if isinstance(found, Value | Constant):
        operands.append(found)
        return f"{{{len(operands) - 1}}}"
    if isinstance(found, Known) and isinstance(found.value, str):
        return _braced(repr(found.value))
    return reader.refuse("raises an error that says more than texts and numbers")


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _formatted(reader: Reader, node: ast.JoinedStr, operands: list[Operand]) -> str:
    """Return a text with values in it, `f"{n} points"`."""
    text = ""
    for each in node.values:
        if isinstance(each, ast.Constant):
            text += _braced(str(each.value))
        elif isinstance(each, ast.FormattedValue) and each.conversion == -1 and each.format_spec is None:
            found = reader.expression(each.value)
            said = found.value if isinstance(found, Known) and isinstance(found.value, str) else None
            if said is None:
                operands.append(reader.as_number(found))
            text += f"{{\0{len(operands) - 1}\0}}" if said is None else _braced(said)
        else:
            reader.refuse("has a text with values in a format of their own")
    # The names of the values are put between the zeros, when all else is quoted.
    return re.sub(r"\\x00(\d+)\\x00", r"{\1}", f"f{_braced(repr(text))}")


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
