"""Rules that users write: one half serves both modes; misuse and wrong rules are found."""

from __future__ import annotations

import ctypes
import ctypes.util
import itertools
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import pytest

import dualrev as dr
from dualrev.compiled.drivers._fingerprint import fingerprint
from dualrev.errors import ArgnumsError, CompilationError, CustomRuleError, MissingRuleError, ShapeMismatchError

MODES = ("forward", "reverse")
A = np.array([[0.5, -1.0], [2.0, 0.3], [1.1, 0.7]])
X = np.array([0.4, -0.9])


def forwards(y: Any, primals: Any, tangents: Any) -> Any:
    (a, x), (da, dx) = primals, tangents
    return (1 - y * y) * (da @ x + a @ dx)


def backwards(y: Any, primals: Any, cotangent: Any) -> Any:
    a, x = primals
    w = (1 - y * y) * cotangent
    return np.outer(w, x), a.T @ w


def layer(a: Any, x: Any) -> Any:
    assert type(a) is np.ndarray
    assert type(x) is np.ndarray
    return np.tanh(a @ x)


HALVES = {
    "pushforward": {"pushforward": forwards},
    "pullback": {"pullback": backwards},
    "both": {"pushforward": forwards, "pullback": backwards},
}
halves = pytest.mark.parametrize("half", HALVES)


@halves
@pytest.mark.parametrize("mode", MODES)
def test_one_half_serves_both_modes(half: str, mode: str) -> None:
    rule = dr.custom_rule(layer, **HALVES[half])
    found = dr.jacobian(rule, argnums=(0, 1), mode=mode)(A, X)
    expected = dr.jacobian(lambda a, x: np.tanh(a @ x), argnums=(0, 1))(A, X)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    only = dr.jacobian(rule, argnums=1, mode=mode, chunk_size=1)(A, X)
    np.testing.assert_allclose(only, expected[1], rtol=1e-14)
    rule.check(A, X, order=2)


@halves
@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=2)), ids="-".join)
def test_second_derivatives_differentiate_the_rule(half: str, modes: tuple[str, str]) -> None:
    rule = dr.custom_rule(layer, **HALVES[half])

    def second(f: Any) -> Any:
        return dr.jacobian(dr.grad(lambda x: np.sum(f(A, x) ** 3), mode=modes[0]), mode=modes[1])(X)

    np.testing.assert_allclose(second(rule), second(lambda a, x: np.tanh(a @ x)), rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_arrangements_options_and_arguments_that_are_not_differentiated(mode: str) -> None:
    def fall(state: Any, name: str, count: int, *, gravity: float = 9.81) -> Any:
        assert name == "ball"
        return {"energy": count * gravity * state["height"], "parts": (state["speed"] ** 2, np.array([1.0, 2.0]))}

    def push(y: Any, primals: Any, tangents: Any, *, gravity: float = 9.81) -> Any:
        state, d = primals[0], tangents[0]
        assert tangents[1] is None
        assert y["energy"] == primals[2] * gravity * state["height"]
        return {
            "energy": primals[2] * gravity * d["height"],
            "parts": (2 * state["speed"] * d["speed"], np.zeros(2)),
        }

    def pull(y: Any, primals: Any, cotangent: Any, *, gravity: float = 9.81) -> Any:
        kinetic = 2 * primals[0]["speed"] * cotangent["parts"][0]
        return {"height": primals[2] * gravity * cotangent["energy"], "speed": kinetic}, None, None

    for rule in (dr.custom_rule(fall, pushforward=push), dr.custom_rule(fall, pullback=pull, argnums=0)):

        def total(state: Any, rule: Any = rule) -> Any:
            out = rule(state, "ball", 3, gravity=2.0)
            return out["energy"] + np.sum(out["parts"][0]) + np.sum(out["parts"][1])

        found = dr.grad(total, mode=mode)({"height": 5.0, "speed": np.array([1.0, -2.0])})
        assert found["height"] == 6.0
        np.testing.assert_array_equal(found["speed"], [2.0, -4.0])
        plain = rule({"height": 5.0, "speed": 1.0}, "ball", 1)
        assert plain["energy"] == 5.0 * 9.81


def test_the_function_is_called_once_and_sees_plain_numbers() -> None:
    calls = []

    @dr.custom_rule(pushforward=lambda y, primals, tangents: y * tangents[0])
    def exponential(x: float) -> float:
        """Raise e to a power."""
        calls.append(x)
        return math.exp(x)

    assert exponential.__doc__ == "Raise e to a power."
    for mode in MODES:
        calls.clear()
        assert dr.grad(exponential, mode=mode)(0.5) == pytest.approx(math.exp(0.5), rel=1e-15)
        assert len(calls) == 1
    g: Any = exponential
    for _ in range(4):
        g = dr.derivative(g)
    assert g(0.5) == pytest.approx(math.exp(0.5), rel=1e-15)
    x = dr.Var(0.5)
    (2 * exponential(x)).backward()
    assert x.grad == pytest.approx(2 * math.exp(0.5), rel=1e-15)


def test_compiled_code_from_outside() -> None:
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    library.j0.restype, library.j0.argtypes = ctypes.c_double, [ctypes.c_double]
    library.j1.restype, library.j1.argtypes = ctypes.c_double, [ctypes.c_double]

    @dr.custom_rule(pushforward=lambda y, primals, tangents: -library.j1(primals[0]) * tangents[0])
    def bessel(x: float) -> float:
        return library.j0(x)

    for mode in MODES:
        assert dr.grad(bessel, mode=mode)(1.5) == pytest.approx(-0.5579365079, rel=1e-9)
    bessel.check(1.5)
    for modes in itertools.product(MODES, repeat=2):
        with pytest.raises(MissingRuleError, match=r"pushforward of bessel.*derivative of the derivative"):
            dr.grad(dr.grad(bessel, mode=modes[0]), mode=modes[1])(1.5)
    opaque = dr.custom_rule(lambda x: 2 * x, pushforward=lambda y, primals, tangents: 2 * float(tangents[0]))
    assert dr.grad(opaque, mode="forward")(1.0) == 2.0
    with pytest.raises(MissingRuleError, match=r"to be transposed.*pullback="):
        dr.grad(opaque, mode="reverse")(1.0)


def test_a_rule_that_is_not_linear_is_no_rule() -> None:
    for wrong in (lambda y, p, t: t[0] ** 2, lambda y, p, t: t[0] + 1.0):
        rule = dr.custom_rule(lambda x: x, pushforward=wrong)
        with pytest.raises(CustomRuleError, match="not linear"):
            dr.grad(rule, mode="reverse")(1.0)
        pulling = dr.custom_rule(lambda x: x, pullback=lambda y, p, w, wrong=wrong: (wrong(y, p, (w,)),))
        with pytest.raises(CustomRuleError, match=r"pullback.*not linear"):
            dr.grad(pulling, mode="forward")(1.0)
    with pytest.raises(CustomRuleError, match="neither"):
        dr.custom_rule(lambda x: x)
    with pytest.raises(TypeError, match="pushforward=<int>"):
        dr.custom_rule(lambda x: x, pushforward=3)
    for wrong in (-1, "x", (0, 1.0)):
        with pytest.raises(ArgnumsError, match="argnums"):
            dr.custom_rule(lambda x: x, pushforward=forwards, argnums=wrong)


@pytest.mark.parametrize("factor", [1.001, -1.0])
def test_check_finds_a_wrong_rule(factor: float) -> None:
    def wrong_push(*given: Any) -> Any:
        return factor * forwards(*given)

    def wrong_pull(*given: Any) -> Any:
        return tuple(factor * part for part in backwards(*given))

    for given in (
        {"pushforward": wrong_push},
        {"pullback": wrong_pull},
        {"pushforward": wrong_push, "pullback": backwards},
        {"pushforward": forwards, "pullback": wrong_pull},
    ):
        with pytest.raises(AssertionError, match="layer"):
            dr.custom_rule(layer, **given).check(A, X)
    nearly = dr.custom_rule(
        layer, pushforward=forwards, pullback=lambda *g: tuple(1.00000001 * p for p in backwards(*g))
    )
    with pytest.raises(AssertionError, match="transpose"):
        nearly.check(A, X)


def test_a_vectorized_rule_is_called_once_for_all_directions() -> None:
    shapes = []

    def push(y: Any, primals: Any, tangents: Any) -> Any:
        shapes.append(tangents[0].shape)
        return np.cos(primals[0]) * tangents[0]

    def pull(y: Any, primals: Any, cotangent: Any) -> Any:
        shapes.append(cotangent.shape)
        return (np.cos(primals[0]) * cotangent,)

    for given, mode in (({"pushforward": push}, "forward"), ({"pullback": pull}, "reverse")):
        for vectorized, expected in ((True, [(2, 2)]), (False, [(2,), (2,)])):
            shapes.clear()
            rule = dr.custom_rule(np.sin, vectorized=vectorized, **given)
            np.testing.assert_array_equal(dr.jacobian(rule, mode=mode)(X), np.diag(np.cos(X)))
            assert shapes == expected
        rule.check(X, order=2)
        other = "reverse" if mode == "forward" else "forward"
        whole = dr.custom_rule(np.sin, vectorized=True, **given)
        np.testing.assert_allclose(dr.jacobian(whole, mode=other)(X), np.diag(np.cos(X)), rtol=1e-15)
        np.testing.assert_allclose(dr.jacobian(dr.jacobian(whole))(X)[0, 0, 0], -np.sin(X[0]), rtol=1e-15)
    lost = dr.custom_rule(
        np.sin, vectorized=True, pushforward=lambda y, p, t: t[0][0], pullback=lambda y, p, w: (w[0],)
    )
    for mode in MODES:
        with pytest.raises(ShapeMismatchError, match="leading axis of directions"):
            dr.jacobian(lost, mode=mode)(X)


def test_a_rule_may_write_to_what_it_is_given() -> None:
    def in_place(x: Any) -> Any:
        x *= 2
        return x

    def push(y: Any, primals: Any, tangents: Any) -> Any:
        for array in (y, primals[0], tangents[0]):
            array *= 2
        return tangents[0]

    def pull(y: Any, primals: Any, cotangent: Any) -> Any:
        for array in (y, primals[0], cotangent):
            array *= 2
        return (cotangent,)

    rule = dr.custom_rule(in_place, pushforward=push, pullback=pull)
    for mode in MODES:
        x, z = X.copy(), np.ones(2)
        found = dr.grad(lambda x, z: np.sum((rule(x) + z) * x), (0, 1), mode=mode)(x, z)
        np.testing.assert_allclose(found[0], 4 * X + 1, rtol=1e-15)
        np.testing.assert_array_equal(found[1], X)
        np.testing.assert_array_equal(x, X)


@numba.njit
def damped(x: Any, rate: Any) -> Any:
    return math.sin(x) * rate


@numba.njit
def push_damped(y: Any, primals: Any, tangents: Any) -> Any:
    x, rate = primals
    return math.cos(x) * rate * tangents[0] + math.sin(x) * tangents[1]


@numba.njit
def pull_damped(y: Any, primals: Any, cotangent: Any) -> Any:
    return math.cos(primals[0]) * primals[1] * cotangent, math.sin(primals[0]) * cotangent


pushed = dr.custom_rule(damped, pushforward=push_damped)
pulled = dr.custom_rule(damped, pullback=pull_damped)


@numba.njit
def compiled(x: Any) -> Any:
    s = 0.0
    for i in range(x.size):
        s += pushed(x[i], 2.0) * x[i] + pulled(0.3, x[i]) * x[0] + pulled(x[i], x[1]) + pushed(0.3, 1)
    return s


def interpreted(x: Any) -> Any:
    return np.sum(np.sin(x) * 2 * x + np.sin(0.3) * x * x[0] + np.sin(x) * x[1] + np.sin(0.3))


def test_compiled_code_calls_functions_with_a_rule() -> None:
    assert compiled(X) == pytest.approx(interpreted(X), rel=1e-15)
    expected = dr.grad(interpreted)(X)
    for mode in MODES:
        np.testing.assert_allclose(dr.grad(compiled, mode=mode)(X), expected, rtol=1e-14)
    np.testing.assert_allclose(dr.hessian(compiled)(X), dr.hessian(interpreted)(X), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(dr.grad(compiled, backend="numpy")(X), expected, rtol=1e-14)


@pytest.mark.exhaustive
def test_compiled_rules_in_single_precision_and_by_themselves() -> None:
    single = dr.grad(compiled, mode="reverse")(X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, dr.grad(interpreted)(X), rtol=1e-5)
    # By itself, in both modes and in the transpose of either half.
    for rule, mode in itertools.product((pushed, pulled), MODES):
        assert dr.grad(rule, (0, 1), mode=mode)(0.4, 2.0) == pytest.approx((2 * math.cos(0.4), math.sin(0.4)))


def test_what_rules_in_compiled_code_cannot_do_is_named() -> None:
    plain = dr.custom_rule(math.sin, pushforward=lambda y, p, t: math.cos(p[0]) * t[0])
    half = dr.custom_rule(damped, pushforward=lambda y, p, t: t[0])
    first = dr.custom_rule(damped, pushforward=push_damped, argnums=0)
    array = dr.custom_rule(numba.njit(lambda x: 2 * x), pushforward=numba.njit(lambda y, p, t: 2 * t[0]))
    for f, message in (
        (lambda x: plain(x[0]), "a plain Python function with a rule"),
        (lambda x: half(x[0], 1.0), "Decorate its pushforward or pullback"),
        (lambda x: first(x[0], x[1]), r"arguments \[0\] alone"),
        (lambda x: np.sum(array(x)), "serves numbers alone.*backend='numpy'"),
    ):
        with pytest.raises(CompilationError, match=message):
            dr.grad(numba.njit(f))(X)
    np.testing.assert_array_equal(dr.grad(numba.njit(lambda x: np.sum(array(x))), backend="numpy")(X), [2.0, 2.0])


def test_an_edit_of_a_rule_is_seen_in_what_is_kept_on_disk() -> None:
    assert fingerprint(caller(pushed)) == fingerprint(caller(pushed))
    assert len({str(fingerprint(caller(rule))) for rule in (pushed, pulled)}) == 2


def caller(rule: Any) -> Any:
    return numba.njit(lambda x: rule(x, 1.0))


def test_misuse_is_named() -> None:
    doubled = dr.custom_rule(
        lambda x, y, scale=1.0: 2 * x * scale,
        pushforward=lambda y, p, t, scale=1.0: 2 * t[0] * scale,
        argnums=0,
    )
    assert dr.grad(doubled)(1.0, 5.0) == 2.0
    assert dr.grad(doubled)(1.0, 5.0, scale=3.0) == 6.0
    with pytest.raises(MissingRuleError, match="argument 1"):
        dr.grad(doubled, argnums=1)(1.0, 5.0)
    with pytest.raises(MissingRuleError, match="scale"):
        dr.grad(lambda s: doubled(1.0, 5.0, scale=s))(1.0)
    with pytest.raises(ShapeMismatchError, match=r"expected \[\(2,\)\]"):
        dr.jacobian(dr.custom_rule(lambda x: x, pushforward=lambda y, p, t: t[0][0]), mode="forward")(X)
    with pytest.raises(ShapeMismatchError, match="argument 0"):
        dr.jacobian(dr.custom_rule(lambda x: x, pullback=lambda y, p, w: (w[0],)), mode="reverse")(X)
    with pytest.raises(ShapeMismatchError, match="tuple with 1"):
        dr.jacobian(dr.custom_rule(lambda x: x, pullback=lambda y, p, w: w), mode="reverse")(X)

    def hidden(x: Any) -> Any:
        return dr.custom_rule(lambda y: x * y, pushforward=lambda y, p, t: x * t[0])(x)

    for mode in MODES:
        with pytest.raises(MissingRuleError, match="Pass it as an argument"):
            dr.grad(hidden, mode=mode)(1.0)


@dr.custom_rule(pushforward=lambda y, primals, tangents: 3 * tangents[0])
def tripled(x: Any) -> Any:
    return 3 * np.asarray(x, np.float64)


class Model:
    """Something with a method that has a rule."""

    @dr.custom_rule(pushforward=lambda y, primals, tangents: primals[0].factor * tangents[1])
    def scaled(self, x: Any) -> Any:
        return self.factor * x

    factor = 5.0


def test_pickles_threads_methods_and_precision() -> None:
    assert pickle.loads(pickle.dumps(tripled)) is tripled
    copy = pickle.loads(pickle.dumps(dr.custom_rule(np.tanh, pushforward=forwards)))
    assert copy(0.5) == np.tanh(0.5)
    assert dr.grad(Model().scaled)(2.0) == 5.0
    for mode in MODES:
        jacobian = dr.jacobian(tripled, mode=mode)(X.astype(np.float32))
        np.testing.assert_array_equal(jacobian, 3 * np.eye(2))
    with ThreadPoolExecutor(4) as pool:
        gradient = dr.grad(lambda x: np.sum(tripled(x) ** 2), mode="reverse")
        for k, found in enumerate(pool.map(gradient, [X * k for k in range(20)])):
            np.testing.assert_allclose(found, 18 * X * k, rtol=1e-15)
