"""The shadows of views as text: the same views of shadows, and the same choices between them."""

from __future__ import annotations

from dualrev.compiled.adjoints._activity import Activity
from dualrev.compiled.adjoints._facts import Facts
from dualrev.compiled.adjoints._form import Array, Block, If, Raise, View
from dualrev.compiled.adjoints._lines import Lines
from dualrev.compiled.adjoints._place import Place
from dualrev.compiled.adjoints._primal_text import viewed, written
from dualrev.compiled.adjoints.refusal import Refused


def shadow_views(lines: Lines, block: Block, facts: Facts, activity: Activity) -> None:
    """Write the shadows of all views that a block has made, whose values are all still there."""
    for statement in block.statements:
        if isinstance(statement, View) and activity.active(statement.result):
            _expect_own(statement.source, statement.line, facts)
            lines.add(f"{statement.result.name}_b = {viewed(statement, statement.source.name + '_b')}")
        elif isinstance(statement, If):
            _of_branch(lines, statement, facts, activity)


def _of_branch(lines: Lines, branch: If, facts: Facts, activity: Activity) -> None:
    sides = []
    for block, side in ((branch.then, "first"), (branch.otherwise, "second")):
        inner = Lines(lines.depth + 1)
        if not (block.statements and isinstance(block.statements[-1], Raise)):
            shadow_views(inner, block, facts, activity)
            for choice in branch.choices:
                if activity.active(choice.result):
                    _expect_own(choice.result, branch.line, facts)
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


# The shadows are made when the forward sweep has ended, and names may then mean other memory.
def _expect_own(array: Array, line: Place, facts: Facts) -> None:
    if facts.is_exchanged(array.root):
        raise Refused(f"line {line} takes a view of an array that is exchanged")
