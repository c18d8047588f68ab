"""Graphs in Graphviz' language."""

from __future__ import annotations

from collections.abc import Iterable

from dualrev.teaching.graphs._parts import Edge, Node

_LOOKS = {
    "leaf": 'shape=box, style="filled,rounded", fillcolor="#cfe2f3"',
    "parameter": 'shape=box, style="filled,rounded,bold", fillcolor="#fff2cc"',
    "operation": 'shape=box, style=filled, fillcolor="#f3f3f3"',
    "result": 'shape=box, style="filled,bold", fillcolor="#d9ead3"',
    "fold": 'shape=box3d, style=filled, fillcolor="#e6e6e6"',
    "adjoint": 'shape=box, style="filled,dashed", fillcolor="#fce5cd"',
}
_EDGES = {
    "value": "",
    "adjoint": 'color="#b45f06", dir=back',
    "saved": 'color="#aaaaaa", style=dashed, arrowhead=empty, constraint=false',
}


def dot(name: str, nodes: Iterable[Node], edges: Iterable[Edge]) -> str:
    """Return a graph as DOT text: one statement a line, nodes first."""
    lines = ["digraph {", f"  label={quoted(name)}; labelloc=t;", "  rankdir=TB; ranksep=0.35; nodesep=0.25;"]
    lines.append('  node [fontname="Helvetica", fontsize=10, height=0.3, margin="0.10,0.05"];')
    lines.append('  edge [arrowsize=0.6, fontname="Helvetica", fontsize=9];')
    for node in nodes:
        lines.append(f"  {quoted(node.key)} [label={quoted(chr(10).join(node.lines))}, {_LOOKS[node.kind]}];")
    lines += [f"  {_arrow(edge)}{_attributes(edge)};" for edge in edges]
    return "\n".join([*lines, "}"]) + "\n"


def _arrow(edge: Edge) -> str:
    """Return the ends of an edge. Those of adjoints are written backwards, which lays adjoints beside their values."""
    start, end = (edge.end, edge.start) if edge.kind == "adjoint" else (edge.start, edge.end)
    return f"{quoted(start)} -> {quoted(end)}"


def _attributes(edge: Edge) -> str:
    known = [_EDGES[edge.kind], f'label="{edge.count}"' if edge.count > 1 and edge.kind != "saved" else ""]
    text = ", ".join(each for each in known if each)
    return f" [{text}]" if text else ""


def quoted(text: str) -> str:
    r"""Return a text as a string of DOT.

    Examples
    --------
    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
