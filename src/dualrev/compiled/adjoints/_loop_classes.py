"""Classes of loops and of what they carry, which decide what is kept and in which order iterations are reversed."""

from __future__ import annotations

from collections import Counter
from functools import cache

from numba.core import types

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._form import (
    Array,
    Block,
    Carried,
    Exchange,
    Load,
    Loop,
    Operand,
    Operation,
    Raise,
    Root,
    Statement,
    Store,
    Value,
)
from dualrev.compiled.adjoints._growth import Grow
from dualrev.compiled.adjoints._kills import Kills
from dualrev.compiled.adjoints._steps import Step
from dualrev.primitives.rule_text import shown


class LoopClasses:
    """Answers about the loops of a program."""

    def __init__(self, facts: Facts, activity: Activity, not_fused: frozenset[Loop]) -> None:
        self.facts, self.activity, self._not_fused = facts, activity, not_fused
        self.is_sum = cache(self._is_sum)
        self.induction_step = cache(self._induction_step)
        self.is_order_free = cache(self._is_order_free)
        self.is_fused = cache(self._is_fused)
        self.kills = Kills(facts)

    def home(self, block: Block) -> Loop | None:
        """Return the innermost loop around a block whose iterations are over when the reverse sweep comes to them.

        Those of a fused loop are not: its values are still there.
        """
        for each in block.around():
            if isinstance(each.owner, Loop):
                return None if self.is_fused(each.owner) else each.owner
        return None

    def is_counted(self, loop: Loop) -> bool:
        """Whether the range tells the number of iterations."""
        return loop.variable is not None and loop.stopped is None

    # What such a loop keeps lies in blocks of its number of iterations, reserved once, so that it runs in vector
    # registers.
    def reserves(self, loop: Loop) -> bool:
        """Whether a loop reserves the places of all its iterations before it begins."""
        return self.is_counted(loop) and self.facts.is_innermost(loop)

    def _is_sum(self, each: Carried) -> bool:
        """Whether iterations only add to a value, or subtract from it; in branches and in loops inside, too.

        Its adjoint is then the same in all iterations, and the value itself is not read by any.
        """
        if each.following is each.inside:
            return False
        readers: dict[Value, list[Statement]] = {}
        loop = self.facts.carries[each.inside][0]
        if not self._adds(each.following, each.inside, loop, readers):
            return False
        return all(Counter(found) == Counter(self.facts.uses[value]) for value, found in readers.items())

    def _adds(self, of: Operand, to: Value, reader: Statement, readers: dict[Value, list[Statement]]) -> bool:
        """Whether a value is another one with something added; notes who reads the values on the way between them."""
        if not isinstance(of, Value):
            return False
        seen = of in readers
        readers.setdefault(of, []).append(reader)
        if of is to or seen:
            return True
        if of in self.facts.merged:
            branch, merge = self.facts.merged[of]
            return self._adds(merge.first, to, branch, readers) and self._adds(merge.second, to, branch, readers)
        if of in self.facts.carries:
            inner, each = self.facts.carries[of]
            return of is each.after and self.is_sum(each) and self._adds(each.initial, to, inner, readers)
        made = of.made_by
        if not isinstance(made, Operation) or made.row is None or made.row.flat:
            return False
        slopes = [shown(partial) for partial in made.row.partials]
        if not set(slopes) <= {"1.0", "-1.0"}:
            return False
        for operand, slope in zip(made.operands, slopes, strict=True):
            if slope == "1.0" and self._leads(operand, to):
                return self._adds(operand, to, made, readers)  # type: ignore[arg-type]
        return False

    def _leads(self, of: Operand | Array, to: Value) -> bool:
        """Whether a value is another one with something added, whoever reads the values between."""
        return isinstance(of, Value) and self._adds(of, to, self.facts.all[0], {})

    def _induction_step(self, each: Carried) -> Operand | None:
        """Return what every iteration adds to an integer, or None: the integer is then known without being kept."""
        loop = self.facts.carries[each.inside][0]
        value = each.following
        if not isinstance(each.inside.type, types.Integer) or not isinstance(value, Value):
            return None
        made = value.made_by
        if not isinstance(made, Operation) or made.text != "{0} + {1}" or made.block is not loop.body:
            return None
        first, step = made.operands
        if first is not each.inside or value.type != each.inside.type:
            return None
        return step if self.facts.outside(step, loop) else None  # type: ignore[return-value]

    def _is_order_free(self, loop: Loop) -> bool:
        """Whether the iterations may be reversed in any order."""
        if not self.reserves(loop):
            return False
        if any(self.activity.active(each.inside) and not self.is_sum(each) for each in loop.carried):
            return False
        accesses: dict[Root, list[Load | Store]] = {}
        for statement in self.facts.within[loop]:
            if isinstance(statement, Exchange | Step):
                return False
            if isinstance(statement, Load | Store):
                accesses.setdefault(statement.array.root, []).append(statement)
        return all(self._own_elements(loop, root, found) for root, found in accesses.items())

    def _own_elements(self, loop: Loop, root: Root, accesses: list[Load | Store]) -> bool:
        """Whether no iteration reads what another one writes, or only adds to it."""
        stores = [each for each in accesses if isinstance(each, Store)]
        if not stores or (all(each.sign for each in stores) and len(stores) == len(accesses)):
            return True
        if not self.facts.one_name_within(root, loop):
            return False
        return self.facts.apart_by(loop, [each.indices for each in accesses])

    def writes_apart(self, loop: Loop, root: Root) -> bool:
        """Whether no two iterations write to the same element of memory."""
        stores = [each for each in self.facts.within[loop] if isinstance(each, Store) and each.array.root is root]
        return self.facts.one_name_within(root, loop) and self.facts.apart_by(loop, [each.indices for each in stores])

    # What a derivative of a sum over data is by hand: one data point forward and back, then the next. The memory is
    # that of one iteration.
    def _is_fused(self, loop: Loop) -> bool:
        """Whether each iteration is run and reversed at once: iterations share only sums, and scratch arrays."""
        if not self.is_counted(loop) or self.facts.loops[loop] or loop in self._not_fused:
            return False
        if loop.block.owner is not None:
            return False
        for each in loop.carried:
            if each.following is not each.inside and not (self.activity.active(each.inside) and self.is_sum(each)):
                return False
        within = self.facts.within[loop]
        if any(isinstance(each, Exchange | Grow | Raise) or _makes_arrays(each) for each in within):
            return False
        written = {each.array.root for each in within if isinstance(each, Store)}
        return all(
            self.kills.is_scratch(root)
            and self.kills.killed_in(root, loop)
            and not self.kills.read_outside(root, loop)
            and root not in self.facts.result_roots
            for root in written
        )


def _makes_arrays(statement: Statement) -> bool:
    return isinstance(statement, Step) and not all(isinstance(each, Value) for each in statement.results)
