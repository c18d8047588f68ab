"""Traces: the worked example line by line, against the operators, and in every format."""

from __future__ import annotations

import re
from typing import Any

import numba
import numpy as np
import pytest

import dualrev as dr
from dualrev.cli import main
from dualrev.kernels import numpy_rows
from dualrev.primitives.array import RULES
from dualrev.primitives.scalar import TABLE
from dualrev.teaching._traces import formulas
from dualrev.teaching._traces.notation import HTML, LATEX, TEXT
from dualrev.teaching.summaries import summary


def worked(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def layers(weights: Any, x: Any) -> Any:
    h = np.tanh(weights @ x) ** 3 / (1 + x[1] ** 2.5)
    bounded = np.where(x > 1, np.concatenate([x[:2], x[2:] * 0.5]), np.abs(x))
    return np.sum(h) - np.mean(bounded) + dr.special.logsumexp(x)


def test_the_worked_example_line_by_line() -> None:
    reverse = dr.trace(worked, 2.0, 5.0, argnums=(0, 1))
    lines = {line.variable: line for line in reverse.lines}
    assert [line.formula for line in reverse.lines] == [
        *("x1", "x2", "log(v-1)", "v-1 * v0", "sin(v0)", "v1 + v2", "v4 - v3"),
    ]
    values = {"v-1": 2, "v0": 5, "v1": 0.693, "v2": 10, "v3": -0.959, "v4": 10.693, "v5": 11.652}
    adjoints = {"v5": 1, "v4": 1, "v3": -1, "v1": 1, "v2": 1, "v0": 1.716, "v-1": 5.5}
    assert {name: line.value for name, line in lines.items()} == pytest.approx(values, abs=5e-4)
    assert {name: line.derivative for name, line in lines.items()} == pytest.approx(adjoints, abs=5e-4)
    assert lines["v0"].derivative_formula == "v2b * v-1 + v3b * cos(v0)"
    assert lines["v-1"].derivative_formula == "v1b / v-1 + v2b * v0"
    assert [lines[name].derivative_formula for name in ("v5", "v4", "v3", "v1")] == ["seed", "v5b", "-v5b", "v4b"]
    assert reverse.output == worked(2.0, 5.0)
    assert reverse.derivative == pytest.approx((5.5, 2 - np.cos(5.0)), rel=1e-15)
    first = dr.trace(worked, 2.0, 5.0, argnums=(0, 1), mode="forward")
    second = dr.trace(worked, 2.0, 5.0, argnums=(0, 1), mode="forward", direction=(0, 1))
    assert (first.derivative, second.derivative) == pytest.approx((5.5, 2 - np.cos(5.0)), rel=1e-15)
    tangents = {line.variable: line.derivative_formula for line in first.lines}
    assert tangents["v1"] == "v-1' / v-1"
    assert tangents["v2"] == "v-1' * v0 + v0' * v-1"
    assert (tangents["v3"], tangents["v5"], tangents["v0"]) == ("v0' * cos(v0)", "v4' - v3'", "seed")


def test_lines_can_stand_in_the_order_of_python() -> None:
    trace = dr.trace(worked, 2.0, 5.0, argnums=(0, 1), order="evaluation")
    assert [line.operation for line in trace.lines[2:]] == ["log", "multiply", "add", "sin", "subtract"]
    assert trace.derivative == dr.trace(worked, 2.0, 5.0, argnums=(0, 1)).derivative


def test_traces_agree_with_the_operators() -> None:
    rng = np.random.default_rng(4)
    weights, x = rng.normal(size=(3, 4)), rng.normal(size=4)
    reverse = dr.trace(layers, weights, x, argnums=(0, 1))
    gradient = dr.grad(layers, (0, 1))(weights, x)
    for mine, other in zip(reverse.derivative, gradient, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-13)
    direction = (rng.normal(size=(3, 4)), rng.normal(size=4))
    forward = dr.trace(layers, weights, x, argnums=(0, 1), mode="forward", direction=direction)
    out, tangent = dr.jvp(layers, (weights, x), direction)
    assert (forward.output, forward.derivative) == pytest.approx((out, tangent), rel=1e-13)
    # <w, Jv> on every line: an adjoint times a tangent, summed over the inputs, is the output's tangent
    total = sum(np.sum(line.derivative * v) for line, v in zip(reverse.lines, direction, strict=False))
    assert total == pytest.approx(tangent, rel=1e-12)


def test_containers_several_outputs_and_compiled_functions() -> None:
    cotangent = {"a": np.array([1.0, 2.0]), "b": [5.0, 7.0]}
    trace = dr.trace(lambda p: {"a": p["w"] * 2, "b": [p["w"][0], 3.0]}, {"w": np.ones(2)}, direction=cotangent)
    np.testing.assert_array_equal(trace.derivative[0]["w"], [7.0, 4.0])
    assert trace.lines[0].formula == "p['w']"
    np.testing.assert_array_equal(trace.output["b"], [1.0, 3.0])

    @numba.njit
    def loop(x: float) -> float:
        s = 0.0
        for n in range(3):
            s += x**n
        return s

    compiled = dr.trace(loop, 2.0)
    assert compiled.derivative == (5.0,)
    assert [line.operation for line in compiled.lines].count("add") == 3


def test_formulas_of_many_parts_are_not_written_out() -> None:
    trace = dr.trace(lambda x: np.sum(np.stack([x * k for k in range(2, 20)])), 1.0)
    assert trace.lines[0].derivative_formula == "v1b * 2 + v2b * 3 + v3b * 4 + ... + v18b * 19"
    assert trace.lines[-2].formula == "stack([v1, v2, v3, ..., v18])"
    assert trace.derivative == (sum(range(2, 20)),)


def test_complex_constants_and_notation_in_latex() -> None:
    trace = dr.trace(lambda x: np.abs(np.exp(1j * x) + x), 1.0)
    by_name = {line.operation: line for line in trace.lines}
    assert by_name["multiply"].formula == "1j * v0"
    assert by_name["input"].derivative_formula == "real(v1b * 1j) + real(v3b)"
    slope = (np.cos(1.0) - np.sin(1.0) + 1.0) / trace.output  # of the root of 1 + 2 x cos(x) + x^2
    assert trace.derivative[0] == pytest.approx(slope, rel=1e-14)
    latex = dr.trace(
        lambda x: np.hypot(1e-5, x) * 3.0 + np.einsum("i->", np.stack([x, x]) * np.array([1.0, 2.0])), 2.0
    ).latex()
    assert r"\operatorname{hypot}(1 \cdot 10^{-5}, v_{0})" in latex
    assert r" \cdot 3$" in latex
    assert r"\text{subscripts=i->}" in latex
    assert r"\text{[1 2]}" in latex


def test_functions_that_write_into_their_last_argument() -> None:
    def f(x: Any, k: Any, out: Any) -> None:
        out[0] = x[0] * x[1]
        out[1] = np.sin(x[0]) * k

    for function in (f, numba.njit(f)):
        reverse = dr.trace(function, np.array([1.0, 2.0]), 3.0, argnums=(0, 1), out_shape=2, direction=np.ones(2))
        np.testing.assert_allclose(reverse.output, [2.0, 3 * np.sin(1.0)], rtol=1e-15)
        np.testing.assert_allclose(reverse.derivative[0], [2 + 3 * np.cos(1.0), 1.0], rtol=1e-14)
        assert [line.formula for line in reverse.lines[:2]] == ["x", "k"]
        assert reverse.lines[-1].formula == "stack([v4, v6])"
        forward = dr.trace(function, np.array([1.0, 2.0]), 3.0, argnums=(0, 1), out_shape=(2,), mode="forward")
        np.testing.assert_allclose(forward.derivative, [2.0, 3 * np.cos(1.0)], rtol=1e-14)
        graph = dr.graph(
            function, np.array([1.0, 2.0]), 3.0, argnums=(0, 1), out_shape=2, backward=True, direction=np.ones(2)
        )
        assert [node.operation for node in graph.nodes if node.kind == "result"] == ["stack"]
        assert sum(node.kind == "adjoint" for node in graph.nodes) == len(reverse)


def test_writing_in_place_is_traced() -> None:
    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        for i in range(len(x)):
            y[i] = x[i] * x[i - 1]
        x[0] = y[2]
        tail = y[1:]
        tail *= x[1:]
        y += x
        return np.sum(y)

    point = np.array([2.0, 3.0, 5.0])
    trace = dr.trace(f, point)
    np.testing.assert_array_equal(point, [2.0, 3.0, 5.0])
    assert trace.output == 10 + 18 + 75 + 15 + 3 + 5
    # x0 x2 + x0 x1^2 + x1 x2^2 + x1 x2 + x1 + x2
    np.testing.assert_array_equal(trace.derivative[0], [5 + 9, 12 + 25 + 5 + 1, 2 + 30 + 3 + 1])
    np.testing.assert_array_equal(trace.derivative[0], dr.grad(f)(point))
    told = [line.formula for line in trace.lines if line.operation in ("overwrite", "window")]
    assert told[1] == "overwrite([0 0 0], v8, region=0)"
    assert told[-1].endswith("region=[0 1 2])")
    assert not any("object at" in formula or "reuse" in formula for formula in told)
    assert dr.trace(f, point, mode="forward", direction=np.eye(3)[1]).derivative == 43


def test_what_the_output_does_not_depend_on_has_the_adjoint_zero() -> None:
    def f(x: Any, y: Any) -> Any:
        np.exp(x)
        return x * 2.0 + 0.0 * np.sum(np.sign(y))

    trace = dr.trace(f, 1.0, np.ones(3), argnums=(0, 1))
    assert {line.operation: np.max(line.derivative) for line in trace.lines}["exp"] == 0
    np.testing.assert_array_equal(trace.derivative[1], np.zeros(3))
    assert dr.trace(lambda x: 3.0, 1.0).output == 3.0
    assert dr.trace(lambda x: 3.0, 1.0, mode="forward").derivative == 0.0


def test_formulas_are_right() -> None:
    """Printed formulas, evaluated, give the values; constants are printed with six digits."""
    rng = np.random.default_rng(8)
    for row in TABLE.values():
        if row.flat or not all(isinstance(d, tuple) for d in row.domain) or row.name == "where":
            continue
        args = [float(rng.uniform(*d)) for d in row.domain]  # type: ignore[misc]
        for mode in ("forward", "reverse"):
            trace = dr.trace(
                lambda *x, row=row: getattr(dr.special, row.name)(*x), *args, argnums=tuple(range(len(args))), mode=mode
            )
            names = Names()
            for line in trace.lines:
                names |= {identifier(line.variable): line.value}
                names |= {identifier(line.variable + ("'" if mode == "forward" else "b")): line.derivative}
            for line in trace.lines:
                if line.operation != "input":
                    assert evaluated(line.formula, names) == pytest.approx(line.value, rel=1e-5), row.name
                if line.derivative_formula != "seed":
                    found = evaluated(line.derivative_formula, names)
                    assert found == pytest.approx(line.derivative, rel=1e-5), line


def identifier(text: str) -> str:
    return re.sub(r"v(-?)(\d+)", lambda m: f"v{'_' if m.group(1) else ''}{m.group(2)}", text).replace("'", "_t")


class Names(dict[str, Any]):
    """Variables, and what rules call, resolved as on arrays."""

    def __missing__(self, name: str) -> Any:
        return numpy_rows._TARGET.resolve(name)


def evaluated(formula: str, names: Names) -> Any:
    return eval(identifier(formula), {"__builtins__": {}}, names)


def test_linear_functions_are_shown_applied_to_tangents_only_if_they_are_linear() -> None:
    assert sum(rule.itself for rule in RULES.values()) == 9
    x, t = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, -1.0], [0.5, 2.0]])
    for f in (lambda a: a[0], np.sum, np.transpose, lambda a: np.concatenate([a, a]), lambda a: np.stack([a, a])):
        np.testing.assert_array_equal(dr.jvp(f, x, t)[1], f(t))


def test_formats() -> None:
    trace = dr.trace(lambda x_1, y: np.sqrt(x_1) * y[0] / (x_1 - 3.0) ** 2, 4.0, np.arange(1.0, 7.0), argnums=(0, 1))
    table = str(trace)
    assert all(line == line.rstrip() for line in table.splitlines())
    assert "6: 1 to 6, mean 3.5" in table
    assert trace._repr_html_().count("<tr>") == len(trace) + 1
    assert trace.latex().count(r"\\") == len(trace) + 1
    assert r"\mathtt{x\_1}" in trace.latex()
    assert r"\sqrt{v_{-1}}" in trace.latex()
    assert r"\frac{" in trace.markdown()
    lines = trace.markdown().splitlines()
    assert len(lines) == len(trace) + 2
    assert {line.count("|") for line in lines} == {7}
    for style in (TEXT, HTML, LATEX):
        for step in trace._recording.steps:
            assert formulas.primal(step, style).count("{") == formulas.primal(step, style).count("}")


def test_a_thousand_operations_are_folded_when_printed_and_whole_when_asked() -> None:
    def f(x: Any) -> Any:
        for _ in range(500):
            x = np.sin(x) * 1.5
        return x

    trace = dr.trace(f, 1.0)
    assert len(trace) == 1001
    assert len(str(trace).splitlines()) == 104
    assert "... 901 lines ..." in str(trace)
    assert len(trace.table().splitlines()) == 1004
    assert trace.derivative[0] == pytest.approx(dr.grad(f)(1.0), rel=1e-12)


def test_misuse() -> None:
    with pytest.raises(dr.errors.UnknownModeError, match="'sideways'"):
        dr.trace(worked, 2.0, 5.0, argnums=(0, 1), mode="sideways")
    with pytest.raises(ValueError, match="order"):
        dr.trace(worked, 2.0, 5.0, argnums=(0, 1), order="random")
    with pytest.raises(dr.errors.NonScalarOutputError, match="direction"):
        dr.trace(lambda x: x * 2, np.ones(3))
    with pytest.raises(dr.errors.ShapeMismatchError, match=r"\(2,\).*\(3,\)"):
        dr.trace(lambda x: x * 2, np.ones(3), direction=np.ones(2))
    with pytest.raises(dr.errors.ShapeMismatchError, match="arguments of worked"):
        dr.trace(worked, 2.0, 5.0, argnums=(0, 1), mode="forward", direction=(1.0, 2.0, 3.0))
    with pytest.raises(TypeError, match="expected a function"):
        dr.trace(3.0, 2.0)


def test_a_trace_in_a_function_that_is_differentiated_is_refused_where_it_would_lose_a_derivative() -> None:
    for mode in ("forward", "reverse"):
        for f in (lambda x: dr.trace(lambda y: y * x, 2.0).output, lambda x: dr.trace(np.sin, x).output):
            with pytest.raises(dr.errors.ActiveConversionError, match="stop_gradient"):
                dr.grad(f, mode=mode)(3.0)
        with pytest.raises(dr.errors.ActiveConversionError):
            dr.grad(lambda x: dr.trace(lambda y: x, 2.0).output, mode=mode)(3.0)


def test_a_sum_that_begins_with_a_number_is_not_linear() -> None:
    line = dr.trace(lambda x: np.sum(x, initial=3.0), np.ones(2), mode="forward").lines[-1]
    assert (line.formula, line.derivative_formula) == ("sum(v0, initial=3)", "Dsum(v0)(v0')")


def test_derivatives_of_functions_that_differentiate() -> None:
    trace = dr.trace(dr.derivative(lambda x: np.sin(x) * x), 2.0)
    assert trace.derivative[0] == pytest.approx(2 * np.cos(2.0) - 2 * np.sin(2.0), rel=1e-14)
    step = dr.trace(lambda x: dr.special.jv(1.0, x), 2.0)
    assert step.lines[-1].formula == "jv(1, v0)"


@pytest.mark.parametrize("name", dr.problems.names())
def test_every_named_problem_is_traced_and_drawn(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {"steps": 40} if name == "lotka_volterra" else {}
    problem = dr.problems.get(name, **sizes)
    point = problem.x[0] if problem.batched else problem.x
    graph = dr.graph(problem.f, point, *problem.data)
    assert [node.lines[1] for node in graph.nodes if node.kind == "leaf"] == [summary(point)], "data are no nodes"
    assert len(graph.drawn) <= 50
    if problem.m == 1:
        traced = dr.trace(problem.f, point, *problem.data)
        np.testing.assert_allclose(traced.derivative[0], np.squeeze(problem.derivative(*problem.args)), atol=1e-8)
    for command in ("trace", "graph"):
        assert main([command, ",".join([name, *(f"{size}={value}" for size, value in sizes.items())])]) == 0
        shown = capsys.readouterr().out
        assert len(shown.splitlines()) < 250, "the middle is left out"
        assert "Traced" not in shown


def test_what_is_not_differentiated_goes_through_untouched() -> None:
    given: list[Any] = []

    def f(x: Any, n: Any, name: Any, data: Any) -> Any:
        given.append((n, name, data))
        for _ in range(n):
            x = getattr(np, name)(x) * data["scale"]
        return x

    data = {"scale": np.float64(2.0), "label": "none"}
    for mode in ("forward", "reverse"):
        traced = dr.trace(f, 1.0, 2, "sin", data, mode=mode)
        assert [line.operation for line in traced.lines] == ["input", "sin", "multiply", "sin", "multiply"]
    assert dr.graph(f, 1.0, 2, "sin", data).nodes[0].lines == ("v0 = x", "1")
    assert all(n is given[0][0] and name == "sin" and each is data for n, name, each in given)
    second = dr.trace(f, 1.0, 2, "sin", {"scale": 2.0}, argnums=-4)
    assert second.derivative == traced.derivative
    for named, told in ((4, "argument 4"), ((0, 0), "twice"), (1.5, "expected an int or a tuple of ints")):
        with pytest.raises(dr.errors.ArgnumsError, match=told):
            dr.trace(f, 1.0, 2, "sin", data, argnums=named)
        with pytest.raises(dr.errors.ArgnumsError, match=told):
            dr.graph(f, 1.0, 2, "sin", data, argnums=named)


def test_a_function_of_more_outputs_than_inputs_is_shown_with_tangents() -> None:
    @numba.njit
    def logistic_map(p: Any, steps: Any) -> Any:
        y = np.empty(steps)
        y[0] = p[1]
        for k in range(1, steps):
            y[k] = p[0] * y[k - 1] * (1 - y[k - 1])
        return y

    point = np.array([2.0, 0.25])
    found = dr.trace(logistic_map, point, 3)
    assert found.mode == "forward"
    np.testing.assert_allclose(found.derivative, [0.0, 0.1875, 0.328125], rtol=1e-15)
    assert dr.trace(logistic_map, point, 3, direction=np.ones(3)).mode == "reverse"
    assert dr.graph(logistic_map, point, 3).nodes[-1].kind == "result"


def test_trace_and_graph_number_variables_alike() -> None:
    for order in ("level", "evaluation"):
        traced = dr.trace(worked, 2.0, 5.0, argnums=(0, 1), order=order)
        drawn = dr.graph(worked, 2.0, 5.0, argnums=(0, 1), order=order, backward=True)
        formulas = {line.variable: line.formula for line in traced.lines}
        assert {n.key: n.lines[0].partition(" = ")[2] for n in drawn.nodes if n.kind != "adjoint"} == formulas


def test_errors_call_an_active_number_by_no_inner_name() -> None:
    for wrong in (lambda x: range(x), lambda x: float(x), lambda x: np.zeros(3)[x], lambda x: np.arange(x)):
        for show in (dr.trace, dr.graph):
            with pytest.raises((TypeError, IndexError)) as caught:
                show(wrong, 2.0)
            assert "Traced" not in str(caught.value)
