"""The nodes and edges of graphs, from what a function did and from what a tape holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dualrev.operators.options import Argnums
from dualrev.reverse.tape import Leaf, RowStatement, Statement, Tape
from dualrev.reverse.var import Var
from dualrev.teaching._recording import OutShape, Step, record
from dualrev.teaching._traces import formulas
from dualrev.teaching._traces.notation import TEXT
from dualrev.teaching._traces.tracing import Trace, trace
from dualrev.teaching.graphs._parts import Edge, Node
from dualrev.teaching.summaries import shape_text, summary

Parts = tuple[tuple[Node, ...], tuple[Edge, ...]]


def of_function(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    argnums: Argnums,
    backward: bool,
    parameters: frozenset[str],
    order: str,
    most: int | None,
    direction: Any = None,
    out_shape: OutShape = None,
) -> tuple[str, tuple[Node, ...], tuple[Edge, ...]]:
    """Return a function's name, and the nodes and edges of what it does at a point."""
    followed = None
    if backward:
        followed = trace(
            f, *args, argnums=argnums, mode="reverse", direction=direction, order=order, out_shape=out_shape, **kwargs
        )
        recording = followed._recording
    else:
        recording = record(f, args, kwargs, "graph", out_shape=out_shape, argnums=argnums).numbered(order)
    if most is not None and len(recording.steps) * (1 + backward) > most:
        recording.numbered("evaluation")  # runs of operations are joined, whose variables shall follow one another
    nodes, edges = [], []
    for place, step in enumerate([*recording.inputs, *recording.ran]):
        kind = "operation"
        if step.operation is None:
            kind = "parameter" if step.name.partition("[")[0] in parameters else "leaf"
        elif any(step is end for end in recording.outputs):
            kind = "result"
        name = TEXT.name(step.number, "")
        operation = "" if step.operation is None else step.operation.name
        lines = (f"{name} = {formulas.primal(step, TEXT)}", summary(step.value))
        nodes.append(Node(name, kind, operation, lines, place))
        edges += [Edge(TEXT.name(operand.number, ""), name) for operand in step.steps]
    if followed is not None:
        more_nodes, more_edges = _adjoints(followed)
        nodes, edges = nodes + more_nodes, edges + more_edges
    return recording.name, tuple(nodes), tuple(edges)


def _adjoints(followed: Trace) -> tuple[list[Node], list[Edge]]:
    """Return the adjoint of every step, the way of the adjoints, and the values that they read."""
    nodes, edges = [], []
    steps = [*followed._recording.inputs, *followed._recording.ran]
    for order, step in enumerate(reversed(steps), len(steps)):
        name, value_name = TEXT.name(step.number, "adjoint"), TEXT.name(step.number, "")
        formula = followed.derivative_formula(step, TEXT)
        lines = (f"{name} = {formula}", summary(followed._derivatives[step]))
        operation = "" if step.operation is None else step.operation.name
        nodes.append(Node(name, "adjoint", operation, lines, order, value_name))
        edges += [Edge(name, TEXT.name(operand.number, "adjoint"), "adjoint") for operand in step.steps]
        statement = step.inner.statement if isinstance(step.inner, Var) else None
        if statement is not None:
            kept = _kept(statement, [o.value if isinstance(o, Step) else o for o in step.operands], step.value)
            sources = [step if n < 0 else step.operands[n] for n in kept]
            read = dict.fromkeys(TEXT.name(each.number, "") for each in sources if isinstance(each, Step))
            edges += [Edge(source, name, "saved") for source in read]
    return nodes, edges


def _kept(statement: Statement, operands: Sequence[Any], result: Any) -> Iterator[int]:
    """Return which operands the statement keeps for the way back; -1 is the result."""
    if isinstance(statement, RowStatement):
        kept = [statement.y, *statement.primals]
        yield from (n - 1 for n, value in enumerate(kept) if value is not None)
        return
    held = {id(value) for value in statement.saved()}
    yield from (n - 1 for n, value in enumerate((result, *operands)) if id(value) in held)


def of_variables(results: Sequence[Var], backward: bool, parameters: Mapping[str, Var]) -> Parts:
    """Return the nodes and edges of what was recorded for some Vars."""
    tape = Tape([result.statement for result in results if result.statement is not None])
    values = _values(tape)
    values |= {var.statement: var.value for var in (*results, *parameters.values()) if var.statement is not None}
    names = {var.statement: name for name, var in parameters.items()}
    ends = {result.statement for result in results}
    keys = {statement: f"s{n}" for n, statement in enumerate(tape)}
    nodes, edges = [], []
    for order, statement in enumerate(tape):
        leaf = isinstance(statement, Leaf)
        kind = "result" if statement in ends and not leaf else "operation"
        if leaf:
            kind = "parameter" if statement in names else "leaf"
        title = names.get(statement, statement.name)
        lines = _lines(title, statement.shape, values.get(statement))
        nodes.append(Node(keys[statement], kind, "" if leaf else statement.name, lines, order))
        edges += [Edge(keys[parent], keys[statement]) for parent in statement.next_functions]
    if backward:
        for order, statement in enumerate(reversed(tape.statements), len(tape)):
            key, leaf = f"{keys[statement]}b", isinstance(statement, Leaf)
            grad = statement.grad if isinstance(statement, Leaf) else statement.watch and statement.watch.grad
            lines = _lines(f"adjoint of {names.get(statement, statement.name)}", statement.shape, grad)
            nodes.append(Node(key, "adjoint", "" if leaf else statement.name, lines, order, keys[statement]))
            edges += [Edge(key, f"{keys[parent]}b", "adjoint") for parent in statement.next_functions]
            if isinstance(statement, RowStatement):
                read = [statement if n < 0 else statement.parents[n] for n in _kept(statement, (), None)]
                edges += [Edge(keys[each], key, "saved") for each in dict.fromkeys(read) if each is not None]
    return tuple(nodes), tuple(edges)


def _lines(title: str, shape: tuple[int, ...], value: Any) -> tuple[str, ...]:
    """Return a title, and the value with its shape, or the shape alone."""
    if value is not None:
        text = summary(value)
        return (title, text) if not shape or ":" in text else (title, shape_text(shape), text)
    return (title, shape_text(shape)) if shape else (title,)


def _values(tape: Tape) -> dict[Statement, Any]:
    """Return the values that the tape keeps, by the statements that made them."""
    values: dict[Statement, Any] = {}
    for statement in tape:
        if isinstance(statement, RowStatement):
            pairs = zip((statement, *statement.parents), (statement.y, *statement.primals), strict=True)
            values |= {
                made: value for made, value in pairs if made is not None and isinstance(value, np.ndarray | float)
            }
    return values
