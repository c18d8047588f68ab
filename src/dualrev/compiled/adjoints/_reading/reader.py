"""The reader: a function's statements, one after another, into the normal form."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Constant,
    If,
    Load,
    Loop,
    Operand,
    Operation,
    Raise,
    Root,
    Statement,
    Store,
    Value,
    View,
)
from dualrev.compiled.adjoints._place import NOWHERE, Place
from dualrev.compiled.adjoints._reading.entries import Entry, Known, Number, Tuple, Unreadable, entry_of, numba_type
from dualrev.compiled.adjoints._reading.frame import Frame
from dualrev.compiled.adjoints._reading.moved import Moved
from dualrev.compiled.adjoints._reading.names import Names
from dualrev.compiled.adjoints._reading.source import Source, source_of_body
from dualrev.compiled.adjoints._reading.typing import NUMBERS, Typing
from dualrev.compiled.adjoints.refusal import Refused
from dualrev.primitives.row import Row

_NOTHING = source_of_body("", "", [], ast.arguments([], [], None, [], [], None, []), {})


class Reader:
    """The place that is read, with all that is known there, and the statements that were made so far.

    Attributes
    ----------
    body, block
        The block of the function, and the one that statements are added to.
    frame
        The function that is being read.
    scope
        What names in texts mean.
    line
        The line that is being read.
    choices
        How many conditional expressions were read.
    exchanges, reshapes
        Whether arrays are exchanged anywhere, and whether some of those may differ in shape.
    axes, parts
        For each view the origin of each axis, and its subscripts if all of them are numbers.
    owned
        Arrays that were copied so that a loop may use their memory.
    copied
        Those that are seen elsewhere, too: the line, the array, its copy, and the statements before.
    moved
        What iterations hand on by copying it, and memory that names of other memory may mean.
    given
        The arrays among the arguments.
    unnamed
        Arrays that were made and have no name of the user's yet.
    named
        Values and arrays that got a name of the user's after they were made, in the order of that.
    made_in
        For each array that is made the loops around it.
    results
        The arrays that functions return, by the frame and the place in a tuple.
    sources
        The sources of functions that were read.
    site
        The call that is being read.
    widths
        For each loop, by the calls that led to it, the types of what its iterations hand on, as far as known.
    """

    def __init__(
        self,
        statement: Callable[[Reader, ast.stmt], None],
        expression: Callable[[Reader, ast.expr], Entry],
        settled: Callable[[Reader, Entry], Entry],
    ) -> None:
        self._statement, self._expression, self._settled = statement, expression, settled
        self.exchanges = self.reshapes = False
        self.axes: dict[Array, Any] = {}
        self.parts: dict[Array, tuple[Array, tuple[Operand, ...]]] = {}
        self.owned: set[Array] = set()
        self.copied: list[tuple[Place, Array, Array, frozenset[Statement]]] = []
        self.moved = Moved()
        self.given: list[Array] = []
        self.unnamed: set[Array] = set()
        self.made_in: dict[Array, tuple[Loop, ...]] = {}
        self.results: dict[tuple[Frame, tuple[int, ...]], Array] = {}
        self.sources: dict[Any, Source] = {}
        self.site: ast.AST | None = None
        self.globals: dict[int, Array] = {}
        self.typing, self.names = Typing(), Names()
        self.body = self.block = Block()
        self.scope: dict[str, Any] = {}
        self.line = NOWHERE
        self.choices = 0
        self.frame = Frame(_NOTHING, {}, False)
        self.widths: dict[Any, dict[str, Any]] = {}
        self._temporary: set[Value] = set()
        self.named: list[Value | Array] = []

    def refuse(self, does: str) -> NoReturn:
        """Raise the refusal of the line that is being read; `does` is what the line does."""
        for each in self.frame.path():
            if each.library:
                does = f"calls {each.library}, whose implementation {does}"
        raise Refused(f"line {self.line} {does}")

    # In Numba's implementation of a function, the line is the user's that calls it.
    def stand_at(self, node: ast.AST) -> None:
        """Note the line that is being read."""
        number = getattr(node, "lineno", None)
        if number is not None and self.frame.by_user:
            self.line = self.frame.place(number)

    # -- reading

    def statements(self, nodes: Sequence[ast.stmt]) -> None:
        """Read statements, up to one after which nothing runs."""
        for node in nodes:
            if ended(self.block):
                return
            self.stand_at(node)
            self._statement(self, node)

    def expression(self, node: ast.expr) -> Entry:
        """Read an expression; one over whole arrays is an array of its own."""
        return self._settled(self, self.unsettled(node))

    def unsettled(self, node: ast.expr) -> Entry:
        """Read an expression, which may be one over whole arrays that is not computed yet."""
        self.stand_at(node)
        return self._expression(self, node)

    def number(self, node: ast.expr) -> Number:
        """Read an expression that is a number."""
        return self.as_number(self.expression(node))

    def as_number(self, entry: Entry) -> Number:
        """Return what must be a number."""
        if isinstance(entry, Value | Constant):
            return entry
        what = "an array" if isinstance(entry, Array) else "a tuple" if isinstance(entry, Tuple) else "something else"
        return self.refuse(f"has {what} where a number is expected")

    def whole(self, node: ast.expr) -> Number:
        """Read an expression that is an integer."""
        found = self.number(node)
        return found if isinstance(found.type, types.Integer) else self.refuse("has no integer where one is expected")

    def type_of(self, entry: Entry) -> Any:
        """Return Numba's type of an entry."""
        found = numba_type(entry, self.typing.of)
        return self.refuse("has a value of no type that is known") if found is None else found

    def frozen(self, value: Any, name: str = "constant") -> Entry:
        """Return what a constant stands for."""
        if isinstance(value, np.ndarray):
            return self._global(value, name)
        if isinstance(value, tuple):
            kind = type(value) if hasattr(value, "_fields") else None
            return Tuple(tuple(self.frozen(each, f"{name}_{n}") for n, each in enumerate(value)), kind)
        return entry_of(value, self.typing.of)

    def _global(self, value: Any, name: str) -> Array:
        if id(value) not in self.globals:
            of = self.typing.of(value)
            if not isinstance(of, types.Array) or not isinstance(of.dtype, NUMBERS):
                self.refuse(f"reads an array of {value.dtype}")
            name = self.scoped(name, value)
            self.globals[id(value)] = Array(name, of.copy(readonly=True), Root(name, "global"), self.body)
        return self.globals[id(value)]

    # -- names

    def lookup(self, name: str) -> Entry:
        """Return what a name stands for."""
        frame = self.frame
        while frame.enclosing is not None and name not in frame.source.own:
            frame = frame.enclosing
        found = frame.bound.get(name)
        if found is None:
            if name in frame.source.own or name not in frame.source.meanings:
                self.refuse(f"reads {name}, which is not set there on every way")
            found = self.frozen(frame.source.meanings[name], name)
        if isinstance(found, Unreadable):
            self.refuse(found.reason)
        return found

    def bind(self, name: str, entry: Entry) -> None:
        """Let a name stand for something from here on; the first name of a value is its name in the text."""
        if isinstance(entry, Value) and entry in self._temporary:
            self._temporary.discard(entry)
            entry.name = self.names.new(name)
            self.named.append(entry)
        if isinstance(entry, Array) and entry in self.unnamed:
            self.unnamed.discard(entry)
            entry.name = entry.root.name = self.names.new(name)
            self.named.append(entry)
        self.frame.bound[name] = entry

    def scoped(self, name: str, value: Any) -> str:
        """Return the name by which texts find an object."""
        if name in self.scope:
            if self.scope[name] is value:
                return name
            known = next((each for each, meant in self.scope.items() if meant is value), None)
            name = self.names.new(name) if known is None else known
        elif name in self.names.taken:
            name = self.names.new(name)
        self.names.taken.add(name)
        self.scope[name] = value
        return name

    # -- statements of the normal form

    def add(self, statement: Statement) -> None:
        """Add a statement to the block."""
        statement.block.statements.append(statement)

    def value(self, name: str, of: Any, block: Block, made_by: Statement | None = None) -> Value:
        """Return a new value with a name of its own."""
        return Value(self.names.new(name), of, block, made_by)

    def operation(self, text: str, operands: Sequence[Operand | Array], of: Any, row: Row | None = None) -> Value:
        """Add an operation, and return its result.

        A row is left out where the result is no float, unless it is flat.
        """
        of = types.unliteral(of)
        if not isinstance(of, NUMBERS):
            self.refuse(f"makes a value of the type {of}")
        row = row if row is not None and (row.flat or isinstance(of, types.Float)) else None
        result = self.value("t", of, self.block)
        self._temporary.add(result)
        result.made_by = Operation(self.block, self.line, result, text, tuple(operands), row)
        self.add(result.made_by)
        return result

    def load(self, array: Array, indices: Sequence[Operand]) -> Value:
        """Add the load of an element."""
        if not isinstance(array.type.dtype, NUMBERS):
            self.refuse(f"reads an array of {array.type.dtype}")
        result = self.value("t", array.type.dtype, self.block)
        self._temporary.add(result)
        result.made_by = Load(self.block, self.line, result, array, tuple(indices))
        self.add(result.made_by)
        return result

    def store(self, array: Array, indices: Sequence[Operand], value: Operand, sign: str = "") -> None:
        """Add the store of an element."""
        if not array.type.mutable:
            self.refuse("writes to an array that is read only")
        self.add(Store(self.block, self.line, array, tuple(indices), value, sign))

    def view(self, source: Array, text: str, operands: Sequence[Operand], of: Any) -> Array:
        """Add a view of an array."""
        result = Array(self.names.new(source.name), of, source.root, self.block)
        result.made_by = View(self.block, self.line, result, source, text, tuple(operands))
        self.add(result.made_by)
        return result

    @contextmanager
    def inside(self, block: Block, bound: Mapping[str, Entry]) -> Iterator[None]:
        """Read into a block of a branch or a loop, whose names begin as given."""
        before, self.block = self.block, block
        kept, self.frame.bound = self.frame.bound, dict(bound)
        try:
            yield
        finally:
            self.block, self.frame.bound = before, kept


def ended(block: Block) -> bool:
    """Whether nothing runs after a block, since an error was raised on every way."""
    last = block.statements[-1] if block.statements else None
    if isinstance(last, If):
        return ended(last.then) and ended(last.otherwise)
    return isinstance(last, Raise)


def known(entry: Entry) -> Any:
    """Return a function, a type or a text that is known; None for all else."""
    return entry.value if isinstance(entry, Known) else None
