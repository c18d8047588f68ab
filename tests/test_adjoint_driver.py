"""Gradients and pullbacks of compiled functions by generated adjoint code, and by the tape where that is refused."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit
from test_compiled_caches import Project

import dualrev as dr
from dualrev.errors import NonScalarOutputError, ShapeMismatchError

GENERATED, TAPE = "reverse by generated adjoint code", "reverse by the tape: "
X = np.linspace(0.1, 1.0, 20)


@njit
def rosenbrock(x: Any) -> Any:
    s = 0.0
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] * x[i]
        b = 1.0 - x[i]
        s += 100.0 * a * a + b * b
    return s


def by_hand(x: Any) -> Any:
    slope = np.zeros(x.size)
    a = x[1:] - x[:-1] ** 2
    slope[1:] += 200.0 * a
    slope[:-1] -= 400.0 * a * x[:-1] + 2.0 * (1.0 - x[:-1])
    return slope


@njit
def weighted(x: Any, data: Any, scale: Any = 2.0) -> Any:
    """Take a tuple of a number and an array."""
    s = 0.0
    for i in range(x.size):
        s += data[0] * x[i] * x[i] * data[1][i]
    return s * scale


@njit
def with_count(x: Any) -> Any:
    s = 0.0
    for i in range(x.size):
        s += x[i] * x[i]
    return s, (s * 3.0, x.size)


@njit
def triple(x: Any, c: Any) -> Any:
    y = np.empty(x.size)
    s = 0.0
    for i in range(x.size):
        y[i] = c * x[i] * x[i]
        s += x[i]
    return s, (y, c * s)


@njit
def appends(x: Any) -> Any:
    found = [x[0]]
    found.append(x[1])
    return found[0] * found[1]


@njit
def root_times_zero(x: Any) -> Any:
    s = 0.0
    for i in range(x.size):
        s += np.sqrt(x[i]) * 0.0 + x[i]
    return s


@njit
def overwrites(x: Any) -> Any:
    s = 0.0
    for i in range(x.size):
        x[i] = x[i] * x[i]
        s += x[i]
    return s


@njit
def through_buffers(x: Any, a: Any, b: Any) -> Any:
    """Write to an argument and read another one."""
    s = 0.0
    for i in range(x.size):
        a[i] = 2.0 + i
        s += x[i] * b[i]
    return s


def generated(operator: Any, *args: Any) -> bool:
    """Return whether generated adjoint code computes a derivative, which has to say the one or the other."""
    reason = operator.plan(*args).reason
    assert (GENERATED in reason) != (TAPE in reason)
    return GENERATED in reason


def test_a_gradient_by_generated_code() -> None:
    gradient = dr.grad(rosenbrock, mode="reverse")
    assert generated(gradient, X)
    assert generated(dr.grad(rosenbrock), X)
    before = X.copy()
    slope = gradient(X)
    np.testing.assert_allclose(slope, by_hand(X), rtol=1e-12)
    np.testing.assert_array_equal(X, before)
    assert slope.flags.c_contiguous
    value, again = dr.value_and_grad(rosenbrock, mode="reverse")(X)
    assert value == rosenbrock(X)
    np.testing.assert_array_equal(again, slope)


def test_a_jacobian_of_one_number_is_its_gradient() -> None:
    jacobian = dr.jacobian(rosenbrock, mode="reverse")
    assert generated(jacobian, X)
    assert generated(dr.jacobian(rosenbrock), X)
    np.testing.assert_array_equal(jacobian(X), dr.grad(rosenbrock, mode="reverse")(X))
    comparison = dr.compare(rosenbrock, X, backend="numba", budget=0.0, verify=False)
    assert GENERATED in comparison.choice.reason
    assert comparison.main.method("reverse").peak_bytes == X.nbytes


@pytest.mark.parametrize("layout", ["strided", "reversed", "read-only"])
def test_layouts(layout: str) -> None:
    x: Any = {"strided": np.repeat(X, 2)[::2], "reversed": X[::-1], "read-only": X.copy()}[layout]
    x.flags.writeable = layout != "read-only"
    gradient = dr.grad(rosenbrock, mode="reverse")
    assert generated(gradient, x)
    np.testing.assert_allclose(gradient(x), by_hand(np.array(x)), rtol=1e-12)
    assert gradient(x).flags.c_contiguous


def test_a_result_goes_into_an_array() -> None:
    gradient = dr.grad(rosenbrock, mode="reverse")
    out = np.empty(20)
    assert gradient(X, out=out) is out
    np.testing.assert_allclose(out, by_hand(X), rtol=1e-12)
    with pytest.raises(ShapeMismatchError, match="out= has not the shape"):
        gradient(X, out=np.empty(3))


def test_single_precision_and_integers() -> None:
    gradient = dr.value_and_grad(rosenbrock, mode="reverse")
    value, slope = gradient(X.astype(np.float32))
    assert (value.dtype, slope.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(slope, by_hand(X), rtol=1e-4, atol=1e-3)
    value, slope = gradient(np.arange(5))
    assert slope.dtype == np.float64
    np.testing.assert_array_equal(slope, by_hand(np.arange(5.0)))
    assert generated(dr.grad(rosenbrock, mode="reverse"), np.arange(5))


@pytest.mark.parametrize("argnums", [0, 1, (0, 1), (1, 0), (2, 1)])
def test_arguments_in_any_order(argnums: Any) -> None:
    data = (3.0, np.linspace(1.0, 2.0, 20))
    gradient = dr.grad(weighted, argnums, mode="reverse")
    assert generated(gradient, X, data, 5.0)
    s = 5.0 * np.sum(X * X * data[1])
    expected = (30.0 * X * data[1], (s, 15.0 * X * X), 0.2 * 3.0 * s)
    wanted = expected[argnums] if isinstance(argnums, int) else tuple(expected[n] for n in argnums)
    _close(gradient(X, data, 5.0), wanted)
    _close(dr.grad(weighted, mode="reverse")(X, data), expected[0] * 0.4)
    _close(dr.grad(weighted, mode="reverse")(X, data=data, scale=5.0), expected[0])


def _close(found: Any, expected: Any) -> None:
    assert isinstance(found, tuple) == isinstance(expected, tuple)
    if isinstance(found, tuple):
        for each, wanted in zip(found, expected, strict=True):
            _close(each, wanted)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_what_is_passed_on() -> None:
    gradient = dr.grad(with_count, mode="reverse", has_aux=True)
    assert generated(gradient, X)
    slope, (tripled, count) = gradient(X)
    np.testing.assert_allclose(slope, 2.0 * X, rtol=1e-12)
    assert (tripled, count) == (with_count(X)[1][0], 20)
    (value, aux), slope = dr.value_and_grad(with_count, mode="reverse", has_aux=True)(X)
    assert (value, aux) == with_count(X)
    np.testing.assert_allclose(slope, 2.0 * X, rtol=1e-12)


def test_arrays_that_are_passed_on() -> None:
    f = njit(lambda x: (np.sum(x * x), (3.0 * x, x)))
    gradient = dr.value_and_grad(f, mode="reverse", has_aux=True)
    assert generated(gradient, X)
    (value, (tripled, same)), slope = gradient(X)
    _close((value, tripled, same, slope), (np.sum(X * X), 3.0 * X, X, 2.0 * X))
    same[0] = 7.0
    assert X[0] == 0.1


def test_pullbacks_of_tuples(caplog: pytest.LogCaptureFixture) -> None:
    w = np.linspace(-1.0, 1.0, 20)
    with caplog.at_level(logging.INFO, "dualrev"):
        out, pullback = dr.vjp(triple, X, 3.0)
        slopes = pullback((2.0, (w, 5.0)))
    assert not caplog.records
    np.testing.assert_allclose(out[1][0], 3.0 * X * X)
    _close(slopes, (2.0 + 6.0 * X * w + 15.0, np.sum(w * X * X) + 5.0 * np.sum(X)))
    _close(dr.vjp(rosenbrock, X)[1](2.0), (2.0 * by_hand(X),))


def test_a_nan_calls_the_careful_tape() -> None:
    x = np.array([1.0, 0.0, 4.0])
    gradient = dr.grad(root_times_zero, mode="reverse")
    assert generated(gradient, x)
    for _ in range(4):
        np.testing.assert_array_equal(gradient(x), [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(gradient(x + 1.0), [1.0, 1.0, 1.0])

    @njit
    def caller(x: Any) -> Any:
        return gradient(x)

    np.testing.assert_array_equal(caller(x), [1.0, 1.0, 1.0])
    out = np.zeros(3)
    np.testing.assert_array_equal(gradient(x, out=out), [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(out, [1.0, 1.0, 1.0])


# Numba lets what it compiles for a function inherit its options, unless they are said.
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_caller_with_fastmath_does_not_hand_it_on(mode: str) -> None:
    f = njit(lambda x: np.sum(x * np.sqrt(x) * x))
    gradient = dr.grad(f, mode=mode)
    caller = njit(fastmath=True)(lambda x: gradient(x))
    np.testing.assert_allclose(caller(X), 2.5 * X**1.5, rtol=1e-12)
    (text,) = gradient.compiled.dispatcher.inspect_llvm().values()
    assert "fast double" not in text


def test_a_refusal_goes_to_the_tape_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    gradient = dr.grad(appends, mode="reverse")
    with caplog.at_level(logging.INFO, "dualrev"):
        np.testing.assert_array_equal(gradient(np.array([2.0, 3.0])), [3.0, 2.0])
        assert gradient.source(X).startswith("def derivative(x, out):\n")
        reason = gradient.plan(X).reason
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert f"{TAPE}{record.args[1]}" in reason  # type: ignore[index]
    assert "line" in reason
    with pytest.raises(NonScalarOutputError):
        dr.grad(triple, mode="reverse")(X, 3.0)
    assert TAPE not in dr.grad(rosenbrock, mode="forward").plan(X).reason


@njit
def _squares_into(x, out):
    for i in range(x.size):
        out[i] = x[i] * x[0]


def test_a_result_that_is_written_into_an_argument() -> None:
    jacobian = dr.jacobian(_squares_into, out_shape=4, mode="reverse")
    assert generated(jacobian, X[:4])
    expected = np.diag(np.full(4, X[0])) * 1.0
    expected[:, 0] += X[:4]
    np.testing.assert_allclose(jacobian(X[:4]), expected, rtol=1e-14)


def test_a_fault_of_the_generator_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualrev.compiled.drivers import _adjoints

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise KeyError("a fault")

    monkeypatch.setattr(_adjoints, "generate", broken)
    with pytest.raises(KeyError, match="a fault"):
        dr.grad(njit(lambda x: x * x), mode="reverse")(3.0)


def test_the_source_is_the_adjoints() -> None:
    text = dr.grad(rosenbrock, mode="reverse").source(X)
    assert text.startswith("def adjoint(x, ")
    assert "x_b" in text


def test_batches_and_calls_from_compiled_code() -> None:
    points = np.stack([X, 2.0 * X, X - 1.0])
    np.testing.assert_allclose(
        dr.grad(rosenbrock, mode="reverse", batched=True)(points), [by_hand(x) for x in points], rtol=1e-12
    )
    gradient, auto = dr.value_and_grad(rosenbrock, mode="reverse"), dr.grad(rosenbrock)

    @njit
    def step(x: Any) -> Any:
        value, slope = gradient(x)
        return value, x - 0.001 * slope, auto(x)

    for x in (X, X[:5]):
        value, moved, slope = step(x)
        assert value == rosenbrock(x)
        np.testing.assert_allclose(moved, x - 0.001 * by_hand(x), rtol=1e-12)
        np.testing.assert_allclose(slope, by_hand(x), rtol=1e-12)


def test_what_is_written_to_is_a_copy() -> None:
    x = X.copy()
    for function in (overwrites, njit(lambda x: overwrites(x))):
        gradient = dr.grad(function, mode="reverse")
        np.testing.assert_allclose(gradient(x), 2.0 * X, rtol=1e-12)
        np.testing.assert_array_equal(x, X)


def test_arguments_of_one_memory() -> None:
    gradient = dr.grad(through_buffers, mode="reverse")
    a, b = np.zeros(20), np.ones(20)
    assert generated(gradient, X, a, b)
    np.testing.assert_array_equal(gradient(X, a, b), b)
    np.testing.assert_array_equal(a, 0.0)

    @njit
    def caller(x: Any, a: Any, b: Any) -> Any:
        return gradient(x, a, b)

    np.testing.assert_array_equal(caller(X, a, b), b)
    np.testing.assert_array_equal(caller(X, a, a), 2.0 + np.arange(20))


@njit
def recurrence(x: Any, steps: Any) -> Any:
    """Keep a number for each step, and raise an error at a large number."""
    s = 0.0
    for k in range(steps):
        if x[k % x.size] > 5.0:
            raise ValueError("too large")
        s = np.sin(s) + x[k % x.size]
    return s


def test_the_workspace_has_the_limit_of_a_tape_and_outlives_errors() -> None:
    gradient = dr.grad(recurrence, mode="reverse")
    assert generated(gradient, X, 10_000)
    expected = gradient(X, 10_000)
    _close(expected, dr.jacobian(recurrence, mode="forward")(X, 10_000))
    with dr.tape_limit(30_000), pytest.raises(dr.errors.TapeLimitError, match="30,000 are allowed"):
        gradient(X, 10_000)
    with pytest.raises(ValueError, match=r"^too large$"):
        gradient(X + np.array([*np.zeros(19), 5.0]), 10_000)
    np.testing.assert_array_equal(gradient(X, 10_000), expected)


LOOP = """
from numba import njit

@njit
def loop(x):
    s = 0.0
    for i in range(x.size):
        s += x[i] * x[i] * x[i]
    return s
"""
MAIN = """
import numpy as np
import dualrev as dr
from loop import loop
gradient = dr.grad(loop, mode="reverse")
x = np.arange(3.0)
print(*gradient(x))
stats = next(iter(gradient.compiled._entries.values())).plain.stats
print(sum(stats.cache_misses.values()), sum(stats.cache_hits.values()))
print(gradient.plan(x).reason)
"""


def test_machine_code_is_kept_on_disk(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "loop.py").write_text(LOOP)
    (tmp_path / "main.py").write_text(MAIN)
    for stats in ("1 0", "0 1"):
        numbers, found, reason = project.printed("main.py").splitlines()
        assert (numbers, found) == ("0.0 3.0 12.0", stats)
        assert GENERATED in reason
