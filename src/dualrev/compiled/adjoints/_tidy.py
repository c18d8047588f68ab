"""The body of a generated function as people write it: without dead lines, and with expressions instead of steps.

It computes the same numbers, bit by bit, and raises the same errors. The work is done on Python's syntax tree, by two
passes that take turns until nothing changes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from dualrev.compiled.adjoints._dead_lines import drop_dead_lines
from dualrev.compiled.adjoints._effects import Effects
from dualrev.compiled.adjoints._folding import fold
from dualrev.compiled.adjoints._lines import Line
from dualrev.compiled.adjoints._place import Place
from dualrev.compiled.adjoints._text_flow import blocks, names_read, pairs


def tidied(lines: Sequence[Line], pure: Callable[[str], bool]) -> list[Line]:
    """Return the lines of a function's body, tidied; each comes from where one of those given does.

    Parameters
    ----------
    lines
        At the depth 1.
    pure
        Whether a function, by its name in the lines, has no effect and raises no error.
    """
    body = ast.parse("if True:\n" + "\n".join(each.indented for each in lines)).body[0].body  # type: ignore[attr-defined]
    _simplify(body)
    effects = Effects(pure)
    changes = True
    while changes:
        changes = drop_dead_lines(body, effects)
        changes |= fold(body, effects)
    _shorten(body)
    return list(_written(body, 1, [each.place for each in lines]))


def _written(body: list[ast.stmt], depth: int, places: list[Place | None], first: str = "if") -> Iterator[Line]:
    """Yield the lines of statements, of which the first begins with `elif` where it stands under an `else`."""
    for each in body:
        place = places[each.lineno - 2] if hasattr(each, "lineno") else None  # `pass` comes from no line
        match each:
            case ast.If():
                yield Line(depth, f"{first} {ast.unparse(each.test)}:", place=place)
            case ast.For():
                yield Line(depth, f"for {ast.unparse(each.target)} in {ast.unparse(each.iter)}:", place=place)
            case ast.While():
                yield Line(depth, f"while {ast.unparse(each.test)}:", place=place)
            case _:
                yield Line(depth, ast.unparse(each), place=place)
                continue
        yield from _written(each.body, depth + 1, places)
        if len(each.orelse) == 1 and isinstance(each.orelse[0], ast.If):
            yield from _written(each.orelse, depth, places, "elif")
        elif each.orelse:
            yield Line(depth, "else:")
            yield from _written(each.orelse, depth + 1, places)


def _simplify(body: list[ast.stmt]) -> None:
    """Write assignments in the one form that the passes know: `a = a + b` for `a += b`, and one name in each."""
    result: list[ast.stmt] = []
    for each in body:
        for inner in blocks(each):
            _simplify(inner)
        # What `+=` adds to by name is a number. That of an array would be another operation.
        if isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name):
            value = ast.BinOp(ast.Name(each.target.id, ast.Load()), each.op, each.value)
            result.append(ast.Assign([each.target], value, lineno=each.lineno))
        elif len(apart := pairs(each)) > 1 and not _depend(apart):
            result += [ast.Assign([target], value, lineno=each.lineno) for target, value in apart]
        else:
            result.append(each)
    body[:] = result


def _depend(apart: list[tuple[ast.expr, ast.expr]]) -> bool:
    """Whether one of several assignments at once reads what another one before it sets."""
    names: set[str] = set()
    for target, value in apart:
        if not isinstance(target, ast.Name) or names & {each.id for each in names_read(value)}:
            return True
        names.add(target.id)
    return False


def _shorten(body: list[ast.stmt]) -> None:
    """Write `a += b` for `a = a + b` again, and several values without parentheses."""
    for n, each in enumerate(body):
        for inner in blocks(each):
            _shorten(inner)
        if not isinstance(each, ast.Assign):
            continue
        (target,), value = each.targets, each.value
        if isinstance(value, ast.Tuple):
            # A name is written as it is.
            each.value = ast.Name(", ".join(map(ast.unparse, value.elts)), ast.Load())
            continue
        match value:
            case ast.BinOp(ast.Name(name), ast.Add() | ast.Sub()) if isinstance(target, ast.Name) and name == target.id:
                body[n] = ast.AugAssign(target, value.op, value.right, lineno=each.lineno)
