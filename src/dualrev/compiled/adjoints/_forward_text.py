"""The forward sweep as text: the function, which keeps what the reverse sweep needs."""

from __future__ import annotations

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._form import Array, Block, Loop, Operand, Operation, Raise, Store, Value
from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._primal_text import PrimalText
from dualrev.compiled.adjoints._workspace import Places, Stack, nothing, trips


class ForwardText(PrimalText):
    """Writes statements as they ran, and the keeping of values.

    Parameters
    ----------
    to_tape
        The line in the place of an error that is left to the tape.
    """

    def __init__(
        self,
        lines: Lines,
        needs: Needs,
        classes: LoopClasses,
        places: Places,
        activity: Activity,
        to_tape: str = "",
    ) -> None:
        super().__init__(lines, places.element)
        self._to_tape = to_tape
        self.late: list[Operation] = []
        self._late_values: set[Operand | Array] = set()
        self.needs, self.classes, self.places, self.activity = needs, classes, places, activity

    def error_for_tape(self, statement: Raise) -> str:
        """Return the line that ends the adjoint with NaNs, for which the driver asks the tape."""
        return self._to_tape

    def block(self, block: Block) -> None:
        """Write the statements of a block, without those that have to wait for a fused loop in the reverse sweep."""
        for statement in block.statements:
            if isinstance(statement, Loop) and self.classes.is_fused(statement):
                self._fused(statement)
            elif isinstance(statement, Operation) and not self._late_values.isdisjoint(statement.operands):
                self.late.append(statement)
                self._late_values.add(statement.result)
            else:
                with self.lines.of(statement):
                    self.statement(statement)

    # The sums of a fused loop are made when it is reversed, and what is computed from them then comes behind the
    # reverse sweep. Where that needs them itself, or the sums cost more there, the loop runs twice.
    def _fused(self, loop: Loop) -> None:
        if self.needs.runs_before(loop):
            with self.lines.of(loop):
                PrimalText(self.lines, self.element).statement(loop)
        else:
            self._late_values |= {each.after for each in loop.carried}

    def after(self, value: Value) -> None:
        """Put a value into the place that was reserved for it."""
        loop = self.classes.home(value.block)
        if loop is not None and self.classes.reserves(loop) and value in self.needs.kept[loop]:
            self.lines.add(f"{self.places.reserved(loop, value)} = {value.name}")

    def shadow(self, array: Array, line: str) -> None:
        """Write a line about shadows that exist in the forward sweep already."""
        if self.activity.active(array) and self.needs.facts.is_shadowed_early(array.root):
            self.lines.add(line)

    def made(self, array: Array) -> None:
        """Write the shadow of an array that was made."""
        if self.activity.active(array):
            self.shadow(array, self.activity.zeros(array))

    def before_store(self, store: Store) -> None:
        """Keep the old content of an element."""
        if store not in self.needs.saves:
            return
        loop = self.classes.home(store.block)
        old = self.element(store.array, store.indices)
        if loop is not None and self.classes.reserves(loop):
            self.lines.add(f"{self.places.reserved(loop, store)} = {old}")
        else:
            self.lines.add(f"{self.places.name(store)} = {old}")

    def before_loop(self, loop: Loop) -> None:
        """Reserve the places of all iterations."""
        if not self.classes.reserves(loop) or not self.needs.kept[loop]:
            return
        n = self.places.number(loop)
        self.lines.add(f"trips_{n} = {trips(loop)}")
        for stack, kept in self.places.stacks(loop):
            size = self.places.size(loop, kept)
            self.expect_place(stack, f"{stack.top} + {size}")
            self.lines.add(f"{self.places.base(loop, stack)} = {stack.top}")
            self.lines.add(f"{stack.top} += {size}")

    def iteration_begins(self, loop: Loop) -> None:
        """Keep what an iteration begins with. What only a branch sets has a value on the other way, too."""
        if self.classes.reserves(loop):
            for each in loop.carried:
                self.after(each.inside)
            return
        for kept in self.needs.kept[loop]:
            if kept.block is not loop.body:
                self.lines.add(f"{self.places.name(kept)} = {nothing(kept)}")

    def iteration_ends(self, loop: Loop) -> None:
        """Push what an iteration keeps."""
        if self.classes.reserves(loop):
            return
        for stack, kept in self.places.stacks(loop):
            self.expect_place(stack, f"{stack.top} + {len(kept)}")
            for n, each in enumerate(kept):
                self.lines.add(f"{stack.name}[uint64({stack.top} + {n})] = {self.places.name(each)}")
            self.lines.add(f"{stack.top} += {len(kept)}")

    def expect_place(self, stack: Stack, size: str) -> None:
        """Write the growth of a stack to a size that it may not have."""
        with self.lines.block(f"if {size} > {stack.name}.shape[0]:"):
            self.lines.add(f"{stack.name} = {stack.room}(workspace, {stack.top}, {size})")
