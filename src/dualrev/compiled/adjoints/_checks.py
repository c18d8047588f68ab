"""The check build of an adjoint, for tests: what the reverse sweep reads is compared with what the function computed.

It begins with the function itself, which notes all its values, and stops at the first one that the reverse sweep reads
in another state, be it computed again, kept, read from restored memory, or left over. It runs as plain Python, where
a subscript that is out of range raises an error.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._form import Array, Load, Loop, Operation, Program, Value
from dualrev.compiled.adjoints._generator import Generated, Generator, generate
from dualrev.compiled.adjoints._lines import Line, Lines
from dualrev.compiled.adjoints._loop_classes import LoopClasses
from dualrev.compiled.adjoints._primal_text import PrimalText
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints._workspace import iteration


def checked(program: Program, value: bool = False) -> Generated:
    """Return the check build of a program's adjoint; see `generate`."""
    return generate(program, value, build=_Checking)


class _Checking(Generator):
    def reverse_sweep(self) -> Lines:
        lines = super().reverse_sweep()
        lines.lines = list(_with_expectations(lines.lines, self.facts, self.classes))
        return lines

    def generated(self) -> Generated:
        made = super().generated()
        noted = _Noting(Lines())
        names = [each.name for each in self.program.parameters]
        with noted.lines.block(f"def noted({', '.join(names)}):"):
            noted.lines.add("seen = {}")
            noted.block(self.program.body)
            noted.lines.add("return seen")
        given = [f"{each.name}.copy()" if isinstance(each, Array) else each.name for each in self.program.parameters]
        noted.lines.add(f"seen = noted({', '.join(given)})")
        made.lines[:0] = noted.lines.lines
        made.scope["expect"] = _expect
        return made


class _Noting(PrimalText):
    """Writes the function, which notes each value with the numbers of the iterations that it belongs to."""

    def after(self, value: Value) -> None:
        """Note a value."""
        key = _key(value, [_iteration(loop) for loop in value.block.loops()])
        self.lines.add(f"seen[{key}] = {value.name}")

    def iteration_begins(self, loop: Loop) -> None:
        """Note what an iteration begins with."""
        for value in [*(each.inside for each in loop.carried), loop.variable]:
            if value is not None:
                self.after(value)


def _iteration(loop: Loop) -> str:
    """Return the text of the number of an iteration where the function runs forward."""
    return iteration(loop) if loop.trips is None else loop.trips.name


def _key(value: Value, iterations: list[str]) -> str:
    return f"{', '.join([repr(value.name), *iterations])}"


def _expect(seen: dict[Any, Any], value: Any, *key: Any) -> None:
    """Expect that a value is what the function has computed, bit by bit."""
    was = seen[key if len(key) > 1 else key[0]]
    same = (was == value and math.copysign(1, was) == math.copysign(1, value)) or (was != was and value != value)
    assert same, f"{key[0]} of iteration {key[1:]} is {value}, and was {was}"


def _with_expectations(lines: list[Line], facts: Facts, classes: LoopClasses) -> Iterator[Line]:
    """Yield lines, each after what expects the values that it reads."""
    made = [each.result for each in facts.all if isinstance(each, Operation | Load)]
    steps = [
        value for each in facts.all if isinstance(each, Step) for value in each.results if isinstance(value, Value)
    ]
    values = {each.name: each for each in [*made, *steps, *facts.merged, *facts.carries, *facts.variables]}
    # Where a loop is divided, each part adds to its sums, for nothing in all but the first.
    sums = {each.inside.name for loop in facts.within if classes.is_fused(loop) for each in loop.carried}
    loops: list[tuple[int, Loop, str]] = []
    for n, line in enumerate(lines):
        loops = [each for each in loops if each[0] < line.depth]
        around = {loop: text for _, loop, text in loops}
        # What stops an iteration is read behind its end, when the next one has its number.
        ends = n + 1 < len(lines) and lines[n + 1].text == "break"
        names = [] if ends else _names_read(line.text)
        if loops and sums.intersection(names):
            sums.add(line.text.partition(" = ")[0])
        for name in names:
            value = values.get(name)
            if value is not None and name not in sums and all(loop in around for loop in value.block.loops()):
                key = _key(value, [around[loop] for loop in value.block.loops()])
                yield Line(line.depth, f"expect(seen, {name}, {key})")
        yield line
        if line.text.startswith(("for ", "while ")):
            loops.append((line.depth, *_loop(line, lines[n + 1 :], facts)))


def _names_read(text: str) -> list[str]:
    if text == "else:":
        return []
    tree = ast.parse(f"{text} pass" if text.endswith(":") else text)
    names = [each for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]
    return list(dict.fromkeys(each.id for each in names))


def _loop(line: Line, behind: list[Line], facts: Facts) -> tuple[Loop, str]:
    """Return the loop that a line begins, and the text of the number of its iteration."""
    if line.text.startswith("for "):
        name = line.text.split()[1]
        if name.startswith("iteration_"):
            return next(loop for loop in facts.within if facts.place[loop] == int(name.partition("_")[2])), name
        # A loop over the elements that are added to sets the loop's variable.
        name = name.removeprefix("into_")
        [loop] = [loop for variable, loop in facts.variables.items() if variable.name == name]
        return loop, iteration(loop)
    counts = {f"{loop.trips.name} += 1": loop for loop in facts.within if loop.trips is not None}
    [loop] = [counts[each.text] for each in behind if each.depth == line.depth + 1 and each.text in counts][:1]
    return loop, _iteration(loop)
