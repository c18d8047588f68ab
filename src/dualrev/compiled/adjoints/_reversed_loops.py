"""The arrangement of a reversed loop's lines: sums that are taken out of it, and one loop for each shadow element."""

from __future__ import annotations

from typing import NamedTuple

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._facts import Facts, operands_of
from dualrev.compiled.adjoints._form import Array, Exchange, Load, Loop, Store, View
from dualrev.compiled.adjoints._gathered_loops import Headed, with_gathered
from dualrev.compiled.adjoints._lines import Line
from dualrev.compiled.adjoints._needs import Needs
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints._tags import Added, Restored, Total, Zeroed

MOST_LOOPS = 8
"""Loops that one is divided into, at most: each of them computes again what its lines need."""


class Part(NamedTuple):
    """A loop's lines, what stands before it and behind it, and the line that it begins with if that is not its own."""

    lines: list[Line]
    before: list[str]
    behind: list[str]
    head: str


def arranged(loop: Loop, lines: list[Line], facts: Facts, activity: Activity, needs: Needs) -> list[Part]:
    """Return the loops that a reversed loop is written as."""
    lines, before, behind = _with_sums(loop, lines, facts, activity)
    # In a fused loop each part would call its functions again.
    calls = needs.classes.is_fused(loop) and needs.calls(loop)
    parts = _divided(lines, facts) if needs.in_any_order(loop) and not calls else [lines]
    parts = [part for part in parts if part]
    # A fused loop runs forward as well, and that in order.
    fused = needs.classes.is_fused(loop)
    loops = [Headed(part) for part in parts] if fused else with_gathered(loop, parts, facts)
    last = len(loops) - 1
    return [Part(each.lines, before * (n == 0), behind * (n == last), each.head) for n, each in enumerate(loops)]


# `a_b[i] += x` in a loop over j goes to memory and back in every iteration, and the next one waits for it. A sum of
# its own stays in a register.
def _with_sums(
    loop: Loop, lines: list[Line], facts: Facts, activity: Activity
) -> tuple[list[Line], list[str], list[str]]:
    """Return lines in which what is always added to the same element is summed first, and what that needs around."""
    before: list[str] = []
    behind: list[str] = []
    result = []
    names: dict[str, str] = {}
    for line in lines:
        tag = line.tag
        if isinstance(tag, Added) and _is_invariant(tag, loop, facts, activity):
            if tag.place not in names:
                names[tag.place] = f"sum_{facts.place[loop]}_{len(names)}"
                before.append(f"{names[tag.place]} = 0.0")
                behind.append(f"{tag.place} += {names[tag.place]}")
            added = line.text.partition(" += ")[2]
            name = names[tag.place]
            line = Line(line.depth, f"{name} = plus({name}, {added})", Total(None), line.place)
        result.append(line)
    return result, before, behind


def _is_invariant(tag: Added, loop: Loop, facts: Facts, activity: Activity) -> bool:
    """Whether a loop's iterations touch the adjoint of one element only of some memory."""
    if not all(facts.outside(each, loop) for each in (*tag.indices, tag.array)):
        return False
    if not facts.one_name_within(tag.array.root, loop):
        return False
    for statement in facts.within[loop]:
        if isinstance(statement, View | Exchange | Step):
            made = statement.results if isinstance(statement, Step) else ()
            arrays = statement.targets if isinstance(statement, Exchange) else (*operands_of(statement), *made)
            if any(isinstance(each, Array) and each.root.group is tag.array.root.group for each in arrays):
                return False
        if isinstance(statement, Store) and statement.array.root is tag.array.root:
            return False
        if isinstance(statement, Load) and statement.array.root is tag.array.root:  # noqa: SIM102 - a line too long
            if activity.active(statement.result) and not facts.same(statement.indices, tag.indices):
                return False
    return True


# A loop that adds to `x_b[i]` and to `x_b[i + 1]` cannot run in vector registers: the second is the first of the next
# iteration. Two loops can, and computing again costs less.
def _divided(lines: list[Line], facts: Facts) -> list[list[Line]]:
    """Return the lines of several loops, each of which adds to one element of an array in an iteration."""
    places: dict[str, Added] = {}
    for line in lines:
        if isinstance(line.tag, Added):
            places.setdefault(line.tag.place, line.tag)
    roots = [tag.array.root for tag in places.values()]
    written = {line.tag.array.root for line in lines if isinstance(line.tag, Zeroed | Restored)}
    branches = len({line.depth for line in lines}) > 1
    if len(roots) == len(set(roots)) or len(places) > MOST_LOOPS or branches or written & set(roots):
        return [lines]
    parts = []
    for n, place in enumerate(places):
        parts.append(
            [
                line
                for line in lines
                if not isinstance(line.tag, Zeroed | Restored)
                and not (isinstance(line.tag, Added) and line.tag.place != place)
                and not (isinstance(line.tag, Total) and n > 0)
            ]
        )
    if written:
        parts.append([line for line in lines if not isinstance(line.tag, Added | Total)])
    return parts
