"""Shadows as text: arrays of zeros, views of those where there are views, and the same choices between them."""

from __future__ import annotations

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._form import Array, Block, If, Make, Raise, View
from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._primal_text import viewed, written
from dualrev.compiled.adjoints._steps import Step


def shadows(lines: Lines, block: Block, facts: Facts, activity: Activity) -> None:
    """Write the shadows of all arrays that a block has made, whose values are all still there."""
    for statement in block.statements:
        if isinstance(statement, Make) and _is_due(statement.result, facts, activity):
            lines.add(activity.zeros(statement.result))
        elif isinstance(statement, View) and _is_due(statement.result, facts, activity):
            lines.add(f"{statement.result.name}_b = {viewed(statement, statement.source.name + '_b')}")
        elif isinstance(statement, Step):
            for each in statement.results:
                if isinstance(each, Array) and _is_due(each, facts, activity):
                    lines.add(activity.zeros(each))
        elif isinstance(statement, If):
            _of_branch(lines, statement, facts, activity)


def _of_branch(lines: Lines, branch: If, facts: Facts, activity: Activity) -> None:
    sides = []
    for block, side in ((branch.then, "first"), (branch.otherwise, "second")):
        inner = Lines(lines.depth + 1)
        if not (block.statements and isinstance(block.statements[-1], Raise)):
            shadows(inner, block, facts, activity)
            for choice in branch.choices:
                if _is_due(choice.result, facts, activity):
                    inner.add(f"{choice.result.name}_b = {getattr(choice, side).name}_b")
        sides.append(inner.lines)
    condition = written(branch.condition)
    if not sides[0]:
        condition, sides = f"not {condition}", [sides[1], []]
    if sides[0]:
        with lines.block(f"if {condition}:"):
            lines.extend(sides[0])
        if sides[1]:
            with lines.block("else:"):
                lines.extend(sides[1])


def _is_due(array: Array, facts: Facts, activity: Activity) -> bool:
    return activity.active(array) and not facts.is_shadowed_early(array.root)
