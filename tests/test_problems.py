"""The test problems: their derivatives by hand, both modes, loops and compiled; and shipped with their data."""

from __future__ import annotations

import csv
import pickle
import subprocess
import sys
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.problems import NAMES, Problem, iris
from dualrev.problems import _rosenbrock as rosenbrock

SMALL: dict[str, dict[str, int]] = {
    "iris": {},
    "curve": {"m": 30},
    "rosenbrock": {"n": 12},
    "logistic": {"n": 4, "points": 9},
    "softmax": {"classes": 3, "features": 4, "points": 7},
    "gaussian_mixture": {"components": 2, "dimensions": 3, "points": 6},
    "bundle_adjustment": {"cameras": 2, "points": 3},
    "network": {"inputs": 2, "hidden": 3, "layers": 2, "outputs": 2, "points": 4},
    "lstm": {"steps": 4, "inputs": 2, "hidden": 3},
    "lotka_volterra": {"steps": 6},
    "heat": {"n": 7, "steps": 5},
    "burgers": {"n": 7, "steps": 5},
    "brusselator": {"side": 3},
    "helmholtz": {"n": 5},
    "spherical": {"points": 6},
}
LEAST: dict[str, dict[str, int]] = {
    name: {size: {("rosenbrock", "n"): 2, ("brusselator", "side"): 3}.get((name, size), 1) for size in sizes}
    for name, sizes in SMALL.items()
} | {"heat": {"n": 3, "steps": 1}, "burgers": {"n": 3, "steps": 1}}
COMPILED = ("rosenbrock", "burgers", "lotka_volterra")
every_problem = pytest.mark.parametrize("name", NAMES)


def small(name: str) -> Problem:
    return dr.problems.get(name, **SMALL[name])


def agree(found: Any, problem: Problem) -> None:
    expected = problem.derivative(*problem.args)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max())


def softplus_mean(theta: Any, features: Any, labels: Any) -> Any:
    """The regression's loss in functions that NumPy has for complex numbers."""
    z = features @ theta
    return np.mean(np.log(1.0 + np.exp(z)) - labels * z)


def complex_steps(problem: Problem, x: np.ndarray) -> np.ndarray:
    f = softplus_mean if problem.name in ("iris", "logistic") else problem.f
    steps = x + 1e-30j * np.eye(x.size)
    return np.stack([np.imag(f(step, *problem.data)) / 1e-30 for step in steps], axis=-1)


def test_every_problem_is_tested() -> None:
    assert tuple(SMALL) == NAMES == dr.problems.names()
    assert {name: list(sizes) for name, sizes in SMALL.items()} == {n: list(dr.problems.sizes(n)) for n in NAMES}


@every_problem
def test_the_derivative_by_hand_is_that_of_complex_steps(name: str) -> None:
    for problem in (small(name), dr.problems.get(name, **LEAST[name])):
        points = problem.x if problem.batched else [problem.x]
        expected = np.stack([complex_steps(problem, x) for x in points])
        found = problem.derivative(*problem.args)
        assert found.shape == (expected.shape if problem.batched else expected.shape[1:])
        np.testing.assert_allclose(
            found.reshape(expected.shape), expected, rtol=1e-12, atol=1e-13 * np.abs(expected).max()
        )


@every_problem
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_both_modes_give_the_derivative_by_hand(name: str, mode: str) -> None:
    problem = small(name)
    agree(dr.jacobian(problem.f, mode=mode, batched=problem.batched)(*problem.args), problem)


@every_problem
def test_loops_are_the_same_function(name: str) -> None:
    problem = small(name)
    assert problem.loop is not None
    x = problem.x[0] if problem.batched else problem.x
    np.testing.assert_allclose(problem.loop(x, *problem.data), problem.f(x, *problem.data), rtol=1e-13)


@pytest.mark.compiles
@pytest.mark.parametrize("name", [n if n in COMPILED else pytest.param(n, marks=pytest.mark.exhaustive) for n in NAMES])
def test_compiled_loops_give_the_derivative_by_hand(name: str) -> None:
    problem = small(name)
    for mode in ("forward", "reverse"):
        agree(dr.jacobian(problem.compiled, mode=mode, batched=problem.batched)(*problem.args), problem)
    point = problem.x[0] if problem.batched else problem.x
    np.testing.assert_allclose(problem.compiled(point, *problem.data), problem.f(point, *problem.data), rtol=1e-13)


def test_to_import_or_make_problems_compiles_nothing() -> None:
    code = "import sys, dualrev as dr; print(len(dr.problems.table()) > 0, 'numba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True False\n"


def test_sizes_are_few_and_many() -> None:
    made = {name: dr.problems.get(name) for name in NAMES}
    sizes = {name: (problem.n, problem.m) for name, problem in made.items()}
    assert sizes == {
        "iris": (5, 1),
        "curve": (4, 5000),
        "rosenbrock": (10_000, 1),
        "logistic": (100, 1),
        "softmax": (500, 1),
        "gaussian_mixture": (330, 1),
        "bundle_adjustment": (184, 240),
        "network": (745, 1),
        "lstm": (640, 1),
        "lotka_volterra": (6, 1000),
        "heat": (100, 100),
        "burgers": (100, 100),
        "brusselator": (128, 128),
        "helmholtz": (100, 1),
        "spherical": (3, 3),
    }
    regimes = {problem.regime for problem in made.values()}
    assert regimes == {"n_much_larger_than_m", "n_much_smaller_than_m", "square"}
    assert made["curve"].regime == made["lotka_volterra"].regime == "n_much_smaller_than_m"
    assert made["rosenbrock"].regime == "n_much_larger_than_m"
    assert [name for name, problem in made.items() if problem.batched] == ["spherical"]
    assert made["spherical"].points == 10_000


def test_the_table_lists_every_problem_with_its_sizes() -> None:
    lines = dr.problems.table().splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert lines[NAMES.index("softmax")].endswith("n_much_larger_than_m   classes=10, features=50, points=200")


def test_rosenbrock_is_smallest_at_its_optimum() -> None:
    problem = dr.problems.get("rosenbrock")
    assert problem.optimum is not None
    assert problem.f(problem.optimum) == 0.0
    assert not dr.grad(problem.f)(problem.optimum).any()


def test_rosenbrock_of_two_variables() -> None:
    np.testing.assert_allclose(dr.grad(rosenbrock.rosenbrock)(np.array([-1.0, 1.0])), [-4.0, 0.0])


def test_known_values() -> None:
    assert dr.problems.get("iris").f(np.zeros(5), *iris.measurements()) == pytest.approx(np.log(2.0))
    softmax = small("softmax")
    assert softmax.f(0.0 * softmax.x, *softmax.data) == pytest.approx(np.log(3.0))
    heat = small("heat")
    assert heat.f(*heat.args).sum() == pytest.approx(heat.x.sum())
    np.testing.assert_allclose(heat.derivative(*heat.args).sum(axis=0), 1.0)
    prey = dr.problems.get("lotka_volterra")
    a, b, c, d, *start = prey.x
    paths = np.array([start, *prey.f(*prey.args).reshape(-1, 2)])
    conserved = c * paths[:, 0] - d * np.log(paths[:, 0]) + b * paths[:, 1] - a * np.log(paths[:, 1])
    np.testing.assert_allclose(conserved, conserved[0], rtol=1e-6)
    mixture = dr.problems.get("gaussian_mixture", components=1, dimensions=1, points=5)
    points, components, constant = mixture.data
    density = -0.5 * points**2 - 0.5 * np.log(2.0 * np.pi)
    prior = 0.5 + np.log(2.0)  # of precision 1, two degrees of freedom: ADBench's normalization is added, not taken off
    assert mixture.f(np.zeros(3), points, components, constant) == pytest.approx(density.sum() + prior)


def test_iris_is_the_data_it_says() -> None:
    features, labels = iris.measurements()
    assert features.shape == (150, 5)
    assert labels.sum() == 50.0
    assert (features[:, 0] == 1.0).all()
    np.testing.assert_array_equal(features[0], [1.0, 5.1, 3.5, 1.4, 0.2])


def test_data_are_a_resource_of_the_package() -> None:
    text = files("dualrev.problems").joinpath("iris.csv").read_text(encoding="utf-8")
    assert len(list(csv.reader(text.splitlines()))) == 151


@every_problem
def test_problems_travel_between_processes_and_cannot_be_spoiled(name: str) -> None:
    problem = small(name)
    again = pickle.loads(pickle.dumps(problem))
    arguments = [(problem.x[0] if problem.batched else problem.x, *problem.data) for problem in (again, small(name))]
    np.testing.assert_array_equal(again.f(*arguments[0]), problem.f(*arguments[1]))
    for array in problem.args:
        if isinstance(array, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 7


def test_a_problem_that_does_not_exist() -> None:
    said = "'rosen'; did you mean 'rosenbrock'.*expected one of iris, curve, rosenbrock"
    with pytest.raises(dr.errors.UnknownProblemError, match=said):
        dr.problems.get("rosen")


@pytest.mark.parametrize(
    ("name", "sizes", "message"),
    [
        ("rosenbrock", {"m": 3}, "no size 'm'; it is of sizes n$"),
        ("iris", {"n": 3}, "no size 'n'; it is without sizes"),
        ("rosenbrock", {"n": 1}, "n=1 is no size; expected an integer of at least 2"),
        ("heat", {"n": 2.5}, "n=2.5 is no size; expected an integer of at least 3"),
        ("heat", {"steps": True}, "steps=True is no size"),
    ],
)
def test_sizes_that_a_problem_does_not_have(name: str, sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(dr.errors.ProblemSizeError, match=message):
        dr.problems.get(name, **sizes)
