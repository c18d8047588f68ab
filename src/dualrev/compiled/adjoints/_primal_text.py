"""The function itself as text, from its normal form: the forward sweep is written by it, too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import singledispatchmethod
from typing import Any

import numpy as np
from numba.core import types

from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Constant,
    Exchange,
    Fill,
    If,
    Load,
    Loop,
    Make,
    Operand,
    Operation,
    Program,
    Raise,
    Statement,
    Store,
    Value,
    View,
)
from dualrev.compiled.adjoints._growth import Grow
from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._steps import Step


def written(operand: Operand | Array, of: Any = None) -> str:
    """Return an operand as it stands in text, converted to a type of Numba's if one is given that is not its own."""
    if of is not None and of != operand.type:
        if isinstance(operand, Constant) and isinstance(of, types.Float):
            return written(Constant(float(operand.value), types.float64), None if of == types.float64 else of)
        return f"{of.name}({written(operand)})"
    if not isinstance(operand, Constant):
        return operand.name
    value = operand.value
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    text = repr(int(value) if isinstance(operand.type, types.Integer) else float(value))
    text = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}.get(text, text)
    text = f"({text})" if text.startswith("-") else text
    return text if operand.type in (types.intp, types.float64) else f"{operand.type.name}({text})"


def element(array: Array, indices: tuple[Operand, ...], suffix: str = "") -> str:
    """Return the text of an array's element."""
    return f"{array.name}{suffix}[{', '.join(map(written, indices))}]"


Element = Callable[[Array, tuple[Operand, ...]], str]
"""Returns the text of an array's element."""


class PrimalText:
    """Writes statements as they ran.

    Methods that do nothing here are for the forward sweep, which keeps values for the reverse one.
    """

    def __init__(self, lines: Lines, element: Element = element) -> None:
        self.lines, self.element = lines, element

    def after(self, value: Value) -> None:
        """Write what follows the assignment of a value."""

    def shadow(self, array: Array, line: str) -> None:
        """Write the line that gives a view, or an array of an exchange or a branch, its shadow."""

    def made(self, array: Array) -> None:
        """Write what follows the making of an array."""

    def before_store(self, store: Store) -> None:
        """Write what stands before an element is overwritten."""

    def before_loop(self, loop: Loop) -> None:
        """Write what stands before a loop."""

    def iteration_begins(self, loop: Loop) -> None:
        """Write what an iteration begins with."""

    def iteration_ends(self, loop: Loop) -> None:
        """Write what an iteration ends with, before values are handed on."""

    def error_for_tape(self, statement: Raise) -> str:
        """Return the line for an error that adjoints leave to the tape."""
        return error(statement)

    def block(self, block: Block) -> None:
        """Write the statements of a block."""
        for statement in block.statements:
            with self.lines.of(statement):
                self.statement(statement)

    @singledispatchmethod
    def statement(self, statement: Statement) -> None:
        """Write a statement."""
        raise AssertionError(f"a statement of an unknown kind, {type(statement).__name__}")

    @statement.register
    def _(self, statement: Operation) -> None:
        self.lines.add(f"{statement.result.name} = {computed(statement)}")
        self.after(statement.result)

    @statement.register
    def _(self, statement: Load) -> None:
        self.lines.add(f"{statement.result.name} = {self.element(statement.array, statement.indices)}")
        self.after(statement.result)

    @statement.register
    def _(self, statement: Store) -> None:
        self.before_store(statement)
        place = self.element(statement.array, statement.indices)
        self.lines.add(f"{place} {statement.sign}= {written(statement.value)}")

    @statement.register
    def _(self, statement: Fill) -> None:
        self.lines.add(f"{statement.array.name}[...] = {written(statement.value)}")

    @statement.register
    def _(self, statement: View) -> None:
        self.lines.add(f"{statement.result.name} = {viewed(statement, statement.source.name)}")
        self.shadow(statement.result, f"{statement.result.name}_b = {viewed(statement, statement.source.name + '_b')}")

    @statement.register
    def _(self, statement: Make) -> None:
        shape = "".join(f"{written(length)}, " for length in statement.shape)
        self.lines.add(f"{statement.result.name} = np.empty(({shape}), {dtype(statement.result)})")
        self.made(statement.result)

    @statement.register
    def _(self, statement: Grow) -> None:
        name, size = statement.array.name, written(statement.size)
        with self.lines.block(f"if {size} > {name}.shape[0]:"):
            self.lines.add(f"{name} = {statement.function}({name}, {size})")
            self.made(statement.array)

    @statement.register
    def _(self, statement: Step) -> None:
        call = statement.text.format(*map(written, statement.operands))
        if statement.tuple_name:
            self.lines.add(f"{statement.tuple_name} = {call}")
        for n, each in enumerate(statement.results):
            self.lines.add(f"{each.name} = {f'{statement.tuple_name}[{n}]' if statement.tuple_name else call}")
            if isinstance(each, Value):
                self.after(each)
            else:
                self.made(each)

    @statement.register
    def _(self, statement: Exchange) -> None:
        self.lines.add(exchanged(statement.targets, statement.sources))
        self.shadow(statement.targets[0], exchanged(statement.targets, statement.sources, "_b"))

    @statement.register
    def _(self, statement: Raise) -> None:
        self.lines.add(self.error_for_tape(statement) if statement.to_tape else error(statement))

    @statement.register
    def _(self, statement: If) -> None:
        with self.lines.block(f"if {written(statement.condition)}:"):
            self.block(statement.then)
            for merge in statement.merges:
                self.lines.add(f"{merge.result.name} = {written(merge.first, merge.result.type)}")
            for choice in statement.choices:
                self._chosen(choice.result, choice.first)
        if statement.otherwise.statements or statement.merges or statement.choices:
            with self.lines.block("else:"):
                self.block(statement.otherwise)
                for merge in statement.merges:
                    self.lines.add(f"{merge.result.name} = {written(merge.second, merge.result.type)}")
                for choice in statement.choices:
                    self._chosen(choice.result, choice.second)
        for merge in statement.merges:
            self.after(merge.result)

    def _chosen(self, result: Array, array: Array) -> None:
        self.lines.add(f"{result.name} = {array.name}")
        self.shadow(result, f"{result.name}_b = {array.name}_b")

    @statement.register
    def _(self, loop: Loop) -> None:
        for each in loop.carried:
            self.lines.add(f"{each.inside.name} = {written(each.initial, each.inside.type)}")
        self.before_loop(loop)
        if loop.trips is not None:
            self.lines.add(f"{loop.trips.name} = 0")
        with self.lines.block(head(loop)):
            self.iteration_begins(loop)
            self.block(loop.body)
            self.iteration_ends(loop)
            handed = [(each.inside.name, written(each.following, each.inside.type)) for each in loop.carried]
            if handed:
                self.lines.add(f"{', '.join(name for name, _ in handed)} = {', '.join(text for _, text in handed)}")
            if loop.trips is not None:
                self.lines.add(f"{loop.trips.name} += 1")
            if loop.stopped is not None:
                with self.lines.block(f"if {written(loop.stopped)}:"):
                    self.lines.add("break")
        if loop.trips is not None:
            self.after(loop.trips)
        for each in loop.carried:
            self.lines.add(f"{each.after.name} = {each.inside.name}")
            self.after(each.after)


def error(statement: Raise) -> str:
    """Return the line of an error."""
    return f"raise {statement.text.format(*map(written, statement.operands))}"


# Where Numba sees that a condition is constant, it leaves out a branch with all that is set there, and then finds no
# types for it in the reverse sweep. It does not see through a conversion.
def computed(operation: Operation) -> str:
    """Return the text of an operation."""
    texts = list(map(written, operation.operands))
    if operation.result.type == types.boolean and all(isinstance(each, Constant) for each in operation.operands):
        texts[:1] = [f"{each.type.name}({text})" for each, text in zip(operation.operands[:1], texts, strict=False)]
    return operation.text.format(*texts)


def viewed(view: View, source: str) -> str:
    """Return the text of a view of a source, or of its shadow."""
    return view.text.format(*map(written, view.operands), source=source)


def exchanged(targets: Sequence[Array], sources: Sequence[Array], suffix: str = "") -> str:
    """Return the line by which names, or those of shadows, take each other's memory."""
    return " = ".join(", ".join(each.name + suffix for each in part) for part in (targets, sources))


def dtype(array: Array) -> str:
    """Return the text of an array's dtype."""
    return "np.bool_" if array.type.dtype == types.boolean else f"np.{array.type.dtype.name}"


def head(loop: Loop) -> str:
    """Return the line that a loop begins with."""
    if loop.variable is None:
        return "while True:"
    assert loop.start is not None
    assert loop.stop is not None
    assert loop.step is not None
    parts = [written(loop.start), written(loop.stop), written(loop.step)]
    parts = parts[:2] if parts[2] == "1" else parts
    parts = parts[1:] if len(parts) == 2 and parts[0] == "0" else parts
    return f"for {loop.variable.name} in range({', '.join(parts)}):"


def scope_of(program: Program) -> dict[str, Any]:
    """Return what the names in a program's text mean, those of conversions included."""
    numbers = (*types.signed_domain, *types.unsigned_domain, types.float32, types.float64, types.boolean)
    return {of.name: of for of in numbers} | {"np": np, "math": math} | program.scope


def result_text(result: Any) -> str:
    """Return the text of a result: a number, an array or a tuple of those."""
    if isinstance(result, tuple):
        return f"({''.join(f'{result_text(each)}, ' for each in result)})"
    return written(result)


def primal(program: Program) -> str:
    """Return a program as a function of its parameters, `primal`."""
    lines = Lines()
    PrimalText(lines).block(program.body)
    ends = bool(program.body.statements) and isinstance(program.body.statements[-1], Raise)
    if not ends:
        lines.add(f"return {result_text(program.result)}")
    return f"def primal({', '.join(each.name for each in program.parameters)}):\n{lines.text()}"
