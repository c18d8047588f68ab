"""Traces and computational graphs of functions, to look at."""

from dualrev.teaching.graphs.graph import Graph, graph
from dualrev.teaching.graphs.parts import Edge, Node
from dualrev.teaching.traces.tracing import Line, Trace, trace

__all__ = ["Edge", "Graph", "Line", "Node", "Trace", "graph", "trace"]
