"""The table of scalar primitives, row by row: SymPy, promised points, spellings, both modes and both precisions."""

from __future__ import annotations

import importlib
import operator
import sys
from typing import Any

import numpy as np
import pytest
import scipy.special
from each import each

import dualrev as dr
from dualrev.errors import MissingExtraError, MissingRuleError
from dualrev.kernels.numpy_rows import FUNCTIONS, ROWS
from dualrev.primitives.host import HOST
from dualrev.primitives.row import HostRow, Row
from dualrev.verification import verify_primitives
from dualrev.verification._rows import sample

MODES = ("forward", "reverse")
PROMISED = """
add subtract multiply divide negative positive power square reciprocal absolute sqrt cbrt floor_divide remainder
exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh
arcsinh arccosh arctanh hypot sinc deg2rad rad2deg maximum minimum fmax fmin clip sign copysign heaviside where
erf erfc gammaln digamma expit log_expit logit softplus relu xlogy xlog1py polygamma
gamma rgamma gammasgn beta betaln binom poch gammainc gammaincc gammaincinv gammainccinv betainc betaincinv zeta
erfinv erfcinv erfcx ndtr log_ndtr ndtri expi exp1 expn owens_t spence entr rel_entr kl_div huber pseudo_huber cosm1
j0 j1 jv y0 y1 yv i0 i0e i1 i1e iv ive k0 k1 kv hyp2f1 ellipk ellipe exprel boxcox boxcox1p inv_boxcox
floor ceil trunc rint isfinite isnan isinf equal not_equal less less_equal greater greater_equal
"""

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
curved = [row for row in ROWS.values() if row.partials]
every_curved_row = pytest.mark.parametrize("row", curved, ids=[row.name for row in curved])
flat = [row for row in ROWS.values() if row.flat]
precision = each("dtype", [np.float64, np.float32])
in_both_modes = each("mode", MODES)


def asked(row: Row) -> tuple[int, ...]:
    """Return the arguments that a row can be differentiated in."""
    return tuple(n for n in range(row.arity) if not (isinstance(row, HostRow) and row.refuses(n)))


def slopes(f: Any, arguments: Any, mode: str, argnums: tuple[int, ...] | None = None) -> list[Any]:
    """Return the derivative with respect to each argument, or to some."""
    argnums = tuple(range(len(arguments))) if argnums is None else argnums
    with np.errstate(all="ignore"):
        return list(dr.jacobian(f, argnums, mode=mode)(*arguments))


def points(row: Row, count: int, seed: int = 0) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    return [sample(row, rng) for _ in range(count)]


def test_the_promised_rows_are_there() -> None:
    assert set(PROMISED.split()) - set(ROWS) == set()
    assert [name for name, row in ROWS.items() if row.name != name] == []


@each("row", ROWS.values())
def test_the_row_states_itself_completely(row: Row) -> None:
    assert len(row.partials) in (0, row.arity)
    assert len(row.domain) == row.arity
    assert not row.partials or any(rule is not None for rule in row.partials)
    for rule in row.partials:
        assert rule is None or rule.__code__.co_argcount == row.arity + 1
    for arguments, promised in row.points:
        assert len(arguments) == len(promised) == row.arity
    assert callable(getattr(dr.special, row.name)), "every row has a spelling that works everywhere"


@every_row
def test_sympy_agrees_to_50_digits(row: Row) -> None:
    check_by_sympy(row, 3)


@pytest.mark.exhaustive
@every_row
def test_sympy_agrees_to_50_digits_at_more_points(row: Row) -> None:
    check_by_sympy(row, 6)


def check_by_sympy(row: Row, points: int) -> None:
    (outcome,) = verify_primitives([row], points=points, seed=7, accuracy=False)
    assert outcome.name == row.name
    assert outcome.ok, outcome


@each("row", curved)
@precision
@in_both_modes
def test_promised_points(row: Row, mode: str, dtype: Any) -> None:
    for arguments, promised in row.points:
        found = slopes(FUNCTIONS[row.name], [dtype(x) for x in arguments], mode, asked(row))
        for slope, expected in zip(found, [promised[n] for n in asked(row)], strict=True):
            assert type(slope) is dtype
            np.testing.assert_allclose(slope, dtype(expected), rtol=8 * np.finfo(dtype).eps, equal_nan=True)


@every_curved_row
@precision
def test_modes_agree_exactly_and_keep_the_precision(row: Row, dtype: Any) -> None:
    f = FUNCTIONS[row.name]
    for at in points(row, 5):
        arguments = [dtype(x) for x in at]
        forward, reverse = (slopes(f, arguments, mode, asked(row)) for mode in MODES)
        assert [type(slope) for slope in forward + reverse] == [dtype] * (2 * len(asked(row)))
        assert forward == reverse
        double = slopes(f, [float(x) for x in arguments], "forward", asked(row))
        np.testing.assert_allclose(forward, double, rtol=2e4 * np.finfo(dtype).eps, atol=50 * np.finfo(dtype).eps)


@every_curved_row
def test_arrays_are_the_numbers_side_by_side(row: Row) -> None:
    f = FUNCTIONS[row.name]
    at = points(row, 40, seed=3)
    columns = [np.array(column) for column in zip(*at, strict=True)]
    by_number = np.array([slopes(f, row_of, "forward", asked(row)) for row_of in at]).T
    for mode in MODES:
        for n, jacobian in enumerate(slopes(f, columns, mode, asked(row))):
            np.testing.assert_allclose(np.diag(jacobian), by_number[n], rtol=1e-14, atol=1e-15)
            assert np.count_nonzero(jacobian - np.diag(np.diag(jacobian))) == 0


@every_curved_row
def test_second_derivatives_agree_with_differences(row: Row) -> None:
    f = FUNCTIONS[row.name]
    for at in points(row, 3, seed=5):
        for n, rule in enumerate(row.partials):
            if rule is None:
                continue

            def along(x: Any, n: int = n, at: Any = tuple(at)) -> Any:
                return f(*at[:n], x, *at[n + 1 :])

            first = dr.derivative(along)
            h = 1e-4
            steps = [first(at[n] + k * h) for k in (-2, -1, 1, 2)]
            expected = (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / (12 * h)
            for nested in (dr.derivative(first), dr.grad(dr.grad(along, mode="reverse"), mode="reverse")):
                assert nested(at[n]) == pytest.approx(expected, rel=1e-6, abs=1e-7)


@each("row", flat)
@in_both_modes
def test_flat_rows_give_numpys_value_and_no_derivative(row: Row, mode: str) -> None:
    f = FUNCTIONS[row.name]
    for at in [*points(row, 3), [0.0] * (row.arity - 1) + [2.0], [np.nan] * row.arity]:
        with np.errstate(all="ignore"):
            value, jacobian = dr.value_and_jacobian(lambda *x: f(*x) * 1.0, tuple(range(row.arity)), mode=mode)(*at)
        assert list(jacobian) == [0.0] * row.arity
        np.testing.assert_array_equal(value, f(*map(np.float64, at)) * 1.0)
        for active in (dr.Dual(at[0], 1.0), dr.Var(at[0])):
            assert isinstance(f(active, *at[1:]), np.generic | bool)


def spelled(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(operator if module == "operator" else importlib.import_module(module), attribute)


@each("row", ROWS.values())
def test_every_spelling_reaches_the_row(row: Row) -> None:
    for at in points(row, 2, seed=9):
        for name in row.names:
            if name.startswith("math."):
                continue  # Python's math takes plain numbers only; compiled code reaches the row by it
            f = spelled(name)
            arguments = [int(x) if isinstance(part, frozenset) else x for x, part in zip(at, row.domain, strict=True)]
            active = [n for n in range(row.arity) if not isinstance(row.domain[n], frozenset)]
            for mode in MODES:
                found = dr.jacobian(lambda *x, f=f: f(*x) * 1.0, tuple(active), mode=mode)(*arguments)
                expected = slopes(lambda *x: FUNCTIONS[row.name](*x) * 1.0, at, mode, tuple(active))
                assert list(found) == pytest.approx(expected, rel=1e-14), name


@each("row", [row for row in HOST.values() if row.refused])
@in_both_modes
def test_what_has_no_closed_form_is_refused_where_it_is_active(row: HostRow, mode: str) -> None:
    (at,) = points(row, 1)
    for n in set(range(row.arity)) - set(asked(row)):
        name = row.fn.__code__.co_varnames[n]
        with pytest.raises(MissingRuleError, match=rf"{row.name}\(.*no derivative in {name}"):
            dr.jacobian(FUNCTIONS[row.name], n, mode=mode)(*at)
        whole = dr.jacobian(lambda *x: FUNCTIONS[row.name](*x), asked(row), mode=mode)(*at)
        assert np.isfinite(whole).all()


def test_without_scipy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[scipy\]'"):
        dr.grad(dr.special.erfinv)(0.5)


def test_a_stranger_with_the_name_of_a_function_of_scipy_is_not_taken_for_it() -> None:
    def expit(x: float) -> float:
        return x * x

    with pytest.raises(MissingRuleError, match="expit"):
        dr.grad(lambda x: np.frompyfunc(expit, 1, 1)(x))(1.0)


@in_both_modes
def test_functions_of_scipy_that_are_no_ufuncs(mode: str) -> None:
    x = np.array([[0.5, -1.0, 1e10], [2.0, -np.inf, 3.0]])
    for axis in (None, 0, -1):
        np.testing.assert_allclose(
            dr.special.log_softmax(x, axis=axis), scipy.special.log_softmax(x, axis=axis), rtol=1e-15
        )
    small = np.array([0.5, -1.0, 1.0])
    softmax = scipy.special.softmax(small)
    found = dr.jacobian(dr.special.log_softmax, mode=mode)(small + 1e6)
    np.testing.assert_allclose(found, np.eye(3) - softmax, rtol=1e-9)
    for b in (2.0, np.array([1.0, 0.0, 2.0]), np.array([[1.0], [-0.2], [3.0]])):
        value, slope = dr.value_and_jacobian(lambda x, b=b: dr.special.logsumexp(x, b=b, axis=0), mode=mode)(small)
        np.testing.assert_allclose(value, scipy.special.logsumexp(small, b=b, axis=0), rtol=1e-15)
        assert np.isfinite(slope).all()
    with pytest.raises(MissingRuleError, match=r"logsumexp.*no derivative in b"):
        dr.jacobian(lambda x: dr.special.logsumexp(x, b=x), mode=mode)(small)
    assert dr.special.multigammaln(3.0, 3) == pytest.approx(scipy.special.multigammaln(3.0, 3))
    psi = [scipy.special.psi(3.0 - j / 2) for j in range(3)]
    assert dr.grad(dr.special.multigammaln, mode=mode)(3.0, 3) == pytest.approx(sum(psi))
