"""Steps in the reverse sweep: the call of the pullback, and the adjoints of arrays that they have made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from string import Formatter
from typing import NamedTuple

from dualrev.compiled._array_functions.pullbacks import Lines
from dualrev.compiled.adjoints._activity import Activity, shape_text
from dualrev.compiled.adjoints._form import Array, Block, Operand, Value
from dualrev.compiled.adjoints._partials import Partials
from dualrev.compiled.adjoints._primal_text import written
from dualrev.compiled.adjoints._steps import Step


class Pulled(NamedTuple):
    """A step in the reverse sweep.

    Attributes
    ----------
    lines
        The call of the pullback, and what it adds to the adjoints of arrays.
    numbers
        Numbers, and what is to be added to the adjoint of each.
    reads
        The operands that it reads, and the result if it does.
    """

    lines: list[str]
    numbers: list[tuple[Value, str]]
    reads: Sequence[Operand | Array]


def pulled(step: Step, activity: Activity, begun: Collection[Value], partials: Partials, name: str) -> Pulled | None:
    """Return a step in the reverse sweep; None where nothing is to be added.

    Parameters
    ----------
    begun
        The numbers that have an adjoint.
    name
        What the result of the pullback is called.
    """
    results = [each for each in step.results if activity.active(each)]
    active = [n for n, each in enumerate(step.operands) if activity.active(each)]
    if not active or not any(isinstance(each, Array) or each in begun for each in results):
        return None
    cotangents = [_cotangent(each, activity, begun) for each in step.results]
    if step.pulls is not None:
        return _by_lines(step, step.pulls, active, cotangents, name)
    cotangent = f"({', '.join(cotangents)},)" if step.tuple_name else cotangents[0]
    given = ", ".join([*map(written, step.operands), cotangent])
    found = Pulled([f"{name} = {partials.pullback(step, active)}({given})"], [], step.operands)
    for k, operand in enumerate(step.operands[n] for n in active):
        if isinstance(operand, Array):
            found.lines.append(f"{operand.name}_b[:] += {name}[{k}]")
        elif isinstance(operand, Value):
            found.numbers.append((operand, f"{name}[{k}]"))
    return found


def _by_lines(step: Step, pulls: Lines, active: Sequence[int], cotangents: Sequence[str], name: str) -> Pulled:
    texts = [pulls.each[n] for n in active]
    # What is set before may be asked for by none of them.
    texts = ([pulls.before] if any("{t}" in text for text in texts) else []) + texts
    fields = {field.partition("[")[0] for text in texts for _, field, _, _ in Formatter().parse(text) if field}
    operands = [each.name for each in step.operands if isinstance(each, Array)]
    result, w = step.results[0], cotangents if step.tuple_name else cotangents[0]
    lines = [
        text.format(*operands, to=f"{operands[n]}_b", w=w, y=result.name, t=name)
        for n, text in zip([active[0]] * (len(texts) - len(active)) + list(active), texts, strict=True)
    ]
    if "y" in fields and isinstance(result, Array) and step.block.loops():
        # The memory that it makes is another one in each iteration.
        lines.insert(0, f"{result.name} = {step.text.format(*operands)}")
        return Pulled(lines, [], step.operands)
    read = [each for n, each in enumerate(step.operands) if str(n) in fields]
    return Pulled(lines, [], [*read, *([result] if "y" in fields else [])])


def _cotangent(result: Value | Array, activity: Activity, begun: Collection[Value]) -> str:
    """Return the text of the adjoint of a step's result, which is zero where it has none."""
    if isinstance(result, Array):
        return f"{result.name}_b" if activity.active(result) else f"np.zeros({shape_text(result)})"
    return f"{result.name}_b" if result in begun else "0.0"


def shadowed_within(block: Block, activity: Activity) -> list[Array]:
    """Return what steps have made in a loop, of which each iteration makes the shadows anew."""
    steps = [each for each in block.statements if isinstance(each, Step)] if block.loops() else []
    return [each for step in steps for each in step.results if isinstance(each, Array) and activity.active(each)]
