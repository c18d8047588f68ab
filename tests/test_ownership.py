"""What a derivative keeps is its own: data that change afterwards, and results that are written to, change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np
import optree
import pytest
from array_cases import COMPOSITE_CASES, RULE_CASES

import dualrev as dr
from dualrev.active import Active


def of_buffer(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a read-only array over memory that Python owns, and one that can write there."""
    memory = bytearray(array.tobytes() or b"\0" * array.itemsize)
    written = np.frombuffer(memory, array.dtype)[: array.size].reshape(array.shape)
    given = np.frombuffer(memoryview(memory).toreadonly(), array.dtype)[: array.size].reshape(array.shape)
    return given, written


def read_only(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    given = array.view()
    given.flags.writeable = False
    return given[...], array


WAYS: tuple[Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], ...] = (
    lambda array: (array, array),
    read_only,
    lambda array: (np.broadcast_to(array, array.shape), array),
    of_buffer,
)
"""Ways to hand out an array: what is given, and what the memory is written by."""


class Changing:
    """A function that is given data which change when it has returned, if that is asked for."""

    def __init__(self, f: Any, change: bool) -> None:
        self.f, self.change, self.ways = f, change, cycle(WAYS)
        self.__name__ = f.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(x, Active) for x in optree.tree_leaves((args, kwargs))):
            return self.f(*args, **kwargs)
        undone: list[Callable[[], Any]] = []
        args, kwargs = self.given((args, kwargs), undone)
        # A part of the result may be a view of data, as NumPy has it.
        result = optree.tree_map(lambda x: x.copy() if type(x) is np.ndarray else x, self.f(*args, **kwargs))
        if self.change:
            for undo in undone:
                undo()
        return result

    def given(self, x: Any, undone: list[Callable[[], Any]]) -> Any:
        """Return arguments whose arrays and lists are new, and note how to change them."""
        if isinstance(x, list):
            fresh = [self.given(each, undone) for each in x]
            undone.append(fresh.clear)
            return fresh
        if type(x) is tuple:
            return tuple(self.given(each, undone) for each in x)
        if type(x) is dict:
            return {key: self.given(each, undone) for key, each in x.items()}
        if type(x) is not np.ndarray or x.dtype == object:
            return x
        given, memory = next(self.ways)(x.copy())
        undone.append(lambda: memory.fill(np.nan if memory.dtype.kind in "fc" else memory.dtype.type(0)))
        return given


def outcomes(f: Any, make: Any, change: bool) -> Iterator[tuple[str, Any]]:
    """Return derivatives of all cases of a function with respect to each of its operands, the others being data."""
    rng = np.random.default_rng(0)
    for number, case in enumerate(make(Changing(f, change))):
        at = [np.float64(rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)) for shape in case.shapes]
        for n in range(len(at)):

            def of_one(x: Any, n: int = n, case: Any = case, at: Any = at) -> Any:
                return case.call(*at[:n], x, *at[n + 1 :])

            for name, derivative in DERIVATIVES.items() if n == 0 else (("reverse", reverse),):
                yield f"case {number} of {f.__name__}, operand {n}, {name}", attempted(derivative, of_one, at[n])


def forward(f: Any, x: Any) -> Any:
    return dr.jvp(f, x, np.cos(x))


def reverse(f: Any, x: Any) -> Any:
    y, pullback = dr.vjp(f, x)
    return y, pullback(np.cos(y))


def second_order(f: Any, x: Any) -> Any:
    return dr.hvp(lambda x: np.sum(np.sin(f(x)) ** 2), x, np.cos(x))


DERIVATIVES = {"forward": forward, "reverse": reverse, "second order": second_order}


def attempted(derivative: Any, f: Any, x: Any) -> Any:
    """Return a derivative, or the type of error that there is: not every operand of every case can be active alone."""
    try:
        return derivative(f, x)
    except Exception as error:
        return type(error)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, type) or isinstance(b, type):
        return a is b
    return all(
        np.array_equal(x, y, equal_nan=True) for x, y in zip(optree.tree_leaves(a), optree.tree_leaves(b), strict=True)
    )


@pytest.mark.parametrize("table", [RULE_CASES, COMPOSITE_CASES], ids=["rules", "composites"])
def test_data_that_change_after_a_call(table: Any) -> None:
    found = 0
    for f, make in table.items():
        for (label, right), (_, got) in zip(outcomes(f, make, False), outcomes(f, make, True), strict=True):
            assert same(right, got), f"{label}: {got}; expected {right}"
            found += not isinstance(right, type)
    assert found > 1000
