"""Lists of numbers that are written as a loop: `[f(i) for i in range(n) if i % 2]`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial

from dualrev.compiled.adjoints._form import Array, Block, Fill, Operand, Store, Value, statements
from dualrev.compiled.adjoints._reading.arithmetic import binary
from dualrev.compiled.adjoints._reading.branches import choice, joined, truth
from dualrev.compiled.adjoints._reading.entries import Entry, Listed, integer
from dualrev.compiled.adjoints._reading.indexing import view
from dualrev.compiled.adjoints._reading.iteration import Iteration, counted
from dualrev.compiled.adjoints._reading.loops import Snapshot
from dualrev.compiled.adjoints._reading.making import make
from dualrev.compiled.adjoints._reading.nests import fold, nest
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.targets import assign


def comprehension(reader: Reader, node: ast.ListComp) -> Listed:
    """Read a list of numbers, one for each of an iteration."""
    return Listed(array_of(reader, node))


def array_of(reader: Reader, node: ast.ListComp) -> Array:
    """Return the array of a list of numbers."""
    if len(node.generators) > 1:
        return _of_several(reader, node)
    over = counted(reader, node.generators[0].iter)
    # Read once for its type, and once more where it belongs.
    before = Snapshot(reader)
    block = Block(reader.block)
    index = reader.value("i", over.range.type, block)
    with reader.inside(block, reader.frame.bound):
        assign(reader, node.generators[0].target, over.element(index))
        of = reader.number(node.elt).type
    before.restore(reader)
    # A range may end before it begins.
    count = reader.operation("max({0}, 0)", [over.range.stop], over.range.stop.type)
    made = make(reader, [count], of)
    if node.generators[0].ifs:
        return _with_condition(reader, node, over, count, made)

    def body(indices: list[Value]) -> None:
        with reader.inside(reader.block, reader.frame.bound):
            assign(reader, node.generators[0].target, over.element(indices[0]))
            reader.store(made, indices, reader.number(node.elt))

    nest(reader, [count], body)
    return made


def _with_condition(reader: Reader, node: ast.ListComp, over: Iteration, count: Operand, made: Array) -> Array:
    """Return the part of an array that holds the numbers for which conditions hold."""

    def body(indices: list[Value], so_far: Sequence[Operand]) -> Sequence[Operand]:
        def one_more() -> Entry:
            reader.store(made, so_far, reader.number(node.elt))
            return binary(reader, ast.Add, so_far[0], integer(1))

        with reader.inside(reader.block, reader.frame.bound):
            assign(reader, node.generators[0].target, over.element(indices[0]))
            conditions = joined(reader, True, [partial(reader.expression, each) for each in node.generators[0].ifs])
            return [reader.as_number(choice(reader, truth(reader, conditions), one_more, lambda: so_far[0]))]

    (found,) = fold(reader, [count], [integer(0)], body)
    return view(reader, made, [(None, found, None)])


# The loops run twice: what an inner one goes through may differ from one iteration of the outer one to the next.
def _of_several(reader: Reader, node: ast.ListComp) -> Array:
    """Return the array of the numbers of several loops in one another."""
    kinds = []

    def first_time(so_far: Operand) -> Operand:
        kinds.append(reader.number(node.elt).type)
        return so_far

    before = Snapshot(reader)
    _through(reader, node.generators, integer(0), first_time)
    before.restore(reader)
    start = len(reader.block.statements)
    count = _through(reader, node.generators, integer(0), lambda so_far: binary(reader, ast.Add, so_far, integer(1)))
    if any(isinstance(each, Store | Fill) for each in statements(Block(statements=reader.block.statements[start:]))):
        reader.refuse("has a list of several loops, which depend on an array that is made or written to in them")
    made = make(reader, [count], kinds[0])

    def put(so_far: Operand) -> Operand:
        reader.store(made, [so_far], reader.number(node.elt))
        return binary(reader, ast.Add, so_far, integer(1))

    _through(reader, node.generators, integer(0), put)
    return made


def _through(
    reader: Reader, loops: Sequence[ast.comprehension], so_far: Operand, element: Callable[[Operand], Operand]
) -> Operand:
    """Go through loops in one another, and return how many elements there were; each is given its number."""
    if not loops:
        return element(so_far)
    over = counted(reader, loops[0].iter)
    count = reader.operation("max({0}, 0)", [over.range.stop], over.range.stop.type)

    def body(indices: list[Value], before: Sequence[Operand]) -> Sequence[Operand]:
        def within() -> Operand:
            return _through(reader, loops[1:], before[0], element)

        with reader.inside(reader.block, reader.frame.bound):
            assign(reader, loops[0].target, over.element(indices[0]))
            if not loops[0].ifs:
                return [within()]
            conditions = joined(reader, True, [partial(reader.expression, each) for each in loops[0].ifs])
            return [reader.as_number(choice(reader, truth(reader, conditions), within, lambda: before[0]))]

    (found,) = fold(reader, [count], [so_far], body)
    return found
