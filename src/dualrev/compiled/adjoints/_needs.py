"""To-be-recorded analysis: what the reverse sweep needs, and whether it is recomputed, kept, or in restored memory.

Values of the function's own block are still there. Those of a loop's body are computed again at the beginning of each
reversed iteration, when the memory is as the iteration left it; what that cannot give is kept by the forward sweep.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dualrev.compiled.adjoints._facts import Facts, operands_of, trailing_exchanges
from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Constant,
    Exchange,
    If,
    Load,
    Loop,
    Operand,
    Operation,
    Store,
    Value,
    View,
)
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints.refusal import Refused

Kept = Value | Store
"""A value that is kept, or a store whose element's old content is."""


class Needs:
    """The values that the reverse sweep asks for, and how it gets each.

    Attributes
    ----------
    values, views
        What each reversed iteration has to have, of values and views made in loops.
    kept
        For each loop what an iteration keeps.
    touched
        All values that it reads.
    saves
        Stores before which the old content of the element is kept.
    """

    def __init__(self, facts: Facts, classes: LoopClasses) -> None:
        self.facts, self.classes = facts, classes
        self.values: set[Value] = set()
        self.views: set[Array] = set()
        self.kept: dict[Loop, list[Kept]] = {each: [] for each in facts.within}
        self.saves: set[Store] = set()
        self.touched: set[Value] = set()
        self._reads: list[Load] = []
        self._whole_reads: dict[Step, set[Array]] = {}
        # A fused loop is run in the reverse sweep, so that all that it reads must then be what it was.
        self._run_again = [
            (each, loop)
            for loop, within in facts.within.items()
            if classes.is_fused(loop)
            for each in within
            if isinstance(each, Load | Step)
        ]

    def demand(self, of: Operand | Array) -> None:
        """Note that the reverse sweep reads a value, or needs the name of an array."""
        if isinstance(of, Constant):
            return
        if isinstance(of, Value):
            self.touched.add(of)
        loop = self.classes.home(of.block)
        if loop is None:
            return
        if isinstance(of, Array):
            self._demand_view(of, loop)
        elif of not in self.values:
            self.values.add(of)
            self._demand_conditions(of.block)
            self._find(of, loop)

    def _demand_conditions(self, of: Block) -> None:
        # What a branch sets is computed again in the same branch.
        for block in of.around():
            if isinstance(block.owner, If):
                self.demand(block.owner.condition)
            elif isinstance(block.owner, Loop):
                break

    # What a step has read is there again when it is its turn in the reverse sweep: what was written later is written
    # back by then.
    def demand_operands(self, step: Step, read: Sequence[Operand | Array], named: Iterable[Operand | Array]) -> None:
        """Note that the reverse sweep reads what a step has read, arrays as a whole, and needs names of more."""
        for each in (*read, *named, *(length for axes in step.lengths.values() for length in axes)):
            self.demand(each)
        self._whole_reads.setdefault(step, set()).update(each for each in read if isinstance(each, Array))

    def _demand_view(self, array: Array, loop: Loop) -> None:
        made = array.made_by
        if array in self.views or not isinstance(made, View | If):
            return
        self.views.add(array)
        self._demand_conditions(array.block)
        read: list[Operand | Array]
        if isinstance(made, View):
            read = [made.source, *made.operands]
        else:
            choice = self.facts.chosen[array][1]
            read = [choice.first, choice.second, made.condition]
        for each in read:
            if isinstance(each, Array) and self._exchanged_after(made, each, loop):
                raise Refused(f"line {made.line} takes a view of an array that is exchanged later")
            self.demand(each)

    def _find(self, value: Value, loop: Loop) -> None:
        """Say where a value of a loop's body comes from in the reverse sweep."""
        facts = self.facts
        if value in facts.variables:
            return
        if value in facts.merged:
            branch, merge = facts.merged[value]
            for each in (branch.condition, merge.first, merge.second):
                self.demand(each)
            return
        if value in facts.carries:
            self._find_carried(value, loop)
            return
        made = value.made_by
        if isinstance(made, Operation) and not is_dear(made) and not self._is_gone(made, loop):
            for operand in made.operands:
                self.demand(operand)
        elif isinstance(made, Load) and not self._is_lost(made, loop):
            self._reads.append(made)
            self.demand(made.array)
            for index in made.indices:
                self.demand(index)
        else:
            self.kept[loop].append(value)

    def _find_carried(self, value: Value, loop: Loop) -> None:
        of, each = self.facts.carries[value]
        step = self.classes.induction_step(each)
        if value is each.inside and each.following is each.inside:
            self.demand(each.initial)
        elif step is not None and (value is each.inside or self.classes.is_counted(of)):
            bounds = [of.start, of.stop, of.step] if value is each.after else []
            wanted: list[Operand | None] = [each.initial, step, *bounds]
            for bound in wanted:
                if bound is not None:
                    self.demand(bound)
        else:
            self.kept[loop].append(value)

    # Reversed iterations begin with the memory that the iteration left, so what it read and then overwrote is lost.
    def _is_lost(self, load: Load, loop: Loop) -> bool:
        """Whether a loop's iteration may overwrite an element after it has read it, or exchange the array."""
        after = self.facts.place[load]
        stores = self.facts.stores.get(load.array.root.group, [])
        overwritten = any(
            loop in self.facts.loops[each] and self.facts.place[each] > after and not self._two(load, each, loop)
            for each in stores
        )
        return overwritten or self._exchanged_after(load, load.array, loop)

    def _two(self, load: Load, store: Store, loop: Loop) -> bool:
        """Whether a load and a store of one iteration are of two arrays, which exchange their memory behind both."""
        first, second = load.array.root, store.array.root
        if first is second or any(self.facts.is_viewed(root) for root in (first, second)):
            return False
        at_end = trailing_exchanges(loop)
        return all(each in at_end for each in self.facts.within[loop] if isinstance(each, Exchange))

    # The array that a step makes in a loop is there in its own iteration only.
    def _is_gone(self, operation: Operation, loop: Loop) -> bool:
        """Whether an array whose shape an operation reads is another one at the iteration's end."""
        arrays = [each for each in operation.operands if isinstance(each, Array)]
        return any(isinstance(each.made_by, Step) or self._exchanged_after(operation, each, loop) for each in arrays)

    def _exchanged_after(self, statement: Load | Operation | View | If, array: Array, loop: Loop) -> bool:
        # Exchanges that end the iteration are undone before anything is computed again.
        at_end = trailing_exchanges(loop)
        return any(
            isinstance(each, Exchange)
            and each not in at_end
            and self.facts.place[each] > self.facts.place[statement]
            and any(target.root.group is array.root.group for target in each.targets)
            for each in self.facts.within[loop]
        )

    def note_saves(self) -> bool:
        """Find the stores that overwrite what is read again in the reverse sweep; return whether there are new ones."""
        new = [
            store
            for stores in self.facts.stores.values()
            for store in stores
            if store not in self.saves
            and (
                any(self._conflict(load, store) for load in self._reads)
                or any(self._overwrites(store, step) for step in self._whole_reads)
                or self._comes_after(store)
            )
        ]
        for store in new:
            self.saves.add(store)
            loop = self.classes.home(store.block)
            if loop is not None:
                self.kept[loop].append(store)
        return bool(new)

    def _comes_after(self, store: Store) -> bool:
        """Whether a store may overwrite what a fused loop before it has read."""
        return any(
            any(isinstance(each, Array) and each.root.group is store.array.root.group for each in operands_of(read))
            and loop not in self.facts.loops[store]
            and self.facts.place[store] > self.facts.place[loop]
            for read, loop in self._run_again
        )

    def _overwrites(self, store: Store, step: Step) -> bool:
        """Whether a store may overwrite what a step has read before, and reads again in the reverse sweep."""
        if not any(each.root.group is store.array.root.group for each in self._whole_reads[step]):
            return False
        return bool(self._shared(step, store)) or self.facts.place[store] > self.facts.place[step]

    # A fused loop reverses an iteration before the next one writes anything.
    def _shared(self, read: Load | Step, store: Store) -> list[Loop]:
        """Return the loops around both whose other iterations count."""
        loops = self.facts.loops
        return [each for each in loops[read] if each in loops[store] and not self.classes.is_fused(each)]

    # Proofs that there is no conflict; where there is none, the old content is kept.
    def _conflict(self, load: Load, store: Store) -> bool:
        """Whether a store may overwrite an element after a load that is done again in the reverse sweep."""
        if load.array.root.group is not store.array.root.group:
            return False
        later = self.facts.place[store] > self.facts.place[load]
        shared = self._shared(load, store)
        root = load.array.root
        if shared and not later and self.classes.kills.killed_between(root, shared[-1], store):
            return False  # restored by the reversal of what overwrites all of it
        if all(self._same_iteration(loop, load, store) for loop in shared):
            return later
        return True

    def _same_iteration(self, loop: Loop, load: Load, store: Store) -> bool:
        root = load.array.root
        return self.facts.one_name(root) and self.facts.apart_by(loop, [load.indices, store.indices])

    # An element that several iterations add to gets its first content back where the first one is reversed last.
    def in_any_order(self, loop: Loop) -> bool:
        """Whether the iterations of a loop may be reversed in any order, and memory be restored in it."""
        saved = {each.array.root for each in self.facts.within[loop] if each in self.saves}
        return self.classes.is_order_free(loop) and all(self.classes.writes_apart(loop, root) for root in saved)

    def reads_behind(self, loop: Loop) -> bool:
        """Whether the reverse sweep reads what a loop leaves behind, or anything but operations at the top level."""
        left = {each.after for each in loop.carried}
        pending: list[Operand | Array] = [*self.touched]
        for statement in self.facts.all:
            nested = statement.block.owner is not None
            if loop not in self.facts.loops[statement] and (nested or not isinstance(statement, Operation)):
                pending += operands_of(statement) if statement is not loop else []
        seen: set[Operand | Array] = set()
        while pending:
            of = pending.pop()
            if isinstance(of, Value) and of not in seen:
                seen.add(of)
                pending += self._depends_on(of)
        return not left.isdisjoint(seen)

    # A sum of the user's order keeps a loop out of vector registers, where the rest of it may run.
    def runs_before(self, loop: Loop) -> bool:
        """Whether the forward sweep runs a fused loop, too, and gets its sums there."""
        apart = self.classes.is_order_free(loop) and not self.calls(loop)
        return apart or self.reads_behind(loop)

    def calls(self, loop: Loop) -> bool:
        """Whether a loop calls functions whose results are worth keeping."""
        return any(isinstance(each, Operation) and is_dear(each) for each in self.facts.within[loop])

    def _depends_on(self, value: Value) -> list[Operand | Array]:
        if value in self.facts.merged:
            branch, merge = self.facts.merged[value]
            return [branch.condition, merge.first, merge.second]
        if value in self.facts.carries:
            each = self.facts.carries[value][1]
            return [each.initial, each.following]
        return operands_of(value.made_by) if value.made_by is not None else []


# Measured: to compute these again costs more than to keep them, also where they are polynomials.
def is_dear(operation: Operation) -> bool:
    """Whether an operation's result is kept rather than computed again: a call of a mathematical function."""
    row = operation.row
    return row is not None and not (row.instruction or row.flat) and "(" in operation.text
