"""Facts about a program for the analyses: the order of its statements, the uses of its values, signs, subscripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numba.core import types

from dualrev.compiled.adjoints._form import (
    Array,
    Carried,
    Choice,
    Constant,
    Exchange,
    If,
    Load,
    Loop,
    Make,
    Merge,
    Operand,
    Operation,
    Program,
    Raise,
    Root,
    Statement,
    Store,
    Value,
    View,
    leaves,
    statements,
)
from dualrev.compiled.adjoints._growth import Grow
from dualrev.compiled.adjoints._steps import Step


class Facts:
    """The statements of a program in order, and lookups over them.

    Attributes
    ----------
    all
        All statements, in the order of the text.
    place
        The place of each in that order.
    loops
        The loops around each, from the outside in.
    uses
        For each value the statements that read it.
    merged, chosen, carries
        What makes the values and arrays that no statement of their own makes.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.all = list(statements(program.body))
        self.place = {statement: n for n, statement in enumerate(self.all)}
        self.loops = {statement: statement.block.loops() for statement in self.all}
        self.uses: dict[Value, list[Statement]] = {}
        self.merged: dict[Value, tuple[If, Merge]] = {}
        self.chosen: dict[Array, tuple[If, Choice]] = {}
        self.carries: dict[Value, tuple[Loop, Carried]] = {}
        self.variables: dict[Value, Loop] = {}
        for statement in self.all:
            for operand in operands_of(statement):
                if isinstance(operand, Value):
                    self.uses.setdefault(operand, []).append(statement)
            if isinstance(statement, If):
                self.merged |= {merge.result: (statement, merge) for merge in statement.merges}
                self.chosen |= {choice.result: (statement, choice) for choice in statement.choices}
            if isinstance(statement, Loop):
                for each in statement.carried:
                    self.carries[each.inside] = self.carries[each.after] = (statement, each)
                if statement.variable is not None:
                    self.variables[statement.variable] = statement
        self.within = {
            loop: [each for each in self.all if loop in self.loops[each]] for loop in self.all if isinstance(loop, Loop)
        }
        self.stores: dict[Root, list[Store]] = {}
        for statement in self.all:
            if isinstance(statement, Store):
                self.stores.setdefault(statement.array.root.group, []).append(statement)
        self.result_roots = {each.root for each in leaves(program.result) if isinstance(each, Array)}
        self._viewed = {each.result.root for each in self.all if isinstance(each, View)} | {
            each.root for each in self.chosen
        }
        outside = [each.result for each in self.all if isinstance(each, View)] + list(self.chosen)
        self._viewed_outside = {each.root for each in outside if not each.block.loops()}
        self._exchanged = {array.root for each in self.all if isinstance(each, Exchange) for array in each.targets}

    def is_viewed(self, root: Root) -> bool:
        """Whether there are views of memory, or names that may mean it or another."""
        return root in self._viewed

    def is_exchanged(self, root: Root) -> bool:
        """Whether a name of memory may mean other memory at the end of the function."""
        return any(each.group is root.group for each in self._exchanged)

    # A view of an array that is exchanged later is one of the same memory still, which has another name then. So its
    # shadow is made when the view is, and shadows are exchanged as arrays are.
    def is_shadowed_early(self, root: Root) -> bool:
        """Whether the forward sweep makes the shadows of memory: of what is exchanged, and has views outside loops."""
        return self.is_exchanged(root) and root in self._viewed_outside

    def one_name(self, root: Root) -> bool:
        """Whether memory has one name in the whole text, so that subscripts tell which elements are the same."""
        return root not in self._viewed and root not in self._exchanged and root.group is root

    def one_name_within(self, root: Root, loop: Loop) -> bool:
        """Whether memory has one name in a loop. Arrays that exchange their memory elsewhere are two all the same."""
        if root in self._viewed:
            return False
        exchanges = [each for each in self.within[loop] if isinstance(each, Exchange)]
        return not any(array.root is root for each in exchanges for array in each.targets)

    def is_innermost(self, loop: Loop) -> bool:
        """Whether a loop holds no other one."""
        return not any(isinstance(each, Loop) for each in self.within[loop])

    def outside(self, operand: Operand | Array, loop: Loop) -> bool:
        """Whether something is made before a loop, and so the same in all its iterations."""
        return isinstance(operand, Constant) or loop.body not in operand.block.around()

    # `a[i]` and `a[j]` are the same element also where i is j plus the length, so a proof of difference needs the
    # sign.
    def never_negative(self, operand: Operand, seen: tuple[Value, ...] = ()) -> bool:
        """Whether an integer is known to be 0 or more."""
        if isinstance(operand, Constant):
            return bool(operand.value >= 0)
        if not isinstance(operand.type, types.Integer):
            return False
        if not operand.type.signed or operand in seen:
            return True
        seen = (*seen, operand)
        loop = self.variables.get(operand)
        if loop is not None:
            step = loop.step
            if not isinstance(step, Constant):
                return False
            if step.value > 0:
                return self.never_negative(loop.start, seen)  # type: ignore[arg-type]
            lowest = loop.stop
            if isinstance(lowest, Constant):
                return bool(lowest.value >= -1)
            return self.never_negative(lowest, seen)  # type: ignore[arg-type]
        if operand in self.carries:
            each = self.carries[operand][1]
            return self.never_negative(each.initial, seen) and self.never_negative(each.following, seen)
        if operand in self.merged:
            merge = self.merged[operand][1]
            return self.never_negative(merge.first, seen) and self.never_negative(merge.second, seen)
        made = operand.made_by
        if not isinstance(made, Operation):
            return False
        if made.text.startswith("{0}.shape[") or made.text == "{0}.size":
            return True
        numbers = [each for each in made.operands if not isinstance(each, Array)]
        # A product or a sum could overflow only where memory is larger than any machine's.
        if made.text in ("{0} + {1}", "{0} * {1}", "{0} // {1}"):
            return all(self.never_negative(each, seen) for each in numbers)
        return made.text == "{0} % {1}" and self.never_negative(numbers[1], seen)

    def split(self, operand: Operand) -> tuple[Any, int]:
        """Return a subscript as a value plus a constant; the value is None where it is a constant alone."""
        if isinstance(operand, Constant):
            return None, int(operand.value)
        made = operand.made_by
        if isinstance(made, Operation) and made.text in ("{0} + {1}", "{0} - {1}"):
            first, second = made.operands
            sign = 1 if "+" in made.text else -1
            if isinstance(second, Constant) and isinstance(first, Value):
                inner, constant = self.split(first)
                return inner, constant + sign * int(second.value)
            if isinstance(first, Constant) and sign == 1 and isinstance(second, Value):
                inner, constant = self.split(second)
                return inner, constant + int(first.value)
        return operand, 0

    # `4 * n` in two places is one number, which the reader has given two names.
    def number(self, operand: Operand | None) -> Any:
        """Return a key of an integer: the same for two that are computed alike from the same values."""
        if operand is None:
            return None
        if isinstance(operand, Constant):
            return operand.value
        base, constant = self.split(operand)
        made = base.made_by if base is not None else None
        if isinstance(made, Operation) and made.result is base and isinstance(base.type, types.Integer):
            parts = tuple(each if isinstance(each, Array) else self.number(each) for each in made.operands)
            return made.text, parts, constant
        return base, constant

    def apart_by(self, loop: Loop, subscripts: Sequence[Sequence[Operand]]) -> bool:
        """Whether subscripts can mean one element only within one iteration of a loop.

        That is so where, in one dimension, all are the loop's variable plus the same constant, and not negative.
        """
        if loop.variable is None:
            return False
        for same_axis in zip(*subscripts, strict=False):
            bases = {self.split(each) for each in same_axis}
            if len(bases) == 1 and bases.pop()[0] is loop.variable and self.never_negative(same_axis[0]):
                return True
        return False

    def same(self, first: Iterable[Operand], second: Iterable[Operand]) -> bool:
        """Whether two subscripts are the same text of the same values."""
        return [self.number(each) for each in first] == [self.number(each) for each in second]


def operands_of(statement: Statement) -> list[Operand | Array]:
    """Return what a statement reads, without what the blocks in it do."""
    if isinstance(statement, Operation | Raise | Step):
        return list(statement.operands)
    if isinstance(statement, Load):
        return [statement.array, *statement.indices]
    if isinstance(statement, Store):
        return [statement.array, *statement.indices, statement.value]
    if isinstance(statement, View):
        return [statement.source, *statement.operands]
    if isinstance(statement, Make):
        return list(statement.shape)
    if isinstance(statement, Grow):
        return [statement.array, statement.size]
    if isinstance(statement, If):
        return [statement.condition, *(each for m in statement.merges for each in (m.first, m.second))]
    if isinstance(statement, Loop):
        bounds = [each for each in (statement.start, statement.stop, statement.step, statement.stopped) if each]
        return [*bounds, *(each for c in statement.carried for each in (c.initial, c.following))]
    return []


def trailing_exchanges(loop: Loop) -> list[Exchange]:
    """Return the exchanges that a loop's iteration ends with, the last one first."""
    found = []
    for statement in reversed(loop.body.statements):
        if not isinstance(statement, Exchange):
            break
        found.append(statement)
    return found
