"""Activity: which numbers and arrays depend on the arguments (varied), and which the result depends on (useful).

Only what is both has an adjoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import (
    Array,
    If,
    Load,
    Loop,
    Operand,
    Operation,
    Program,
    Root,
    Statement,
    Store,
    Value,
    leaves,
    statements,
)
from dualrev.compiled.adjoints._primal_text import written
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.primitives.row import HostRow, Row

Node = Value | Root
"""A node of the dependence graph; all names of the same memory are one."""


class Activity:
    """The varied and the useful values and arrays of a program.

    Raises
    ------
    Refused
        If a derivative is asked for that the table does not have.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        edges = [edge for statement in statements(program.body) for edge in _edges(statement)]
        forwards: dict[Node, list[Node]] = {}
        backwards: dict[Node, list[Node]] = {}
        for source, target in edges:
            forwards.setdefault(source, []).append(target)
            backwards.setdefault(target, []).append(source)
        self.varied = _reached(map(_node, program.differentiated), forwards)
        results = [_node(each) for each in leaves(program.result) if not _is_constant(each)]
        self.useful = _reached(results, backwards)
        self._expect_derivatives()

    def active(self, of: Operand | Array | Root) -> bool:
        """Whether something has an adjoint."""
        if _is_constant(of):
            return False
        node = _node(of)
        return node in self.varied and node in self.useful

    # An array may have less precision than the arguments. It rounds its values, but its shadow must not round adjoints.
    # A shadow lies as its array does, since the same views are taken of both: `a.T.ravel()` is one of columns alone.
    def zeros(self, array: Array) -> str:
        """Return the line that makes the shadow of an array that is no view."""
        given = self.program.differentiated
        of = array.type.dtype if array in given else max([array.type.dtype, *map(_number_type, given)], key=_bits)
        if array.type.layout == "F" and array.type.ndim > 1:
            return f"{array.name}_b = np.zeros({shape_text(array)}[::-1], np.{of.name}).T"
        return f"{array.name}_b = np.zeros({shape_text(array)}, np.{of.name})"

    def _is_varied(self, of: Operand) -> bool:
        return not _is_constant(of) and _node(of) in self.varied

    def _expect_derivatives(self) -> None:
        for statement in statements(self.program.body):
            if isinstance(statement, Store) and _is_constant(statement.array) and self._is_varied(statement.value):
                raise Refused(f"line {statement.line} writes what is differentiated to an array of no floats")
            if isinstance(statement, Operation) and isinstance(statement.row, HostRow):
                for n, operand in enumerate(statement.operands):
                    if self.active(operand) and self.active(statement.result) and statement.row.refuses(n):
                        raise Refused(
                            f"line {statement.line} calls {statement.row.name}, which has no derivative there"
                        )


def shape_text(array: Array) -> str:
    """Return the text of the shape that an array has where the reverse sweep is."""
    lengths = array.made_by.lengths.get(array) if isinstance(array.made_by, Step) else None
    return f"({''.join(f'{written(each)}, ' for each in lengths)})" if lengths else f"{array.name}.shape"


def has_derivative(row: Row | None, argument: int) -> bool:
    """Whether a row's result depends on an argument in a way that can be differentiated, or must be refused."""
    if row is None or row.flat:
        return False
    return row.partials[argument] is not None or (isinstance(row, HostRow) and row.refuses(argument))


def _number_type(of: Value | Array) -> Any:
    return of.type.dtype if isinstance(of, Array) else of.type


def _bits(of: Any) -> int:
    return int(of.bitwidth)


def _is_constant(of: Any) -> bool:
    if isinstance(of, Array | Root):
        return isinstance(of, Array) and not isinstance(of.type.dtype, types.Float)
    return not isinstance(of, Value) or not isinstance(of.type, types.Float)


# Memory that is exchanged counts as one: which of the two names means it is not known before the code runs.
def _node(of: Any) -> Node:
    if isinstance(of, Array):
        return of.root.group
    return of.group if isinstance(of, Root) else of


def _edges(statement: Statement) -> Iterator[tuple[Node, Node]]:
    """Yield what a statement makes depend on what: pairs of a source and a target."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(statement, Operation):
        pairs = [
            (operand, statement.result)
            for n, operand in enumerate(statement.operands)
            if has_derivative(statement.row, n)
        ]
    elif isinstance(statement, Load):
        pairs = [(statement.array, statement.result)]
    elif isinstance(statement, Step):
        pairs = [(operand, result) for operand in statement.operands for result in statement.results]
    elif isinstance(statement, Store):
        pairs = [(statement.value, statement.array)]
    elif isinstance(statement, If):
        pairs = [(each, merge.result) for merge in statement.merges for each in (merge.first, merge.second)]
    elif isinstance(statement, Loop):
        for each in statement.carried:
            pairs += [(each.initial, each.inside), (each.following, each.inside), (each.inside, each.after)]
    for source, target in pairs:
        if not _is_constant(source) and not _is_constant(target):
            yield _node(source), _node(target)


def _reached(start: Any, edges: dict[Node, list[Node]]) -> set[Node]:
    found: set[Node] = set()
    pending = list(start)
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += edges.get(node, [])
    return found
