"""What is measured, by groups: f, its derivative written by hand, and dualrev's forward, reverse and auto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numba
import numpy as np

import dualrev as dr
from benchmarks.timing import run_process

GROUPS = (
    "n_much_larger_than_m",
    "n_much_smaller_than_m",
    "square",
    "loops",
    "batched",
    "second_order",
    "overhead",
    "import_and_compile",
)
MODES = ("forward", "reverse", "auto")
WAYS = ("f", "by hand", *MODES)

Call = Callable[[], Any]

SIZES: dict[str, dict[str, dict[str, int]]] = {
    "n_much_larger_than_m": {
        "rosenbrock": {"n": 1000},
        "logistic": {"n": 100, "points": 500},
        "softmax": {"classes": 5, "features": 20, "points": 100},
        "gaussian_mixture": {"components": 3, "dimensions": 4, "points": 50},
        "network": {"points": 50},
        "lstm": {"steps": 10},
        "helmholtz": {"n": 100},
    },
    "n_much_smaller_than_m": {"curve": {"m": 5000}, "lotka_volterra": {"steps": 50}},
    "square": {
        "heat": {"n": 100, "steps": 20},
        "brusselator": {"side": 8},
        "bundle_adjustment": {"cameras": 2, "points": 10},
    },
    "loops": {"rosenbrock": {"n": 1000}, "lotka_volterra": {"steps": 500}, "burgers": {"n": 100, "steps": 50}},
    "batched": {"spherical": {"points": 10_000}},
}
TINY: dict[str, dict[str, dict[str, int]]] = {
    "n_much_larger_than_m": {"rosenbrock": {"n": 9}},
    "n_much_smaller_than_m": {"curve": {"m": 30}},
    "square": {"brusselator": {"side": 3}},
    "loops": {"rosenbrock": {"n": 9}},
    "batched": {"spherical": {"points": 3}},
}


class Case(NamedTuple):
    """One function of a group, and the calls that are timed: one for each of `WAYS`."""

    group: str
    name: str
    calls: dict[str, Call]


def cases(group: str, tiny: bool = False) -> Iterator[Case]:
    """Return the cases of a group; `tiny` ones show that they run."""
    if group in SIZES:
        for name, sizes in (TINY if tiny else SIZES)[group].items():
            yield _of_problem(group, dr.problems.get(name, **sizes))
    elif group == "second_order":
        yield _second_order(9 if tiny else 300)
    elif group == "overhead":
        yield from _overhead()
    else:
        yield _import_and_compile()


def _of_problem(group: str, problem: Any) -> Case:
    """Take the loops where the group is about compiled code."""
    f = problem.compiled if group in ("loops", "batched") else problem.f
    args = problem.args
    calls: dict[str, Call] = {"f": lambda: f(*args), "by hand": lambda: problem.derivative(*args)}
    if problem.batched:
        calls["f"] = lambda: [f(x) for x in problem.x]
    for mode in MODES:
        derivative = dr.jacobian(f, mode=mode, batched=problem.batched)
        calls[mode] = lambda derivative=derivative: derivative(*args)  # type: ignore[misc]
    sizes = ", ".join(f"{name}={size}" for name, size in problem.sizes.items())
    return Case(group, f"{problem.name}({sizes})", calls)


def _second_order(n: int) -> Case:
    """Take Hessians of Rosenbrock's function: forward and reverse over reverse, and what `hessian` does."""
    problem = dr.problems.get("rosenbrock", n=n)
    gradient = dr.grad(problem.f, mode="reverse")
    hessians = {mode: dr.jacobian(gradient, mode=mode) for mode in ("forward", "reverse")}
    hessians["auto"] = dr.hessian(problem.f)

    def by_hand() -> Any:
        x = problem.x
        diagonal = np.zeros(n)
        diagonal[:-1] = 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
        diagonal[1:] += 200.0
        beside = -400.0 * x[:-1]
        return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)

    calls: dict[str, Call] = {"f": lambda: problem.f(problem.x), "by hand": by_hand}
    for mode, hessian in hessians.items():
        calls[mode] = lambda hessian=hessian: hessian(problem.x)  # type: ignore[misc]
    return Case("second_order", f"rosenbrock(n={n})", calls)


def product(x: Any, y: Any) -> Any:
    """Four operations on two numbers."""
    return np.log(x * y) * np.sin(y)


def _by_hand(x: float, y: float) -> tuple[float, float]:
    sine = np.sin(y)
    return sine / x, sine / y + np.log(x * y) * np.cos(y)


def _overhead() -> Iterator[Case]:
    for name, f, hand in (("numpy", product, _by_hand), ("numba", numba.njit(product), numba.njit(_by_hand))):
        calls: dict[str, Call] = {
            "f": lambda f=f: f(2.0, 3.0),  # type: ignore[misc]
            "by hand": lambda hand=hand: hand(2.0, 3.0),  # type: ignore[misc]
        }
        for mode in MODES:
            gradient = dr.grad(f, (0, 1), mode=mode)
            calls[mode] = lambda gradient=gradient: gradient(2.0, 3.0)  # type: ignore[misc]
        yield Case("overhead", f"four operations, {name}", calls)


def _import_and_compile() -> Case:
    """Time whole processes: one that calls f, one with the derivative by hand, and first gradients by dualrev."""
    start = "import numpy as np, numba\nfrom benchmarks.cases import "

    def first_gradient(mode: str) -> Call:
        code = f"import dualrev as dr\n{start}product\ndr.grad(product, (0, 1), mode={mode!r})(2.0, 3.0)"
        return lambda: run_process(code)

    calls: dict[str, Call] = {
        "f": lambda: run_process(f"{start}product\nproduct(2.0, 3.0)"),
        "by hand": lambda: run_process(f"{start}_by_hand\n_by_hand(2.0, 3.0)"),
    }
    calls |= {mode: first_gradient(mode) for mode in MODES}
    return Case("import_and_compile", "the first gradient of a process", calls)
