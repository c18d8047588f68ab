"""Arrays of lists that are written as a loop: `np.array([f(i) for i in range(n)])`."""

from __future__ import annotations

import ast

from dualrev.compiled.adjoints._form import Array, Block, Value
from dualrev.compiled.adjoints._reading.entries import Number
from dualrev.compiled.adjoints._reading.iteration import Iteration, counted
from dualrev.compiled.adjoints._reading.loops import Snapshot
from dualrev.compiled.adjoints._reading.making import make
from dualrev.compiled.adjoints._reading.nests import nest
from dualrev.compiled.adjoints._reading.reader import Reader
from dualrev.compiled.adjoints._reading.targets import assign


def array_of(reader: Reader, node: ast.ListComp) -> Array:
    """Return the array of a list of numbers, one for each of an iteration."""
    if len(node.generators) != 1 or node.generators[0].ifs:
        reader.refuse("has a list of several loops, or with a condition")
    over = counted(reader, node.generators[0].iter)
    # Read once for its type, and once more where it belongs.
    before = Snapshot(reader)
    block = Block(reader.block)
    index = reader.value("i", over.range.type, block)
    with reader.inside(block, reader.frame.bound):
        of = _element(reader, node, over, index).type
    before.restore(reader)
    # A range may end before it begins.
    count = reader.operation("max({0}, 0)", [over.range.stop], over.range.stop.type)
    made = make(reader, [count], of)

    def body(indices: list[Value]) -> None:
        bound = reader.frame.bound
        with reader.inside(reader.block, bound):
            reader.store(made, indices, _element(reader, node, over, indices[0]))

    nest(reader, [count], body)
    return made


def _element(reader: Reader, node: ast.ListComp, over: Iteration, index: Value) -> Number:
    assign(reader, node.generators[0].target, over.element(index))
    return reader.number(node.elt)
