"""The normal form of a function, from which its adjoint is generated.

Loops and branches stay trees. A number is a `Value`, which is assigned once in the text. What changes in a loop, or
differs between two branches, has a value for each side (`Carried`, `Merge`). An array is an `Array`, a name of memory;
arrays of one memory share a `Root`. Break, continue and return are lowered before, and calls of compiled functions are
inlined, so that neither is found here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dualrev.compiled.adjoints._place import Place
from dualrev.primitives.row import Row


@dataclass(eq=False)
class Block:
    """Statements that follow each other: of the function, or of a branch or a loop, which is then the owner."""

    parent: Block | None = None
    owner: If | Loop | None = None
    statements: list[Statement] = field(default_factory=list)

    def around(self) -> Iterator[Block]:
        """Yield this block, and those around it from the inside out."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def loops(self) -> list[Loop]:
        """Return the loops around a statement of this block, from the outside in."""
        return [block.owner for block in self.around() if isinstance(block.owner, Loop)][::-1]


@dataclass(eq=False)
class Value:
    """A number, assigned once.

    Attributes
    ----------
    name
        Unique within the function; the user's name of the variable is the beginning of it where there is one.
    block
        The block that assigns it: that of its statement, the body of its loop, or the function's.
    made_by
        The statement that assigns it; None for a parameter.
    """

    name: str
    type: Any
    block: Block
    made_by: Statement | None = None


@dataclass(frozen=True)
class Constant:
    """A number that is known when the adjoint is generated: a literal, a global, or what follows from those."""

    value: Any
    type: Any


Operand = Value | Constant


@dataclass(eq=False)
class Root:
    """Memory that arrays are names of, first that of its own name. The origin is "argument", "made" or "global"."""

    name: str
    origin: str
    differentiated: bool = False
    exchanged_with: Root | None = None

    @property
    def group(self) -> Root:
        """The representative of all memory that is exchanged with this one: names of either may mean both."""
        return self if self.exchanged_with is None else self.exchanged_with.group


@dataclass(eq=False)
class Array:
    """A name of an array, made by a `View`, a `Make` or an `If`, or by nothing if it is a parameter or a global."""

    name: str
    type: Any
    root: Root
    block: Block
    made_by: Statement | None = None


@dataclass(eq=False)
class Statement:
    """The base of all statements: each stands in a block, and comes from a line of the user's function."""

    block: Block
    line: Place


@dataclass(eq=False)
class Operation(Statement):
    """A number from numbers: `text` with the operands' names put in for `{0}`, `{1}`, ...

    Attributes
    ----------
    row
        The row of the table that it is, of which the operands are the arguments. None where nothing can be
        differentiated: integers, conditions, the length of an array.
    """

    result: Value
    text: str
    operands: tuple[Operand | Array, ...]
    row: Row | None = None


@dataclass(eq=False)
class Load(Statement):
    """An element of an array."""

    result: Value
    array: Array
    indices: tuple[Operand, ...]


@dataclass(eq=False)
class Store(Statement):
    """A number written to an element of an array, or, with the sign "+" or "-", added or subtracted in place."""

    array: Array
    indices: tuple[Operand, ...]
    value: Operand
    sign: str = ""


@dataclass(eq=False)
class Fill(Statement):
    """A constant written to all elements of an array."""

    array: Array
    value: Constant


@dataclass(eq=False)
class View(Statement):
    """Another name of memory: `text` with the source's name put in for `{source}` and the operands' for `{0}`, ..."""

    result: Array
    source: Array
    text: str
    operands: tuple[Operand, ...] = ()


@dataclass(eq=False)
class Make(Statement):
    """An array that is made, outside all loops: `np.empty` of a shape. What it holds at first is written by others."""

    result: Array
    shape: tuple[Operand, ...]


@dataclass(eq=False)
class Exchange(Statement):
    """Names of arrays that take each other's memory: `targets = sources`, a permutation, all of one type."""

    targets: tuple[Array, ...]
    sources: tuple[Array, ...]


@dataclass(eq=False)
class Raise(Statement):
    """An error at a block's end: `text` is the expression after `raise`. Adjoints leave it to the tape if `to_tape`."""

    text: str
    operands: tuple[Operand, ...] = ()
    to_tape: bool = False


@dataclass(eq=False)
class Merge:
    """A value that each of two branches sets: `first` in the one that is taken where the condition holds."""

    result: Value
    first: Operand
    second: Operand


@dataclass(eq=False)
class Choice:
    """An array that each of two branches sets: another name of the memory of one of them."""

    result: Array
    first: Array
    second: Array


@dataclass(eq=False)
class If(Statement):
    """A branch."""

    condition: Operand
    then: Block
    otherwise: Block
    merges: list[Merge] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)


@dataclass(eq=False)
class Carried:
    """A value that an iteration hands to the next.

    Attributes
    ----------
    inside, after
        What an iteration begins with, and what is left behind the loop.
    initial, following
        What the first one begins with, and each next one.
    """

    inside: Value
    initial: Operand
    following: Operand
    after: Value


@dataclass(eq=False)
class Loop(Statement):
    """A loop over a range, or without an end (`variable` is None).

    Attributes
    ----------
    variable, start, stop, step
        Of the range. A step that is no constant is a value.
    stopped
        Whether the iteration was the last one, tested at its end; None where nothing stops the loop.
    trips
        The number of iterations that ran, for the code behind it; None where the range tells.
    """

    body: Block
    variable: Value | None = None
    start: Operand | None = None
    stop: Operand | None = None
    step: Operand | None = None
    carried: list[Carried] = field(default_factory=list)
    stopped: Operand | None = None
    trips: Value | None = None


@dataclass(eq=False)
class Program:
    """A function in normal form.

    Attributes
    ----------
    parameters
        A value or an array for each number or array among the arguments, tuples taken apart.
    differentiated
        Those that the derivative is asked for.
    result
        What it returns: an operand, an array, or a tuple of those.
    scope
        What names in texts mean, besides the values and arrays.
    """

    name: str
    parameters: list[Value | Array]
    differentiated: list[Value | Array]
    body: Block
    result: Any = None
    scope: dict[str, Any] = field(default_factory=dict)


def statements(block: Block) -> Iterator[Statement]:
    """Yield all statements of a block and of the blocks in it, in the order of the text."""
    for statement in block.statements:
        yield statement
        if isinstance(statement, If):
            yield from statements(statement.then)
            yield from statements(statement.otherwise)
        elif isinstance(statement, Loop):
            yield from statements(statement.body)


def leaves(result: Any) -> Iterator[Operand | Array]:
    """Yield the numbers and arrays in a result."""
    if isinstance(result, tuple):
        for each in result:
            yield from leaves(each)
    elif result is not None:
        yield result
