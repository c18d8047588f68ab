"""Plain products, repeated with care where a NaN shows, are the always careful ones to the last bit."""

from __future__ import annotations

import ctypes
import random
import types
from collections.abc import Iterator
from random import random as randomness
from typing import Any

import numpy as np
import numpy.linalg as algebra
import pytest
from numba import cfunc, float64, njit, typeof
from numba.experimental import jitclass
from numba.extending import register_jitable
from numba.typed import Dict, List
from tests.fuzzing.faults import (
    CALM,
    RULES,
    alike,
    compiled,
    compiles,
    faulty,
    inner_function,
    interpreted,
    moderate,
    points,
    readable,
    repeats,
    same,
)

import dualrev as dr
from dualrev.compiled import _batches
from dualrev.compiled.drivers._arguments import Arguments
from dualrev.compiled.drivers._care import CAREFUL, EITHER, PLAIN, care_for
from dualrev.compiled.drivers._code import BY_ADJOINT, way
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.compiled.plain_first import plain_first
from dualrev.errors import InactiveWriteError
from dualrev.operators.options import Mode

pytestmark = [
    pytest.mark.compiles,
    pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPerformanceWarning"),  # of products of views
]

FORWARD = Question("jacobian", "forward", 0, chunk=4, once=True)
CHUNKED = Question("jacobian", "forward", 0, chunk=3)
REVERSE = Question("jacobian", "reverse", 0)
PULLBACK = Question("pullback", "reverse", 0)
PUSHFORWARD = Question("pushforward", "forward", 0)
WITH_VALUE = Question("jacobian", "forward", 0, chunk=4, once=True, value=True)
QUESTIONS = [FORWARD, CHUNKED, REVERSE, PULLBACK, PUSHFORWARD, WITH_VALUE]
POINTS = 60


def both(
    f: Any, question: Question, *further: Any, seed: int, dtype: Any = np.float64
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield points with the result that Python gets and that of the careful version."""
    given, careful = plain_first(f, question), derivative(f, question._replace(care=CAREFUL))
    for x in points(seed, POINTS, dtype):
        yield x, outcome(given, x, *further), outcome(careful, x, *further)


def outcome(derivative: Any, *args: Any) -> list[Any]:
    """Return the arrays that a derivative consists of, or the error that a rule raises."""
    try:
        result = derivative(*args)
    except ValueError as error:
        return [np.array(str(error))]
    return [np.asarray(each) for each in result] if isinstance(result, tuple) else [np.asarray(result)]


def differences(f: Any, question: Question, *further: Any, seed: int, dtype: Any = np.float64) -> list[Any]:
    return [
        (question.kind, question.mode, x.tolist(), [a.tolist() for a in mine], [b.tolist() for b in careful])
        for x, mine, careful in both(f, question, *further, seed=seed, dtype=dtype)
        if not all(map(same, mine, careful))
    ]


def batch_differences(f: Any, mode: str, text: str, seed: int) -> list[Any]:
    x = points(seed, POINTS)
    careful = derivative(f, (FORWARD if mode == "forward" else REVERSE)._replace(care=CAREFUL))
    expected = [outcome(careful, each)[0] for each in x]
    errors = np.array([each.dtype.kind == "U" for each in expected])
    jacobian, with_value = dr.jacobian(f, mode=mode, batched=True), dr.value_and_jacobian(f, mode=mode, batched=True)
    if errors.any():
        assert all("the rule knows no" in str(each) for each, bad in zip(expected, errors, strict=True) if bad)
        with pytest.raises(ValueError, match="the rule knows no"):
            jacobian(x)
    batches = [jacobian(x[~errors]), with_value(x[~errors])[1]]
    expected = np.stack([each for each, bad in zip(expected, errors, strict=True) if not bad])
    return [(text, mode, a.tolist()) for a in batches if not same(a, expected)]


def adjoint_differences(seed: int, chosen: random.Random) -> list[Any]:
    """Return where generated adjoint code, repeated by the careful tape, differs from that tape by more than rounding.

    Left out are entries where the order of a sum decides: for which forward mode differs. The tape asks a rule when it
    records, and adjoint code when a cotangent that is not 0 gets there. Where the rule raises an error for the tape
    alone, the gradient is that of a rule without errors.
    """
    while True:
        text = faulty(chosen, 5, False, False, True).replace("1e300", "1e30")
        f = readable(text, RULES)
        if compiles(f, np.float64):
            break
    w = np.array([0.0, 1.0, -0.0, 2.0, 0.5])[: np.size(f(np.ones(4)))]
    assert way(f, PULLBACK, (np.ones(4), w), {}) == BY_ADJOINT
    forward = derivative(f, FORWARD._replace(care=CAREFUL))
    found, given, tape = [], plain_first(f, PULLBACK), derivative(f, PULLBACK._replace(care=CAREFUL))
    for x in map(moderate, points(seed, POINTS)):
        (mine,), (careful,) = outcome(given, x, w), outcome(tape, x, w)
        if mine.dtype.kind == "U":
            if careful.dtype.kind != "U":
                found.append((text, x.tolist(), mine, careful))
            continue
        if careful.dtype.kind == "U":
            calm = readable(text, CALM)
            careful = derivative(calm, PULLBACK._replace(care=CAREFUL))(x, w)
            jacobian = derivative(calm, FORWARD._replace(care=CAREFUL))(x)
        else:
            jacobian = forward(x)
        with np.errstate(all="ignore"):
            terms = np.where((jacobian == 0.0) | (w == 0.0)[:, None], 0.0, jacobian * w[:, None])
            known = alike(terms.sum(axis=0), careful, 1e-12)
        if not alike(mine, careful, 1e-12)[known].all():
            found.append((text, x.tolist(), mine.tolist(), careful.tolist()))
    return found[:1]


def inspected(seed: int, kind: str) -> list[Any]:
    """Return the differences that a random program of a kind shows, with its text."""
    chosen = random.Random(f"{kind} {seed}")
    if kind == "adjoints":
        return adjoint_differences(seed, chosen)
    custom = kind == "rules"
    if custom:
        kind = chosen.choice(["numbers", "inner", "nested", "batches"])
    arrays, inner = kind == "arrays", kind == "inner"
    dtype = np.float32 if kind == "single" else np.float64
    while True:
        text = faulty(chosen, 5, arrays, inner, custom)
        of = inner_function(chosen, custom) if inner else ""
        f = compiled(text, of)
        if compiles(f, dtype):
            break
    if kind == "batches":
        return batch_differences(f, chosen.choice(["forward", "reverse"]), text, seed)
    if kind == "nested":
        scalar = compiled(text.replace("return np.array([", "return np.sum(np.array([").replace("])\n", "]))\n"))
        f = derivative(scalar, Question("gradient", chosen.choice(["forward", "reverse"]), 0))
    question = chosen.choice([FORWARD] if inner else [FORWARD, PUSHFORWARD] if kind == "nested" else QUESTIONS)
    further = {
        PUSHFORWARD: [np.array([1.0, 0.0, -2.0, 0.0], dtype)],
        PULLBACK: [np.array([0.0, 1.0, -0.0, 2.0, 0.5], dtype)[: np.size(f(np.ones(4, dtype)))]],
    }
    found = differences(f, question, *further.get(question, ()), seed=seed, dtype=dtype)
    return [(text, of, each) for each in found[:1]]


def unlike_interpreted(seed: int, kind: str) -> tuple[int, list[Any]]:
    """Return how many results for a random program were compared with Python's, and the first difference.

    Left out are points where the function itself has another value, since rows have values of their own where rounding
    decides, or where Python has no derivative, and entries for which its own two modes differ: infinities that cancel
    and products that overflow on the way are a matter of order.
    """
    chosen = random.Random(f"interpreted {kind} {seed}")
    modes: tuple[Mode, Mode] = ("forward", "reverse")
    inner_mode, mode = chosen.choice(modes), chosen.choice(modes)
    while True:
        text = faulty(chosen, 5, kind == "arrays", kind == "inner")
        of = inner_function(chosen) if kind == "inner" else ""
        if kind == "nested":
            text = text.replace("return np.array([", "return np.sum(np.array([").replace("])\n", "]))\n")
            text = text.replace("1e300", "1e30")
        f, other = compiled(text, of), interpreted(text, of)
        if not repeats(of + text) and compiles(f, np.float64):
            break
    mine, expected = dr.jacobian(f, mode=mode), [dr.jacobian(other, mode=each, backend="numpy") for each in modes]
    if kind == "nested":
        mine = dr.jacobian(dr.grad(f, mode=inner_mode), mode=mode)
        gradients = [dr.grad(other, mode=each, backend="numpy") for each in modes]
        expected = [dr.jacobian(g, mode=each, backend="numpy") for g in gradients for each in modes]
    count, found = 0, []
    for x in points(seed, 20):
        if kind in ("nested", "arrays"):
            x = moderate(x)
        if "norm" in text and np.isinf(x).any():
            continue  # inf / inf interpreted, and compiled the slope 0 of a root, beside which the law leaves no inf
        with np.errstate(all="ignore"):
            if not alike(f(x), other(x)).all():
                continue
            try:
                first, *others = [each(x) for each in expected]
            except InactiveWriteError:
                continue
            known = np.logical_and.reduce([alike(first, each) for each in others])
            result = mine(x)
        count += int(known.sum())
        # A second derivative may be the rounding error of terms that cancel.
        if not alike(result, first, 1e-30 if kind == "nested" else 1e-150)[known].all():
            found.append((text, of, mode, inner_mode, x.tolist(), result, first))
    return count, found[:1]


def test_random_faults_are_those_of_interpreted_derivatives() -> None:
    count, found = unlike_interpreted(6, "numbers")
    assert count > 100
    assert found == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["numbers", "arrays", "nested", "inner"])
@pytest.mark.parametrize("seed", range(10, 60))
def test_hundreds_of_faults_are_those_of_interpreted_derivatives(kind: str, seed: int) -> None:
    assert unlike_interpreted(seed, kind)[1] == []


KINDS = ["numbers", "arrays", "nested", "inner", "single", "rules", "batches", "adjoints"]


@pytest.mark.parametrize("kind", KINDS)
def test_random_faults(kind: str) -> None:
    assert [
        each for seed in range(2 if kind in ("inner", "single", "rules") else 1) for each in inspected(seed, kind)
    ] == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(10, 410))
def test_thousands_of_faults(kind: str, seed: int) -> None:
    assert inspected(seed, kind) == []


@njit
def rooted(z):
    return np.sqrt(z) * z


slope = dr.derivative(rooted)


@njit
def hidden(z):
    return max(0.0, slope(z) + 1.0)


@njit
def bent(z):
    return z * z if slope(z[0]) < 1.0 else 3.0 * z


def test_a_caller_that_would_lose_a_nan_never_sees_it() -> None:
    assert hidden(0.0) == 1.0
    assert dr.derivative(hidden)(4.0) == pytest.approx(0.375)
    np.testing.assert_array_equal(dr.jacobian(bent)(np.zeros(1)), [[0.0]])
    np.testing.assert_array_equal(dr.jacobian(bent, mode="reverse")(np.zeros(1)), [[0.0]])


@njit
def one_of_both(x):
    return np.sum(np.sqrt(x) * x)


def test_a_function_that_always_needs_care_does_not_run_twice_for_ever() -> None:
    x = np.array([0.0, 2.0])
    gradient = dr.grad(one_of_both, mode="forward")
    plain = plain_first(one_of_both, gradient.compiled.asked((x,), {}))
    calls: list[int] = []
    entry, plain.plain = plain.plain, lambda *args: (calls.append(1), entry(*args))[1]
    for _ in range(100):
        np.testing.assert_array_equal(gradient(x), [0.0, 1.5 * np.sqrt(2.0)])
    assert 3 <= len(calls) <= 8
    calls.clear()
    for _ in range(2100):
        gradient(np.array([1.0, 2.0]))
    assert len(calls) > 1000, "it is tried plainly again"


def test_only_the_points_of_a_batch_that_hold_a_nan_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated: list[int] = []

    def taken(carriers: Any, args: Any, rows: np.ndarray) -> Any:
        repeated.append(rows.size)
        return kept(carriers, args, rows)

    kept = _batches._taken
    monkeypatch.setattr(_batches, "_taken", taken)
    x = np.linspace(0.0, 1.0, 50).reshape(25, 2)
    x[[3, 7], 1] = 0.0
    for mode in ("forward", "reverse"):
        found = dr.jacobian(rooted, batched=True, mode=mode)(x)
        assert same(found, np.stack([dr.jacobian(rooted, mode=mode)(each) for each in x]))
    assert repeated == [3, 2]  # in reverse the first point is a call of its own


@njit
def of_a_curve(x):
    s = np.sqrt(x[0]) * x[0]
    for k in range(x.size - 1):
        s += np.sin(x[k]) * np.exp(x[k + 1]) / 3.0
    return s


def test_batches_of_adjoint_code_are_the_careful_tape_to_rounding_and_where_they_repeat_to_the_bit() -> None:
    x = np.random.default_rng(0).uniform(0.1, 1.0, (40, 5))
    x[::3, 0] = 0.0
    gradient = Question("gradient", "reverse", 0)
    assert way(of_a_curve, gradient, (x[0],), {}) == BY_ADJOINT
    found = dr.grad(of_a_curve, mode="reverse", batched=True)(x)
    expected = np.stack([derivative(of_a_curve, gradient._replace(care=CAREFUL))(each) for each in x])
    assert same(found[::3], expected[::3])
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("mode", ["forward", pytest.param("reverse", marks=pytest.mark.exhaustive)])
def test_batches_that_always_need_care_are_not_done_twice_for_ever(mode: Any) -> None:
    jacobian = dr.jacobian(rooted, batched=True, mode=mode)
    needy, other = np.zeros((20, 2)), np.ones((20, 2))
    asked = (
        dr.jacobian(rooted, mode=mode)
        .compiled.asked((needy[0],), {})
        ._replace(carriers=(0,) if mode == "forward" else ())
    )
    patience = plain_first(rooted, asked).batches
    for x, in_vain in ((needy, 1), (other, 0), (needy, 1), (needy, 2), (needy, 2), (other, 2)):
        np.testing.assert_array_equal(jacobian(x), np.stack([np.diag(1.5 * np.sqrt(each)) for each in x]))
        assert patience.in_vain == in_vain, "what begins with care is not tried"


@pytest.mark.parametrize("chunk", [64, pytest.param(70, marks=pytest.mark.exhaustive)])
def test_all_directions_of_a_wide_pass_are_looked_at(chunk: int) -> None:
    x = np.linspace(0.0, 1.0, chunk)[::-1].copy()
    found = dr.jacobian(rooted, mode="forward", chunk_size=chunk)(x)
    np.testing.assert_allclose(found, np.diag(1.5 * np.sqrt(x)), rtol=1e-15)


@njit
def counting(x, calls):
    calls[0] += 1
    return np.sqrt(x) * x


@njit
def singular(x, calls):
    calls[0] += 1
    return np.linalg.solve(np.zeros((2, 2)), x)


@njit
def noisy(x):
    return np.sqrt(x) * x + 0.0 * np.random.random()  # noqa: NPY002


@njit
def catching(x):
    try:
        if x[0] < 0.0:
            raise ValueError("negative")
        y = np.sqrt(x) * x
    except Exception:
        y = 0.0 * x
    return y


slope_of_hidden = dr.derivative(hidden)
slope_of_noise = dr.derivative(njit(lambda z: np.sqrt(z) * z + 0.0 * np.random.random()))  # noqa: NPY002
holder = types.ModuleType("holder")
holder.noise = njit(lambda z: 0.0 * np.random.random())  # type: ignore[attr-defined]  # noqa: NPY002


@njit
def asks_twice(z):
    return slope_of_hidden(z)


@njit
def asks_noise(z):
    return slope_of_noise(z) + 1.0


@njit
def of_a_module(z):
    return np.sqrt(z) * z + holder.noise(z)


@njit
def of_an_argument(z, f):
    return f(z) * z


solve = np.linalg.solve


@njit
def solved_by_name(z):
    return solve(np.diag(np.sqrt(z) * z) + np.eye(2), z)[0]


def test_an_error_of_derivative_code_never_reaches_a_compiled_caller() -> None:
    of_array = Arguments(["z"], [typeof(np.zeros(2))], 0, "f", ["z"])
    assert care_for(solved_by_name, EITHER, of_array) == CAREFUL
    assert care_for(rooted, EITHER, Arguments(["z"], [typeof(0.0)], 0, "f", ["z"])) == EITHER


def test_compiled_callers_never_see_the_question_for_care() -> None:
    assert asks_twice(4.0) == pytest.approx(0.375)
    assert asks_twice(0.0) == np.inf  # 1.5 sqrt(z) + 1


def test_what_is_reached_in_other_ways_counts_as_called() -> None:
    of_float = Arguments(["z"], [typeof(0.0)], 0, "f", ["z"])
    assert care_for(rooted, PLAIN, of_float) == PLAIN
    assert care_for(asks_noise, PLAIN, of_float) == CAREFUL
    assert care_for(of_a_module, PLAIN, of_float) == CAREFUL
    for called, care in ((rooted, PLAIN), (holder.noise, CAREFUL), (slope_of_noise, CAREFUL)):
        both_given = Arguments(["z", "f"], [typeof(0.0), typeof(called)], 0, "f", ["z", "f"])
        assert care_for(of_an_argument, PLAIN, both_given) == care


ruled_noise = dr.custom_rule(holder.noise, pullback=njit(lambda y, primals, cotangent: (cotangent,)))
random_numbers = np.random
say = print
c_abs = ctypes.CDLL(None).abs
c_abs.argtypes, c_abs.restype = (ctypes.c_int,), ctypes.c_int


@register_jitable
def other_noise(z):
    return 0.0 * np.random.random()  # noqa: NPY002


@cfunc("float64(float64)")
def noise_at_an_address(z):
    return 0.0 * np.random.random()  # noqa: NPY002


@jitclass([("v", float64)])
class Noisy:
    def __init__(self):
        self.v = 0.0 * np.random.random()  # noqa: NPY002


def catches_inside(x):
    def inner(y):
        try:
            z = y * 2.0
        except Exception:
            z = y
        return z

    return inner(x)


RECORD = np.zeros(1, [("n", np.float64)])
UNSEEN = [
    (lambda x: x * random_numbers.standard_normal(), ()),
    (lambda x: x * randomness(), ()),
    (lambda x: say(1) or x, ()),
    (lambda x: x * c_abs(1), ()),
    (lambda x: x * other_noise(1.0), ()),
    (lambda x: x * noise_at_an_address(1.0), ()),
    (lambda x: x * ruled_noise(1.0), ()),
    (lambda x: x * Noisy().v, ()),
    (lambda x, g=holder.noise: x * g(1.0), (holder.noise,)),  # type: ignore[attr-defined]
    (lambda x, fs: x * fs[0](1.0), ((holder.noise,),)),  # type: ignore[attr-defined]
    (lambda x, state: x * len(state), (List([1.0]),)),
    (lambda x, state: x * len(state[0]), ((List([1.0]),),)),
    (lambda x, state: x * len(state), (Dict.empty(float64, float64),)),
    (lambda x, state: x * state[0].n, (RECORD,)),
    (lambda x, state: x * state.n, (RECORD[0],)),
    (lambda x, w: np.dot(np.eye(2), x, w), (np.zeros(2),)),
    (catches_inside, ()),
]


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaExperimentalFeatureWarning")
@pytest.mark.parametrize(("f", "further"), UNSEEN)
def test_what_is_not_known_to_do_the_same_again_is_careful(f: Any, further: tuple[Any, ...]) -> None:
    names = ["x", "a"][: 1 + len(further)]
    of = Arguments(names, [typeof(each) for each in (np.zeros(2), *further)], 0, "f", names)
    assert care_for(njit(f), PLAIN, of) == CAREFUL


def test_linear_algebra_by_a_name_of_its_package_is_careful_for_compiled_callers() -> None:
    of = Arguments(["x"], [typeof(np.zeros(2))], 0, "f", ["x"])
    assert care_for(njit(lambda x: algebra.solve(np.diag(x), x)), EITHER, of) == CAREFUL
    assert care_for(njit(lambda x: np.sin(x) + dr.special.erf(x[0])), EITHER, of) == EITHER


@njit(error_model="numpy")
def of_sums(x):
    s = np.sum(x * x)
    return np.sqrt(s) * s + 3.0 * s + 0.5 * np.sum(x) ** 2


@njit(error_model="numpy")
def of_products(x):
    s = np.dot(x, x)
    return np.sqrt(s) * s + 3.0 * s + 0.5 * np.dot(x, np.ones(2)) ** 2


@pytest.mark.parametrize("f", [of_sums, pytest.param(of_products, marks=pytest.mark.exhaustive)])
def test_a_cotangent_of_0_keeps_its_tangent_and_a_nan_beside_a_scale_of_0_is_seen(f: Any) -> None:
    np.testing.assert_array_equal(dr.hessian(f)(np.zeros(2)), 6.0 * np.eye(2) + 1.0)


def given(f: Any) -> Arguments:
    return Arguments(["x"], [typeof(np.zeros(2))], 0, f.py_func.__name__, ["x"])


def test_functions_that_would_not_do_the_same_again_are_careful_from_the_start() -> None:
    calls = np.zeros(1)
    np.testing.assert_array_equal(dr.jacobian(counting)(np.zeros(2), calls), np.zeros((2, 2)))
    assert calls[0] == 1
    np.testing.assert_array_equal(dr.jacobian(noisy)(np.zeros(2)), np.zeros((2, 2)))
    assert care_for(catching, PLAIN, given(catching)) == CAREFUL
    np.testing.assert_array_equal(dr.jacobian(catching)(np.zeros(2)), np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        dr.jacobian(singular)(np.zeros(2), calls)
    assert calls[0] == 2


@njit
def solved(x):
    return np.linalg.solve(np.diag(np.sqrt(x) * x) + np.eye(2), x)


@pytest.mark.parametrize("mode", ["forward", pytest.param("reverse", marks=pytest.mark.exhaustive)])
def test_an_error_of_derivative_code_counts_as_a_nan(mode: Any) -> None:
    np.testing.assert_allclose(dr.jacobian(solved, mode=mode)(np.zeros(2)), np.eye(2))


def test_the_workspace_is_given_back_before_a_repetition() -> None:
    """Both versions of a call work in the same few arrays, however often they repeat."""
    gradient = dr.grad(one_of_both, mode="reverse")
    for _ in range(50):
        np.testing.assert_array_equal(gradient(np.array([0.0, 2.0])), [0.0, 1.5 * np.sqrt(2.0)])
