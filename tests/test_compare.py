"""compare: counts, agreement, and what it says where a mode is cut short or a Jacobian is not finite."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.comparison import Agreement, runs
from dualrev.comparison.agreement import agreement
from dualrev.comparison.words import duration, memory


class Counted:
    """A function that knows how often it was called."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f, self.calls = f, 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.f(*args)


def many(x: Any) -> Any:
    return np.concatenate([np.sin(x), x**2])


def root(x: Any) -> Any:
    """Take a root whose derivative at 0 is infinite, without NumPy's warnings."""
    with np.errstate(all="ignore"):
        return np.sqrt(x)


def compared(f: Callable[..., Any], *args: Any, **options: Any) -> dr.Comparison:
    return dr.compare(f, *args, **({"budget": 0.0, "verify": False} | options))


def test_counts_of_both_modes() -> None:
    found = compared(many, np.linspace(0.1, 1.0, 10), chunk_size=4)
    assert (found.n, found.m) == (10, 20)
    assert (found.forward.calls, found.forward.passes, found.forward.passes_run, found.forward.together) == (3, 3, 3, 4)
    assert (found.reverse.calls, found.reverse.passes, found.reverse.passes_run, found.reverse.together) == (1, 5, 5, 4)
    assert found.forward.tape_bytes == 0
    assert found.reverse.tape_bytes > 0
    assert found.operations >= 3


def test_times_are_measured_and_ratios_are_theirs() -> None:
    found = compared(many, np.ones(3))
    for mode in (found.forward, found.reverse):
        assert mode.complete
        assert mode.runs >= 1
        assert mode.ratio == mode.seconds / found.function_seconds
        assert mode.predicted_seconds > 0
    assert found.faster in ("forward", "reverse")
    assert found.regret >= 1.0
    assert found.auto_was_right == (found.regret <= 1.15)


@pytest.mark.parametrize(("n", "m"), [(3, 50), (50, 1), (40, 40)])
def test_the_choice_is_that_of_auto(n: int, m: int) -> None:
    matrix = np.ones((m, n))

    def f(x: Any) -> Any:
        return np.tanh(matrix @ x)

    found = compared(f, np.ones(n))
    assert found.choice.mode == dr.jacobian(f).plan(np.ones(n)).mode
    assert found.choice.mode in str(found)


def test_agreement_of_right_modes_is_rounding() -> None:
    found = compared(many, np.linspace(0.1, 1.0, 10)).agreement
    assert found.entries == found.total == 200
    assert found.relative < 1e-14
    assert (found.not_finite, found.contradictions) == (0, 0)


def test_a_mode_that_would_take_too_long_is_cut_short_and_says_so() -> None:
    f = Counted(lambda x: np.sum(np.sin(x)))
    found = compared(f, np.ones(2000), chunk_size=2, limit=0.0)
    assert not found.forward.complete
    assert found.reverse.complete, "one sweep is always run"
    assert (found.forward.passes, found.forward.passes_run, found.forward.calls) == (1000, 1, 1000)
    assert f.calls < 100, "a Jacobian takes 1000"
    assert found.agreement.entries == 2
    assert found.agreement.total == 2000
    text = " ".join(str(found).split())
    assert "cut short forward mode: it would take about" in text
    assert "extrapolated from 1 of 1000 passes" in text
    assert "2 of 2000 entries compared" in text
    assert "~" in text


def test_both_modes_cut_short() -> None:
    found = compared(many, np.linspace(0.1, 1.0, 10), chunk_size=4, limit=0.0)
    assert not found.forward.complete
    assert not found.reverse.complete
    assert found.agreement.entries == 16
    assert found.agreement.absolute < 1e-14


def test_a_jacobian_too_large_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_BYTES", 100)
    found = compared(many, np.ones(20), chunk_size=4)
    assert "the Jacobian would take" in found.forward.cut_short
    assert "the Jacobian would take" in found.reverse.cut_short


def test_entries_that_are_not_finite_are_counted() -> None:
    found = compared(root, np.array([0.0, 1.0])).agreement
    assert (found.not_finite, found.contradictions, found.absolute) == (1, 0, 0.0)


def test_a_nan_in_one_mode_only_is_a_contradiction() -> None:
    a = np.array([[1.0, np.nan, np.inf, np.inf]])
    b = np.array([[1.5, 2.0, np.inf, -np.inf]])
    assert agreement(a, b, 4) == Agreement(0.5, 0.5 / 1.5, 4, 4, 1, 2)


def test_several_arguments_and_containers() -> None:
    found = compared(lambda x, y: {"a": x * y["k"], "b": y["k"].sum()}, 2.0, {"k": np.ones(3)}, argnums=(0, 1))
    assert (found.n, found.m) == (4, 4)
    assert found.agreement.absolute == 0.0


def test_constants_go_through() -> None:
    found = compared(lambda x, *, power: x**power, np.ones(2), power=3)
    assert (found.n, found.m) == (2, 2)


@pytest.mark.parametrize("n", [0, 1])
def test_empty_and_single(n: int) -> None:
    found = compared(lambda x: x * 2.0, np.ones(n))
    assert (found.n, found.m, found.agreement.entries) == (n, n, n * n)
    assert str(found)


def test_a_function_without_active_output() -> None:
    found = compared(lambda x: np.ones(3), np.ones(2))
    assert (found.m, found.agreement.absolute, found.reverse.tape_bytes) == (3, 0.0, 0)


def test_the_verdict_of_sympy_is_in_the_report() -> None:
    found = compared(lambda x: x[0] * x[1], np.array([2.0, 3.0]), verify=True, name="product")
    assert found.verification is not None
    assert found.verification.ok
    assert "agree with SymPy" in " ".join(found.table().split())
    assert found.table().startswith("product\n")


def test_the_dict_goes_through_json() -> None:
    found = compared(root, np.array([0.0, 1.0]), verify=True)
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document == found.to_dict()
    (execution,) = document["executions"]
    assert execution["methods"][0]["timing"]["seconds"] == found.forward.seconds
    assert document["choice"]["mode"] == "forward"
    assert document["agreement"]["not_finite"] == 1


def test_infinite_numbers_become_strings() -> None:
    found = replace(compared(many, np.ones(2)), agreement=Agreement(np.nan, np.inf, 4, 4, 0, 0))
    assert found.to_dict()["agreement"]["absolute"] == "nan"
    assert found.to_dict()["agreement"]["relative"] == "inf"


def test_text_fits_a_terminal_of_80_columns() -> None:
    found = compared(lambda x: np.sum(np.sin(x)), np.ones(20_000), limit=0.0, verify=True, name="a name " * 8)
    assert max(map(len, str(found).splitlines())) <= 80


def test_html_for_notebooks_is_escaped() -> None:
    shown = compared(many, np.ones(3), name="<lambda>")._repr_html_()
    assert "&lt;lambda&gt;" in shown
    assert "<lambda>" not in shown
    assert shown.count("<tr") == 8, "titles and seven methods"
    assert "verdict" in shown


def test_progress_is_told() -> None:
    told: list[str] = []
    compared(many, np.ones(10), chunk_size=4, progress=told.append)
    assert told[0] == "recording"
    assert "forward, 3 passes" in told


def test_errors_of_the_function_pass_unchanged() -> None:
    with pytest.raises(IndexError, match="index 7"):
        compared(lambda x: x[7], np.ones(2))


def test_a_random_function_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(dr.errors.RandomFunctionError):
        compared(lambda x: x * rng.random(), np.ones(4), chunk_size=2)


def test_plot_has_a_bar_for_the_function_and_for_each_mode() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = compared(many, np.ones(10), name="many").plot()
    (axes,) = figure.axes
    assert "n = 10, m = 20" in figure.get_suptitle()
    assert len(axes.patches) == 8
    shown = {label.get_text().split()[0] for label in axes.get_yticklabels()}
    assert shown == {"f", "forward", "reverse", "auto", "central", "complex", "SymPy"}
    pyplot.close(figure)


def test_without_matplotlib_plot_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError("No module named 'matplotlib'")
        return imported(name, *args, **kwargs)

    found = compared(many, np.ones(3))
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(dr.errors.MissingExtraError, match=r"pip install dualrev\[plot\]"):
        found.plot()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (45.6e-6, "45.6 µs"), (123.4e-9, "123 ns"), (120.0, "120 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(24, "24 B"), (2048, "2 KiB"), (3 << 20, "3 MiB"), (5 << 30, "5 GiB")])
def test_memory(size: int, text: str) -> None:
    assert memory(size) == text
