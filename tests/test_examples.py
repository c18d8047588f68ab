"""The scripts in `examples/`: they run, print the numbers of the worked examples, and write figures with content."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))


@cache
def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_a_picture(path: Path) -> None:
    from matplotlib.image import imread

    pixels = imread(path)[..., :3]
    assert min(pixels.shape[:2]) > 300
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    assert np.mean(np.all(pixels == 1.0, axis=-1)) > 0.5, "the background is white"


def test_every_script_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in SCRIPTS if f'script("{name}")' not in text] == []
    assert len(SCRIPTS) >= 10


def test_a_script_runs_by_itself(tmp_path: Path) -> None:
    environment = os.environ | {"MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, FOLDER / "tanh_derivatives.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "derivative 6: largest value 52.2564" in done.stdout
    assert_a_picture(tmp_path / "tanh_derivatives.png")


def test_traces_and_graphs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = script("traces_and_graphs").main(tmp_path)
    shown = capsys.readouterr().out
    assert found["gradient"] == pytest.approx((5.5, 1.716), abs=5e-4)
    assert found["second"] == pytest.approx(1.716, abs=5e-4)
    assert found["bowl"] == pytest.approx((-3.4, 0.8, 0.8), rel=1e-14)
    assert found["square of log"] == pytest.approx((1.2069, 0.7324), abs=5e-5)
    assert found["tree"] == (10.0, 11.0)
    assert found["polynomial"] == pytest.approx(76.1643, abs=5e-5)
    assert "gradient (0.8, 0.8)" in shown
    slope = 2 * (np.exp(0.2) - 2)
    expected = {"loss": 1, "y": slope, "v": slope * np.exp(0.2)}
    assert {name: found["neuron"][name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert (tmp_path / "log_sin.dot").read_text(encoding="utf-8").count("dir=back") == 6
    assert "76.1643" in (tmp_path / "polynomial.dot").read_text(encoding="utf-8")


def test_gradients_by_hand() -> None:
    found = script("gradients_by_hand").main()
    assert found["retained"] == [(10.0, 2.0, 1.0), (10.0, 2.0, None)]
    assert found["accumulated"] == [30.0, 60.0, 30.0, 30.0]
    assert found["over one graph"] == 116.0
    assert "retain_graph=True" in found["freed"]
    np.testing.assert_array_equal(found["squares"], [0, 2, 4, 6, 8])
    value, gradient = found["mean"]
    assert value == pytest.approx(11.4877, abs=5e-5)
    np.testing.assert_allclose(gradient, [1.0, 1.2, 1.16, 1.12, 1.0941], atol=5e-5)
    np.testing.assert_array_equal(found["masked"][1], [0.0, 6.0])


def test_tanh_derivatives() -> None:
    found = script("tanh_derivatives").main()
    x, curves = found["x"], found["curves"]
    assert len(x) == 200
    assert len(curves) == 7
    # The derivatives are polynomials in tanh, whose own derivative is 1 - tanh^2.
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    for curve in curves:
        np.testing.assert_allclose(curve, polynomial(np.tanh(x)), atol=1e-11)
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([1.0, 0.0, -1.0])


def test_rosenbrock_descent(tmp_path: Path) -> None:
    found = script("rosenbrock_descent").main(tmp_path)
    values = (
        "0.3502924 0.07398106 0.02483024 0.009619333 0.003990697 0.001719962 0.0007584976 0.0003393509 0.0001532408"
    )
    printed = found["printed"]
    assert [f"{printed[n][0]:.7g}" for n in range(100, 1100, 100)] == [*values.split(), "6.962555e-05"]
    gradients = {100: "-0.667685 -0.5771312", 200: "-0.1603189 -0.2532476", 1000: "-0.003222887 -0.006653666"}
    assert {n: f"{printed[n][1]:.7g} {printed[n][2]:.7g}" for n in gradients} == gradients
    np.testing.assert_allclose(found["x"], [0.9918, 0.9830], atol=5e-5)
    np.testing.assert_allclose(found["minimize"].x, found["x"], rtol=1e-6)
    np.testing.assert_allclose(found["newton"].x, 1.0, rtol=1e-12)
    assert_a_picture(tmp_path / "rosenbrock_descent.png")


def test_logistic_regression(tmp_path: Path) -> None:
    found = script("logistic_regression").main(tmp_path)
    plain, exact = found["plain"], found["exact"]
    assert plain.converged
    assert np.linalg.norm(plain.path[-1] - plain.path[-2]) < 1e-6
    np.testing.assert_allclose(plain.x, exact.x, atol=2e-5)
    assert len(found["curves"]) == 4
    for losses in found["curves"].values():
        assert len(losses) == 101
        assert losses[-1] - exact.loss < 0.01 * (losses[0] - exact.loss)
    assert_a_picture(tmp_path / "logistic_regression.png")


def test_iris_classification() -> None:
    found = script("iris_classification").main(epochs=400)
    assert len(found["losses"]) == 4
    assert found["losses"][0] == pytest.approx(0.271317, abs=5e-7)
    assert np.all(np.diff(found["losses"]) < 0)
    np.testing.assert_allclose(found["scalars"], found["vectors"], rtol=1e-9)
    assert found["least"] < 0.08
    assert min(found["right"].values()) >= 0.9


def test_linear_regression() -> None:
    found = script("linear_regression").main()
    np.testing.assert_allclose(found["fitted"], found["least squares"], rtol=1e-9)
    np.testing.assert_allclose(found["fitted"], [1.0, 1.0], atol=0.2)
    np.testing.assert_allclose(found["gradient"], found["by hand"], rtol=1e-12)


def test_conditioning(tmp_path: Path) -> None:
    result = script("conditioning").main(tmp_path)
    errors = result["errors"]
    assert np.all(errors[2:5] < errors[1:4] ** 2)
    assert result["condition"] == pytest.approx(50, rel=1e-12)
    losses = {name: each.loss for name, each in result["found"].items()}
    assert losses["momentum"] < losses["gradient descent, 2/(L + mu)"] < losses["gradient descent, 1/L"]
    assert losses["gradient descent, 1/L"] < losses["steps 1/(L + t)"]
    assert result["found"]["Newton"].iterations == 1
    assert not result["diverged"].converged
    assert "at iteration" in result["diverged"].reason
    assert_a_picture(tmp_path / "conditioning.png")


def test_finite_differences(tmp_path: Path) -> None:
    found = script("finite_differences").main(tmp_path)
    assert max(found["modes"].values()) < 1e-15
    steps, errors = found["steps"], found["errors"]
    best = np.argmin(errors)
    assert 1e-9 < steps[best] < 1e-7
    assert errors[best] > 1e-9
    truncation = (steps < 1e-2) & (steps > 1e-6)
    slope = np.polyfit(np.log(steps[truncation]), np.log(errors[truncation]), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.05)
    assert_a_picture(tmp_path / "finite_differences.png")


def test_symbolic_growth(tmp_path: Path) -> None:
    found = script("symbolic_growth").main(tmp_path)
    assert found["recorded"] == [3 * n for n in found["times"]]
    growth = np.array(found["symbolic"][1:]) / np.array(found["symbolic"][:-1])
    assert growth.min() > 2
    assert_a_picture(tmp_path / "symbolic_growth.png")
