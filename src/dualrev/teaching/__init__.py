"""Traces and computational graphs of functions, to look at."""

from dualrev.teaching.graphs.graph import Edge, Graph, Node, graph
from dualrev.teaching.traces.tracing import Line, Trace, trace

__all__ = ["Edge", "Graph", "Line", "Node", "Trace", "graph", "trace"]
