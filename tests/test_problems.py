"""The test problems: against formulas written by hand, and shipped with their data."""

from __future__ import annotations

import csv
import pickle
from importlib.resources import files

import numpy as np
import pytest

import dualrev as dr
from dualrev.problems import NAMES, curve, iris, rosenbrock


def gradient_of_iris(theta: np.ndarray) -> np.ndarray:
    features, labels = iris.measurements()
    return features.T @ (1.0 / (1.0 + np.exp(-features @ theta)) - labels) / len(labels)


def jacobian_of_curve(parameters: np.ndarray) -> np.ndarray:
    a, b, c, d = parameters
    t = curve.TIMES
    return np.stack([np.exp(-b * t), -a * t * np.exp(-b * t), np.sin(d * t), c * t * np.cos(d * t)], axis=1)


def gradient_of_rosenbrock(x: np.ndarray) -> np.ndarray:
    slope = np.zeros_like(x)
    slope[:-1] = -400.0 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2.0 * (1.0 - x[:-1])
    slope[1:] += 200.0 * (x[1:] - x[:-1] ** 2)
    return slope


BY_HAND = {"iris": gradient_of_iris, "curve": jacobian_of_curve, "rosenbrock": gradient_of_rosenbrock}


def test_every_problem_has_a_formula() -> None:
    assert tuple(BY_HAND) == NAMES == dr.problems.names()


@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_that_of_the_formula(name: str) -> None:
    problem = dr.problems.get(name)
    found = dr.jacobian(problem.f)(problem.x)
    assert found.shape in ((problem.m, problem.n), (problem.n,))
    np.testing.assert_allclose(found, BY_HAND[name](problem.x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", ["iris", "curve"])
def test_both_modes_give_the_formula(name: str, mode: str) -> None:
    problem = dr.problems.get(name)
    found = dr.jacobian(problem.f, mode=mode)(problem.x)
    np.testing.assert_allclose(found, BY_HAND[name](problem.x), rtol=1e-12, atol=1e-12)


def test_sizes_are_few_and_many() -> None:
    sizes = {name: (dr.problems.get(name).n, dr.problems.get(name).m) for name in NAMES}
    assert sizes == {"iris": (5, 1), "curve": (4, 5000), "rosenbrock": (10_000, 1)}


def test_rosenbrock_is_smallest_at_its_optimum() -> None:
    problem = dr.problems.get("rosenbrock")
    assert problem.optimum is not None
    assert problem.f(problem.optimum) == 0.0
    assert not dr.grad(problem.f)(problem.optimum).any()


def test_iris_is_the_data_it_says() -> None:
    features, labels = iris.measurements()
    assert features.shape == (150, 5)
    assert labels.sum() == 50.0
    assert (features[:, 0] == 1.0).all()
    np.testing.assert_array_equal(features[0], [1.0, 5.1, 3.5, 1.4, 0.2])


def test_iris_at_zero_is_log_2() -> None:
    assert dr.problems.get("iris").f(np.zeros(5)) == pytest.approx(np.log(2.0))


def test_data_are_a_resource_of_the_package() -> None:
    text = files("dualrev.problems").joinpath("iris.csv").read_text(encoding="utf-8")
    assert len(list(csv.reader(text.splitlines()))) == 151


@pytest.mark.parametrize("name", NAMES)
def test_problems_travel_between_processes_and_cannot_be_spoiled(name: str) -> None:
    problem = dr.problems.get(name)
    again = pickle.loads(pickle.dumps(problem))
    np.testing.assert_array_equal(again.f(again.x), problem.f(problem.x))
    with pytest.raises(ValueError, match="read-only"):
        problem.x[0] = 7.0


def test_a_problem_that_does_not_exist() -> None:
    with pytest.raises(dr.errors.UnknownProblemError, match="'rosen'; expected one of iris, curve, rosenbrock"):
        dr.problems.get("rosen")


def test_rosenbrock_of_two_variables() -> None:
    np.testing.assert_allclose(dr.grad(rosenbrock.rosenbrock)(np.array([-1.0, 1.0])), [-4.0, 0.0])
