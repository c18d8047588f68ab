"""Proofs that memory is overwritten as a whole, so that what it held before is dead."""

from __future__ import annotations

from dualrev.compiled.adjoints._facts import Facts, operands_of
from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Constant,
    Load,
    Loop,
    Make,
    Operand,
    Root,
    Statement,
    Store,
    View,
)
from dualrev.compiled.adjoints._steps import Step


class Kills:
    """Answers about the scratch arrays of a program."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._made: dict[Root, Make] = {each.result.root: each for each in facts.all if isinstance(each, Make)}
        self._accesses: dict[Root, list[Load | Store | Step]] = {}
        for statement in facts.all:
            if isinstance(statement, Load | Store):
                self._accesses.setdefault(statement.array.root, []).append(statement)
            elif isinstance(statement, Step):
                for root in {each.root for each in statement.operands if isinstance(each, Array)}:
                    self._accesses.setdefault(root, []).append(statement)

    def is_scratch(self, root: Root) -> bool:
        """Whether memory was made by the function and has one name."""
        return root in self._made and self.facts.one_name(root)

    def killing_loop(self, store: Statement) -> Loop | None:
        """Return the loop that overwrites a whole scratch array by a store, an iteration for each of its elements."""
        if not isinstance(store, Store) or store.sign or not self.is_scratch(store.array.root):
            return None
        shape = self._made[store.array.root].shape
        loops = self.facts.loops[store][-len(shape) :]
        if len(loops) < len(shape) or store.block is not loops[-1].body:
            return None
        for loop, inner, length in zip(loops, [*loops[1:], None], shape, strict=True):
            if loop.stopped is not None or not (_is(loop.start, 0) and _is(loop.step, 1)):
                return None
            if self.facts.number(loop.stop) != self.facts.number(length) or (
                inner is not None and inner.block is not loop.body
            ):
                return None
        return loops[0] if [loop.variable for loop in loops] == list(store.indices) else None

    def killed_in(self, root: Root, loop: Loop) -> bool:
        """Whether every iteration of a loop overwrites the whole array before it reads any of it."""
        return self._first_kills(root, loop.body)

    def _first_kills(self, root: Root, block: Block) -> bool:
        """Whether the first access in a block is one that kills, so that nothing from before is read."""
        inside = [each for each in self._accesses.get(root, []) if block in each.block.around()]
        if not inside:
            return True
        killer = self.killing_loop(inside[0])
        if killer is not None and killer.block is block:
            # What the killing loop reads of the array besides is what it has just written.
            own = [each for each in inside if killer in self.facts.loops[each]]
            first = inside[0]
            assert isinstance(first, Store)
            return all(not isinstance(each, Step) and list(each.indices) == list(first.indices) for each in own)
        inner = [each for each in block.statements if isinstance(each, Loop)]
        return any(
            all(each in self.facts.loops[access] for access in inside) and self._first_kills(root, each.body)
            for each in inner
        )

    def killed_between(self, root: Root, loop: Loop, store: Store) -> bool:
        """Whether an iteration of a loop overwrites what a store does, the whole array or that element, before it."""
        if not self.is_scratch(root):
            return False
        for each in self._accesses[root]:
            if not isinstance(each, Store) or self.facts.place[each] >= self.facts.place[store]:
                continue
            killer = self.killing_loop(each)
            if killer is None or killer.block is not loop.body:
                continue
            if killer not in self.facts.loops[store] or self.facts.same(each.indices, store.indices):
                return True
        return False

    # What reads it before may read it again in the reverse sweep, when a first run of the loop has overwritten it.
    def read_outside(self, root: Root, loop: Loop) -> bool:
        """Whether anything but a loop reads an array, or writes to it behind the loop."""
        for each in self.facts.all:
            if isinstance(each, Load | Store | View | Step) and loop not in self.facts.loops[each]:
                before = isinstance(each, Store) and self.facts.place[each] < self.facts.place[loop]
                arrays = [array for array in operands_of(each) if isinstance(array, Array)]
                if any(array.root is root for array in arrays) and not before:
                    return True
        return False


def _is(operand: Operand | None, value: int) -> bool:
    return isinstance(operand, Constant) and bool(operand.value == value)
