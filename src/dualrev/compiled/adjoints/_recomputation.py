"""The beginning of a reversed iteration as text: what it needs is popped, read, or computed again."""

from __future__ import annotations

from functools import singledispatchmethod

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._form import Block, If, Load, Loop, Operation, Statement, Value, View
from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._primal_text import computed, viewed, written
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints._workspace import Places, iteration, nothing, trips


class Recomputation:
    """Writes what a reversed iteration of a loop needs."""

    def __init__(
        self, lines: Lines, loop: Loop, needs: Needs, classes: LoopClasses, places: Places, activity: Activity
    ) -> None:
        self.lines, self.loop = lines, loop
        self.needs, self.classes, self.places, self.activity = needs, classes, places, activity
        self.reserves = classes.reserves(loop)

    def write(self) -> None:
        """Write all of it."""
        self._pop()
        popped = set() if self.reserves else set(self.needs.kept[self.loop])
        inside = [each for each in self.needs.values if self.classes.home(each.block) is self.loop]
        for value in sorted(inside, key=lambda each: each.name):
            # What only a branch sets has a value on the other way, too.
            if value.block is not self.loop.body and value not in popped:
                self.lines.add(f"{value.name} = {nothing(value)}")
        for each in self.loop.carried:
            if each.inside not in self.needs.values or each.inside in popped:
                continue
            step = self.classes.induction_step(each)
            if each.inside in self.needs.kept[self.loop]:
                self._read(each.inside)
            elif step is not None:
                steps = f"({self._iteration()}) * {written(step)}"
                self.lines.add(f"{each.inside.name} = {written(each.initial, each.inside.type)} + {steps}")
            else:
                self.lines.add(f"{each.inside.name} = {written(each.initial, each.inside.type)}")
        self._block(self.loop.body)

    def _pop(self) -> None:
        if self.reserves:
            return
        for stack, kept in self.places.stacks(self.loop):
            self.lines.add(f"{stack.top} -= {len(kept)}")
            for n, each in enumerate(kept):
                place = f"{stack.name}[uint64({stack.top} + {n})]"
                self.lines.add(f"{self.places.name(each)} = {self.places.read(each, place)}")

    def _iteration(self) -> str:
        return iteration(self.loop) if self.loop.variable is not None else f"iteration_{self.places.number(self.loop)}"

    def _read(self, value: Value) -> None:
        self.lines.add(f"{value.name} = {self.places.read(value, self.places.reserved(self.loop, value))}")

    def _value(self, value: Value, text: str) -> None:
        """Write a value's text if it is needed, or the reading of it."""
        if value not in self.needs.values:
            return
        if value not in self.needs.kept[self.loop]:
            self.lines.add(f"{value.name} = {text}")
        elif self.reserves:
            self._read(value)

    def _block(self, block: Block) -> None:
        for statement in block.statements:
            with self.lines.of(statement):
                self._statement(statement)

    @singledispatchmethod
    def _statement(self, statement: Statement) -> None:
        """Write a statement again, if anything needs it. Those that write are not repeated."""

    @_statement.register
    def _(self, statement: Operation) -> None:
        self._value(statement.result, computed(statement))

    @_statement.register
    def _(self, statement: Load) -> None:
        self._value(statement.result, self.places.element(statement.array, statement.indices))

    @_statement.register
    def _(self, step: Step) -> None:
        for each in step.results:
            if isinstance(each, Value) and self.reserves and each in self.needs.values:
                self._read(each)

    @_statement.register
    def _(self, statement: View) -> None:
        if statement.result in self.needs.views:
            self.lines.add(f"{statement.result.name} = {viewed(statement, statement.source.name)}")
            if self.activity.active(statement.result):
                self.lines.add(f"{statement.result.name}_b = {viewed(statement, statement.source.name + '_b')}")

    @_statement.register
    def _(self, statement: If) -> None:
        merges = [each for each in statement.merges if each.result in self.needs.values]
        again = [each for each in merges if each.result not in self.needs.kept[self.loop]]
        choices = [each for each in statement.choices if each.result in self.needs.views]
        sides = []
        for block, side in ((statement.then, "first"), (statement.otherwise, "second")):
            outside, self.lines = self.lines, Lines(self.lines.depth + 1)
            self._block(block)
            for each in again:
                self.lines.add(f"{each.result.name} = {written(getattr(each, side), each.result.type)}")
            for choice in choices:
                for suffix in ("", "_b") if self.activity.active(choice.result) else ("",):
                    self.lines.add(f"{choice.result.name}{suffix} = {getattr(choice, side).name}{suffix}")
            sides.append(self.lines.lines)
            self.lines = outside
        if any(sides):
            with self.lines.block(f"if {written(statement.condition)}:"):
                self.lines.extend(sides[0])
            if sides[1]:
                with self.lines.block("else:"):
                    self.lines.extend(sides[1])
        for each in merges:
            if each not in again and self.reserves:
                self._read(each.result)

    @_statement.register
    def _(self, loop: Loop) -> None:
        for each in loop.carried:
            step = self.classes.induction_step(each)
            if each.after in self.needs.values and each.after not in self.needs.kept[self.loop] and step is not None:
                initial = written(each.initial, each.after.type)
                self.lines.add(f"{each.after.name} = {initial} + {trips(loop)} * {written(step)}")
