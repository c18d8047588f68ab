"""A function's syntax tree, and the meaning of its names."""

from __future__ import annotations

import ast
import builtins
import linecache
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dualrev.compiled.adjoints._reading.jumps import lowered
from dualrev.compiled.adjoints._reading.liveness import Liveness, assigned_by
from dualrev.compiled.adjoints.refusal import Refused


@dataclass(frozen=True, eq=False)
class Source:
    """A function as it is written.

    Attributes
    ----------
    body
        Its statements, with jumps lowered; see `jumps`.
    meanings
        From names that are not its own to what they mean.
    live
        The names that are read after each branch and loop.
    own
        The names that it assigns, and its parameters.
    """

    name: str
    file: str
    body: list[ast.stmt]
    meanings: Mapping[str, Any]
    live: Liveness
    own: frozenset[str]

    def line(self, number: int) -> str:
        """Return the text of a line of its file."""
        return linecache.getline(self.file, number).strip()


def source_of(function: types.FunctionType) -> Source:
    """Return the source of a function, as the file has it that it was compiled from."""
    tree = _tree(function.__code__)
    if isinstance(tree, ast.Lambda):
        body: list[ast.stmt] = [ast.copy_location(ast.Return(tree.body), tree.body)]
    else:
        body = tree.body
    file = function.__code__.co_filename
    return source_of_body(function.__name__, file, body, tree.args, Meanings(function))


def source_of_body(
    name: str,
    file: str,
    body: list[ast.stmt],
    arguments: ast.arguments,
    meanings: Mapping[str, Any],
) -> Source:
    """Return the source of a function of these statements."""
    statements = lowered(body)
    return Source(name, file, statements, meanings, Liveness(statements), _own(body, arguments))


class Meanings(Mapping[str, Any]):
    """The meaning of names that are not a function's own: of its closure, its module, or Python's."""

    def __init__(self, function: types.FunctionType) -> None:
        self.function = function

    def __getitem__(self, name: str) -> Any:
        code = self.function.__code__
        if name in code.co_freevars:
            cell = (self.function.__closure__ or ())[code.co_freevars.index(name)]
            if cell == types.CellType():
                raise KeyError(name)
            return cell.cell_contents
        if name in self.function.__globals__:
            return self.function.__globals__[name]
        return vars(builtins)[name]

    def __iter__(self) -> Iterator[str]:
        yield from {*self.function.__code__.co_freevars, *self.function.__globals__, *vars(builtins)}

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _own(body: list[ast.stmt], arguments: ast.arguments) -> frozenset[str]:
    parameters = (node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg))
    return frozenset((*parameters, *assigned_by(*body)))


@cache
def _parsed(text: str) -> tuple[list[ast.FunctionDef | ast.Lambda], list[types.CodeType]]:
    """Return all functions of a file, as the tree has them and as they are compiled."""
    try:
        tree = ast.parse(text)
        codes = [compile(text, "<source>", "exec", dont_inherit=True)]
    except SyntaxError:
        return [], []
    for code in codes:
        codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)], codes


def _tree(code: types.CodeType) -> ast.FunctionDef | ast.Lambda:
    linecache.checkcache(code.co_filename)
    nodes, codes = _parsed("".join(linecache.getlines(code.co_filename)))
    found = [node for node in nodes if _is_of(node, code)]
    if not found:
        raise Refused(f"{code.co_name} has no source that can be read")
    place = code.co_name, code.co_firstlineno
    if not any((each.co_name, each.co_firstlineno) == place and _same(each, code) for each in codes):
        raise Refused(f"{code.co_name} has another source than it was compiled from")
    # Of lambdas in one another, the innermost that holds the code.
    return min(found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))


def _is_of(node: ast.FunctionDef | ast.Lambda, code: types.CodeType) -> bool:
    if isinstance(node, ast.FunctionDef):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        return node.name == code.co_name and first == code.co_firstlineno
    if code.co_name != "<lambda>" or node.lineno != code.co_firstlineno:
        return False
    first_place, last_place = (node.body.lineno, node.body.col_offset), (node.body.end_lineno, node.body.end_col_offset)
    places = [place for place in code.co_positions() if None not in place and place[2:] != (0, 0)]
    return all(first_place <= (start, begin) and (end, after) <= last_place for start, end, begin, after in places)


def _same(a: types.CodeType, b: types.CodeType) -> bool:
    """Whether two pieces of code are equal."""
    if (a.co_code, a.co_names, a.co_varnames, a.co_freevars) != (b.co_code, b.co_names, b.co_varnames, b.co_freevars):
        return False
    return len(a.co_consts) == len(b.co_consts) and all(map(_same_constant, a.co_consts, b.co_consts))


def _same_constant(a: Any, b: Any) -> bool:
    if isinstance(a, types.CodeType) and isinstance(b, types.CodeType):
        return _same(a, b)
    return type(a) is type(b) and repr(a) == repr(b)
