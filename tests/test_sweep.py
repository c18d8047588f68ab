"""sweep: sizes, crossings by interpolation, regret, what is saved and read, pictures, interruption, wrong input."""

from __future__ import annotations

import json
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.cli import main
from dualrev.comparison import SweepPoint
from dualrev.comparison.sweeps.families import FAMILIES

Output = pytest.CaptureFixture[str]


def point(n: int, m: int, forward: float, reverse: float, auto: float, chosen: str = "forward") -> SweepPoint:
    return SweepPoint(n, m, forward, reverse, auto, chosen, forward, 2.0 * reverse, 5)


def known() -> dr.Sweep:
    """Return a sweep whose modes cross at n = 10 m, and where auto goes over at n = 20 m."""
    points = []
    for m in (1, 10):
        for n in (1, 100, 10_000):
            forward, reverse = n * 1e-3, m * 1e-2
            chosen = "forward" if forward <= 2.0 * reverse else "reverse"
            points.append(point(n, m, forward, reverse, forward if chosen == "forward" else reverse, chosen))
    return dr.Sweep("known", "interpreted", False, tuple(points))


def test_modes_cross_where_their_times_are_equal() -> None:
    found = known()
    assert found.crossings() == [(10.0, 1), (100.0, 10)]
    assert found.boundary() == [(20.0, 1), (200.0, 10)]
    assert (found.ns, found.ms) == ([1, 100, 10_000], [1, 10])


def test_regret_is_autos_time_over_the_better_modes() -> None:
    assert point(1, 1, 3.0, 2.0, 3.3).regret == pytest.approx(1.65)
    assert point(1, 1, 3.0, 2.0, 3.3).choice_regret == 1.5
    assert point(1, 1, inf, 2.0, 2.0, "reverse").choice_regret == 1.0
    assert isnan(point(1, 1, inf, inf, nan).regret)
    assert known().regret(100) == 1.0


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_families_have_the_sizes_they_are_asked_for(family: Any) -> None:
    for n, m in ((1, 1), (2, 5), (5, 2)):
        args = family.at(n, m)
        values = np.asarray(family.interpreted(*args))
        assert args[0].shape == (n,)
        assert values.shape == (m,)
        np.testing.assert_allclose(family.loop(*args), values, rtol=1e-14)


def test_a_sweep_measures_each_pair_and_tells_what_auto_takes() -> None:
    told: list[tuple[int, int, str]] = []
    found = dr.sweep("dense", n=(2, 200), m=(1, 40), budget=0.0, progress=lambda *args: told.append(args))
    assert [(p.n, p.m) for p in found.points] == [(2, 1), (2, 40), (200, 1), (200, 40)]
    assert [p.chosen for p in found.points][:3] == ["forward", "forward", "reverse"]
    assert all(p.forward > 0 and p.reverse > 0 and p.auto > 0 and p.operations > 0 for p in found.points)
    assert told[0] == (0, 4, "n = 2, m = 1")
    assert told[-1][:2] == (4, 4)
    assert found.backend == "interpreted"
    assert not found.interrupted
    assert "95th percentile" in " ".join(str(found).split())
    assert "<table>" in found._repr_html_()


def test_a_function_of_ones_own_over_n_alone_and_over_both() -> None:
    found = dr.sweep(lambda x: np.sum(x**2), n=(3, 12), m=None, budget=0.0)
    assert [(p.n, p.m) for p in found.points] == [(3, 1), (12, 1)]

    def product(x: Any, matrix: Any) -> Any:
        return matrix @ x

    both = dr.sweep(product, n=(3,), m=(2, 4), at=lambda n, m: (np.ones(n), np.ones((m, n))), budget=0.0)
    assert [(p.n, p.m) for p in both.points] == [(3, 2), (3, 4)]
    assert both.name == "product"


def test_problems_of_a_size_are_swept() -> None:
    found = dr.sweep("helmholtz", n=(3, 9), m=None, budget=0.0)
    assert [(p.n, p.m) for p in found.points] == [(3, 1), (9, 1)]
    assert found.name == "the problem helmholtz"
    with pytest.raises(dr.errors.SweepError, match="was to have 3 inputs"):
        dr.sweep("curve", n=(3,), m=(5,), budget=0.0)


def test_problems_are_swept_over_their_own_sizes() -> None:
    found = dr.sweep("brusselator", n=(3, 4), budget=0.0)
    assert [(p.n, p.m) for p in found.points] == [(18, 18), (32, 32)]
    assert found.name == "the problem brusselator over side"
    found = dr.sweep("lstm", n=(1, 2), over="hidden", budget=0.0)
    assert [p.m for p in found.points] == [1, 1]
    assert found.points[0].n < found.points[1].n
    for given, told in (
        ({"f": "lstm", "n": (1, 2)}, "neither inputs nor outputs of the problem lstm over steps change"),
        ({"f": "lstm", "over": "n"}, "no size 'n'; expected one of steps, inputs, hidden"),
        ({"f": "dense", "over": "n"}, "over='n' is for problems"),
        ({"f": "softmax", "m": (3,)}, "how many outputs there are is what the problem has"),
    ):
        with pytest.raises(dr.errors.SweepError, match=told):
            dr.sweep(**given, budget=0.0)


def test_numbers_that_are_not_finite_are_noted(tmp_path: Path) -> None:
    nan = lambda n, m: np.full(n, np.nan)  # noqa: E731
    found = dr.sweep(lambda x: 2.0 * x, n=(2, 3), m=None, at=nan, budget=0.0)
    assert found.notes == (
        "Not all numbers are finite at n = 2, m = 2 and at 1 other sizes; derivatives there say little.",
    )
    assert found.notes[0][:40] in str(found)
    found.save(tmp_path / "found.json")
    assert dr.Sweep.load(tmp_path / "found.json") == found


def test_a_mode_that_is_predicted_to_take_too_long_is_not_run() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sum(np.sin(x))

    found = dr.sweep(f, n=(100_000,), m=None, budget=0.0, limit=0.5)
    (p,) = found.points
    assert p.forward == inf
    assert p.reverse < inf
    assert p.choice_regret == 1.0
    assert len(calls) < 20
    assert "1 times were predicted" in " ".join(str(found).split())


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    points = (*known().points, point(5, 1, inf, 0.25, nan, "forward"))
    found = dr.Sweep("known", "compiled", True, points, interrupted=True)
    found.save(tmp_path / "sweep.json")
    read = dr.Sweep.load(tmp_path / "sweep.json")
    assert read.points[:-1] == found.points[:-1]
    assert read.points[-1].forward == inf
    assert isnan(read.points[-1].auto)
    assert (read.name, read.backend, read.calibrated, read.interrupted) == ("known", "compiled", True, True)
    document = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    assert document["versions"]["dualrev"] == dr.__version__
    found.save(tmp_path / "sweep.html")
    assert "<!DOCTYPE html>" in (tmp_path / "sweep.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sweep": {"name": "x"}}', '{"sweep": {"points": [{"n": "a"}]}}'])
def test_a_file_that_holds_no_sweep(tmp_path: Path, text: str) -> None:
    (tmp_path / "sweep.json").write_text(text, encoding="utf-8")
    with pytest.raises(dr.errors.SweepError, match="holds no sweep"):
        dr.Sweep.load(tmp_path / "sweep.json")


def test_an_interrupted_sweep_keeps_what_was_measured() -> None:
    def f(x: Any) -> Any:
        if x.size == 3:
            raise KeyboardInterrupt
        return x * 2.0

    found = dr.sweep(f, n=(1, 2, 3, 4), m=None, budget=0.0)
    assert found.interrupted
    assert [p.n for p in found.points] == [1, 2]
    assert "interrupted" in str(found)


def test_wrong_input_to_a_sweep() -> None:
    with pytest.raises(dr.errors.SweepError, match="there is no family 'tall'; expected a function, one of dense"):
        dr.sweep("tall")
    with pytest.raises(dr.errors.SweepError, match="0 is no number of inputs"):
        dr.sweep("dense", n=(0,))
    with pytest.raises(dr.errors.SweepError, match="was to have 3 inputs and 2 outputs, and has 3 and 3; give at="):
        dr.sweep(lambda x: x * 2.0, n=(3,), m=(2,))
    with pytest.raises(dr.errors.UnknownBackendError, match="expected 'auto', 'numpy' or 'numba'"):
        dr.sweep("dense", backend="jax")
    with pytest.raises(IndexError, match="index 7"):
        dr.sweep(lambda x: x[7], n=(2,), m=None)


def test_the_map_names_both_ends_and_marks_wrong_choices() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = known().plot()
    area, over_n, over_m = figure.axes[:3]
    assert "n much smaller than m" in area.get_xlabel()
    assert "n much larger than m" in area.get_ylabel()
    assert {line.get_label() for line in area.lines} == {"measured crossing", "where auto goes over"}
    assert "n much larger than m = 1" in over_n.get_title(loc="left")
    assert "n = 1 much smaller than m" in over_m.get_title(loc="left")
    pyplot.close(figure)
    wrong = dr.Sweep("w", "compiled", False, tuple(point(n, m, 3.0, 2.0, 3.0) for n in (1, 2) for m in (1, 2)))
    figure = wrong.plot()
    assert [text.get_text() for text in figure.axes[0].texts] == ["1.50"] * 4
    pyplot.close(figure)
    alone = dr.Sweep("n alone", "compiled", False, (point(1, 1, 1.0, 2.0, 1.0), point(9, 1, inf, 2.0, 2.0, "reverse")))
    figure = alone.plot()
    assert "n much larger than m" in figure.axes[0].get_xlabel()
    pyplot.close(figure)
    pyplot.close(dr.Sweep("nothing", "compiled", False, ()).plot())


def test_the_command_measures_saves_and_draws_again_without_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    measured = ["sweep", "dense", "--n", "2,9", "--m", "1,2", "--budget", "0"]
    assert main([*measured, "--json", "s.json", "--html", "s.html", "--plot", "s.png"]) == 0
    first = capsys.readouterr().out
    assert "dense" in first
    monkeypatch.setattr("dualrev.cli._commands.sweep.sweep", None)
    assert main(["sweep", "--from", "s.json", "--plot", "again.svg"]) == 0
    assert capsys.readouterr().out == first
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("s.html", "s.png", "again.svg"))


def test_the_command_on_a_function_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    module = f"swept_{tmp_path.name}".replace("-", "_")
    text = "import numpy as np\n\ndef f(x, a):\n    return a @ x\n"
    text += "\ndef at(n, m):\n    return np.ones(n), np.ones((m, n))\n"
    text += "\ndef broken(x):\n    return x[len(x)]\n\ndef stopped(x):\n    raise KeyboardInterrupt\n"
    (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    quick = ["--n", "2", "--budget", "0"]
    assert main(["sweep", f"{module}:f", "--points", f"{module}:at", "--m", "3", *quick, "--json", "-"]) == 0
    assert [p["m"] for p in json.loads(capfd.readouterr().out)["sweep"]["points"]] == [3]
    assert main(["sweep", f"{module}:broken", *quick]) == 3
    error = capfd.readouterr().err
    assert "return x[len(x)]" in error
    assert "sweeping.py" not in error
    assert main(["sweep", f"{module}:stopped", *quick]) == 130
    assert main(["sweep", f"{module}:at", *quick]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tall"], "there is no family 'tall'; expected module:function, one of dense"),
        (["no_such_module:f"], "there is no module"),
        (["dense", "--n", "1,x"], "--n was given '1,x'; expected positive integers"),
        (["dense", "--m", "0"], "--m was given '0'"),
        (["dense", "--points", "a:b"], "a family has points already"),
        (["dense", "--plot", "x.gif"], "expected a name that ends in .png"),
        (["dense", "--json", "no/such/folder/x.json"], "there is no folder"),
        (["--from", "nothing.json"], "cannot be read"),
        (["--from", __file__], "test_sweep.py holds no sweep"),
        (["dense", "--from", "nothing.json"], "leave out the function"),
        (["operator:neg", "--n", "2", "--m", "3"], "was to have 2 inputs and 3 outputs"),
    ],
)
def test_usage_errors_of_the_command(arguments: list[str], message: str, capsys: Output) -> None:
    assert main(["sweep", *arguments]) == 2
    assert message in capsys.readouterr().err
