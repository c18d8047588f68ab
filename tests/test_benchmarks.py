"""The benchmarks run, at a tiny size, and what they time are the derivatives written by hand."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

benchmarks = pytest.importorskip("benchmarks", reason="benchmarks are there in a checkout")
from benchmarks.cases import GROUPS, MODES, SIZES, WAYS, cases  # noqa: E402

MODULES = sorted(path.stem for path in Path(benchmarks.__file__).parent.glob("*.py"))


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name not in ("__init__", "__main__", "cuda", "test_groups")]
)
def test_every_benchmark_can_be_imported(name: str) -> None:
    assert importlib.import_module(f"benchmarks.{name}").__doc__


@pytest.mark.parametrize(
    "group",
    [
        *(g for g in GROUPS if g not in ("loops", "batched", "import_and_compile")),
        *(pytest.param(g, marks=pytest.mark.exhaustive) for g in ("loops", "batched")),
    ],
)
def test_a_group_times_five_ways_to_one_result(group: str) -> None:
    for case in cases(group, tiny=True):
        assert tuple(case.calls) == WAYS
        if "numba" in case.name:
            continue
        expected: Any = case.calls["by hand"]()
        case.calls["f"]()
        for mode in MODES:
            np.testing.assert_allclose(
                case.calls[mode](), expected, rtol=1e-9, atol=1e-9, err_msg=f"{case.name} {mode}"
            )


def test_every_problem_is_measured() -> None:
    import dualrev as dr

    assert {name for group in SIZES.values() for name in group} == set(dr.problems.names()) - {"iris"}


def test_a_section_is_written_alone() -> None:
    from benchmarks.__main__ import MEASURES, PAGE, page, section, sections_of
    from benchmarks.timing import Result

    written = PAGE.read_text(encoding="utf-8")
    sections = sections_of(written)
    assert page(sections) == written
    assert set(sections) <= {title for title, _ in MEASURES.values()}
    sections["Small arrays"] = section([Result("a loop", "2", 1.5, "", "1 µs", {"by hand": 1.25})], "Measured today")
    assert "| a loop | 2 | 1.5 | 1.25 | 1 µs |\n\n## Large arrays\n" in page(sections)
    assert {**sections_of(page(sections)), "Small arrays": ""} == {**sections_of(written), "Small arrays": ""}


# The gradients are compared before they are timed, with the tape's, too.
@pytest.mark.exhaustive
def test_generated_adjoints_are_the_gradients_by_hand() -> None:
    from benchmarks import generated

    for case in generated.cases():
        generated.expect_equal(case, generated.gradient_of(case))


@pytest.mark.exhaustive
def test_the_hand_moves_as_its_jacobian_by_hand_says() -> None:
    from benchmarks import hand_tracking

    [result] = hand_tracking.run()  # which compares them
    assert result.ratio > 1.0
    pose, *model = hand_tracking.hand(7)
    steps = 1e-6 * np.eye(hand_tracking.POSE)
    differences = [hand_tracking.residuals(pose + h, *model) - hand_tracking.residuals(pose - h, *model) for h in steps]
    np.testing.assert_allclose(hand_tracking.jacobian(pose, *model), np.stack(differences, 1) / 2e-6, atol=1e-7)


def test_processes_are_started_when_they_are_timed() -> None:
    [case] = cases("import_and_compile")
    assert tuple(case.calls) == WAYS


def test_the_table_of_peers_shows_what_was_measured_and_what_failed() -> None:
    from benchmarks import peer_systems, peers

    import dualrev as dr

    problem = dr.problems.get("rosenbrock", n=5)
    chosen = ("dualrev, NumPy", "differences")
    with pytest.MonkeyPatch.context() as patch:
        systems = {name: peer_systems.SYSTEMS[name] for name in chosen}
        wrong = lambda problem: lambda: np.ones(problem.n)  # noqa: E731
        patch.setattr(peers, "SYSTEMS", {**systems, "wrong": (None, wrong), "absent": ("no_such_package", wrong)})
        measured = peers.measure(problem, 0.0)
        text = peers.page([measured])
    assert {"f", "by hand", "dualrev, NumPy"} <= set(measured.calls)
    assert set(measured.failures) == {"wrong"}
    assert "- wrong, rosenbrock, R^5 to R^1: wrong by" in text
    assert "absent" not in text
    row = next(line for line in text.splitlines() if line.startswith("| rosenbrock"))
    assert row.count("**") == 2
    assert row.count("|") == 3 + len(chosen) + 2


def test_the_page_of_modes_marks_the_faster_mode() -> None:
    from benchmarks import auto_choice, modes

    [case] = cases("n_much_larger_than_m", tiny=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modes, "DRAWN", (("dense", "interpreted"),))
        patch.setattr(auto_choice, "FAMILIES", ("dense",))
        patch.setattr(auto_choice, "BACKENDS", ("numpy",))
        sweeps = auto_choice.measure((1, 30), budget=0.0)
        text = modes.page([(case, [2e-6, 4e-6, 2e-3, 5e-6, 5e-6])], sweeps)
    assert "### n much larger than m\n" in text
    assert "| rosenbrock(n=9) | 2 µs | 2 | 1,000 | **2.5** | 2.5 |" in text
    assert "(sweep_dense_interpreted.svg)" in text
    assert "| dense, interpreted |" in text
    assert "| all 4 Jacobians |" in text
