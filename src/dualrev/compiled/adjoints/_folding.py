"""Forward substitution in a generated function: expressions stand where they are used, copies have one name.

Each value is computed by the same operations, grouped as before, and so has the same bits.
"""

from __future__ import annotations

import ast
import copy
import re
from typing import NamedTuple

from dualrev.compiled.adjoints._effects import Deeds, Effects, arrays_in, reads_memory
from dualrev.compiled.adjoints._text_flow import Flow, Setting, blocks, expressions, names_read, nodes, pairs

LONGEST = 88
"""Characters of a line that something was put into, without its indent, at most."""
DEEPEST = 3
"""Brackets in brackets of such a line, at most."""

_NAMELESS = re.compile(r"(t|l|old|cotangent)(_\d+)?(_b|_carried)*")


def fold(body: list[ast.stmt], effects: Effects) -> bool:
    """Put what names are set to in the place of the names; say whether that was done anywhere."""
    folding = _Folding(body, effects)
    settings = [setting for each in folding.flow.statements for setting in folding.flow.settings[each]]
    for each in settings:
        if folding.can_go(each):
            folding.put(each)
    _leave_out(body, folding.gone)
    return bool(folding.gone)


def _leave_out(body: list[ast.stmt], gone: set[ast.stmt]) -> None:
    body[:] = [each for each in body if each not in gone] or [ast.Pass()]
    for each in body:
        for inner in filter(None, blocks(each)):
            _leave_out(inner, gone)


class _Moved(NamedTuple):
    """An expression that is to be put elsewhere.

    Attributes
    ----------
    names
        What it reads.
    memory
        Whether it reads elements of arrays.
    pure
        Whether it has no effect.
    short
        Whether it costs nothing, so that it may stand in several places and in loops.
    """

    names: frozenset[str]
    memory: bool
    pure: bool
    short: bool


class _Folding:
    """Puts expressions into other places of a text, one after another.

    Attributes
    ----------
    gone
        The statements that are no longer in the text.
    """

    def __init__(self, body: list[ast.stmt], effects: Effects) -> None:
        self.flow, self.effects = Flow(body), effects
        self.gone: set[ast.stmt] = set()
        self._deeds: dict[ast.stmt, Deeds] = effects.deeds(self.flow.statements)
        self._arrays = arrays_in(self.flow.statements)

    # -- whether

    def can_go(self, setting: Setting) -> bool:
        """Whether the name can be replaced wherever it is read."""
        value, reads = setting.value, setting.reads
        if value is None or not reads or len(pairs(setting.statement)) != 1:
            return False
        if any(self.flow.sources[each] != {setting} for each in reads):
            return False
        short = _is_short(value) or (_is_offset(value) and all(map(self._is_index, reads)))
        if not short and (len(reads) > 1 or not (_is_nameless(setting.name) or self._is_handed_on(reads[0]))):
            return False
        names = frozenset(each.id for each in names_read(value))
        moved = _Moved(names, reads_memory(value, self._arrays), self.effects.is_pure(value), short)
        return all(self._fits(value, each) and self._arrives(setting.statement, moved, each) for each in reads)

    def _is_index(self, read: ast.Name) -> bool:
        """Whether a name is an index of an element, and nothing else."""
        for each in nodes(*expressions(self.flow.home[read])):
            if isinstance(each, ast.Subscript):
                indices = each.slice.elts if isinstance(each.slice, ast.Tuple) else [each.slice]
                if any(index is read for index in indices):
                    return True
        return False

    def _is_handed_on(self, read: ast.Name) -> bool:
        """Whether a name is all that another one is set to."""
        return any(value is read and isinstance(target, ast.Name) for target, value in pairs(self.flow.home[read]))

    def _fits(self, value: ast.expr, read: ast.Name) -> bool:
        """Whether an expression may stand in the place of a name, as far as the place is concerned."""
        home = self.flow.home[read]
        # Numba does not take every expression as the argument of an error.
        if isinstance(home, ast.Raise):
            return False
        for each in nodes(*expressions(home)):
            # A power of a literal is multiplied out, and that of a name is not.
            if isinstance(each, ast.BinOp) and each.right is read and isinstance(each.op, ast.Pow):
                return isinstance(value, ast.Name)
            if isinstance(each, ast.Subscript | ast.Attribute) and each.value is read:
                return isinstance(value, ast.Name) or (isinstance(each.ctx, ast.Load) and not _is_short(value))
        return True

    def _arrives(self, origin: ast.stmt, moved: _Moved, read: ast.Name) -> bool:
        """Whether an expression has the same value where a name is read, and is evaluated as often."""
        at = self.flow.home[read]
        if not moved.pure and not self._runs_once(at):
            return False
        start = self.flow.spot[origin]
        while True:
            here = self.flow.spot[at]
            together = here.within is start.within
            between = here.within[start.number + 1 if together else 0 : here.number]
            if any(self._hinders(each, moved) for each in between if each not in self.gone):
                return False
            if together:
                return here.number > start.number
            if here.owner is None or not moved.pure:
                return False
            if isinstance(here.owner, ast.For | ast.While) and (not moved.short or self._hinders(here.owner, moved)):
                return False
            at = here.owner

    def _runs_once(self, statement: ast.stmt) -> bool:
        """Whether a statement evaluates all that is in it, and has no other effects that could come first."""
        found = expressions(statement)
        choices = ast.IfExp | ast.BoolOp | ast.Compare
        return all(map(self.effects.is_pure, found)) and not any(isinstance(each, choices) for each in nodes(*found))

    def _hinders(self, statement: ast.stmt, moved: _Moved) -> bool:
        """Whether an expression must not be moved behind a statement."""
        deeds = self._deeds[statement]
        if not moved.pure and (deeds.acts or deeds.stores):
            return True
        return bool(deeds.sets & moved.names) or (moved.memory and deeds.stores)

    # -- how

    def put(self, setting: Setting) -> None:
        """Put what a name is set to where the name is read, if the lines do not become too long."""
        assert setting.value is not None
        replaced = {}
        handed_on = [self.flow.home[each] for each in setting.reads if self._is_handed_on(each)]
        for each in list(setting.reads):
            replaced[each] = setting.value if len(setting.reads) == 1 else copy.deepcopy(setting.value)
            _replace(self.flow.home[each], each, replaced[each])
        if not _is_short(setting.value) and not all(_is_readable(self.flow.home[each]) for each in replaced):
            for read, value in replaced.items():
                _replace(self.flow.home[read], value, read)
            return
        self.gone.add(setting.statement)
        for statement in handed_on:
            statement.lineno = setting.statement.lineno
        before = {each.id: each for each in names_read(setting.value)}
        sources = {name: self.flow.sources.get(each, set()) for name, each in before.items()}
        for each in names_read(setting.value):
            for source in filter(None, self.flow.sources.get(each, ())):
                source.reads.remove(each)
        for read, value in replaced.items():
            home = self.flow.home[read]
            for each in names_read(value):
                self.flow.home[each] = home
                self.flow.sources[each] = set(sources[each.id])
                for source in filter(None, sources[each.id]):
                    source.reads.append(each)
            if not self.effects.is_pure(value):
                self._acts(home)

    def _acts(self, statement: ast.stmt | None) -> None:
        while statement is not None:
            self._deeds[statement] = self._deeds[statement]._replace(acts=True)
            statement = self.flow.spot[statement].owner


def _is_nameless(name: str) -> bool:
    """Whether a name is none of the user's."""
    return _NAMELESS.fullmatch(name) is not None


def _is_short(value: ast.expr) -> bool:
    """Whether an expression is a name or a number."""
    return isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, ast.Constant) or (
        isinstance(value, ast.Name)
    )


def _is_offset(value: ast.expr) -> bool:
    """Whether an expression is a name and an integer."""
    return (
        isinstance(value, ast.BinOp)
        and isinstance(value.op, ast.Add | ast.Sub)
        and isinstance(value.left, ast.Name)
        and isinstance(value.right, ast.Constant)
        and isinstance(value.right.value, int)
    )


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _replace(statement: ast.stmt, old: ast.expr, new: ast.expr) -> None:
    """Put an expression in the place of another one, in a statement or in the head of a branch or loop."""
    replace = _Replace(old, new)
    for name in ("targets", "target", "value", "iter", "test"):
        part = getattr(statement, name, None)
        if isinstance(part, list):
            part[:] = [replace.visit(each) for each in part]
        elif part is not None:
            setattr(statement, name, replace.visit(part))


def _is_readable(statement: ast.stmt) -> bool:
    text = " = ".join(map(ast.unparse, expressions(statement)))
    depth = deepest = 0
    for each in text:
        depth += (each in "([") - (each in ")]")
        deepest = max(deepest, depth)
    return len(text) <= LONGEST and deepest <= DEEPEST
