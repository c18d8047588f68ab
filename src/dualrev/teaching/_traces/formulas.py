"""Formulas of a step, its tangent and its adjoint, over the variables of a trace."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from dualrev.primitives.array.rule import ArrayRule
from dualrev.primitives.row import Row, Rule
from dualrev.primitives.rule_text import inlined
from dualrev.teaching import summaries
from dualrev.teaching._recording import Step
from dualrev.teaching._traces.notation import ATOM, SIGN, Style, Written, elided, folded, number, product, total, write


def operation_name(step: Step) -> str:
    """Return the name of a step's operation, "input" for an input."""
    return "input" if step.operation is None else step.operation.name


class _WithoutZeros(ast.NodeTransformer):
    """Writes x for x + 0.0, by which rules turn a negative zero into the other."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        zero = isinstance(node.right, ast.Constant) and node.right.value == 0
        return node.left if zero and isinstance(node.op, ast.Add) else node


@cache
def expression(rule: Rule) -> ast.expr | None:
    """Return a rule of a row as an expression over y and x0, x1, ..., or None where its source cannot be read."""
    count = rule.__code__.co_argcount
    parameters = rule.__code__.co_varnames[:count]
    names = ["y"] if parameters[0] == "y" else []
    text = inlined(rule, names + [f"x{n}" for n in range(count - len(names))])
    return None if text is None else _WithoutZeros().visit(ast.parse(text, mode="eval")).body


def primal(step: Step, style: Style) -> str:
    """Return what a step computes."""
    if step.operation is None:
        return style.word(step.name) if not style.latex else rf"\mathtt{{{_latex_name(step.name)}}}"
    operands = [_operand(each, style) for each in step.operands]
    if isinstance(step.operation, ArrayRule):
        return _call(step, [text for text, _ in operands], style)
    row = step.operation
    if row.spelled("operator") or row.name == "square":
        body = expression(row.fn)
        if body is not None and not any(isinstance(node, ast.Call) for node in ast.walk(body)):
            return write(body, _names(step, style), style)[0]
    if style.latex and row.name == "sqrt":
        return rf"\sqrt{{{operands[0][0]}}}"
    return f"{style.word(row.name)}({', '.join(text for text, _ in operands)})"


def tangent(step: Step, style: Style) -> str:
    """Return a step's tangent in terms of those of its operands."""
    terms = []
    for n, operand in enumerate(step.operands):
        if isinstance(operand, Step):
            terms += _term(step, n, (style.name(operand.number, "tangent"), ATOM), style, transposed=False)
    if isinstance(step.operation, ArrayRule) and _same_on_tangents(step):
        texts = [style.name(o.number, "tangent") if isinstance(o, Step) else "0" for o in step.operands]
        return _call(step, texts, style)
    return total(terms)[0]


def adjoint(step: Step, consumers: Sequence[tuple[Step, int]], style: Style) -> str:
    """Return a step's adjoint in terms of those of the steps that use it."""
    terms = []
    for consumer, n in consumers:
        terms += _term(consumer, n, (style.name(consumer.number, "adjoint"), ATOM), style, transposed=True)
    return total(terms)[0]


def _term(step: Step, operand: int, factor: Written, style: Style, transposed: bool) -> list[tuple[bool, Written]]:
    """Return, as no term or one with its sign, a factor times the derivative of a step by an operand."""
    if isinstance(step.operation, ArrayRule):
        return [(False, (_linear_map(step, operand, factor[0], style, transposed), ATOM))]
    assert isinstance(step.operation, Row)
    rule = step.operation.partials[operand]
    if rule is None:
        return []
    body = expression(rule)
    if body is None:
        negative, text = False, (f"{factor[0]} {style.word(f'd{step.operation.name}')}_{operand + 1}", SIGN)
    else:
        negative, text = product(factor, folded(body, _constants(step)), _names(step, style), style)
    if transposed and step.operands[operand].value.shape != step.value.shape:
        text = f"{style.word('sum')}({text[0]})", ATOM
    if transposed and np.iscomplexobj(step.value) and not np.iscomplexobj(step.operands[operand].value):
        text = f"{style.word('real')}({f'-{text[0]}' if negative else text[0]})", ATOM
        negative = False
    return [(negative, text)]


def _same_on_tangents(step: Step) -> bool:
    """Whether a step's function is linear; a sum that begins with a number is not."""
    return isinstance(step.operation, ArrayRule) and step.operation.itself and "initial" not in step.options


def _linear_map(step: Step, operand: int, argument: str, style: Style, transposed: bool) -> str:
    assert isinstance(step.operation, ArrayRule)
    transpose = ("^{T}" if style.latex else "^T") if transposed else ""
    name = step.operation.name
    if transposed and _same_on_tangents(step):
        position = f"_{operand + 1}" if len(step.operands) > 1 else ""
        at = f"[{_index(step)}]" if name == "index" else ""
        return f"{style.word(name)}{at}{position}{transpose}({argument})"
    which = f"_{operand + 1}" if len(step.operands) > 1 else ""
    inside = ", ".join(_operand(each, style)[0] for each in step.operands)
    return f"{style.word(f'D{name}')}{which}({inside}){transpose}({argument})"


def _call(step: Step, operands: Sequence[str], style: Style) -> str:
    assert isinstance(step.operation, ArrayRule)
    name = step.operation.name
    if name == "index":
        return f"{operands[0]}[{style.word(_index(step)) if not style.latex else _index(step)}]"
    if name == "matmul" and not style.latex:
        return " @ ".join(operands)
    inside = f"[{', '.join(elided(operands, '...'))}]" if step.operation.sequence else ", ".join(operands)
    told = {key: getattr(each, "places", each) for key, each in step.options.items() if _told(key, each)}
    further = [f"{key}={summaries.constant(each)}" for key, each in told.items()]
    words = [rf"\text{{{_latex_name(word)}}}" if style.latex else style.word(word) for word in further]
    return f"{style.word(name)}({', '.join([inside, *words])})"


def _told(key: str, option: Any) -> bool:
    """Whether an option is shown: not where it was left out, and not where the result is kept."""
    return option is not None and (key, option) != ("options", ()) and key != "reuse"


def _index(step: Step) -> str:
    at = step.options["index"]
    return ", ".join(_slice(part) for part in (at if isinstance(at, tuple) else (at,)))


def _slice(part: Any) -> str:
    if isinstance(part, slice):
        ends = [("" if end is None else str(end)) for end in (part.start, part.stop)]
        return ":".join([*ends, str(part.step)] if part.step is not None else ends)
    return "..." if part is Ellipsis else summaries.constant(part)


def _operand(operand: Any, style: Style) -> Written:
    if isinstance(operand, Step):
        return style.name(operand.number, ""), ATOM
    if style.latex and isinstance(operand, int | float | np.floating):
        return number(float(operand), style)
    text = summaries.constant(operand)
    if style.latex and text.startswith("array "):
        text = rf"\mathrm{{array}}_{{{text.removeprefix('array ')}}}"
    elif style.latex and " " in text:
        text = rf"\text{{{text}}}"
    return text, SIGN if text.startswith("-") else ATOM


def _names(step: Step, style: Style) -> dict[str, Written]:
    names = {f"x{n}": _operand(operand, style) for n, operand in enumerate(step.operands)}
    return names | {"y": (style.name(step.number, ""), ATOM)}


def _constants(step: Step) -> dict[str, float]:
    """Return the operands that are constant numbers."""
    given = enumerate(step.operands)
    return {
        f"x{n}": float(each)
        for n, each in given
        if not isinstance(each, Step) and np.ndim(each) == 0 and not np.iscomplexobj(each)
    }


def _latex_name(name: str) -> str:
    return name.replace("\\", r"\backslash ").replace("_", r"\_").replace("'", "")
