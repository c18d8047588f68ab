"""Where the forward sweep keeps what the reverse sweep needs: two stacks, of floats and of integers.

A loop that reserves places has a block of them for each kept value, one place for each iteration. Any other loop pushes
its kept values at the end of each iteration, and its reversed iterations pop them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numba
from numba.core import types

from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._form import Array, Loop, Operand, Value
from dualrev.compiled.adjoints._needs import Kept, Needs
from dualrev.compiled.adjoints._primal_text import written
from dualrev.reverse.numba_workspace import room_for_floats, room_for_integers


# Sums of adjoints may be reassociated, so that loops over them run in vector registers; nothing else may.
@numba.njit(fastmath={"reassoc", "nsz"}, nogil=True)  # type: ignore[untyped-decorator]
def plus(a: Any, b: Any) -> Any:
    """Return a sum of adjoints."""
    return a + b


HELPERS = {"plus": plus, "room_for_floats": room_for_floats, "room_for_integers": room_for_integers}


class Stack(NamedTuple):
    """A stack, as it is named in the text."""

    name: str
    top: str
    room: str


FLOATS = Stack("kept", "top", "room_for_floats")
INTEGERS = Stack("kept_integers", "top_integers", "room_for_integers")


def type_of(kept: Kept) -> Any:
    """Return the type of a kept value, or of a kept element."""
    return kept.type if isinstance(kept, Value) else kept.array.type.dtype


def stack_of(kept: Kept) -> Stack:
    """Return the stack that a kept value lies on."""
    return FLOATS if isinstance(type_of(kept), types.Float) else INTEGERS


class Places:
    """The text of the places of kept values."""

    def __init__(self, facts: Facts, needs: Needs) -> None:
        self.facts, self.needs = facts, needs

    def name(self, kept: Kept) -> str:
        """Return the name that holds a kept value: its own, or one for the old content of an element."""
        return kept.name if isinstance(kept, Value) else f"old_{self.facts.place[kept]}"

    def on(self, loop: Loop, stack: Stack) -> list[Kept]:
        """Return what a loop keeps on a stack."""
        return [each for each in self.needs.kept[loop] if stack_of(each) is stack]

    def stacks(self, loop: Loop) -> Iterator[tuple[Stack, list[Kept]]]:
        """Yield the stacks that a loop keeps something on."""
        for stack in (FLOATS, INTEGERS):
            if found := self.on(loop, stack):
                yield stack, found

    def used(self) -> list[Stack]:
        """Return the stacks that are used at all."""
        return [stack for stack in (FLOATS, INTEGERS) if any(self.on(loop, stack) for loop in self.needs.kept)]

    def number(self, loop: Loop) -> int:
        """Return the number that a loop has in names."""
        return self.facts.place[loop]

    # Unsigned, since a signed subscript costs a test for each access, and keeps the loop out of vector registers.
    def reserved(self, loop: Loop, kept: Kept) -> str:
        """Return the text of a kept value's place in the block that a loop has reserved."""
        stack, n = stack_of(kept), self.number(loop)
        row = self.on(loop, stack).index(kept)
        offset = "" if row == 0 else f" + trips_{n}" if row == 1 else f" + {row} * trips_{n}"
        return f"{stack.name}[uint64({self.base(loop, stack)}{offset} + {iteration(loop)})]"

    def size(self, loop: Loop, kept: list[Kept]) -> str:
        """Return the text of the size of the block that a loop reserves for what it keeps."""
        times = f"{len(kept)} * " if len(kept) > 1 else ""
        return f"{times}trips_{self.number(loop)}"

    def base(self, loop: Loop, stack: Stack) -> str:
        """Return the name of the place where a loop's block begins."""
        return f"{'base' if stack is FLOATS else 'base_integers'}_{self.number(loop)}"

    def element(self, array: Array, indices: tuple[Operand, ...], suffix: str = "") -> str:
        """Return the text of an array's element, or of its adjoint."""
        return f"{array.name}{suffix}[{', '.join(map(self._subscript, indices))}]"

    # A signed subscript is tested for each access, as it may count from the end, and the test keeps a loop out of
    # vector registers. The compiler knows by itself that a range's variable is not negative.
    def _subscript(self, index: Operand) -> str:
        of, _ = self.facts.split(index)
        if of is None or of in self.facts.variables or not self.facts.never_negative(index):
            return written(index)
        return f"uint64({written(index)})"

    def read(self, kept: Kept, place: str) -> str:
        """Return the text that reads a kept value from its place."""
        of = type_of(kept)
        if of in (types.float64, types.int64):
            return place
        return f"{place} != 0" if isinstance(of, types.Boolean) else f"{of.name}({place})"


def iteration(loop: Loop) -> str:
    """Return the text of the number of a range's iteration, from 0 on."""
    assert loop.start is not None
    assert loop.step is not None
    assert loop.variable is not None
    start, step, name = written(loop.start), written(loop.step), loop.variable.name
    if step == "1":
        return name if start == "0" else f"{name} - {start}"
    return f"{name} // {step}" if start == "0" else f"({name} - {start}) // {step}"


def trips(loop: Loop) -> str:
    """Return the text of the number of iterations of a range."""
    assert loop.start is not None
    assert loop.stop is not None
    assert loop.step is not None
    start, stop, step = written(loop.start), written(loop.stop), written(loop.step)
    if step == "1":
        return f"max({stop}, 0)" if start == "0" else f"max({stop} - {start}, 0)"
    return f"len(range({start}, {stop}, {step}))"


def nothing(kept: Kept) -> str:
    """Return the text of a zero of a kept value's type."""
    of = type_of(kept)
    return "False" if isinstance(of, types.Boolean) else "0.0" if isinstance(of, types.Float) else "0"
