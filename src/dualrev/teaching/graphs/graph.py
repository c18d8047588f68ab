"""The computational graph of a function or of a Var."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

from dualrev.documents import Document, Part, Title
from dualrev.environment import module_of, write_whole
from dualrev.errors import MissingExtraError, NoGradientError
from dualrev.operators.options import Argnums
from dualrev.reverse.var import Var
from dualrev.teaching.graphs._dot import dot
from dualrev.teaching.graphs._folding import folded
from dualrev.teaching.graphs._nodes import of_function, of_variables
from dualrev.teaching.graphs._parts import Edge, Node
from dualrev.teaching.summaries import counted

FORMATS = ("svg", "png", "pdf")


@dataclass(frozen=True)
class Graph(Document):
    """A computational graph; see `graph`. A notebook shows it drawn, where Graphviz is installed.

    Attributes
    ----------
    name : str
    nodes : tuple of Node
    edges : tuple of Edge
    most : int or None
        Graphs of more nodes are folded when they are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> graph = dr.graph(lambda x: x * np.sin(x), 0.5)
    >>> [node.operation for node in graph.nodes], len(graph.edges)
    (['', 'sin', 'multiply'], 3)
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    most: int | None = field(default=None)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def drawn(self) -> Graph:
        """The graph as it is drawn: folded, if it has too many nodes."""
        if self.most is None or len(self.nodes) <= self.most:
            return self
        nodes, edges = folded(self.nodes, self.edges, self.most)
        return replace(self, nodes=nodes, edges=edges)

    @property
    def dot(self) -> str:
        """The drawn graph in Graphviz' language."""
        drawn = self.drawn
        return dot(drawn.name, drawn.nodes, drawn.edges)

    def render(self, path: str | Path) -> Path:
        """Draw the graph into a file.

        Parameters
        ----------
        path : str or Path
            Its ending says the format: .svg, .png or .pdf, and .dot for Graphviz' language.

        Returns
        -------
        Path

        Raises
        ------
        MissingExtraError
            If Graphviz is not installed, which .dot does without.
        ValueError
            For another ending.
        """
        path = Path(path)
        kind = path.suffix.removeprefix(".").lower()
        if kind not in ("dot", "gv", *FORMATS):
            raise ValueError(f"a graph was to be drawn into {path.name!r}; expected .dot, .svg, .png or .pdf")
        write_whole(path, self.drawn_as(kind))
        return path

    def drawn_as(self, kind: str) -> str | bytes:
        """Return the picture as a file of this kind holds it; that of "dot" or "gv" is the graph's text."""
        return drawing(self.dot, kind) if kind in FORMATS else self.dot

    def _parts(self, html: bool = False) -> list[Part]:
        kinds = [node.kind for node in self.nodes]
        inputs = kinds.count("leaf") + kinds.count("parameter")
        edges = counted(len(self.edges), "edge")
        operations = sum(1 for node in self.nodes if node.operation and node.kind != "adjoint")
        return [Title(f"graph of {self.name}: {counted(inputs, 'input')}, {counted(operations, 'operation')}, {edges}")]

    def _picture(self) -> str:
        try:
            return drawing(self.dot, "svg").decode().partition("<svg")[2].join(["<svg", ""])
        except MissingExtraError:
            return f"<pre>{escape(self.dot)}</pre>"

    def __repr__(self) -> str:
        return str(self)

    _repr_html_ = None  # type: ignore[assignment]  # notebooks would prefer it to the drawing

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = {"text/plain": str(self)}
        try:
            shown["image/svg+xml"] = drawing(self.dot, "svg").decode()
        except MissingExtraError as error:
            shown["text/plain"] += f"\n{error}\n{self.dot}"
        return shown


def expect_drawing(kind: str) -> None:
    """Raise `MissingExtraError` where no graph can be drawn."""
    _graphviz(kind)
    if shutil.which("dot") is None:
        raise MissingExtraError(
            f"drawing a graph as {kind} needs Graphviz' program `dot`, which is not on the PATH: install Graphviz from "
            f"your system's packages or graphviz.org. {_WITHOUT}"
        )


_WITHOUT = "Without it there is .dot, Graphviz' own language"


def _graphviz(kind: str) -> Any:
    try:
        return module_of("graph", "graphviz", f"drawing a graph as {kind} needs the package graphviz")
    except MissingExtraError as error:
        raise MissingExtraError(f"{error}. {_WITHOUT}") from error


def drawing(text: str, kind: str) -> bytes:
    """Return what Graphviz draws."""
    expect_drawing(kind)
    return bytes(_graphviz(kind).Source(text).pipe(format=kind))


def graph(
    target: Any,
    *args: Any,
    argnums: Argnums = 0,
    backward: bool = False,
    direction: Any = None,
    order: str = "level",
    parameters: Mapping[str, Var] | Iterable[str] = (),
    most: int | None = 50,
    out_shape: int | tuple[int, ...] | None = None,
    **kwargs: Any,
) -> Graph:
    """Return the computational graph of a function at a point, or that of a `Var` or of several.

    Parameters
    ----------
    target : callable, Var or sequence of Var
        A function, of which formulas and values are shown, one that Numba compiled being interpreted; or results of
        recorded operations, of which shapes are shown, and values where they were kept for the backward pass.
    *args
        The point and data, for a function.
    argnums : int or tuple of int
        The arguments that a function's graph follows, the first by default. The others are data, which go through
        untouched and are no nodes.
    backward : bool
        Whether to add the backward path: an adjoint for each node, edges reversed, and which values it reads.
    direction : number, array or container, optional
        With `backward`, the cotangent of a function's output; by default 1, where the output is a scalar.
    order : {"level", "evaluation"}
        How variables are numbered: as `trace` numbers them, or as Python ran the operations. A graph that is drawn
        folded is numbered as Python ran it.
    parameters : mapping of str to Var, or iterable of str
        What is to be told apart as a parameter: for Vars by name, such as `dict(model.named_parameters())`; for a
        function the names of arguments.
    most : int, optional
        A graph of more nodes is drawn folded to about half as many: runs of operations become one node. None folds
        nothing.
    out_shape : int or tuple of int, optional
        For a function that writes its result into its last argument: the shape of that. It is left out of `args`.
    **kwargs
        Passed to the function.

    Returns
    -------
    Graph
        `.dot` is its text, `.render(path)` draws it.

    Raises
    ------
    NoGradientError
        For a Var that depends on no leaf that requires a gradient.
    FreedTapeError
        If a backward pass has freed the graph.
    NonScalarOutputError
        With `backward` but no `direction`, for a function whose output is not a scalar.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> graph = dr.graph(lambda x1, x2: np.log(x1 * x2) * np.sin(x2), 2.0, 3.0, argnums=(0, 1))
    >>> print(graph)
    graph of <lambda>: 2 inputs, 4 operations, 6 edges
    >>> graph.dot.splitlines()[0]
    'digraph {'
    >>> x = dr.Var(3.0)
    >>> [node.operation for node in dr.graph(np.log(x) ** 2).nodes]
    ['', 'log', 'square']
    """
    results = [target] if isinstance(target, Var) else target
    if isinstance(results, list | tuple) and results and all(isinstance(each, Var) for each in results):
        if any(each.statement is None for each in results):
            raise NoGradientError(
                "graph() of a Var that depends on no Var with requires_grad=True: nothing is recorded"
            )
        named = dict(parameters) if isinstance(parameters, Mapping) else {}
        nodes, edges = of_variables(results, backward, named)
        return Graph("a Var" if isinstance(target, Var) else "Vars", nodes, edges, most)
    if not isinstance(target, Callable):  # type: ignore[arg-type]
        raise TypeError(f"graph was given a {type(target).__name__}; expected a function, or a Var")
    name, nodes, edges = of_function(
        target, args, kwargs, argnums, backward, frozenset(parameters), order, most, direction, out_shape
    )
    return Graph(name, nodes, edges, most)
