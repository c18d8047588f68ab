"""What a tape holds, and that its memory is given back."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import dualrev as dr

EXAMPLE = ["log", "multiply", "add", "sin", "subtract"]


def example(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def test_the_tape_of_the_worked_example_holds_its_five_operations() -> None:
    x1, x2 = dr.Var(2.0), dr.Var(5.0)
    tape = dr.Tape([example(x1, x2).grad_fn])
    assert tape.operations == tape.elements == 5
    assert len(tape) == len(list(tape)) == 7
    assert [statement.row.name for statement in tape if statement.parents] == [
        "log",
        "multiply",
        "add",
        "sin",
        "subtract",
    ]
    orders = [statement.order for statement in tape]
    assert orders == sorted(orders)


def test_what_a_result_does_not_depend_on_is_not_on_its_tape() -> None:
    x = dr.Var(np.ones(10))
    y = x * 2
    np.exp(y)
    constant = np.exp(dr.Var(np.ones(10), requires_grad=False))
    assert constant.grad_fn is None
    assert dr.Tape([(y + constant).grad_fn]).operations == 2


def test_the_tape_knows_its_size_and_backward_frees_it() -> None:
    x = dr.Var(np.ones(1000))
    y = np.sum(np.exp(x) * x)
    tape = dr.Tape([y.grad_fn])
    assert tape.nbytes == 2 * 8000, "the result of exp, which is also a factor, and x"
    y.backward(retain_graph=True)
    assert tape.nbytes == 2 * 8000
    y.backward()
    assert tape.nbytes == 0


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_memory_is_given_back_as_soon_as_the_derivative_is_there(mode: str) -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        y = np.exp(x) * 2.0
        kept.append(weakref.ref(y.value))
        return np.sum(y * x)

    result = dr.grad(f, mode=mode)(np.ones(50))
    assert result.shape == (50,)
    assert [ref() for ref in kept] == [None] * len(kept)
    out, pullback = dr.vjp(f, np.ones(50))
    assert kept[-1]() is not None
    del pullback
    assert kept[-1]() is None
    assert out > 0
