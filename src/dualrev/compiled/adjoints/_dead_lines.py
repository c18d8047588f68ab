"""Dead code elimination in a generated function: the lines that nothing needs are left out."""

from __future__ import annotations

import ast

from dualrev.compiled.adjoints._effects import Effects
from dualrev.compiled.adjoints._text_flow import Flow, Setting, blocks, expressions, names_read, pairs


def drop_dead_lines(body: list[ast.stmt], effects: Effects) -> bool:
    """Take what nothing needs out of a text; say whether anything was taken out.

    Needed is what has an effect that outlives the call's names, a jump, and whatever leads there.
    """
    flow = Flow(body)
    found = _Needed(flow, effects)
    _sweep(body, found)
    return any(found.lacks(each) for each in flow.statements)


class _Needed:
    """Finds the statements that are needed, and the names among those that assignments set."""

    def __init__(self, flow: Flow, effects: Effects) -> None:
        self.flow = flow
        self.statements: set[ast.stmt] = set()
        self.settings: set[Setting] = set()
        self._open: list[ast.Name] = []
        self._breaks = self._breaks_of_loops()
        for each in flow.statements:
            # A loop without an end of its own may run for ever, and then nothing behind it happens.
            if effects.acts(each) or isinstance(each, ast.While):
                self._whole(each)
        while self._open:
            for source in self.flow.sources.get(self._open.pop(), ()):
                if source is not None and source not in self.settings:
                    self._set(source)

    def lacks(self, statement: ast.stmt) -> bool:
        """Whether a statement, or a name that an assignment sets, is not needed."""
        if statement not in self.statements:
            return not isinstance(statement, ast.Pass)
        return isinstance(statement, ast.Assign) and self.kept(statement) != self.flow.settings[statement]

    def kept(self, statement: ast.stmt) -> list[Setting]:
        """Return what is needed of what a statement sets."""
        return [each for each in self.flow.settings[statement] if each in self.settings]

    def _breaks_of_loops(self) -> dict[ast.stmt, list[ast.stmt]]:
        found: dict[ast.stmt, list[ast.stmt]] = {}
        for each in self.flow.statements:
            if isinstance(each, ast.Break):
                around = self.flow.spot[each].owner
                while isinstance(around, ast.If):
                    around = self.flow.spot[around].owner
                assert around is not None
                found.setdefault(around, []).append(each)
        return found

    def _whole(self, statement: ast.stmt) -> None:
        self._head(statement)
        self._open += names_read(*expressions(statement))
        self.settings.update(self.flow.settings[statement])

    def _set(self, setting: Setting) -> None:
        self.settings.add(setting)
        self._head(setting.statement)
        if setting.value is not None:
            self._open += names_read(setting.value)

    def _head(self, statement: ast.stmt) -> None:
        """Note that a statement is needed, and so is that it runs."""
        if statement in self.statements:
            return
        self.statements.add(statement)
        if isinstance(statement, ast.For | ast.If):
            self._open += names_read(*expressions(statement))
        for each in self._breaks.get(statement, ()):
            self._head(each)
        owner = self.flow.spot[statement].owner
        if owner is not None:
            self._head(owner)


def _sweep(body: list[ast.stmt], found: _Needed) -> None:
    body[:] = [each for each in body if each in found.statements]
    for each in body:
        for inner in blocks(each):
            _sweep(inner, found)
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Tuple):
            needed = {setting.value for setting in found.kept(each)}
            left = [(target, value) for target, value in pairs(each) if value in needed or not _is_name(target)]
            _assign(each, left)
        if isinstance(each, ast.If) and not each.body:
            each.test = ast.UnaryOp(ast.Not(), each.test)
            each.body, each.orelse = each.orelse, []
        if isinstance(each, ast.For | ast.While | ast.If) and not each.body:
            each.body.append(ast.Pass())


def _is_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name)


def _assign(statement: ast.Assign, left: list[tuple[ast.expr, ast.expr]]) -> None:
    """Let an assignment of several names be one of the names that are left."""
    if len(left) == 1:
        (statement.targets[0], statement.value) = left[0]
    else:
        targets, values = (list(part) for part in zip(*left, strict=True))
        statement.targets[0] = ast.Tuple(targets, ast.Store())
        statement.value = ast.Tuple(values, ast.Load())
