"""Large graphs made readable: runs of operations become one node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dualrev.teaching.graphs._parts import Edge, Node

LONGEST_PERIOD = 200
"""Loops whose bodies have more operations are not looked for."""


def folded(nodes: Sequence[Node], edges: Sequence[Edge], most: int) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return a graph of about half as many nodes as were too many.

    Runs of operations that follow one another in the order of evaluation are joined, so that no cycle can arise. Where
    operations repeat, as a loop's do, a run is a number of whole repetitions. Inputs are joined if there are many.
    Results stay. The adjoints are joined as their nodes are.
    """
    adjoints = any(node.kind == "adjoint" for node in nodes)
    budget = max(most // (4 if adjoints else 2), 4)
    plain = [node for node in nodes if node.kind != "adjoint"]
    inputs = [node for node in plain if node.kind in ("leaf", "parameter")]
    operations = [node for node in plain if node.kind not in ("leaf", "parameter")]
    group: dict[str, int] = {}
    runs: list[list[Node]] = []
    few = len(inputs) <= budget // 2
    budget = max(budget - (len(inputs) if few else 2), 2)
    if few:
        runs += [[node] for node in inputs]
    else:
        runs += [part for kind in ("leaf", "parameter") if (part := [node for node in inputs if node.kind == kind])]
    runs += _runs(operations, budget)
    mirrored = {node.mirror: node for node in nodes if node.kind == "adjoint"}
    if adjoints:
        runs += [[mirrored[node.key] for node in reversed(run)] for run in reversed(runs)]
    for n, run in enumerate(runs):
        group |= {node.key: n for node in run}
    joined = [run[0] if len(run) == 1 else _joined(run, n) for n, run in enumerate(runs)]
    counts: Counter[tuple[int, int, str]] = Counter()
    for edge in edges:
        start, end = group[edge.start], group[edge.end]
        if start != end:
            counts[start, end, edge.kind] += edge.count
    return tuple(joined), tuple(
        Edge(joined[start].key, joined[end].key, kind, count) for (start, end, kind), count in counts.items()
    )


def _runs(operations: Sequence[Node], budget: int) -> list[list[Node]]:
    results = sum(node.kind == "result" for node in operations)
    length = -(-len(operations) // max(budget - results, 1))
    start, period = _repetition_of(operations)
    if period:
        length = -(-length // period) * period
    runs: list[list[Node]] = [[]]
    for n, node in enumerate(operations):
        aligned = n == start if n <= start else len(runs[-1]) >= length
        if node.kind == "result":
            runs += [[node], []]
        elif aligned:
            runs.append([node])
        else:
            runs[-1].append(node)
    return [run for run in runs if run]


def _repetition_of(run: Sequence[Node]) -> tuple[int, int]:
    return repetition([node.operation for node in run])


def repetition(names: Sequence[str]) -> tuple[int, int]:
    """Return where a sequence begins to repeat and its period; (0, 0) if less than half of it does.

    Examples
    --------
    >>> repetition(["log", "add", "mul", "add", "mul", "add", "mul", "sum"])
    (1, 2)
    """
    for period in range(1, min(LONGEST_PERIOD, len(names) // 3) + 1):
        same = [a == b for a, b in zip(names, names[period:], strict=False)]
        if 2 * sum(same) < len(same):
            continue
        longest, start, begin = 0, 0, 0
        for n, equal in enumerate([*same, False]):
            if not equal:
                if n - begin > longest:
                    longest, start = n - begin, begin
                begin = n + 1
        if 2 * (longest + period) >= len(names) and longest >= 2 * period:
            return start, period
    return 0, 0


def _joined(run: Sequence[Node], n: int) -> Node:
    kinds = {node.kind for node in run}
    first, last = run[0], run[-1]
    adjoint = "adjoint" in kinds
    many = Counter(node.operation or "input" for node in run)
    listed = [f"{count} {name}" for name, count in many.most_common(4)] + (["..."] if len(many) > 4 else [])
    what = "adjoints" if adjoint else "operations" if first.operation else "inputs"
    start, period = _repetition_of(run) if first.operation else (0, 0)
    whole = period > 1 and not start and len(run) % period == 0
    repeated = f"{len(run) // period} x {period}" if whole else len(run)
    span = f"{_variable(first)} to {_variable(last)}"
    lines = (f"{repeated} {what}: {span}", *([", ".join(listed)] if first.operation else ()))
    kind = "adjoint" if adjoint else "fold" if first.operation else first.kind
    return Node(f"fold{n}", kind, first.operation, lines, first.order)


def _variable(node: Node) -> str:
    return node.lines[0].partition(" = ")[0]
