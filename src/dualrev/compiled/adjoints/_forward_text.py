"""The forward sweep as text: the function, which keeps what the reverse sweep needs."""

from __future__ import annotations

from collections.abc import Sequence

from dualrev.compiled.adjoints._form import Array, Block, Loop, Operand, Store, Value
from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._primal_text import PrimalText, written
from dualrev.compiled.adjoints._workspace import Places, Stack, nothing, trips


class ForwardText(PrimalText):
    """Writes statements as they ran, and the keeping of values."""

    def __init__(
        self,
        lines: Lines,
        needs: Needs,
        classes: LoopClasses,
        places: Places,
        results: Sequence[Operand | Array] = (),
    ) -> None:
        super().__init__(lines, places.element)
        self.results = results
        self.needs, self.classes, self.places = needs, classes, places

    def block(self, block: Block) -> None:
        """Write the statements of a block. A fused loop keeps nothing in its first run, which only makes its sums."""
        for statement in block.statements:
            if isinstance(statement, Loop) and self.classes.is_fused(statement):
                self._first_run(statement)
            else:
                self.statement(statement)

    def _first_run(self, loop: Loop) -> None:
        if self.needs.reads_behind(loop, self.results):
            PrimalText(self.lines, self.element).statement(loop)
            return
        for each in loop.carried:
            self.lines.add(f"{each.after.name} = {written(each.initial, each.after.type)}")

    def after(self, value: Value) -> None:
        """Put a value into the place that was reserved for it."""
        loop = self.classes.home(value.block)
        if loop is not None and self.classes.reserves(loop) and value in self.needs.kept[loop]:
            self.lines.add(f"{self.places.reserved(loop, value)} = {value.name}")

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
            size = f"{len(kept)} * trips_{n}"
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
