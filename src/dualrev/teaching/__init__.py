"""Traces and computational graphs of functions, to look at."""

from dualrev.teaching._traces.tracing import Line, Trace, trace
from dualrev.teaching.graphs._parts import Edge, Node
from dualrev.teaching.graphs.graph import Graph, graph

__all__ = ["Edge", "Graph", "Line", "Node", "Trace", "graph", "trace"]
