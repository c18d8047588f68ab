"""Expressions as text: values, derivatives, and what is refused, with a caret under the place."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.cli import main
from dualrev.cli._expressions import Expression

Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("log(x1)+x1*x2-sin(x2)", (2.0, 5.0), np.log(2) + 10 - np.sin(5)),
        (" -x ** 2 ", (3.0,), -9.0),
        ("2**-x", (3.0,), 0.125),
        ("2**3**2", (), 512.0),
        ("x10 - x9", (1.0, 3.0), 2.0),
        ("a - b - c + d", (10.0, 1.0, 2.0, 3.0), 10.0),
        ("pi*r**2 + e - ln(r) + abs(-r)", (2.0,), np.pi * 4 + np.e - np.log(2) + 2),
        ("erf(x) + maximum(x, 0.25) % 1", (0.5,), 0.5204998778130465 + 0.5),
        ("9**9**9**9 + x", (1.0,), np.inf),
        ("10**400/x - 1e999", (1.0,), np.nan),
        ("(-8)**(1/3)", (), np.nan),
        ("+".join(["x"] * 800), (2.0,), 1600.0),
        ("é*2", (1.5,), 3.0),
    ],
)
def test_values(text: str, at: tuple[float, ...], value: float) -> None:
    f = Expression(text)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(f(*at), value, rtol=1e-14)


def test_they_are_differentiated_in_both_modes() -> None:
    f = Expression("log(x1)+x1*x2-sin(x2)")
    for mode in ("forward", "reverse"):
        assert dr.grad(f, (0, 1), mode=mode)(2.0, 5.0) == pytest.approx((5.5, 2 - np.cos(5.0)), rel=1e-15)
    assert dr.derivative(Expression("x**3"))(2.0) == 12.0
    np.testing.assert_array_equal(dr.elementwise_grad(Expression("x**2"))(np.arange(3.0)), [0, 2, 4])
    assert [line.formula for line in dr.trace(f, 2.0, 5.0, argnums=(0, 1)).lines[:2]] == ["x1", "x2"]
    with pytest.raises(TypeError, match="x1, x2; 1 were given"):
        f(1.0)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("x + * y", "invalid syntax", 4),
        ("x^2", "^ is no power; write **", 1),
        ("a*(x^2)", "^ is no power", 4),
        ("sin(x", "never closed", 3),
        ("y + lug(x)", "there is no function lug; did you mean log?", 4),
        ("1 + sin", "sin is a function; write sin(...)", 4),
        ("sin(x, y)", "sin takes 1 argument; 2 were given", 0),
        ("maximum(x)", "maximum takes 2 arguments; 1 were given", 0),
        ("sin(x=1)", "no arguments by name", 0),
        ("2*x[0]", "an index is not allowed", 2),
        ("x.real", "an attribute is not allowed", 0),
        ("__import__('os').system('true')", "such a call is not allowed", 0),
        ("1 + __class__", "cannot be a variable", 4),
        ("().__class__", "an attribute is not allowed", 0),
        ("lambda: 1", "lambda is not allowed", 0),
        ("x if y else z", "if exp is not allowed", 0),
        ("x < 1", "a comparison is not allowed", 0),
        ("[x for x in y]", "list comp is not allowed", 0),
        ("(y := 2)", "named expr is not allowed", 1),
        ("x + 'a'", "a str is not allowed", 4),
        ("x + 1j", "a complex is not allowed", 4),
        ("True + x", "True is not a number", 0),
        ("x // 2", "floor div is not allowed", 0),
        ("f'{x}'", "not allowed", 0),
        ("é + 'a'", "a str is not allowed", 4),
        ("x; y", "invalid syntax", 1),
    ],
)
def test_a_malformed_expression_gets_a_caret_under_the_place(text: str, message: str, column: int) -> None:
    with pytest.raises(dr.errors.ExpressionError) as raised:
        Expression(text)
    what, shown, caret = str(raised.value).split("\n")
    assert message in what
    assert shown == f"  {text}"
    assert caret == f"  {' ' * column}^"


@pytest.mark.parametrize(
    "text",
    ["", "  ", "(" * 500 + "x" + ")" * 500, "-" * 5000 + "x", "x+" * 15000 + "x", "sin(-" * 150 + "x" + ")" * 150],
    ids=["empty", "blank", "parentheses", "signs", "long", "deep"],
)
def test_what_cannot_be_read_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(dr.errors.ExpressionError):
        Expression(text)


def test_the_place_is_shown_in_a_long_expression() -> None:
    with pytest.raises(dr.errors.ExpressionError) as raised:
        Expression("x + " * 100 + "lug(x)" + " + x" * 100)
    _, shown, caret = str(raised.value).split("\n")
    assert len(shown) < 100
    assert shown[caret.index("^") :].startswith("lug(x)")


def test_the_place_is_found_behind_a_line_break() -> None:
    with pytest.raises(dr.errors.ExpressionError) as raised:
        Expression("\n x +\n lug(y)")
    _, shown, caret = str(raised.value).split("\n")
    assert shown[caret.index("^") :] == "lug(y)"
    assert Expression("x\n+y")(1.0, 2.0) == 3.0


def test_nothing_is_evaluated_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("evaluated")

    monkeypatch.setattr(builtins, "eval", refuse)
    monkeypatch.setattr(builtins, "exec", refuse)
    assert Expression("sin(x)*2")(0.0) == 0.0


def test_trace_on_the_command_line(capsys: Output, tmp_path: Path) -> None:
    assert main(["trace", "log(x1)+x1*x2-sin(x2)", "--at", "2,5", "--mode", "reverse"]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1].split() == ["v5", "subtract", "v4", "-", "v3", "11.6521", "seed", "1"]
    assert "v2b * v-1 + v3b * cos(v0)  1.71634" in shown
    assert main(["trace", "-x**2", "--at", "-3", "--format", "markdown"]) == 0
    assert r"$\bar v_{1} \cdot 2 \, v_{0}$ | 6 |" in capsys.readouterr().out
    file = tmp_path / "trace.tex"
    arguments = ["--mode", "forward", "--direction", "-1,1", "--format", "latex", "-o", str(file)]
    assert main(["trace", "x*y", "--at", "2,3", *arguments]) == 0
    assert r"$\dot v_{-1} \, v_{0} + \dot v_{0} \, v_{-1}$ & -1 \\" in file.read_text(encoding="utf-8")
    assert main(["trace", "x*2", "--at", "1,2,3", "--direction", "1,0,1"]) == 0
    assert "[2 0 2]" in capsys.readouterr().out
    assert main(["trace", "operator:mul", "--at", "2;3", "--argnums", "0,1", "--order", "evaluation"]) == 0
    assert "mul, reverse mode: 2 inputs, 1 operation" in capsys.readouterr().out


def test_graph_on_the_command_line(capsys: Output, tmp_path: Path) -> None:
    assert main(["graph", "log(x1*x2)*sin(x2)", "--at", "2,3"]) == 0
    assert capsys.readouterr().out == dr.graph(Expression("log(x1*x2)*sin(x2)"), 2.0, 3.0, argnums=(0, 1)).dot
    file = tmp_path / "g.dot"
    assert main(["graph", "log(x1*x2)*sin(x2)", "--at", "2,3", "--backward", "-o", str(file)]) == 0
    assert file.read_text(encoding="utf-8").count("dir=back") == 6
    assert "2 inputs, 4 operations" in capsys.readouterr().out
    assert main(["graph", "+".join(["sin(x)"] * 100), "--at", "2", "--most", "20"]) == 0
    assert capsys.readouterr().out.count("fillcolor") <= 20


def test_functions_that_write_their_result(capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "writes_its_result.py").write_text("def f(x, out):\n    out[1, 0] = x[0] * x[1]\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    target = ["writes_its_result:f", "--at", "2,3", "--out-shape", "2,2"]
    for command, told in (
        (["trace", "--direction", "[[0,0],[1,0]]"], "multiply"),
        (["graph"], '"v4" -> "v5"'),
        (["verify"], "all 8 entries agree"),
    ):
        assert main([command[0], *target, *command[1:]]) == 0
        assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trace", "x1*^x2", "--at", "2,5"], 2, "  x1*^x2\n     ^"),
        (
            ["trace", "x+y", "--at", "2"],
            2,
            "needs one number for each of x, y, as in --at 1,1; --at was given 1 number",
        ),
        (["graph", "x+y"], 2, "needs one number for each of x, y, as in --at 1,1"),
        (["trace", "x*2", "--at", "1,2"], 2, "--direction"),
        (["trace", "x*2", "--at", "1", "--mode", "forward", "--direction", "1,2"], 2, "the direction has shapes"),
        (["graph", "x", "--at", "1", "-o", "g.txt"], 2, "expected a file that ends in .svg, .png, .pdf or .dot"),
        (["graph", "x*2", "--at", "1,2", "--backward"], 2, "--backward"),
        (["trace", "x", "--at", "1", "--out-shape", "2,x"], 2, "--out-shape was given '2,x'; expected sizes"),
        (["trace", "x", "--at", "1", "-o", "no/folder/x.txt"], 2, "there is no folder"),
        (["graph", "x", "--at", "1", "-o", "no/folder/x.svg"], 2, "there is no folder"),
        (["trace", "math:sin", "--at", "1"], 3, "ActiveConversionError"),
        (["trace", "x", "--at", "1", "--mode", "auto"], 2, "invalid choice"),
    ],
)
def test_wrong_use_of_the_command_line(arguments: list[str], code: int, message: str, capsys: Output) -> None:
    assert main(arguments) == code
    assert message in capsys.readouterr().err
