"""The reverse sweep as text: the statements backwards, each as what it adds to adjoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import singledispatchmethod
from typing import Any

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._facts import Facts, trailing_exchanges
from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Exchange,
    If,
    Load,
    Loop,
    Operand,
    Operation,
    Raise,
    Statement,
    Store,
    Value,
)
from dualrev.compiled.adjoints._forward_text import ForwardText
from dualrev.compiled.adjoints._lines import Line, Lines
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._partials import Partials
from dualrev.compiled.adjoints._primal_text import exchanged, head, written
from dualrev.compiled.adjoints._recomputation import Recomputation
from dualrev.compiled.adjoints._reversed_loops import arranged
from dualrev.compiled.adjoints._reversed_steps import pulled, shadowed_within
from dualrev.compiled.adjoints._shadows import shadows
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints._tags import Added, Restored, Total, Zeroed
from dualrev.compiled.adjoints._workspace import Places, trips


class ReverseText:
    """Writes the reverse sweep, and tells the needs what it reads.

    The adjoint of a value begins at the first thing that is added to it, if that stands in the value's own block. Else
    it is set to zero at the beginning of the block, reversed.
    """

    def __init__(
        self,
        facts: Facts,
        activity: Activity,
        classes: LoopClasses,
        needs: Needs,
        places: Places,
        partials: Partials,
    ) -> None:
        self.facts, self.activity, self.classes = facts, activity, classes
        self.needs, self.places, self.partials = needs, places, partials
        self.lines = Lines()
        self.begun: set[Value] = set()
        self._zeros: dict[Block, list[Value]] = {}
        self._here = facts.program.body

    def contribute(self, of: Operand, text: str, negative: bool = False) -> None:
        """Add a number to the adjoint of a value, or begin it with that."""
        if not isinstance(of, Value) or not self.activity.active(of):
            return
        name = f"{of.name}_b"
        if of.block is self._here:
            begins = of not in self.begun
            self.lines.add(f"{name} {'' if begins else '-' if negative else '+'}= {'-' * (begins and negative)}{text}")
        else:
            if of not in self.begun:
                self._zeros[of.block].append(of)
            self.lines.add(f"{name} = plus({name}, {'-' if negative else ''}{text})", Total(of))
        self.begun.add(of)

    @contextmanager
    def reversed_block(self, block: Block) -> Iterator[None]:
        """Write lines that belong to a block, after the zeros that adjoints of its values begin with."""
        before, self._here = self._here, block
        self._zeros[block] = []
        place = len(self.lines.lines)
        yield
        zeros = [Line(self.lines.depth, f"{value.name}_b = 0.0") for value in self._zeros[block]]
        zeros += [Line(self.lines.depth, self.activity.zeros(each)) for each in shadowed_within(block, self.activity)]
        self.lines.lines[place:place] = zeros
        self._here = before

    @singledispatchmethod
    def statement(self, statement: Statement) -> None:
        """Write what a statement adds to adjoints; nothing for those that make names, or raise errors."""

    @statement.register
    def _(self, statement: Operation) -> None:
        result = statement.result
        if not self.activity.active(result) or result not in self.begun:
            return
        for n, operand in enumerate(statement.operands):
            if isinstance(operand, Value) and self.activity.active(operand):
                product = self.partials.product(statement, n, f"{result.name}_b")
                if product is not None:
                    for each in product.reads:
                        self.needs.demand(each)
                    self.contribute(operand, product.text, product.negative)

    @statement.register
    def _(self, statement: Load) -> None:
        if self.activity.active(statement.result) and statement.result in self.begun:
            self._demand_element(statement.array, statement.indices)
            place = self.element(statement.array, statement.indices)
            self.lines.add(f"{place} += {statement.result.name}_b", Added(statement.array, statement.indices, place))

    @statement.register
    def _(self, statement: Store) -> None:
        active = self.activity.active(statement.array)
        saved = statement in self.needs.saves
        if active or saved:
            self._demand_element(statement.array, statement.indices)
        if active:
            self._store(statement)
        if saved:
            loop = self.classes.home(statement.block)
            old = self.places.name(statement)
            if loop is not None and self.classes.reserves(loop):
                old = self.places.read(statement, self.places.reserved(loop, statement))
            place = self.places.element(statement.array, statement.indices)
            self.lines.add(f"{place} = {old}", Restored(statement.array))

    def _store(self, statement: Store) -> None:
        place = self.element(statement.array, statement.indices)
        to_value = isinstance(statement.value, Value) and self.activity.active(statement.value)
        if statement.sign:
            if to_value:
                self.contribute(statement.value, place, statement.sign == "-")
            return
        cotangent = f"cotangent_{self.facts.place[statement]}"
        if to_value:
            self.lines.add(f"{cotangent} = {place}")
        self.lines.add(f"{place} = 0.0", Zeroed(statement.array))
        if to_value:
            self.contribute(statement.value, cotangent)

    @statement.register
    def _(self, step: Step) -> None:
        found = pulled(step, self.activity, self.begun, self.partials, f"pulled_{self.facts.place[step]}")
        if found is not None:
            self.needs.demand_operands(step, found.reads, filter(self.activity.active, step.operands))
            for text in found.lines:
                self.lines.add(text)
            for operand, text in found.numbers:
                self.contribute(operand, text)

    @statement.register
    def _(self, statement: Exchange) -> None:
        self._undo(statement)

    def _undo(self, statement: Exchange) -> None:
        for suffix in ("", "_b") if self.activity.active(statement.targets[0]) else ("",):
            self.lines.add(exchanged(statement.sources, statement.targets, suffix))

    @statement.register
    def _(self, statement: If) -> None:
        sides = []
        for block, side in ((statement.then, "first"), (statement.otherwise, "second")):
            outside, self.lines = self.lines, Lines(self.lines.depth + 1)
            if not (block.statements and isinstance(block.statements[-1], Raise)):
                self._branch(statement, block, side)
            sides.append(self.lines.lines)
            self.lines = outside
        if not any(sides):
            return
        self.needs.demand(statement.condition)
        condition = written(statement.condition)
        if not sides[0]:
            condition, sides = f"not {condition}", [sides[1], []]
        with self.lines.block(f"if {condition}:"):
            self.lines.extend(sides[0])
        if sides[1]:
            with self.lines.block("else:"):
                self.lines.extend(sides[1])

    def _branch(self, statement: If, block: Block, side: str) -> None:
        with self.reversed_block(block):
            for merge in statement.merges:
                if self.activity.active(merge.result) and merge.result in self.begun:
                    self.contribute(getattr(merge, side), f"{merge.result.name}_b")
            for each in reversed(block.statements):
                with self.lines.of(each):
                    self.statement(each)

    @statement.register
    def _(self, loop: Loop) -> None:
        carried = [each for each in loop.carried if self.activity.active(each.inside)]
        sums = [each for each in carried if self.classes.is_sum(each) and each.after in self.begun]
        others = [each for each in carried if not self.classes.is_sum(each)]
        for each in others:
            start = f"{each.after.name}_b" if each.after in self.begun else "0.0"
            self.lines.add(f"{each.inside.name}_carried = {start}")
        if self.classes.is_fused(loop):
            for each in loop.carried:
                self.lines.add(f"{each.inside.name} = {written(each.initial, each.inside.type)}")
        outside, self.lines = self.lines, Lines(self.lines.depth + 1)
        if self.classes.is_fused(loop):
            self._run_again(loop)
        self._iteration(loop, sums, others)
        inner, self.lines = self.lines.lines, outside
        self._demand_bounds(loop)
        self._release(loop)
        for lines, prologue, epilogue, first in arranged(loop, inner, self.facts, self.activity, self.needs):
            for text in prologue:
                self.lines.add(text)
            with self.lines.block(first or self._head(loop)):
                self._variable(loop)
                self.lines.extend(lines)
            for text in epilogue:
                self.lines.add(text)
        if self.classes.is_fused(loop) and not self.needs.runs_before(loop):
            for each in loop.carried:
                self.lines.add(f"{each.after.name} = {each.inside.name}")
        for each in sums:
            self.contribute(each.initial, f"{each.after.name}_b")
        for each in others:
            self.contribute(each.initial, f"{each.inside.name}_carried")

    def _release(self, loop: Loop) -> None:
        """Write the way back to the places that a loop has reserved."""
        if self.classes.reserves(loop) and self.needs.kept[loop]:
            n = self.places.number(loop)
            self.lines.add(f"trips_{n} = {trips(loop)}")
            for stack, kept in self.places.stacks(loop):
                self.lines.add(f"{stack.top} -= {self.places.size(loop, kept)}")
                self.lines.add(f"{self.places.base(loop, stack)} = {stack.top}")

    def _run_again(self, loop: Loop) -> None:
        """Write the iteration of a fused loop, which keeps what its reversal needs, and the shadows of its views."""
        ForwardText(self.lines, self.needs, self.classes, self.places, self.activity).block(loop.body)
        if not self.needs.runs_before(loop):
            for each in loop.carried:
                following = written(each.following, each.inside.type)
                self.lines.add(f"{each.inside.name} = {following}", Total(None))
        shadows(self.lines, loop.body, self.facts, self.activity)

    def _iteration(self, loop: Loop, sums: list[Any], others: list[Any]) -> None:
        undone = trailing_exchanges(loop)
        for exchange in undone:
            self._undo(exchange)
        if not self.classes.is_fused(loop):
            Recomputation(self.lines, loop, self.needs, self.classes, self.places, self.activity).write()
        with self.reversed_block(loop.body):
            for each in sums:
                self.contribute(each.following, f"{each.after.name}_b")
            for each in others:
                self.contribute(each.following, f"{each.inside.name}_carried")
            for statement in reversed(loop.body.statements):
                if statement not in undone:
                    with self.lines.of(statement):
                        self.statement(statement)
            for each in others:
                value = f"{each.inside.name}_b" if each.inside in self.begun else "0.0"
                self.lines.add(f"{each.inside.name}_carried = {value}")

    def _demand_bounds(self, loop: Loop) -> None:
        bounds = [loop.start, loop.step]
        bounds.append(loop.trips if loop.trips is not None else loop.stop)
        for each in bounds:
            if each is not None:
                self.needs.demand(each)

    def _head(self, loop: Loop) -> str:
        n = self.places.number(loop)
        if loop.trips is not None:
            return f"for iteration_{n} in range({loop.trips.name} - 1, -1, -1):"
        if self.needs.in_any_order(loop) or self.classes.is_fused(loop):
            return head(loop)
        assert loop.variable is not None
        assert loop.step is not None
        assert loop.start is not None
        assert loop.stop is not None
        if written(loop.step) == "1":
            return f"for {loop.variable.name} in range({written(loop.stop)} - 1, {written(loop.start)} - 1, -1):"
        return f"for iteration_{n} in range({trips(loop)} - 1, -1, -1):"

    def _variable(self, loop: Loop) -> None:
        """Write what gives a range's variable its value where the reversed loop counts iterations."""
        if loop.variable is None or not self._head(loop).startswith("for iteration_"):
            return
        assert loop.step is not None
        assert loop.start is not None
        steps = f"iteration_{self.places.number(loop)} * {written(loop.step)}"
        self.lines.add(f"{loop.variable.name} = {written(loop.start)} + {steps}")

    def _demand_element(self, array: Array, indices: tuple[Operand, ...]) -> None:
        for each in (array, *indices):
            self.needs.demand(each)

    def element(self, array: Array, indices: tuple[Operand, ...]) -> str:
        """Return the text of an element's adjoint."""
        return self.places.element(array, indices, "_b")
