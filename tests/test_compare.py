"""compare: counts, agreement, and what it says where a mode is cut short or a Jacobian is not finite."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.comparison import Agreement, Timing
from dualrev.comparison import _runs as runs
from dualrev.comparison._agreement import agreement
from dualrev.comparison._readable_numbers import duration, memory
from dualrev.comparison._timing import Stopwatch


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


def test_medians_quartiles_and_turns_by_a_clock_of_ones_own() -> None:
    now = [0.0]
    taken: list[str] = []

    def takes(name: str, times: list[float]) -> Callable[[], None]:
        def call() -> None:
            taken.append(name)
            now[0] += times[min(taken.count(name), len(times)) - 1]

        return call

    watch = Stopwatch([takes("a", [9.0, 1.0, 2.0, 3.0, 4.0, 5.0]), takes("b", [9.0, 7.0])], clock=lambda: now[0])
    a, b = watch.run(budget=60.0)
    assert (a.seconds, a.low, a.high, a.fastest, a.runs) == (3.0, 2.0, 4.0, 1.0, 6)
    assert (b.seconds, b.low, b.high) == (7.0, 7.0, 7.0)
    assert taken[:6] == ["a", "b", "b", "a", "a", "b"], "in turns, each after each of its neighbours"
    assert a.noisy
    assert not b.noisy
    assert a.differs_from(b)
    assert not a.differs_from(a)
    assert a.scaled(2.0, 1.0).seconds == 7.0
    assert Timing.of([], 0).runs == 0


def test_every_method_reports_calls_errors_and_memory() -> None:
    found = compared(
        many, np.linspace(0.1, 1.0, 5), by_hand=lambda x: np.concatenate([np.diag(np.cos(x)), np.diag(2 * x)])
    )
    methods = {method.method: method for method in found.main.methods}
    differences = ("forward differences", "central differences", "complex step")
    assert list(methods) == ["forward", "reverse", "auto", *differences, "SymPy", "by hand"]
    calls = {name: method.calls for name, method in methods.items()}
    assert [calls[name] for name in differences] == [6, 10, 5]
    assert found.reference == "the derivative by hand"
    for name, most in (("forward", 1e-15), ("reverse", 1e-15), ("complex step", 1e-15), ("SymPy", 1e-15)):
        assert methods[name].error <= most
        assert methods[name].entries == 50
    assert 1e-10 < methods["forward differences"].error < 1e-6
    assert methods["central differences"].error < 1e-9
    assert methods["forward"].peak_bytes >= 5 * 10 * 8
    assert (methods["reverse"].operations, methods["forward"].operations) == (3, 0)
    assert methods["reverse"].tape_bytes > 0
    assert found.main.name == "interpreted"


def test_errors_are_measured_against_fifty_digits_and_a_wrong_derivative_is_seen() -> None:
    found = compared(lambda x: np.exp(x[0]) * x[1:], np.array([1.0, 2.0, 3.0]), verify=True)
    assert found.reference == "SymPy to 50 digits"
    assert 0 <= found.forward.error < 1e-15
    assert "all entries" in str(found)
    wrong = compared(many, np.ones(2), by_hand=lambda x: np.ones((4, 2)))
    assert wrong.forward.error > 0.1


def test_a_function_is_followed_by_sympy_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualrev.verification.symbols import number

    calls = []
    follow = number.follow
    monkeypatch.setattr(number, "follow", lambda *args: calls.append(args) or follow(*args))
    monkeypatch.setattr("dualrev.verification._jacobians.follow", number.follow)
    found = compared(lambda x: np.where(x > 0.5, np.sin(x), x), np.ones(3), verify=True)
    assert len(calls) == 1
    assert found.verification.branches
    assert (found.reference, found.forward.entries) == ("SymPy to 50 digits", 9)


def test_what_f_does_not_allow_is_left_out_and_says_why() -> None:
    found = compared(lambda x: np.maximum(x, 0.5) if isinstance(x[0], float) else np.arctan2(x, 1.0), np.ones(3))
    method = found.main.method("complex step")
    assert "does not take complex numbers" in method.unavailable
    assert "left out" in str(found)
    large = compared(many, np.ones(40)).main.method("SymPy")
    assert large.unavailable == "the Jacobian has 3200 entries, more than 400"
    slow = compared(lambda x: np.sin(x), np.ones(2), limit=0.0, verify=True)
    assert slow.main.method("SymPy").unavailable == "SymPy cannot follow f: TooLargeError: SymPy took more than 0 s"
    assert slow.reference == "SymPy to 50 digits", "the verification, which has time of its own, knows them"
    real = compared(lambda x: np.abs(x) ** 2, np.ones(2)).main.method("complex step")
    assert real.unavailable == "f returns real numbers for complex ones"


def test_an_interrupted_comparison_keeps_what_was_measured() -> None:
    class Stopped:
        calls, at = 0, 10**9

        def __call__(self, x: Any) -> Any:
            self.calls += 1
            if self.calls == self.at:
                raise KeyboardInterrupt
            return np.sin(x)

    counted = Stopped()
    compared(counted, np.ones(3))
    for part in (0.15, 0.3, 0.6, 0.9):
        stopped = Stopped()
        stopped.at = int(part * counted.calls)
        found = compared(stopped, np.ones(3))
        assert found.interrupted
        assert "interrupted" in str(found)
        assert "interrupted" in found._repr_html_()
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["interrupted"] is True
    assert found.forward.passes_run == 1


@pytest.mark.parametrize("at", [2, 9])
def test_before_anything_is_timed_times_are_those_of_first_calls(at: int) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    calls = []

    def stopped(x: Any) -> Any:
        calls.append(x)
        if len(calls) == at:
            raise KeyboardInterrupt
        return np.sin(x)

    found = compared(stopped, np.ones(3))
    assert found.forward.timed == (at > 2)
    assert ("are those of first calls" in found.verdict) == (at > 2)
    assert ("~" in str(found)) == (at > 2)
    assert not found.main.method("complex step").timed
    figure = found.plot()
    assert "(interrupted)" in figure.get_suptitle()
    assert len(figure.axes[0].patches) == sum(each.timed for each in found.main.methods)
    pyplot.close(figure)


def test_numbers_that_are_not_finite_are_named() -> None:
    found = compared(lambda x: x * 2.0, np.array([1.0, np.nan, np.inf]), verify=True)
    assert found.verification is None
    text = " ".join(str(found).split())
    assert "the point holds 2 of 3 numbers that are not finite" in text
    assert "f returns 2 of 3 numbers that are not finite" in text
    assert "contradict" not in found.verdict
    assert "off by inf" not in found.verdict


def test_a_verdict_on_times_that_were_measured_once() -> None:
    found = compared(lambda x: np.sum(np.sin(x)), np.ones(3), verify=False, budget=0)
    once = {name: Timing(t, t, t, t, 1, 1) for name, t in {"forward": 1.0, "reverse": 1.3, "slow": 9.0}.items()}

    def timed(reverse: Timing) -> str:
        timing = {"forward": once["forward"], "reverse": reverse, "auto": reverse, "central differences": reverse}
        methods = tuple(replace(m, timing=timing.get(m.method, m.timing)) for m in found.main.methods)
        return replace(found, executions=(replace(found.main, methods=methods),)).verdict

    near, far = timed(once["reverse"]), timed(once["slow"])
    assert near.count("timed too few times to tell them apart") == 3
    assert "faster" not in near
    assert "was right" not in near
    assert "forward mode is 9 times faster than reverse mode" in far
    assert "was right" in far


def test_verdicts() -> None:
    found = compared(lambda x: np.sum(np.sin(x)), np.ones(500))
    assert "reverse mode is" in found.verdict
    assert "Auto takes reverse mode, which was right." in found.verdict
    wrong = replace(found, executions=(replace(found.main, choice=replace(found.choice, mode="forward")),))
    assert "which was WRONG" in wrong.verdict
    noisy = Timing(1.0, 0.5, 1.5, 0.4, 10, 10)
    loud = replace(found.main, function=noisy, methods=tuple(replace(m, timing=noisy) for m in found.main.methods))
    told = replace(found, executions=(loud,)).verdict
    assert "too noisy" in told
    assert "take the same time within the spread" in told
    assert "equally fast within the spread" in told
    assert "was right" not in told
    wild = Timing(1e-3, 0.9e-3, 6e-3, 0.9e-3, 10, 10)
    slow = Timing(1.0, 0.9, 1.1, 0.9, 10, 10)
    for function, reverse in ((wild, wild), (noisy, wild), (wild, noisy)):
        changed = {"forward": slow, "reverse": reverse, "auto": reverse, "central differences": wild}
        methods = tuple(
            replace(m, timing=timing, ratio=timing.over(function)) if (timing := changed.get(m.method)) else m
            for m in found.main.methods
        )
        unclear = replace(found, executions=(replace(found.main, function=function, methods=methods),))
        told = " ".join(str(unclear).split()) + unclear.verdict + unclear._repr_html_()
        assert "too noisy to tell" in told
        assert "times faster" not in told
        assert "times the time of f" not in told
        assert not re.search(r"differences cost \d", told)
    assert unclear.to_dict()["told_apart"] is unclear.told_apart


def test_a_problem_brings_its_point_its_derivative_and_its_name() -> None:
    problem = dr.problems.get("curve", m=6)
    found = dr.compare(problem, backend="numpy", budget=0.0, verify=False)
    assert (found.n, found.m) == (problem.n, 6)
    assert found.name.startswith("curve: ")
    assert found.reference == "the derivative by hand"
    assert found.reverse.error < 1e-14


def test_a_backend_that_does_not_exist() -> None:
    with pytest.raises(dr.errors.UnknownBackendError, match="'auto', 'numpy', 'numba', 'both'"):
        compared(many, np.ones(2), backend="jax")


def test_a_compiled_function_is_compared_compiled_and_interpreted(tmp_path: Path) -> None:
    import numba

    @numba.njit
    def rosenbrock(x):  # type: ignore[no-untyped-def]
        total = 0.0
        for i in range(x.size - 1):
            total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
        return total

    def by_hand(x: Any) -> Any:
        inner = x[1:] - x[:-1] ** 2
        return np.r_[-400.0 * x[:-1] * inner - 2.0 * (1.0 - x[:-1]), 0.0] + np.r_[0.0, 200.0 * inner]

    found = compared(rosenbrock, np.linspace(0.1, 1.0, 12), by_hand=by_hand)
    assert [execution.name for execution in found.executions] == ["compiled", "interpreted"]
    for execution in found.executions:
        for mode in ("forward", "reverse", "auto"):
            assert execution.method(mode).error < 1e-14
            assert execution.method(mode).entries == 12
        assert execution.method("central differences").error < 1e-8
        assert execution.method("complex step").error < 1e-14
    compiled = found.main
    assert (compiled.method("forward").calls, compiled.method("reverse").calls) == (2, 1)
    assert compiled.operations > 10
    assert compiled.method("reverse").tape_bytes > 24 * 10
    assert compiled.method("reverse").peak_bytes == compiled.method("forward").peak_bytes
    assert compiled.method("forward").compile_seconds > 0
    assert compiled.choice.mode == dr.jacobian(rosenbrock).plan(np.linspace(0.1, 1.0, 12)).mode
    assert "compiled than interpreted" in found.verdict or "interpreted than compiled" in found.verdict
    assert max(map(len, str(found).splitlines())) <= 80
    found.save(tmp_path / "found.html")
    found.save(tmp_path / "found.json")
    page = (tmp_path / "found.html").read_text(encoding="utf-8")
    assert "<!DOCTYPE html>" in page
    assert "rosenbrock" in page
    assert f"<td>{compiled.operations}</td>" in page
    assert f"numba {numba.__version__}" in page
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["comparisons"][0]["n"] == 12


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
    with pytest.raises(dr.errors.MissingExtraError, match=r"pip install '\.\[plot\]'"):
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
