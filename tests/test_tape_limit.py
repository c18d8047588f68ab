"""The limit of a tape's memory: what it refuses, what it says, and that all goes on afterwards. And very long tapes."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev import environment
from dualrev.reverse import tape_limit as limits
from dualrev.reverse.recording_memory import STATEMENT

RECORD = 24
X = np.linspace(0.5, 1.5, 10)


# With a list that grows, so that no adjoint code is generated, which has no tape.
@njit
def walk(x: Any, steps: int) -> Any:
    total, sizes = 0.0, [x.size]
    sizes.append(steps)
    for k in range(steps):
        total = total * 0.5 + np.sin(x[k % sizes[0]]) * x[0]
    return total


def records_of(steps: int) -> int:
    """Two for each step; but none where both factors come from one number, nor for the first sum."""
    return 2 * steps - -(-steps // len(X)) - 1


def powers(x: Any, steps: int) -> Any:
    for _ in range(steps):
        x = x * 1.0
    return np.sum(x)


COMPILED = dr.grad(walk, mode="reverse")
WALKS = dr.grad(walk, mode="reverse", batched=True)
INTERPRETED = dr.grad(powers, mode="reverse")
CASES: list[tuple[Callable[..., Any], Any]] = [(COMPILED, X), (WALKS, np.tile(X, (600, 1))), (INTERPRETED, X)]


@pytest.mark.compiles
@pytest.mark.parametrize(("gradient", "x"), CASES, ids=["compiled", "batched", "interpreted"])
def test_a_tape_beyond_the_limit_is_refused_and_says_so(gradient: Any, x: Any) -> None:
    expected = gradient(x, 1000)
    with dr.tape_limit(30_000), pytest.raises(MemoryError) as caught:
        gradient(x, 1000)
    error: Any = caught.value
    assert type(error) is dr.errors.TapeLimitError
    assert error.limit == 30_000
    assert error.limit < error.asked < error.limit + 1000
    assert f"{error.asked:,} bytes, and 30,000 are allowed" in str(error)
    assert "dualrev.tape_limit(" in str(error)
    gc.collect()
    np.testing.assert_array_equal(gradient(x, 1000), expected)
    with dr.tape_limit(10_000_000):
        np.testing.assert_array_equal(gradient(x, 1000), expected)


def test_the_limit_counts_what_a_compiled_tape_takes() -> None:
    records, taken = 0, 0
    for steps in (100, 200):
        with dr.tape_limit(10**7):
            COMPILED(X, steps)
        records, taken, *_ = COMPILED.compiled.tape((X, steps), {})
        assert records == records_of(steps)
        assert taken == RECORD * (records + len(X) + 1)
        with dr.tape_limit(taken):
            COMPILED(X, steps)
        with dr.tape_limit(taken - 1), pytest.raises(dr.errors.TapeLimitError, match=f"{taken:,} bytes"):
            COMPILED(X, steps)


def test_inputs_alone_can_be_too_many() -> None:
    with dr.tape_limit(RECORD * 1000), pytest.raises(dr.errors.TapeLimitError, match=f"{RECORD * 1001:,} bytes"):
        COMPILED(np.ones(1000), 1)


@pytest.mark.compiles
def test_what_nothing_depends_on_is_not_counted() -> None:
    def wasteful(x: Any) -> Any:
        for _ in range(300):
            np.exp(x)
        return np.sum(x * x)

    x = np.ones(1000)
    with dr.tape_limit(1_000_000):
        np.testing.assert_array_equal(dr.grad(wasteful, mode="reverse")(x), 2 * x)


@pytest.mark.compiles
def test_an_array_that_many_statements_keep_is_counted_once() -> None:
    x = np.ones(10_000)
    with dr.tape_limit(2_000_000):
        gradient = dr.grad(lambda x: sum(np.sum(x[k : k + 5000] ** 2) for k in range(100)), mode="reverse")(x)
    assert gradient[0] == 2.0
    assert gradient[5000] == 198.0


def test_a_recording_by_hand_is_limited_too_and_what_it_has_stays_good() -> None:
    x = dr.Var(1.5)
    y = x
    with dr.tape_limit(100_000):
        with pytest.raises(dr.errors.TapeLimitError):  # noqa: PT012 - a loop that the error ends
            while True:
                y = y * 1.0
        kept = dr.Tape([y.grad_fn]).operations
    assert 0.8 < kept * STATEMENT / 100_000 <= 1.0
    y.backward()
    assert x.grad == 1.0


def test_contexts_nest_and_concern_their_thread() -> None:
    inside, done = threading.Event(), threading.Event()

    def limited() -> str:
        with dr.tape_limit(10**7):
            with dr.tape_limit(1000):
                inside.set()
                done.wait(10)
                for gradient in (COMPILED, INTERPRETED):
                    with pytest.raises(dr.errors.TapeLimitError):
                        gradient(X, 1000)
            COMPILED(X, 1000), INTERPRETED(X, 1000)
        return "refused within, allowed after"

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(limited)
        inside.wait(10)
        assert COMPILED(X, 1000).shape == INTERPRETED(X, 1000).shape == X.shape
        done.set()
        assert other.result() == "refused within, allowed after"


def test_a_compiled_function_within_an_interpreted_one_keeps_to_the_limit() -> None:
    step = dr.as_step(walk)
    gradient = dr.grad(lambda x: step(x, 1000) ** 2, mode="reverse")
    expected = gradient(X)
    with dr.tape_limit(30_000), pytest.raises(dr.errors.TapeLimitError, match="30,000 are allowed"):
        gradient(X)
    np.testing.assert_array_equal(gradient(X), expected)


def test_the_default_is_a_share_of_the_machines_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    found = environment.machine_memory()
    assert 2**28 < found < 2**50
    assert limits.default_limit() == int(found * limits.SHARE)
    group = tmp_path / "memory.max"
    monkeypatch.setattr(environment, "_CONTROL_GROUPS", (str(group),))
    group.write_text("max\n")
    assert environment.machine_memory() >= found
    group.write_text("1048576\n")
    assert environment.machine_memory() == 1048576


@pytest.mark.parametrize("nbytes", [0, -1, float("nan")])
def test_a_limit_is_positive(nbytes: float) -> None:
    with pytest.raises(ValueError, match="expected a positive number"):
        dr.tape_limit(nbytes)


def _on_a_small_stack(task: Callable[[], Any]) -> Any:
    """Run in a thread whose stack is too small for a call per operation."""
    before = threading.stack_size(512 * 1024)
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(task).result()
    finally:
        threading.stack_size(before)


LONG = [100_000, pytest.param(2_000_000, marks=pytest.mark.exhaustive)]


@pytest.mark.parametrize("operations", LONG)
def test_a_long_tape_is_recorded_swept_and_freed_without_recursion(operations: int) -> None:
    def swept() -> float:
        x = dr.Var(3.0)
        y = x
        for _ in range(operations):
            y = y * 1.0
        y.backward()
        return float(x.grad)

    def dropped() -> int:
        x = dr.Var(np.ones(2))
        y = x
        for _ in range(operations // 10):
            y = np.reshape(np.mean(y, keepdims=True) * np.ones(2), (2,)) + x
        length = len(dr.Tape([y.grad_fn]))
        del y
        return length

    assert _on_a_small_stack(swept) == 1.0
    assert _on_a_small_stack(dropped) == 4 * (operations // 10) + 1


def test_a_long_compiled_tape_is_swept_without_recursion() -> None:
    steps = 6_000_000
    last = COMPILED(X, 1000)
    gradient = _on_a_small_stack(lambda: COMPILED(X, steps))
    np.testing.assert_allclose(gradient, last, rtol=1e-12)
    assert COMPILED.compiled.tape((X, steps), {})[0] == records_of(steps) > 10**7


def test_a_rule_with_a_name_that_is_not_bound() -> None:
    tape = dr.Tape([np.repeat(dr.Var(np.ones(3)), [1, 2, 1]).grad_fn])
    assert tape.nbytes >= 0
    assert tape.operations == 1
