"""Computational graphs: nodes and edges of the worked examples, the backward path, folding, DOT and drawings."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.teaching import Edge, Graph
from dualrev.teaching.graphs._dot import quoted


def log_sin(x1: Any, x2: Any) -> Any:
    return np.log(x1 * x2) * np.sin(x2)


def ends(graph: Graph, kind: str = "value") -> set[tuple[str, str]]:
    return {(edge.start, edge.end) for edge in graph.edges if edge.kind == kind}


def assert_no_cycle(graph: Graph) -> None:
    after: dict[str, set[str]] = {node.key: set() for node in graph.nodes}
    for edge in graph.edges:
        after[edge.start].add(edge.end)
    while after:
        last = {key for key, following in after.items() if not following & after.keys()}
        assert last, "a cycle"
        after = {key: following for key, following in after.items() if key not in last}


def test_the_graph_of_a_function_and_its_backward_path() -> None:
    graph = dr.graph(log_sin, 2.0, 3.0, argnums=(0, 1), backward=True)
    nodes = {node.key: node for node in graph.nodes}
    assert {key: nodes[key].kind for key in ("v-1", "v0", "v1", "v4", "v4b", "v0b")} == {
        "v-1": "leaf",
        "v0": "leaf",
        "v1": "operation",
        "v4": "result",
        "v4b": "adjoint",
        "v0b": "adjoint",
    }
    forward = {("v-1", "v1"), ("v0", "v1"), ("v0", "v2"), ("v1", "v3"), ("v3", "v4"), ("v2", "v4")}
    assert ends(graph) == ends(dr.graph(log_sin, 2.0, 3.0, argnums=(0, 1))) == forward
    assert ends(graph, "adjoint") == {(f"{end}b", f"{start}b") for start, end in forward}
    assert ends(graph, "saved") == {
        *{("v-1", "v1b"), ("v0", "v1b"), ("v0", "v2b"), ("v1", "v3b"), ("v3", "v4b"), ("v2", "v4b")},
    }
    assert nodes["v3"].lines == ("v3 = log(v1)", "1.79176")
    assert nodes["v4b"].lines == ("v4b = seed", "1")
    assert nodes["v0b"].lines[0] == "v0b = v1b * v-1 + v2b * cos(v0)"
    assert nodes["v0b"].lines[1] == f"{dr.grad(log_sin, 1)(2.0, 3.0):.6g}"
    assert_no_cycle(graph)


def test_parameters_and_shapes_of_a_function() -> None:
    def loss(theta: Any, x: Any) -> Any:
        return np.mean((x @ theta["w"] + theta["b"]) ** 2)

    graph = dr.graph(loss, {"w": np.ones(3), "b": 1.0}, np.ones((5, 3)), argnums=(0, 1), parameters=["theta"])
    kinds = Counter(node.kind for node in graph.nodes)
    assert (kinds["parameter"], kinds["leaf"], kinds["result"]) == (2, 1, 1)
    assert graph.nodes[2].lines == ("v0 = x", "5x3: 1 to 1, mean 1")


def test_writing_in_place_is_drawn_as_operations() -> None:
    def f(x: Any) -> Any:
        x[0] = x[1] ** 2
        x *= 3.0
        return x[0]

    point = np.array([2.0, 5.0])
    graph = dr.graph(f, point)
    kinds = Counter(node.operation for node in graph.nodes)
    assert kinds["overwrite"] == 3
    assert (kinds["square"], kinds["multiply"]) == (1, 1)
    assert graph.nodes[-1].lines[-1] == "75"
    np.testing.assert_array_equal(point, [2.0, 5.0])
    assert_no_cycle(graph)


def test_the_graph_of_a_var() -> None:
    x = dr.Var(3.0)
    y = np.log(x) ** 2
    graph = dr.graph(y)
    assert [(node.kind, node.operation) for node in graph.nodes] == [
        ("leaf", ""),
        ("operation", "log"),
        ("result", "square"),
    ]
    assert ends(graph) == {("s0", "s1"), ("s1", "s2")}
    assert [node.lines[-1] for node in graph.nodes] == ["3", "1.09861", "1.20695"]
    w, b = dr.Var(np.ones((2, 3))), dr.Var(np.zeros(2))
    h = np.tanh(w @ np.arange(3.0) + b)
    h.retain_grad()
    loss = np.sum(h**2)
    loss.backward(retain_graph=True)
    graph = dr.graph(loss, parameters={"weight": w, "bias": b}, backward=True)
    by_title = {node.lines[0]: node for node in graph.nodes}
    assert by_title["weight"].kind == by_title["bias"].kind == "parameter"
    assert "2x3" in by_title["weight"].lines[1]
    assert by_title["matmul"].lines == ("matmul", "2")
    assert by_title["adjoint of tanh"].lines[2] == f"[{2 * h.value[0]:.6g} {2 * h.value[1]:.6g}]"
    assert by_title["adjoint of bias"].lines[2] != ""
    read = {"tanh": "add", "square": "tanh"}  # the derivative of tanh is one of its argument
    assert {(by_title[each].key, by_title[f"adjoint of {name}"].key) for name, each in read.items()} <= ends(
        graph, "saved"
    )
    assert len(dr.graph([h, loss]).nodes) == 7
    assert Counter(node.kind for node in dr.graph([h, loss]).nodes)["result"] == 2


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("inputs", [1, 100])
def test_a_thousand_operations_are_folded(backward: bool, inputs: int) -> None:
    def f(*x: Any) -> Any:
        s, total = x[0], 0.0
        for n in range(250):
            s = np.sin(s) * 1.5 + x[n % inputs]
            total = total + s
        return s, total

    point = np.linspace(0.1, 1.0, inputs)
    every = tuple(range(inputs))
    whole = dr.graph(f, *point, argnums=every, backward=False)
    if backward:
        whole = dr.graph(lambda *x: f(*x)[1], *point, argnums=every, backward=True)
    assert len(whole) >= 1000 + inputs
    drawn = whole.drawn
    assert 5 < len(drawn) <= 50
    assert_no_cycle(drawn)
    assert any("x 4 operations" in node.lines[0] for node in drawn.nodes)
    assert len(whole.dot.splitlines()) < 200
    kept = dr.graph(f, *point, argnums=every, most=None)
    assert kept.drawn is kept
    assert sum(edge.count for edge in drawn.edges) < len(whole.edges)
    assert {node.kind for node in drawn.nodes} >= {"leaf", "fold"}
    if not backward:
        assert [node.lines[0].split(" = ")[0] for node in drawn.nodes if node.kind == "result"] == ["v999", "v1000"]


def test_dot_says_what_the_graph_holds() -> None:
    graph = dr.graph(log_sin, 2.0, 3.0, argnums=(0, 1), backward=True)
    lines = graph.dot.splitlines()
    assert (lines[0], lines[-1]) == ("digraph {", "}")
    assert sum(" -> " in line for line in lines) == len(graph.edges)
    assert sum("fillcolor" in line for line in lines) == len(graph.nodes)
    looks = {line.partition("style=")[2] for line in lines if "fillcolor" in line}
    assert len(looks) == 4, "leaves, operations, results and adjoints look different"
    assert '  "v-1b" -> "v1b" [color="#b45f06", dir=back];' in lines
    assert quoted('\\"\n') == '"\\\\\\"\\n"'


def test_drawings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = dr.graph(log_sin, 2.0, 3.0, argnums=(0, 1))
    assert graph.render(tmp_path / "g.dot").read_text(encoding="utf-8") == graph.dot
    with pytest.raises(ValueError, match=r"g\.gif"):
        graph.render(tmp_path / "g.gif")
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(dr.errors.MissingExtraError, match=r"pip install '\.\[graph\]'"):
        graph.render(tmp_path / "g.svg")
    shown = graph._repr_mimebundle_()
    assert set(shown) == {"text/plain"}
    assert graph.dot in shown["text/plain"]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz' program dot is not installed")
def test_drawings_by_graphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("graphviz")
    graph = dr.graph(log_sin, 2.0, 3.0, argnums=(0, 1), backward=True)
    assert graph.render(tmp_path / "g.png").read_bytes()[:4] == b"\x89PNG"
    svg = graph.render(str(tmp_path / "g.svg")).read_text(encoding="utf-8")
    assert svg.count('class="node"') == len(graph.nodes)
    assert svg.count('class="edge"') == len(graph.edges)
    assert graph._repr_mimebundle_()["image/svg+xml"].count('class="node"') == len(graph.nodes)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(dr.errors.MissingExtraError, match="program `dot`"):
        graph.render(tmp_path / "h.svg")


def test_misuse() -> None:
    x = dr.Var(2.0)
    with pytest.raises(dr.errors.NoGradientError, match="nothing is recorded"):
        dr.graph(x.detach() * 2)
    y = x**2 * x
    y.backward()
    with pytest.raises(dr.errors.FreedTapeError):
        dr.graph(y)
    with pytest.raises(TypeError, match="expected a function, or a Var"):
        dr.graph(3.0)
    with pytest.raises(dr.errors.NonScalarOutputError):
        dr.graph(lambda x: x * 2, np.ones(2), backward=True)
    assert str(dr.graph(log_sin, 1.0, 2.0, argnums=(0, 1))) == "graph of log_sin: 2 inputs, 4 operations, 6 edges"
    assert Edge("a", "b") == Edge("a", "b", "value", 1)
