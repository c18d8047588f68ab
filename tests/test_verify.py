"""`verify`: what it reports of a function, where it finds fault and with whom, and where it stops."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import sympy
from test_problems import SMALL
from test_testers import g, perturbed

import dualrev as dr
from dualrev.cli import main
from dualrev.primitives.row import math
from dualrev.primitives.scalar import TABLE
from dualrev.verification import _jacobians as jacobians
from dualrev.verification import verify
from dualrev.verification.symbols.exact import evaluated

X = np.array([2.0, 0.5])
Output = pytest.CaptureFixture[str]


def product(x: Any) -> Any:
    return x[0] ** 2 * np.sin(x[1])


def pieces(a: Any, b: Any) -> Any:
    """A loop with a branch, matrices and sums."""
    total = 0.0
    for i in range(2):
        for j in range(2):
            total = total + a[i, j] * b[j] * (b[i] if a[i, j] > 1.5 else 1.0)
    return total + np.trace(a @ a) + np.sum(np.exp(b))


def squares(x: Any, out: Any) -> None:
    for k in range(x.size):
        out[k] = x[k] ** 2


def growing(x: Any) -> Any:
    for _ in range(60):
        x = x * x + 0.5 * x
    return x


def undefined(x: Any) -> Any:
    return np.log(x - 3.0)


def test_the_function_as_expressions() -> None:
    symbolic = verify(product, X).symbolic
    x0, x1 = symbolic.symbols
    assert symbolic.expressions == [x0**2 * sympy.sin(x1)]
    assert symbolic.jacobian == sympy.Matrix([[2 * x0 * sympy.sin(x1), x0**2 * sympy.cos(x1)]])
    assert symbolic.hessian == sympy.hessian(symbolic.expressions[0], symbolic.symbols)
    assert symbolic.latex() == r"f = x_{0}^{2} \sin{\left(x_{1} \right)}"
    assert str(symbolic) == "f = x0**2*sin(x1)"
    assert symbolic._repr_latex_().startswith("$$")
    assert symbolic.operations == 3
    assert symbolic.evaluate() == [4.0 * np.sin(0.5)]
    assert symbolic.evaluate([3.0, 0.5]) == [9.0 * np.sin(0.5)]
    cost = symbolic.cost(budget=0.0)
    assert (cost.operations, cost.shared_operations) == (6, 6)
    shared = verify(lambda x: np.sum(np.exp(x[0] * x[1]) * x), X).symbolic.cost(budget=0.0)
    assert shared.shared_operations < shared.operations
    assert cost.seconds > 0.0


def test_steps_are_evaluated_and_printed_as_sympys_own() -> None:
    symbolic = verify(
        lambda x: np.remainder(x[0], x[1]) * np.copysign(x[0], np.log(x[1])), np.array([2.0, 0.6])
    ).symbolic
    assert "Floor" in str(symbolic)
    assert symbolic.evaluate() == pytest.approx([-0.4], rel=1e-14)
    assert symbolic.cost(budget=0.0).seconds > 0.0
    special = pytest.importorskip("scipy.special")
    cost = verify(lambda x: special.owens_t(x[0], x[1]) * x[1], np.array([0.4, 2.0])).symbolic.cost(budget=0.0)
    assert np.isnan(cost.seconds)
    assert "no evaluation in double precision" in str(cost)


def test_sympy_knows_that_values_are_real() -> None:
    def nested(x: Any) -> Any:
        y = np.log(1.5 + np.tanh(x[0]))
        z = np.exp(2.0 * np.tanh(np.tanh(x[1]) ** np.tanh(y)))
        return np.sqrt(1.5 + np.tanh(z)) + np.hypot(np.tanh(y + z), np.tanh(y - z)) + np.cosh(np.sinh(y) * x[1])

    found = verify(nested, X, order=2)
    assert found.ok, found
    assert found.entries == 2
    assert found.symbolic.cost(budget=0.0).operations > 20
    assert found.symbolic.evaluate() == pytest.approx([nested(X)], rel=1e-15)
    parts = found.symbolic.expressions[0].atoms(sympy.log)
    assert parts
    assert all(part.is_real for part in parts)
    ours, theirs = (verify(np.log, 2.0).symbolic.expressions[0], sympy.log(sympy.Symbol("x0", real=True)))
    assert ours.is_real
    assert theirs.is_real is None
    assert str(ours) == str(theirs)


def test_a_jump_within_the_step_of_differences_is_none_at_the_point() -> None:
    found = verify(lambda x: np.where(x > 0.30001, 5.0, 1.0) * x**2, 0.3)
    assert found.ok, found
    assert found.difference_error < 1e-8
    assert not found.notes


def test_expressions_of_several_outputs() -> None:
    symbolic = verify(lambda x: {"a": x * x, "b": x[0]}, X).symbolic
    assert str(symbolic).splitlines() == ["f[0] = x0**2", "f[1] = x1**2", "f[2] = x0"]
    assert symbolic.latex().splitlines()[1] == "f_{1} = x_{1}^{2}"
    assert symbolic.jacobian.shape == (3, 2)
    with pytest.raises(dr.errors.NonScalarOutputError, match="has 3 outputs; expected one"):
        _ = symbolic.hessian


def test_matrices_sums_loops_and_branches_are_followed() -> None:
    found = verify(pieces, np.array([[1.0, 2.0], [3.0, 4.0]]), X, argnums=(0, 1), order=2)
    assert found.ok
    assert (found.n, found.m, found.entries, found.method) == (6, 1, 6, "symbolic")
    assert found.branches == ["x0 > 3/2 is False", *[f"x{n} > 3/2 is True" for n in (1, 2, 3)]]
    assert not found.notes
    assert found.hessian.entries == 36
    assert max(*found.hessian.errors, found.complex_error) < 1e-14
    assert found.hessian.difference_error < 1e-7
    told = str(found)
    assert "branches taken here    x0 > 3/2 is False" in told
    assert f"{found.symbolic.operations} symbolic operations, {found.tape_operations} on the tape" in told


def written(x: Any) -> Any:
    """A loop that fills an array, views of it, and an input that is written to."""
    y = np.zeros_like(x)
    for i in range(len(x)):
        y[i] = x[i] * x[i - 1]
    tail = y[1:]
    tail *= x[0]
    x[0] = y[2]
    np.add.at(y, [0, 0], x[:2])
    y[y > 20.0] -= 1.0
    return np.multiply(y, x, out=np.empty_like(x))


def test_writing_in_place_is_followed() -> None:
    point = np.array([2.0, 3.0, 5.0])
    found = verify(written, point)
    assert found.ok
    assert (found.method, found.entries, found.notes) == ("symbolic", 9, [])
    np.testing.assert_array_equal(point, [2.0, 3.0, 5.0])
    x0, x1, x2 = found.symbolic.symbols
    last = x0 * x1 * x2
    expected = [(x0 * x2 + last + x1 - 1) * last, x0**2 * x1**2, (last - 1) * x2]
    assert [sympy.expand(a - b) for a, b in zip(found.symbolic.expressions, expected, strict=True)] == [0, 0, 0]
    assert verify(lambda x: np.sum(written(x)), point, order=2).hessian.entries == 9


def test_a_function_that_writes_its_result_is_announced() -> None:
    for f in (squares, numba.njit(squares)):
        found = verify(f, X, out_shape=2)
        assert (found.ok, found.method, found.entries) == (True, "symbolic", 4)
    with pytest.raises(dr.errors.NoOutputError, match="squares returned None; expected a number"):
        verify(numba.njit(squares), X, np.zeros(2))


@pytest.mark.parametrize("name", ["brusselator", "curve", "helmholtz", "softmax"])
def test_problems_are_verified(name: str) -> None:
    problem = dr.problems.get(name, **SMALL[name])
    x = problem.x[0] if problem.batched else problem.x
    found = verify(problem.f, x, *problem.data, entries=4)
    assert found.ok
    assert found.method == "symbolic"


def test_the_report_says_which_mode_is_wrong_and_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.array([0.7, 1.3, 2.1])
    perturbed(np.cumsum, 1.0, 1.001, monkeypatch)
    found = verify(g, x)
    assert not found.ok
    assert "reverse mode by" in found.verdict
    assert found.verdict.endswith("forward mode is right; against it: the adjoint identity")
    worst = found.worst
    assert worst.forward_units < 10 > worst.symbolic_units
    assert worst.reverse_units > 1e11
    assert worst.reverse_units == pytest.approx(
        abs(worst.reverse - float(worst.exact)) / np.spacing(abs(float(worst.exact))), rel=1e-3
    )
    assert f"[{worst.row}, {worst.column}] = {worst.exact}" in str(found)


def test_all_sides_are_off_where_the_function_is_ill_conditioned() -> None:
    found = verify(lambda x: np.sin(1e6 * x), 0.3)
    assert found.ok
    assert found.difference_error > 1e-4
    assert found.notes == ["central differences are wrong here: those of SymPy's expressions are off by as much"]
    worst = found.worst
    assert worst.forward_units == worst.reverse_units == worst.symbolic_units > 100
    assert float(worst.exact) == pytest.approx(1e6 * np.cos(1e6 * 0.3), rel=1e-10)


def test_differences_are_not_overruled_for_a_function_that_hides_a_derivative() -> None:
    found = verify(lambda x: x * dr.stop_gradient(x), 1.5)
    assert not found.ok
    assert found.verdict.endswith("against it: central differences, the complex step")
    assert max(found.forward_error, found.reverse_error) == 0.0


def test_differences_are_not_overruled_by_a_sample_of_entries() -> None:
    def fast(x: Any) -> Any:
        return np.sin(1e6 * x)

    x = np.array([0.3, 0.4])
    assert verify(fast, x).ok
    assert not verify(fast, x, entries=3).ok


def test_second_derivatives_that_are_wrong_are_found_at_order_2_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualrev.active import numpy_protocol

    stepped = dataclasses.replace(TABLE["tanh"], partials=(lambda y, x: math.floor(1e9 * (1.0 - y * y)) / 1e9,))
    monkeypatch.setitem(numpy_protocol._ROWS, np.tanh, stepped)
    assert verify(lambda x: np.sum(np.tanh(x)) * 1e-3, X).difference_error < 1e-6
    found = verify(lambda x: np.sum(np.tanh(x)), X, order=2)
    assert not found.ok
    assert min(found.hessian.errors) > 0.1
    assert "the Hessian" in found.verdict


def test_second_derivatives_without_symbols() -> None:
    def opaque(x: Any) -> Any:
        if type(x).__name__ == "Expressions":
            raise NotImplementedError("no symbols")
        return np.sum(x**3)

    found = verify(opaque, X, order=2)
    assert found.ok
    assert found.reason == "cannot follow the function: NotImplementedError: no symbols"
    assert (found.hessian.entries, found.hessian.errors, found.symbolic, found.worst) == (0, (), None, None)
    with pytest.raises(dr.errors.NonScalarOutputError, match=r"order=2 needs .* <lambda> returned \(2,\)"):
        verify(lambda x: x, X, order=2)
    with pytest.raises(ValueError, match="order=3; expected 1"):
        verify(product, X, order=3)


AT_A_KINK: dict[str, tuple[Any, Any, str]] = {
    "abs": (np.abs, 0.0, "x0 >= 0"),
    "maximum": (lambda x: np.maximum(x[0], x[1]), np.ones(2), "x0 > x1"),
    "max": (np.max, np.ones(3), "x0 > x1"),
    "relu": (dr.special.relu, 0.0, "x0 > 0"),
    "branch": (lambda x: x * x if x > 1 else x, 1.0, "x0 > 1"),
    "where": (lambda x: np.sum(np.where(x <= 2.0, x, 2.0)), X, "x0 <= 2"),
    "truth": (lambda x: x if x else 3.0 * x, 0.0, "x0 != 0"),
    "sort": (lambda x: np.sort(x)[0], np.ones(2), ""),
    "norm": (np.linalg.norm, np.zeros(2), ""),
}


@pytest.mark.parametrize("name", AT_A_KINK)
def test_ties_and_kinks_are_reported(name: str) -> None:
    f, x, tie = AT_A_KINK[name]
    found = verify(f, x)
    if name != "truth":  # the branches meet with different slopes in all others
        assert "at a kink, where a derivative is a promise" in found.verdict
        assert sum(note.startswith("a kink or a jump at the point: the one-sided") for note in found.notes) == 1
    assert not tie or sum(note.startswith(f"a tie at the point, {tie} ") for note in found.notes) == 1
    beside = verify(f, x + np.linspace(0.1, 0.2, np.size(x)).reshape(np.shape(x))[()])
    assert beside.ok
    assert not beside.notes


def test_a_tie_between_branches_that_agree_is_no_kink() -> None:
    for f in (lambda x: x**3 if x > 0 else 0.0 * x, dr.special.softplus, dr.special.expit, np.exp):
        found = verify(f, 0.0)
        assert found.ok
        assert "kink" not in str(found)


def test_sympy_is_wrong_where_kinks_of_a_recipe_cancel() -> None:
    found = verify(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), 0.0)
    assert found.ok
    assert found.notes[-1] == "SymPy's branches are wrong at this tie: both modes agree with central differences"
    assert verify(dr.special.softplus, 0.0).notes[-1] == found.notes[-1]


def test_zero_times_a_partial_that_is_not_finite() -> None:
    found = verify(lambda x: np.cbrt(x**3), 0.0)
    assert not found.ok
    assert found.difference_error == pytest.approx(1.0)
    assert "the derivative of cbrt at 0 is inf; dualrev takes 0 times it as 0" in found.notes[0]
    assert "no finite real derivative in 1 of the entries" in found.notes[1]
    assert not verify(lambda x: np.cbrt(x**3), 1.5).notes


def test_points_and_values_that_are_not_finite() -> None:
    for x, told in ((np.nan, "holds nan;"), (np.array([1.0, np.inf]), r"holds inf at \[1\];")):
        with pytest.raises(dr.errors.NonFinitePointError, match=told):
            verify(np.sin, x)
    with np.errstate(all="ignore"):
        found = verify(undefined, 1.0)
    assert not found.ok
    assert found.verdict == "undefined: NOT verified, it is not finite at the point"
    assert found.notes[-1] == "undefined is not finite at the point: there is no derivative to verify"


def test_runaway_expressions_are_stopped() -> None:
    found = verify(growing, 0.3)
    assert found.ok
    assert found.method == "numeric"
    assert "stopped: an expression grew to" in found.verdict
    assert "more than 20000" in found.reason
    assert verify(product, X, nodes=4).reason == "stopped: an expression grew to 6 nodes, more than 4"
    assert verify(product, X, seconds=0.0).reason == "stopped: SymPy took more than 0 s"
    for long in (lambda x: np.sum(np.sin(x)), lambda x: np.cumsum(x) @ x, np.std):
        at = np.linspace(0.5, 1.5, 5_000)
        assert "stopped: SymPy took more than 0.1 s" in verify(long, at, seconds=0.1).reason
    assert "not tried: 30001 scalar operations" in verify(lambda x: np.sum(np.sin(x)), np.ones(30_000)).reason


def test_an_interrupted_verification_keeps_what_was_checked(
    monkeypatch: pytest.MonkeyPatch, users: str, capsys: Output
) -> None:
    calls = []

    def stopped(*args: Any) -> Any:
        calls.append(args)
        if len(calls) > kept:
            raise KeyboardInterrupt
        return evaluated(*args)

    monkeypatch.setattr(jacobians, "evaluated", stopped)
    for kept in (1, 0):
        calls.clear()
        found = verify(product, X, order=2)
        assert (found.ok, found.interrupted, found.entries, found.hessian) == (True, True, kept, None)
        assert "interrupted" in found.verdict
        assert found.identity_error < 1e-14
    calls.clear()
    assert main(["verify", f"{users}:quadratic", "--at", "[[1,2],[3,4]];1,2"]) == 130
    captured = capsys.readouterr()
    assert "adjoint identity" in captured.out
    assert "dualrev verify: interrupted" in captured.err


def test_the_complex_step_where_the_function_is_analytic() -> None:
    assert verify(product, X).complex_error < 1e-15
    assert "complex step" in str(verify(product, X))
    assert verify(lambda x: x if x[0] > 0 else -x, X).complex_error is not None  # NumPy orders complex numbers
    assert verify(lambda x: np.abs(x) * x, X).complex_error is None
    assert verify(lambda x: [float(np.real(dr.stop_gradient(x)[0])) * x[1]], X).complex_error is None


def test_single_precision_has_units_of_its_own() -> None:
    found = verify(lambda x: np.exp(x) / 3, np.float32(0.7))
    assert found.ok
    assert 0.0 < found.worst.forward_units < 4.0


def test_a_verification_travels_and_goes_through_json() -> None:
    found = verify(product, X, order=2)
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
    document = dataclasses.asdict(found)
    assert json.loads(json.dumps(document)) == document


MODULE = """
import numpy as np

def quadratic(a, b):
    return b @ a @ b

def kinked(x):
    return np.maximum(x, 0.0)

def raises(x):
    return [][0]

def flat(x):
    return float("nan") * x
"""


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "users_verified.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "users_verified"


def test_the_command_prints_expressions_and_takes_matrices(users: str, capsys: Output) -> None:
    options = ["--at", "[[1,2],[3,4]];1,2", "--order", "2", "--symbolic", "--latex", "--entries", "3"]
    assert main(["verify", f"{users}:quadratic", *options]) == 0
    out = capsys.readouterr().out
    assert "3 of 6 entries agree with SymPy" in out
    assert "Hessian, reverse over" in out
    assert "f = x4*(x0*x4 + x2*x5) + x5*(x1*x4 + x3*x5)" in out
    assert "operations as written" in out
    assert r"f = x_{4} \left(" in out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["kinked", "--at", "0.0"], 1, "a kink or a jump"),
        (["flat", "--at", "1.0"], 1, "not finite at the point"),
        (["kinked", "--at", "1.0", "--seconds", "0", "--symbolic"], 0, "there is no expression: stopped"),
        (["kinked", "--at", "nan"], 2, "the point of kinked holds nan; expected finite numbers"),
        (["kinked", "--at", "1,2", "--order", "2"], 2, "order=2 needs a function that returns a number"),
        (["quadratic", "--at", "[[1,2],[3]];1,2"], 2, "no array (rows of different lengths)"),
        (["quadratic", "--at", "[[1,a]];1,2"], 2, "which is no array"),
        (["kinked", "--at", "1.0", "--entries", "0"], 2, "--entries takes a number of at least 1"),
        (["raises", "--at", "1.0"], 3, "IndexError"),
        (["quadratic", "--at", "[[1,2],[3,4]];1,2,3"], 3, "users_verified.py"),
    ],
)
def test_the_command_and_its_exit_codes(users: str, capsys: Output, arguments: Any, code: int, told: str) -> None:
    assert main(["verify", f"{users}:{arguments[0]}", *arguments[1:]]) == code
    captured = capsys.readouterr()
    assert told in captured.out + captured.err
    assert "site-packages" not in captured.err
    assert "dualrev/verification" not in captured.err


def test_differences_are_not_asked_for_more_than_they_tell() -> None:
    def chaotic(x: Any) -> Any:
        for _ in range(25):
            x = 3.7 * x * (1 - x)
        return x

    found = verify(chaotic, 0.3, nodes=100)
    assert found.ok
    assert found.difference_error > 1e-8
    # 0.1 per cent too steep, and the same values
    assert not verify(lambda x: chaotic(1.001 * x - dr.stop_gradient(0.001 * x)), 0.3, nodes=100).ok
