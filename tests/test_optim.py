"""Optimisers and minimisation: PyTorch's numbers, closed forms, stopping rules, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.optim import SGD, Adam, Rprop, minimize, newton_root, one_over_t

START = np.array([-1.0, 1.0])
A = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 50.0]])
B = np.array([1.0, -2.0, 3.0])


def rosenbrock(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2


def quadratic(x: Any) -> Any:
    return 0.5 * np.sum(x * (A @ x)) - np.sum(B * x)


# PyTorch 2.13.0, float64, 40 steps on rosenbrock from (-1, 1).
TORCH = (
    (lambda p: SGD(p, lr=0.01), (-0.49109153654735627, 0.3943628580289735)),
    (lambda p: SGD(p, lr=0.01, momentum=0.9), (1.0108204002452026, 0.8718913724037268)),
    (lambda p: SGD(p, lr=0.01, momentum=0.9, nesterov=True), (0.9806308491714815, 0.9596971582732909)),
    (lambda p: SGD(p, lr=0.01, momentum=0.5, weight_decay=0.1), (0.2331182416145067, 0.017360877120077712)),
    (lambda p: Adam(p, lr=0.05), (0.5235791701209294, 0.18668909967142375)),
    (
        lambda p: Adam(p, lr=0.05, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1),
        (0.57808838503397, 0.3071327847150774),
    ),
    (lambda p: Rprop(p, lr=0.01), (0.7391742113846855, 0.5480389114249573)),
    (
        lambda p: Rprop(p, lr=0.1, etas=(0.3, 1.5), step_sizes=(1e-3, 0.2)),
        (0.6565101591047364, 0.432329569404602),
    ),
)


@pytest.mark.parametrize(("make", "expected"), TORCH)
def test_optimisers_walk_as_pytorchs_do(make: Any, expected: tuple[float, float]) -> None:
    x = dr.Var(START)
    optimizer = make([x])
    for _ in range(40):
        optimizer.zero_grad()
        rosenbrock(x).backward()
        optimizer.step()
    np.testing.assert_allclose(x.value, expected, rtol=1e-10)
    assert x.is_leaf
    assert optimizer.steps == 40
    assert "40 steps" in repr(optimizer)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [SGD, Adam, Rprop, lambda p: SGD(p, momentum=0.9, nesterov=True)])
def test_optimisers_keep_types_and_skip_what_has_no_gradient(make: Any, dtype: Any) -> None:
    x, unused, number = dr.ones(2, 2, dtype=dtype, requires_grad=True), dr.Var(3.0), dr.Var(2.0)
    optimizer = make(iter([x, unused, number]))
    for _ in range(3):
        (np.sum(x**2) * number).backward()
        optimizer.step()
    assert (x.dtype, x.shape, unused.value, number.shape) == (dtype, (2, 2), 3.0, ())
    assert np.all(x.value < 1)
    optimizer.zero_grad()
    assert x.grad is None
    with pytest.raises(dr.errors.NoGradientError, match="before backward"):
        optimizer.step()


def test_schedules() -> None:
    x = dr.Var(0.0)
    optimizer = SGD([x], lr=one_over_t(1.0))
    for _ in range(4):
        optimizer.zero_grad()
        (x * 1.0).backward()
        optimizer.step()
    assert x.value == pytest.approx(-(1 + 1 / 2 + 1 / 3 + 1 / 4), rel=1e-15)
    # With steps 1/t on (x - a)^2 / 2, iterates are means: the first step reaches a.
    assert minimize(lambda x: 0.5 * (x - 3.0) ** 2, 0.0, step=one_over_t(1.0)).iterations == 1


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("gradient-descent", {"step": 0.02, "iterations": 2000}),
        ("momentum", {"step": 0.02}),
        ("momentum", {"step": 0.02, "nesterov": True, "momentum": 0.8}),
        ("adam", {"step": 0.05, "iterations": 3000}),
        ("rprop", {"step_sizes": (1e-10, 50.0)}),
        ("steepest descent", {}),
        ("coordinate_descent", {}),
        ("preconditioned-descent", {"preconditioner": A}),
        ("preconditioned-descent", {"step": 0.7, "preconditioner": np.diag(A)}),
        ("preconditioned-descent", {"preconditioner": lambda g: g / np.diag(A), "step": 0.7}),
        ("newton", {}),
        ("BFGS", {}),
        ("L-BFGS-B", {"tolerance": 1e-10}),
        ("trust-exact", {}),
        ("Newton-CG", {}),
        ("trust-constr", {"tolerance": 1e-9}),
        ("Nelder-Mead", {"tolerance": 1e-10}),
    ],
    ids=lambda x: x if isinstance(x, str) else "-".join(f"{key}-{type(each).__name__}" for key, each in x.items()),
)
def test_every_method_finds_the_minimum_of_a_quadratic(method: str, options: dict[str, Any]) -> None:
    start = np.zeros(3)
    found = minimize(quadratic, start, method, **options)
    np.testing.assert_allclose(found.x, np.linalg.solve(A, B), atol=2e-5)
    assert found.converged, found.reason
    assert found.path.shape == (found.iterations + 1, 3) == (len(found.losses), 3)
    np.testing.assert_allclose(found.losses, [quadratic(x) for x in found.path], rtol=1e-12)
    assert (found.loss, found.losses[0]) == (found.losses[-1], 0.0)
    np.testing.assert_array_equal(start, 0.0)
    assert method.lower()[:4] in str(found).lower()


def test_exact_steps_are_few() -> None:
    assert minimize(quadratic, np.zeros(3), "newton").iterations <= 2
    assert minimize(quadratic, np.zeros(3), "preconditioned-descent", preconditioner=A).iterations <= 2
    separable = minimize(lambda x: np.sum(np.diag(A) * x**2 - B * x), np.zeros(3), "coordinate-descent")
    assert separable.iterations <= 2
    assert minimize(rosenbrock, START, "newton").iterations < 20
    assert minimize(rosenbrock, START, "trust-exact").iterations < 40


def test_newton_goes_downhill_where_the_hessian_is_not_definite() -> None:
    found = minimize(lambda x: np.sum((x**2 - 1) ** 2), np.array([0.1, -0.2]), "newton")
    np.testing.assert_allclose(found.x, [1.0, -1.0], atol=1e-8)
    assert np.all(np.diff(found.losses) <= 0)
    assert minimize(np.cos, 0.5, "newton").x == pytest.approx(np.pi, abs=1e-8)


def test_rosenbrock_by_gradient_descent() -> None:
    found = minimize(rosenbrock, START, step=0.01, iterations=1000)
    np.testing.assert_allclose(found.x, [0.9918, 0.9830], atol=5e-5)
    assert found.losses[999] == pytest.approx(6.962555e-05, rel=1e-3)
    assert (found.iterations, found.converged) == (1000, False)
    assert found.reason == "it reached the limit of 1000 iterations"


def test_stopping_rules() -> None:
    found = minimize(lambda x: x**2, 1.0, step=0.1, tolerance=1e-3)
    steps = np.abs(np.diff(found.path))
    assert steps[-1] < 1e-3 <= steps[-2]
    assert "shorter than 0.001" in found.reason
    flat = minimize(lambda x: x**2, 1.0, step=0.1, gradient_tolerance=0.5)
    assert 2 * abs(flat.x) <= 0.5 < 2 * abs(flat.path[-2])
    assert "gradient" in flat.reason
    assert minimize(lambda x: x**2, 0.0).iterations == 0
    rough = minimize(lambda x: np.sum(np.abs(x - np.array([0.3, 0.7])) ** 1.5), np.zeros(2), "steepest-descent")
    np.testing.assert_allclose(rough.x, [0.3, 0.7], atol=1e-6)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_best_point() -> None:
    found = minimize(lambda x: x**4, 3.0, step=0.1, iterations=100)
    assert not found.converged
    assert not np.isfinite(found.losses[-1])
    assert found.reason.endswith(f"at iteration {found.iterations}")
    assert found.best == int(np.nanargmin(found.losses[:-1]))
    assert (found.x, found.loss) == (found.path[found.best], found.losses[found.best])
    with np.errstate(invalid="ignore"):
        at_once = minimize(lambda x: np.log(x), -1.0)
    assert at_once.reason == "the loss is nan at iteration 0"
    assert at_once.x == -1.0
    slope = minimize(lambda x: np.sqrt(x) + 1.0, 0.0)
    assert (slope.reason, slope.loss) == ("the gradient is not finite at iteration 0", 1.0)


def test_arguments_callbacks_shapes_and_progress(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, float]] = []
    found = minimize(
        lambda x, a, scale: scale * np.sum((x - a) ** 2),
        np.zeros((2, 2), np.float32),
        args=(np.eye(2, dtype=np.float32), 0.5),
        step=0.5,
        iterations=5,
        tolerance=0.0,
        progress=True,
        callback=lambda n, x, loss: seen.append((n, loss)),
    )
    assert (found.x.dtype, found.x.shape, found.path.shape) == (np.float32, (2, 2), (6, 2, 2))
    assert [n for n, _ in seen] == list(range(6))
    assert [loss for _, loss in seen] == list(found.losses)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "5/5" in shown.err
    by_scipy = minimize(lambda x, a: np.sum((x - a) ** 2), np.zeros((2, 2)), "CG", args=(np.eye(2),))
    np.testing.assert_allclose(by_scipy.x, np.eye(2), atol=1e-6)
    assert by_scipy.scipy.success
    bounded = minimize(rosenbrock, START, "L-BFGS-B", bounds=[(-2, 0.5), (None, None)], iterations=50)
    np.testing.assert_allclose(bounded.x, [0.5, 0.25], atol=1e-5)


def test_newton_root_converges_quadratically() -> None:
    found = newton_root(lambda x: x**3 - 2 * x - 5, 3.0)
    root = found.x
    assert root == pytest.approx(2.0945514815423265, rel=1e-15)
    errors = np.abs(found.path - root)
    errors = errors[(errors > 1e-7) & (errors < 1)]
    limit = 6 * root / (2 * (3 * root**2 - 2))  # f'' / (2 f')
    np.testing.assert_allclose(errors[-1] / errors[-2] ** 2, limit, rtol=0.05)
    assert found.converged
    assert len(found.residuals) == len(found.path) == found.iterations + 1

    def circle_and_line(x: Any) -> Any:
        return [x[0] ** 2 + x[1] ** 2 - 2, x[0] - x[1]]

    system = newton_root(circle_and_line, np.array([2.0, 0.5]))
    np.testing.assert_allclose(system.x, [1.0, 1.0], rtol=1e-14)
    assert "converged   yes" in str(system)


def test_newton_root_says_why_it_stops() -> None:
    assert newton_root(lambda x: x**2 + 1.0, 0.0).reason == "the Jacobian is singular at iteration 0"
    cycle = newton_root(lambda x: x**3 - 2 * x + 2, 0.0, iterations=10)
    assert (cycle.converged, cycle.iterations) == (False, 10)
    assert cycle.reason == "it reached the limit of 10 iterations"
    assert newton_root(lambda x: x, 0.0).reason == "f is 0"
    with np.errstate(invalid="ignore"):
        away = newton_root(lambda x: np.log(x), 5.0)
    assert "not finite at iteration 1" in away.reason
    with pytest.raises(dr.errors.ShapeMismatchError, match="as many equations as unknowns"):
        newton_root(lambda x: np.sum(x), np.ones(2))


def test_plots_hold_the_losses_and_the_path() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    found = minimize(rosenbrock, START, step=0.01, iterations=300)
    figure = found.plot()
    losses, path = figure.axes
    np.testing.assert_array_equal(losses.lines[0].get_ydata(), found.losses)
    assert losses.get_yscale() == "log"
    np.testing.assert_array_equal(path.lines[0].get_xydata(), found.path)
    assert len(minimize(lambda x: x**2, 1.0, step=0.4).plot().axes) == 1
    root = newton_root(lambda x: x**2 - 2, 1.0)
    (axes,) = root.plot().axes
    assert axes.lines[0].get_ydata()[0] == root.residuals[0]
    plt.close("all")


@pytest.mark.parametrize("make", [SGD, Adam, Rprop])
def test_optimisers_refuse_what_has_no_gradient(make: Any) -> None:
    x = dr.Var(1.0)
    with pytest.raises(dr.errors.NoGradientError, match="requires_grad=False"):
        make([x, dr.zeros(2)])
    with pytest.raises(dr.errors.NoGradientError, match="result of an operation"):
        make([x * 2])
    with pytest.raises(dr.errors.NoGradientError, match="no parameters"):
        make([])
    with pytest.raises(dr.errors.InputTypeError, match="a ndarray; expected a Var"):
        make([np.ones(2)])
    with pytest.raises(dr.errors.InputTypeError, match=r"\[x\]"):
        make(x)
    with pytest.raises(dr.errors.InputTypeError, match="twice"):
        make([x, x])
    with pytest.raises(ValueError, match="step size"):
        make([x], lr=-1.0)


def test_minimize_refuses() -> None:
    with pytest.raises(dr.errors.UnknownMethodError, match="steepest-descent"):
        minimize(rosenbrock, START, "hill-climbing")
    with pytest.raises(dr.errors.NonScalarOutputError):
        minimize(lambda x: x, START)
    for step in (-1.0, 0.0, np.nan):
        with pytest.raises(ValueError, match="step size"):
            minimize(rosenbrock, START, "steepest-descent", step=step)
    with pytest.raises(ValueError, match="0 or more"):
        minimize(rosenbrock, START, iterations=-1)
    with pytest.raises(TypeError, match=r"newton was given mass: .*'mass'"):
        minimize(rosenbrock, START, "newton", mass=1)
    with pytest.raises(dr.errors.InputTypeError, match="a str was given"):
        minimize(rosenbrock, {"x": "a"})
    with pytest.raises(TypeError, match="preconditioner"):
        minimize(rosenbrock, START, "preconditioned-descent")
    with pytest.raises(dr.errors.ShapeMismatchError, match=r"\(3, 3\)"):
        minimize(rosenbrock, START, "preconditioned-descent", preconditioner=A)
    with pytest.raises(TypeError, match="expected a function"):
        minimize(3.0, START)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="positive momentum"):
        SGD([dr.Var(1.0)], nesterov=True)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: SGD(p, momentum=-0.5), "momentum is -0.5"),
        (lambda p: SGD(p, weight_decay=-1.0), "weight_decay is -1.0"),
        (lambda p: Adam(p, betas=(0.9, 1.0)), r"betas are \(0.9, 1.0\)"),
        (lambda p: Adam(p, eps=-1.0), "eps is -1.0"),
        (lambda p: Adam(p, weight_decay=-2.0), "weight_decay is -2.0"),
        (lambda p: Rprop(p, etas=(1.2, 0.5)), "etas are"),
        (lambda p: Rprop(p, step_sizes=(1.0, 0.1)), "step_sizes are"),
    ],
)
def test_optimisers_refuse_options_that_climb(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make([dr.Var(1.0)])


@pytest.mark.parametrize("method", ["gradient-descent", "newton", "coordinate-descent", "L-BFGS-B", "trust-exact"])
def test_parameters_in_containers_are_minimised(method: str) -> None:
    def loss(p: Any, target: float) -> Any:
        return np.sum((p["w"] - target) ** 2) + (p["b"][0] + 1.0) ** 2 + np.sum(p["b"][1] ** 2)

    start = {"b": (0.0, np.ones(1, np.float32)), "w": np.zeros((2, 2))}
    seen: list[Any] = []
    found = minimize(loss, start, method, args=(3.0,), step=0.2, callback=lambda n, p, loss: seen.append(p))
    np.testing.assert_allclose(found.x["w"], 3.0, atol=1e-5)
    number, array = found.x["b"]
    assert (type(number), array.dtype, found.x["w"].shape) == (float, np.float32, (2, 2))
    assert (number, *array) == pytest.approx((-1.0, 0.0), abs=1e-5)
    assert found.path.shape == (found.iterations + 1, 6)
    np.testing.assert_array_equal(found.path[0], [0, 1, 0, 0, 0, 0])
    assert (seen[0]["b"][0], seen[-1]["b"][0]) == (0.0, number)
    assert "'w': array" in str(found)
    np.testing.assert_array_equal(start["w"], 0.0)


def test_a_list_of_numbers_is_an_array_and_pairs_are_plotted() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    assert minimize(quadratic, [0, np.float64(0), 0.0], "newton").x.shape == (3,)
    found = minimize(lambda p: (p[0] - 1) ** 2 + 3 * (p[1] - 2) ** 2, (0.0, 0.0), step=0.1)
    assert found.x == pytest.approx((1.0, 2.0), abs=1e-6)
    np.testing.assert_array_equal(found.plot().axes[1].lines[0].get_xydata(), found.path)
    plt.close("all")
    assert minimize(lambda p: 1.0, {}).x == {}


@pytest.mark.parametrize("method", ["gradient-descent", "BFGS"])
def test_a_callback_can_stop(method: str) -> None:
    def stop_at(last: int) -> Any:
        def callback(iteration: int, x: Any, loss: float) -> None:
            if iteration == last:
                raise StopIteration

        return callback

    for last in (0, 3):
        found = minimize(rosenbrock, START, method, callback=stop_at(last))
        assert (found.iterations, found.converged, "StopIteration" in found.reason) == (last, False, True)


@pytest.mark.parametrize("method", ["gradient-descent", "newton", "coordinate-descent", "trust-exact", "trust-ncg"])
def test_compiled_functions_are_minimised(method: str) -> None:
    import numba

    @numba.njit
    def bowl(x: np.ndarray, center: float) -> float:
        total = 0.0
        for n in range(x.size):
            total += (n + 1) * (x[n] - center) ** 2
        return total

    found = minimize(bowl, np.zeros(3), method, args=(2.0,), step=0.1)
    np.testing.assert_allclose(found.x, 2.0, atol=1e-4)
    if method == "gradient-descent":

        @numba.njit
        def pair(p: tuple[np.ndarray, float]) -> float:
            return np.sum((p[0] - 1.0) ** 2) + p[1] ** 2

        array, number = minimize(pair, (np.zeros(2), 1.0), step=0.1).x
        np.testing.assert_allclose([*array, number], [1.0, 1.0, 0.0], atol=1e-6)
