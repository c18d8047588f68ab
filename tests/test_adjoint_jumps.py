"""Jumps, lowered to branches and flags: what comes out runs as what went in."""

from __future__ import annotations

import ast
import textwrap

import pytest

from dualrev.compiled.adjoints._reading.jumps import RESULT, lowered
from dualrev.compiled.adjoints._reading.liveness import Liveness, assigned_by

PROGRAMS = [
    """
    for i in range(n):
        if i == k:
            break
        s += i
    else:
        s += 100
    return s
    """,
    """
    while s < n:
        s += 2
        if s == k:
            continue
        s += 1
        if s > 7:
            break
    else:
        return -s
    return s
    """,
    """
    for i in range(n):
        for j in range(n):
            if i * j == k:
                return i, j
            if j > i:
                break
            s += j
        else:
            s += 10
            continue
        s += 1
    return s
    """,
    """
    if n > 3:
        if k == 1:
            return 1
        elif k == 2:
            s = 5
        s += 1
    elif n == 2:
        return s
    s *= 2
    while True:
        s += 1
        if s > 20:
            if k:
                return s
            break
    return -s
    """,
    """
    for i in range(n):
        if i == 1:
            if k == 2:
                continue
            s += 1
        elif i == 2:
            break
        s += 3
    """,
]


class _Visible(ast.NodeTransformer):
    """Writes flags as names, and lets them stop their loops."""

    def visit_Name(self, node):
        return ast.copy_location(ast.Name(node.id.replace(" ", "_"), node.ctx), node)

    def visit_For(self, node):
        self.generic_visit(node)
        if node.flag is not None:
            node.body.append(ast.If(ast.Name(node.flag.replace(" ", "_"), ast.Load()), [ast.Break()], []))
        return node

    visit_While = visit_For


def _function(body):
    arguments = ast.parse("def f(n, k):\n    s = 0").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    arguments.body = [*arguments.body, *body]
    scope: dict = {}
    exec(compile(ast.fix_missing_locations(ast.Module([arguments], [])), "<test>", "exec"), scope)
    return scope["f"]


def _jumps_in(statements):
    kinds = ast.Break | ast.Continue | ast.Return
    return [each for statement in statements for each in ast.walk(statement) if isinstance(each, kinds)]


@pytest.mark.parametrize("text", PROGRAMS)
def test_what_is_lowered_runs_as_before(text):
    """All ways through the loops are taken."""
    plain = _function(ast.parse(textwrap.dedent(f"def f():\n{text}")).body[0].body)
    statements = lowered(ast.parse(textwrap.dedent(f"def f():\n{text}")).body[0].body)
    assert not _jumps_in(statements)
    visible = [_Visible().visit(each) for each in statements]
    answer = ast.Return(ast.Name(RESULT.replace(" ", "_"), ast.Load()))
    reading = _function([*visible, answer])
    for n in range(8):
        for k in range(8):
            assert reading(n, k) == plain(n, k)


def test_names_that_are_read_later():
    """A loop hands on what its iterations read before they assign it, and what is read behind it."""
    statements = lowered(
        ast.parse(
            textwrap.dedent(
                """
                def f(x, n):
                    t = 0
                    for i in range(n):
                        t = x * i
                        s = s + t
                    return s + i
                """
            )
        )
        .body[0]
        .body
    )
    live = Liveness(statements)
    (loop,) = (each for each in statements if isinstance(each, ast.For))
    assert live.heads[loop] == {"s", "x"}
    assert {"s", "i"} <= live.after[loop]
    assert "t" not in live.after[loop]
    assert assigned_by(loop) == ["i", "t", "s"]
