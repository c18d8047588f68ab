"""The command line: exit codes, what is printed where, and messages for wrong input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev
from dualrev.auto import calibration
from dualrev.auto.costs import CostConstants
from dualrev.cli import main
from dualrev.cli._commands import calibrate as calibrate_command
from dualrev.cli._commands import verify as verify_command
from dualrev.cli._outcome import UsageError
from dualrev.cli._target import points
from dualrev.comparison.calibration.calibrating import Calibration
from dualrev.comparison.sweeps.families import FAMILIES
from dualrev.kernels.numpy_rows import ROWS
from dualrev.primitives.scalar import TABLE
from dualrev.verification import RowVerification

AT_ONCE = ("--budget", "0")
"""Measure once, where the times do not matter."""

MODULE = """
import numpy as np

print("imported")


def f(x):
    print("called")
    return np.array([x[0] * x[1], np.sin(x[1])])


def product(x, y):
    return np.sum(x * y)


def square(x):
    return x**2


def helper(x):
    return x[7]


def broken(x):
    return helper(x)


def in_place(x):
    y = np.zeros(2)
    y[0] = x[0]
    return y


class Stopped:
    calls = 0

    @staticmethod
    def f(x):
        Stopped.calls += 1
        if Stopped.calls == 4:
            raise KeyboardInterrupt
        return 2.0 * x


class Models:
    @staticmethod
    def line(x):
        return 2.0 * x


number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Write a user's module into the current directory, under a name of its own."""
    name = f"users_{tmp_path.name}".replace("-", "_").replace(".", "_")
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "unhappy.py").write_text("import not_installed\n", encoding="utf-8")
    (tmp_path / "exits.py").write_text("raise SystemExit('bye')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield name
    sys.modules.pop(name, None)


Output = pytest.CaptureFixture[str]


@dataclass
class Line:
    slope: float


def test_compare_a_users_function(module: str, capsys: Output) -> None:
    assert main(["compare", f"{module}:f", "--at", "1,2", *AT_ONCE]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "n = 2, m = 2" in out
    assert "agree with SymPy" in out
    assert "auto forward" in out


def test_compare_all_problems(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualrev.cli._commands import compare as command

    asked: list[Any] = []
    small = command.compare(np.sin, np.ones(2), budget=0.0, verify=False)
    monkeypatch.setattr(command, "compare", lambda f, *args, **options: asked.append((f, options["verify"])) or small)
    assert main(["compare"]) == 0
    assert [f.__name__ for f, _ in asked] == ["negative_log_likelihood", "curve", "rosenbrock"]
    assert all(verify for _, verify in asked)
    assert capsys.readouterr().out.count("n = 2, m = 2") == 3


def test_compare_a_problem_at_another_point(capsys: Output) -> None:
    assert main(["compare", "rosenbrock", "--at", "-1,1", "--no-verify", "--backend", "numpy", *AT_ONCE]) == 0
    out = capsys.readouterr().out
    assert "n = 2, m = 1" in out
    assert "not verified" in out


def test_problems_are_listed_and_made_in_any_size(capsys: Output) -> None:
    assert main(["problems"]) == 0
    assert capsys.readouterr().out.split()[6] == "iris"
    assert main(["verify", "softmax,classes=2,features=2,points=3"]) == 0
    assert "all 4 entries agree with SymPy" in capsys.readouterr().out
    assert main(["verify", "spherical,points=5"]) == 0
    assert "all 9 entries agree" in capsys.readouterr().out


def test_json_on_standard_output_is_nothing_but_json(module: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", f"{module}:f", "--at", "1,2", "--json", "-", "--no-verify", *AT_ONCE]) == 0
    captured = capfd.readouterr()
    document = json.loads(captured.out)
    (found,) = document["comparisons"]
    assert (found["n"], found["m"], found["choice"]["mode"]) == (2, 2, "forward")
    assert document["versions"]["dualrev"] == dualrev.__version__
    assert "called" in captured.err


def test_json_to_a_file(module: str, tmp_path: Path, capsys: Output) -> None:
    assert main(["compare", f"{module}:square", "--at", "3.0", "--json", "found.json", *AT_ONCE]) == 0
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["comparisons"][0]
    assert found["verification"]["ok"] is True
    assert "n = 1, m = 1" in capsys.readouterr().out


def test_several_arguments_are_all_differentiated(module: str, capsys: Output) -> None:
    assert main(["compare", f"{module}:product", "--at", "1,2;3,4", "--no-verify", *AT_ONCE]) == 0
    assert main(["compare", f"{module}:product", "--at", "1,2", "--at", "-3,4", "--no-verify", *AT_ONCE]) == 0
    assert capsys.readouterr().out.count("n = 4, m = 1") == 2


def test_a_function_inside_a_class_and_one_of_the_standard_library(module: str) -> None:
    assert main(["verify", f"{module}:Models.line", "--at", "-1.5"]) == 0
    assert main(["verify", "operator:neg", "--at", "-1,2"]) == 0


def test_points() -> None:
    number, vector, single = points(["-3.5", "1, 2e-1;4,"])
    assert type(number) is float
    assert number == -3.5
    np.testing.assert_array_equal(vector, [1.0, 0.2])
    np.testing.assert_array_equal(single, [4.0])


@pytest.mark.parametrize("text", ["", "a", "1,,2", "1;", "1 2"])
def test_a_malformed_point(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected numbers: 3\.0 for a number, 1,2,3 for a vector"):
        points([text])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "MODULE:nothing", "--at", "1"], "has no 'nothing'; it has Models, Stopped, broken, f, helper"),
        (["compare", "MODULE:number", "--at", "1"], "is of type int; expected a function"),
        (["compare", "MODULE:f"], "needs a point; for example --at 3.0"),
        (["compare", "MODULE:f", "--at", "one,2"], "--at was given 'one,2'"),
        (["compare", "MODULE:", "--at", "1"], "expected module:function"),
        (["compare", "MODULE.py:f", "--at", "1"], "give module:function without .py"),
        (["compare", "no_such_module:f", "--at", "1"], "there is no module 'no_such_module'"),
        (["compare", "no_such_package.part:f", "--at", "1"], "there is no module"),
        (["compare", "xml.nothing:f", "--at", "1"], "there is no module"),
        (["compare", "..x:f", "--at", "1"], "there is no module"),
        (["compare", "iris2"], "one of the problems iris, curve, rosenbrock"),
        (["verify", "rosenbrock,n"], "'n' is no size; expected, for example, rosenbrock,n=10000"),
        (["verify", "rosenbrock,n=1"], "n=1 is no size; expected an integer of at least 2"),
        (["verify", "rosenbrock,m=1"], "the problem 'rosenbrock' has no size 'm'"),
        (["compare", "--at", "1,2"], "--at was given without a function"),
        (["compare", "MODULE:f", "--at", "1,2", "--json", "no/such/folder.json"], "there is no folder"),
        (["compare", "MODULE:f", "--at", "1,2", "--no-verify", "--json", "."], "cannot be written"),
        (["compare", "MODULE:f", "--at", "1,2", "--html", "no/report.html"], "there is no folder"),
        (["compare", "MODULE:f", "--at", "1,2", "--plot", "report.txt"], "expected a name that ends in .png"),
        (["compare", "MODULE:f", "--at", "1,2", "--backend", "jax"], "invalid choice: 'jax'"),
        (["verify"], "expected either module:function --at 1,2,3, or --primitives"),
        (["verify", "MODULE:f", "--primitives"], "expected either"),
        (["compare", "--unknown"], "unrecognized arguments: --unknown"),
        (["nothing"], "invalid choice: 'nothing'"),
        ([], "required: command"),
    ],
)
def test_usage_errors(arguments: list[str], message: str, module: str, capsys: Output) -> None:
    assert main([argument.replace("MODULE", module) for argument in arguments]) == 2
    assert message in capsys.readouterr().err


def test_an_error_in_the_users_function_shows_the_users_frames(module: str, capsys: Output) -> None:
    for command in ("compare", "verify"):
        assert main([command, f"{module}:broken", "--at", "1,2"]) == 3
        error = capsys.readouterr().err
        assert "return helper(x)" in error
        assert error.endswith("IndexError: index 7 is out of bounds for axis 0 with size 2\n")
        assert str(Path(dualrev.__file__).parent) not in error


def test_reports_of_a_comparison(module: str, tmp_path: Path, capsys: Output) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    quick = ["compare", f"{module}:square", "--at", "1,2", "--budget", "0"]
    assert main([*quick, "--html", "report.html", "--plot", "times.png"]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in page
    assert f"{module}:square" in page
    assert (tmp_path / "times.png").stat().st_size > 1000
    assert "\nInterpreted, " in capsys.readouterr().out


def test_an_interrupted_comparison_is_shown_and_written(module: str, tmp_path: Path, capsys: Output) -> None:
    arguments = [
        "compare",
        f"{module}:Stopped.f",
        "--at",
        "1,2",
        "--budget",
        "0",
        "--no-verify",
        "--json",
        "found.json",
    ]
    assert main(arguments) == 130
    captured = capsys.readouterr()
    assert "interrupted: this is what was measured until then" in captured.out
    assert "dualrev compare: interrupted" in captured.err
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["comparisons"][0]["interrupted"] is True


def test_a_point_that_is_not_finite_is_named(module: str, capsys: Output) -> None:
    points = f"{module}_points"
    Path(f"{points}.py").write_text("def at(n, m):\n    return [float('inf')] * n\n", encoding="utf-8")
    for command in ("compare", "verify", "trace", "graph"):
        assert main([command, f"{module}:square", "--at", "nan,2"]) == 2
        assert "the point of square holds nan at [0]; expected finite numbers" in capsys.readouterr().err
        assert main([command, "x*y", "--at", "1,inf"]) == 2
        captured = capsys.readouterr()
        assert "the point of x*y holds inf; expected finite numbers" in captured.err
        assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert main(["sweep", f"{module}:square", "--points", f"{points}:at", "--n", "2"]) == 2
    assert "the point of square holds inf" in capsys.readouterr().err


def test_a_function_that_dualrev_cannot_differentiate(module: str, capsys: Output) -> None:
    assert main(["compare", f"{module}:in_place", "--at", "1,2"]) == 3
    error = capsys.readouterr().err
    assert "y[0] = x[0]" in error
    assert "ActiveConversionError" in error


@pytest.mark.parametrize(("name", "message"), [("unhappy", "No module named 'not_installed'"), ("exits", "bye")])
@pytest.mark.usefixtures("module")
def test_a_module_that_fails_when_imported(name: str, message: str, capsys: Output) -> None:
    assert main(["compare", f"{name}:f", "--at", "1"]) == 3
    error = capsys.readouterr().err
    assert message in error
    assert "importlib" not in error


def test_a_failed_verification(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    def failed(rows: Any) -> list[RowVerification]:
        return [RowVerification(row.name, row.name != "sin", 0.5, "partial 0", 0.5, "the value") for row in rows]

    monkeypatch.setattr(verify_command, "verify_primitives", failed)
    assert main(["verify", "--primitives"]) == 1
    out = capsys.readouterr().out
    assert f"{len(ROWS) - 1} of {len(ROWS)} primitives agree" in out
    assert "FAILED: sin" in out


def test_a_failed_comparison(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failed:
        ok, verdict, interrupted, exact = False, "NOT verified", False, None

    monkeypatch.setattr("dualrev.verification.verifying.verified", lambda *args, **kwargs: Failed())
    assert main(["compare", f"{module}:f", "--at", "1,2", *AT_ONCE]) == 1


def test_verify_primitives(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr("dualrev.primitives.scalar.TABLE", {name: TABLE[name] for name in ("sin", "logaddexp")})
    monkeypatch.setattr("dualrev.primitives.host.HOST", {"erfinv": ROWS["erfinv"]})
    assert main(["verify", "--primitives"]) == 0
    out = capsys.readouterr().out
    assert "3 of 3 primitives agree with SymPy" in out
    assert "logaddexp  ok" in out


def test_primitives_prints_every_row(capsys: Output) -> None:
    assert main(["primitives"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{name}(" in out for name in TABLE)
    assert "tanh(x) = math.tanh(x)\n    d/dx  math.square(1.0 / math.cosh(x))" in out
    assert max(map(len, out.splitlines())) <= 100


def test_primitives_prints_functions_of_arrays(capsys: Output) -> None:
    assert main(["primitives", "--arrays"]) == 0
    out = capsys.readouterr().out
    assert "numpy.matmul" in out
    assert "numpy.mean" in out
    assert "not covered: polyfit (NumPy computes it by loops" in " ".join(out.split())
    assert "constant: " in out


def test_info(capsys: Output) -> None:
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    for text in (f"dualrev {dualrev.__version__}", np.__version__, "SymPy", "CUDA", "CPU kernels  usable", "Table"):
        assert text in out


def test_info_names_a_calibration_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("DUALREV_CONFIG_DIR", str(tmp_path))
    calibration.forget()
    (tmp_path / "calibration.json").write_text("{", encoding="utf-8")
    assert main(["info"]) == 2
    assert "run `dualrev calibrate` again" in capsys.readouterr().err
    calibration.forget()


def test_calibrate_stores_and_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setenv("DUALREV_CONFIG_DIR", str(tmp_path))
    measured = Calibration(CostConstants(forward=123.0), 7, 0.125)
    monkeypatch.setattr(calibrate_command, "calibrate", lambda progress: measured)
    assert main(["calibrate"]) == 0
    out = capsys.readouterr().out
    assert "123" in out
    assert "7 measurements; predicted times are off by 12% in the median" in out
    assert calibration.current_constants().forward == 123.0
    calibration.forget()

    def stopped(progress: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(calibrate_command, "calibrate", stopped)
    assert main(["calibrate"]) == 130
    assert "nothing was kept, and auto decides as before" in capsys.readouterr().err


def test_version(capsys: Output) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"dualrev {dualrev.__version__}\n"


def run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dualrev", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_as_a_module_in_a_pipe_no_progress_is_shown(module: str, tmp_path: Path) -> None:
    done = run("compare", f"{module}:f", "--at", "1,2", "--json", "-", "--no-verify", *AT_ONCE, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["comparisons"]
    assert set(done.stderr.split()) == {"imported", "called"}


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_progress_is_shown_in_a_terminal_and_not_on_standard_output(module: str, tmp_path: Path) -> None:
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "dualrev", "compare", f"{module}:square", "--at", "1,2", "--json", "-", *AT_ONCE]
    done = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=end, text=True)
    os.close(end)
    out, _ = done.communicate(timeout=600)
    shown = os.read(terminal, 100_000).decode(errors="replace")
    os.close(terminal)
    assert done.returncode == 0
    assert json.loads(out)["comparisons"]
    assert f"{module}:square" in shown


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, dualrev; print([m for m in ('sympy', 'scipy', 'matplotlib', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["comapre"], "did you mean compare?"),
        (["trace", "x", "--at", "1", "--mode", "fwd"], "did you mean forward?"),
        (["compare", "x", "--at", "1", "--backend", "nubma"], "did you mean numba?"),
        (["verify", "rosenbrok"], "did you mean rosenbrock?"),
        (["trace", "rosenbrok,n=3"], "did you mean rosenbrock?"),
        (["trace", "rosenbrok", "--at", "1,2"], "did you mean rosenbrock?"),
        (["sweep", "rnning"], "did you mean 'running'?"),
        (["compare", "x", "--at", "1", "--budget", "-1"], "-1 s is no time to spend"),
        (["trace", "x", "--at", "1", "--most", "-3"], "'-3' is no number of lines"),
        (["graph", "x", "--at", "1", "--most", "-3"], "'-3' is no number of lines"),
        (["graph", "x", "--at", "1", "--most", "many"], "'many' is no number of lines"),
        (["sweep", "dense", "--limit", "nan"], "nan s is no time to spend"),
        (["trace", "2x1", "--at", "2"], "write 2*x1"),
        (["trace", "x1*x2", "--at", "2"], "each of x1, x2, as in --at 1,1; --at was given 1 number"),
        (["trace", "x1*x2", "--at", "2,5,6"], "as in --at 1,1; --at was given 3 numbers"),
        (["trace", "x1*x2", "--at", "2;5;6"], "as in --at 1,1; --at was given 3 arguments"),
        (["trace", "operator:mul", "--at", "2;3", "--argnums", "2"], "is given 2 arguments"),
        (["trace", "operator:mul", "--at", "2;3", "--argnums", "x"], "--argnums was given 'x'"),
        (["trace", "spherical", "--mode", "reverse"], "--direction"),
    ],
)
def test_wrong_words_are_told_what_was_meant(arguments: list[str], message: str, capsys: Output) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_without_a_command_the_help_is_printed(capsys: Output) -> None:
    assert main([]) == 2
    error = capsys.readouterr().err
    assert "compare the modes" in error
    assert "Exit codes" in error
    assert main(["sweep", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(family in shown for family in FAMILIES)


def test_names_of_the_package_are_told_what_was_meant() -> None:
    for call, meant in (
        (lambda: dualrev.problems.get("rosenbrok"), "rosenbrock"),
        (lambda: dualrev.sweep("densee"), "dense"),
        (lambda: dualrev.grad(np.sin, mode="reversed"), "reverse"),
        (lambda: dualrev.grad(np.sin, backend="nunpy"), "numpy"),
        (lambda: dualrev.optim.minimize(np.sin, 1.0, method="gradient-decent"), "gradient-descent"),
    ):
        with pytest.raises(dualrev.DualrevError, match=f"did you mean '{meant}'"):
            call()
    with pytest.raises(dualrev.errors.InputTypeError, match=r"expected hvp\(f, x, v\)"):
        dualrev.hvp(np.sum, np.ones(2))
    with pytest.raises(dualrev.errors.ObjectArrayError, match=r"named tuple; dataclasses\.asdict"):
        dualrev.grad(lambda p: p.slope)(Line(1.0))


def test_expressions_are_verified_and_compared(capsys: Output) -> None:
    assert main(["verify", "x1*x2", "--at", "2,5"]) == 0
    assert "all 2 entries agree with SymPy" in capsys.readouterr().out
    assert main(["compare", "-x**2", "--at", "-3", "--no-verify", "--budget", "0"]) == 0
    assert "n = 1, m = 1" in capsys.readouterr().out


def test_data_is_named_by_argnums_and_counts(module: str, capsys: Output) -> None:
    Path(f"{module}_powers.py").write_text(
        "def f(x, n, w):\n    for _ in range(n):\n        x = x * w\n    return x\n", encoding="utf-8"
    )
    for command in ("trace", "graph", "verify"):
        arguments = ["--argnums", "0"] if command == "verify" else []
        assert main([command, f"{module}_powers:f", "--at", "2.0;3;0.5", *arguments]) == 0
    assert main(["trace", f"{module}_powers:f", "--at", "2.0;3;0.5", "--argnums", "0,2"]) == 0
    shown = capsys.readouterr().out
    assert "f, reverse mode: 1 input, 3 operations" in shown
    assert "f, reverse mode: 2 inputs, 3 operations" in shown
