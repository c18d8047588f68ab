"""The parts of graphs: nodes and edges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A node of a graph.

    Attributes
    ----------
    key : str
        Unlike that of every other node.
    kind : {"leaf", "parameter", "operation", "result", "fold", "adjoint"}
    operation : str
        Name in the table of primitives, "" for what is none.
    lines : tuple of str
        What is written in it: a formula, a value, a shape.
    order : int
        Place in an order in which they can be computed.
    mirror : str
        For an adjoint the key of the node that it is the adjoint of.
    """

    key: str
    kind: str
    operation: str
    lines: tuple[str, ...]
    order: int
    mirror: str = ""


@dataclass(frozen=True)
class Edge:
    """An edge: what flows from one node into another.

    Attributes
    ----------
    start, end : str
        Keys of nodes.
    kind : {"value", "adjoint", "saved"}
        A value, an adjoint on its way back, or a value that the way back reads.
    count : int
        How many edges a folded one stands for.
    """

    start: str
    end: str
    kind: str = "value"
    count: int = 1
