"""Jumps lowered to branches: break, continue, return, `while` with a condition, and `else` of loops.

What comes out has no jump. A loop stops where a flag of its own holds at the end of an iteration: the attribute `flag`
of its node names it, or is None. A `while` has no condition. What the function returns is the name `RESULT`. Names made
here hold a blank, so that they are no user's.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

RESULT, RETURNED = "result ", "returned "

Jump = ast.Break | ast.Continue | ast.Return


class _Leave(ast.stmt):
    """A return whose value is set already: what follows a loop that was left by one."""

    _fields = ()


@dataclass
class _Around:
    """The loop around a statement, or the function.

    Attributes
    ----------
    stops
        The flag that stops the loop; None outside loops.
    breaks
        The flag that says that the loop was left by break, where it has an `else`.
    flags
        Those that say that the rest of the iteration is left out.
    """

    stops: str | None = None
    breaks: str | None = None
    flags: list[str] = field(default_factory=list)


def lowered(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return the body of a function without jumps."""
    lowering = _Lowering()
    line = _last_line(statements)
    end = ast.Return(None, lineno=line, end_lineno=line, col_offset=0, end_col_offset=0)
    returns = [] if _ends(statements) else [end]
    return [ast.fix_missing_locations(each) for each in lowering.block([*statements, *returns], _Around())]


def _last_line(statements: list[ast.stmt]) -> int:
    return getattr(statements[-1], "end_lineno", None) or 1 if statements else 1


def _set(name: str, value: bool | ast.expr | None, like: ast.stmt) -> ast.stmt:
    expression = value if isinstance(value, ast.expr) else ast.Constant(value)
    return ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], expression), like)


def _if(flag: str, then: list[ast.stmt], otherwise: list[ast.stmt], like: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.If(ast.Name(flag, ast.Load()), then or [ast.Pass()], otherwise), like)


def _jumps(statement: ast.AST, kinds: tuple[type, ...], inside_loops: bool = False) -> bool:
    """Whether a statement holds a jump of these kinds that leaves it; a return leaves all loops.

    A jump in the `else` of a loop leaves the loop around that one.
    """
    if isinstance(statement, kinds):
        return True
    if isinstance(statement, ast.FunctionDef | ast.Lambda):
        return False
    if isinstance(statement, ast.For | ast.While) and not inside_loops:
        returns = tuple(kind for kind in kinds if kind in (ast.Return, _Leave))
        parts = [*((each, returns) for each in statement.body), *((each, kinds) for each in statement.orelse)]
        return any(_jumps(each, of) for each, of in parts)
    return bool(kinds) and any(_jumps(each, kinds, inside_loops) for each in ast.iter_child_nodes(statement))


_ANY = (ast.Break, ast.Continue, ast.Return, _Leave)


def _ends(statements: list[ast.stmt]) -> bool:
    """Whether nothing runs after these statements."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, ast.If):
        return _ends(last.body) and _ends(last.orelse)
    return isinstance(last, (*_ANY, ast.Raise))


class _Lowering:
    def __init__(self) -> None:
        self.made = 0

    def flag(self, name: str) -> str:
        self.made += 1
        return f"{name} {self.made}"

    def block(self, statements: list[ast.stmt], around: _Around) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for n, statement in enumerate(statements):
            rest = statements[n + 1 :]
            if isinstance(statement, _ANY):
                return out + self.jump(statement, around)
            if isinstance(statement, ast.Raise):
                return [*out, statement]
            if isinstance(statement, ast.If) and _jumps(statement, _ANY):
                return out + self.branch(statement, rest, around)
            if isinstance(statement, ast.If):
                then, otherwise = self.block(statement.body, around), self.block(statement.orelse, around)
                out.append(ast.copy_location(ast.If(statement.test, then, otherwise), statement))
            elif isinstance(statement, ast.For | ast.While):
                before, loop, after = self.loop(statement)
                out += [*before, loop]
                if after:
                    return out + self.block([*after, *rest], around)
            else:
                out.append(statement)
        return out

    def jump(self, jump: ast.stmt, around: _Around) -> list[ast.stmt]:
        out = []
        if isinstance(jump, ast.Return):
            out.append(_set(RESULT, jump.value, jump))
        if around.stops is not None and not isinstance(jump, ast.Continue):
            if isinstance(jump, ast.Return | _Leave):
                out.append(_set(RETURNED, True, jump))
            out.append(_set(around.stops, True, jump))
        if isinstance(jump, ast.Break) and around.breaks is not None:
            out.append(_set(around.breaks, True, jump))
        return out + [_set(flag, True, jump) for flag in around.flags]

    def branch(self, branch: ast.If, rest: list[ast.stmt], around: _Around) -> list[ast.stmt]:
        """Return a branch with jumps, and what follows it in the side that goes on."""
        flag: str | None = None
        then, otherwise = branch.body, branch.orelse
        if not rest:
            pass
        elif _ends(then):
            otherwise = [*otherwise, *rest]
        elif _ends(otherwise):
            then = [*then, *rest]
        else:
            flag = self.flag("left")
            around = _Around(around.stops, around.breaks, [*around.flags, flag])
        sides = self.block(then, around) or [ast.Pass()], self.block(otherwise, around)
        out = ast.copy_location(ast.If(branch.test, *sides), branch)
        if flag is None:
            return [out]
        around.flags.remove(flag)
        return [_set(flag, False, branch), out, _if(flag, [], self.block(rest, around), rest[0])]

    def loop(self, loop: ast.For | ast.While) -> tuple[list[ast.stmt], ast.stmt, list[ast.stmt]]:
        """Return what comes before a loop, the loop, and what comes after it, whose jumps are not lowered."""
        body = ast.Module(loop.body, [])
        breaks, returns = _jumps(body, (ast.Break,)), _jumps(body, (ast.Return, _Leave), inside_loops=True)
        endless = isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and bool(loop.test.value)
        ends_by_test = isinstance(loop, ast.While) and not endless
        flag = self.flag("stopped") if breaks or returns or ends_by_test else None
        broken = self.flag("broken") if breaks and loop.orelse else None
        inside = self.block(loop.body, _Around(flag, broken))
        if isinstance(loop, ast.While) and flag is not None and ends_by_test:
            inside = [ast.copy_location(ast.If(loop.test, inside, [_set(flag, True, loop)]), loop)]
        if flag is not None:
            inside = [_set(flag, False, loop), *inside]
        made: ast.stmt
        if isinstance(loop, ast.For):
            made = ast.For(loop.target, loop.iter, inside or [ast.Pass()], [])
        else:
            made = ast.While(ast.Constant(True), inside or [ast.Pass()], [])
        made.flag = flag  # type: ignore[union-attr]
        before = [_set(name, False, loop) for name in (RETURNED if returns else None, broken) if name is not None]
        after: list[ast.stmt] = []
        if returns:
            leave = ast.copy_location(_Leave(), loop)
            # Nothing but a return leaves a loop without an end.
            after.append(leave if endless and not breaks else _if(RETURNED, [leave], [], loop))
        if broken is not None:
            after.append(_if(broken, [], loop.orelse, loop.orelse[0]))
        elif not endless:
            after += loop.orelse
        return before, ast.copy_location(made, loop), after
