"""What a derivative keeps is its own: data that change afterwards, and results that are written to, change nothing."""

from __future__ import annotations

import array as python_arrays
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numba
import numpy as np
import optree
import pytest
from array_cases import COMPOSITE_CASES, RULE_CASES

import dualrev as dr
from dualrev.active.number import Active
from dualrev.active.ownership import is_constant, private
from dualrev.kernels.numpy_rows import FUNCTIONS, ROWS


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


def outcomes(f: Any, make: Any, change: bool, first: bool) -> Iterator[tuple[str, Any]]:
    """Return derivatives of all cases of a function with respect to each of its operands, the others being data."""
    rng = np.random.default_rng(0)
    for number, case in enumerate(make(Changing(f, change))):
        at = [np.float64(rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)) for shape in case.shapes]
        for n in range(len(at)):

            def of_one(x: Any, n: int = n, case: Any = case, at: Any = at) -> Any:
                return case.call(*at[:n], x, *at[n + 1 :])

            for name, derivative in FIRST_ORDER[: 2 - (n > 0)] if first else SECOND_ORDER[: n == 0]:
                yield f"case {number} of {f.__name__}, operand {n}, {name}", attempted(derivative, of_one, at[n])


def forward(f: Any, x: Any) -> Any:
    return dr.jvp(f, x, np.cos(x))


def reverse(f: Any, x: Any) -> Any:
    y, pullback = dr.vjp(f, x)
    return y, pullback(np.cos(y))


def second_order(f: Any, x: Any) -> Any:
    return dr.hvp(lambda x: np.sum(np.sin(f(x)) ** 2), x, np.cos(x))


FIRST_ORDER = (("reverse", reverse), ("forward", forward))
SECOND_ORDER = (("second order", second_order),)


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


@pytest.mark.parametrize("first", [True, pytest.param(False, marks=pytest.mark.exhaustive)], ids=["first", "second"])
@pytest.mark.parametrize("table", [RULE_CASES, COMPOSITE_CASES], ids=["rules", "composites"])
def test_data_that_change_after_a_call(table: Any, first: bool) -> None:
    found, nothing = 0, []
    for f, make in table.items():
        calm, changing = (outcomes(f, make, change, first) for change in (False, True))
        before = found
        for (label, right), (_, got) in zip(calm, changing, strict=True):
            assert same(right, got), f"{label}: {got}; expected {right}"
            found += not isinstance(right, type)
        if found == before:
            nothing.append(f.__name__)
    assert found > (600 if first else 200)
    assert not nothing, f"no derivative of {nothing}"


def inside(part: Any) -> np.ndarray:
    """Return two numbers of an argument's domain."""
    if isinstance(part, frozenset):
        return np.array([min(part), max(part)])
    low, high = part
    return low + (high - low) * np.array([0.4, 0.6])


@pytest.mark.compiles
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_data_that_change_after_a_scalar_primitive(mode: str) -> None:
    rows = [row for row in ROWS.values() if row.arity > 1 and row.partials]
    assert len(rows) > 10
    ways = cycle(WAYS)
    for row in rows:
        at = [inside(part) for part in row.domain]
        found = 0
        for n in range(row.arity):
            way = next(ways)

            def f(x: Any, change: bool, row: Any = row, at: Any = at, n: int = n, way: Any = way) -> Any:
                given, memory = zip(*[way(data.copy()) for data in at], strict=True)
                y = FUNCTIONS[row.name](*given[:n], x, *given[n + 1 :])
                if change:
                    for each in memory:
                        each.fill(np.nan)
                return y

            right, got = (
                attempted(lambda f, x, c=change: dr.jacobian(f, mode=mode)(x, c), f, at[n]) for change in (False, True)
            )
            assert same(right, got), f"{row.name}, argument {n}: {got}; expected {right}"
            found += not isinstance(right, type)
        assert found, f"no derivative of {row.name}"


class Holder:
    """An object that NumPy takes for an array, or for an index."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.held


class Place:
    """An index that is none of NumPy's."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __index__(self) -> int:
        return self.place


def mapped() -> Any:
    with tempfile.TemporaryFile() as file:
        at = np.memmap(file, np.int64, "w+", shape=(2,))
    at[:] = 1, 2
    return at


INDICES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "array": (lambda: np.array([1, 2]), lambda at: at.fill(0)),
    "mask": (lambda: np.array([True, False, True]), lambda at: at.fill(False)),
    "list": (lambda: [1, 2], lambda at: at.__setitem__(0, 0)),
    "list of lists": (lambda: [[1, 2]], lambda at: at[0].__setitem__(0, 0)),
    "tuple": (lambda: (np.array([1, 2]), None), lambda at: at[0].fill(0)),
    "array of shape ()": (lambda: np.array(2), lambda at: at.fill(0)),
    "slice of arrays": (lambda: slice(np.array(1), np.array(3)), lambda at: at.start.fill(0)),
    "tuple of slices": (lambda: (slice(np.array(1), None), None), lambda at: at[0].start.fill(0)),
    "Python's array": (lambda: python_arrays.array("l", [1, 2]), lambda at: at.__setitem__(0, 0)),
    "holder": (lambda: Holder(np.array([1, 2])), lambda at: at.held.fill(0)),
    "place": (lambda: Place(2), lambda at: setattr(at, "place", 0)),
    "file": (mapped, lambda at: at.fill(0)),
}


@pytest.mark.parametrize("kind", INDICES)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_index_that_changes_after_a_selection(kind: str, mode: str) -> None:
    make, change = INDICES[kind]

    def f(x: Any, changes: bool) -> Any:
        at = make()
        y = x[at]
        if changes:
            change(at)
        return y * y

    x = np.array([1.0, 2.0, 3.0])
    assert same(dr.jacobian(f, mode=mode)(x, True), dr.jacobian(f, mode=mode)(x, False))


def test_what_is_constant() -> None:
    own, view = np.ones((2, 3)), np.ones((2, 3))
    own.flags.writeable = False
    assert private(own) is own
    assert is_constant(own[0].T[1:])
    assert is_constant(np.frombuffer(bytes(16)))
    for base in (view, of_buffer(view)[0]):
        part = base[:, 1:]
        part.flags.writeable = False
        assert not is_constant(part)
        assert not np.shares_memory(private(part), part)
    wide = np.lib.stride_tricks.sliding_window_view(np.arange(1000.0), 500)[::-1, ::2]
    kept = private(wide)
    assert same(kept, wide)
    assert not np.shares_memory(kept, wide)
    low, high = np.lib.array_utils.byte_bounds(kept)
    assert high - low <= 8000  # what the windows overlap by is kept once
    assert private(np.asfortranarray(view)).flags.f_contiguous


def test_values_are_shown_read_only() -> None:
    x = dr.Var(np.array([1.0, 2.0]))
    y = x * 2
    loss = np.sum(y * y)
    for array in (
        y.value,
        x.value,
        dr.Dual(np.ones(2), np.ones(2)).value,
        (dr.Dual(np.ones(2), 1.0 + np.ones(2)) * 2).tangent,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 100.0
    z = np.zeros_like(x)
    z[0] = x[1]
    before = z.value
    z[1] = 3.0
    assert before.tolist() == [2.0, 0.0]
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 1.0
    loss.backward()
    assert x.grad.tolist() == [8.0, 16.0]
    x.grad[:] = 0.0
    with pytest.raises(dr.errors.InPlaceError, match="only leaves"):
        y.value = np.ones(2)
    x.value = np.array([3.0, 4.0])
    assert x.value.tolist() == [3.0, 4.0]


def f_of_both(x: Any, w: Any) -> Any:
    return x * x * w


def checkpointed(x: Any, w: Any) -> Any:
    return dr.checkpoint(f_of_both)(x, w)


def by_keyword(x: Any, w: Any) -> Any:
    return dr.checkpoint(f_of_both)(x, w=w)


def pulled(y: Any, primals: Any, cotangent: Any, w: Any = None) -> Any:
    return (2 * primals[0] * (primals[1] if w is None else w) * cotangent, None)[: len(primals)]


def by_rule(x: Any, w: Any) -> Any:
    return dr.custom_rule(f_of_both, pullback=pulled)(x, w)


def by_rule_and_keyword(x: Any, w: Any) -> Any:
    return dr.custom_rule(f_of_both, pullback=pulled)(x, w=w)


def by_root(x: Any, w: Any) -> Any:
    return dr.implicit_root(lambda z, x, w: z / w - x * x, f_of_both)(x, w)


def by_step(x: Any, w: Any) -> Any:
    return dr.as_step(STEP)(x, w)


def by_step_in_tuples(x: Any, w: Any) -> Any:
    return dr.as_step(STEP_OF_TUPLE)((x, w))


STEP = numba.njit(f_of_both)
STEP_OF_TUPLE = numba.njit(lambda both: both[0] * both[0] * both[1])
COMPOUND = (checkpointed, by_keyword, by_rule, by_rule_and_keyword, by_root, by_step, by_step_in_tuples)


@pytest.mark.parametrize("step", COMPOUND)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_data_that_change_after_a_step(step: Any, mode: str) -> None:
    def f(x: Any) -> Any:
        w, total = np.zeros(2), 0.0
        for k in range(2):
            w[:] = k + 1.0
            total = total + np.sum(step(x, read_only(w)[0]))
        return total

    assert dr.grad(f, mode=mode)(np.ones(2)).tolist() == [6.0, 6.0]


def scratching(x: Any, w: Any) -> Any:
    """Use data as scratch."""
    w[0] += 1.0
    return x * x * w[0]


def test_what_is_kept_for_later_calls() -> None:
    x, ones = np.array([1.0, 2.0]), np.ones(2)
    for f in (f_of_both, STEP):
        w = np.array([1.0, 2.0])
        operator, (out, pullback) = dr.linear_operator(f, x, w), dr.vjp(f, x, w)
        w[:] = x[:] = 100.0
        assert (operator @ ones).tolist() == (operator.T @ ones).tolist() == [2.0, 8.0]
        first = pullback(ones)
        assert [part.tolist() for part in first] == [[2.0, 8.0], [1.0, 4.0]]
        for array in (out, *first):
            array[:] = np.nan
        assert [part.tolist() for part in pullback(ones)] == [[2.0, 8.0], [1.0, 4.0]]
        x = np.array([1.0, 2.0])
    operator = dr.linear_operator(scratching, x, np.zeros(1))
    assert [(operator @ ones).tolist() for _ in range(3)] == [[2.0, 4.0]] * 3
    _, pullback = dr.vjp(lambda x: dr.checkpoint(scratching)(x, np.zeros(1)), x)
    assert [pullback(ones)[0].tolist() for _ in range(2)] == [[2.0, 4.0]] * 2


def test_the_argument_may_be_written_to_by_another_name() -> None:
    for mode in ("forward", "reverse"):
        x = np.ones(2)

        def f(y: Any, x: Any = x) -> Any:
            total = np.sum(y * y)
            x[:] = 5.0
            return total

        assert dr.grad(f, mode=mode)(x).tolist() == [2.0, 2.0]


def shared(results: Any) -> list[tuple[int, int]]:
    arrays = [x for x in optree.tree_leaves(results) if isinstance(x, np.ndarray)]
    assert all(x.flags.writeable and x.flags.c_contiguous for x in arrays)
    return [(n, m) for n, a in enumerate(arrays) for m, b in enumerate(arrays[:n]) if np.shares_memory(a, b)]


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: (x, x, y),
        lambda x, y: x + y,
        lambda x, y: (x * y, (x * y)[::-1]),
        lambda x, y: (lambda z: (z, z, z.reshape(2, 1), z[:1]))(x * y),
        lambda x, y: np.outer(x, y).T,
    ],
    ids=["inputs", "sum", "views", "one array", "transposed"],
)
def test_results_share_no_memory(f: Any) -> None:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for mode in ("forward", "reverse"):
        both = dr.value_and_jacobian(lambda x, y: (f(x, y), (f(x, y), x)), (0, 1), mode=mode, has_aux=True)(x, y)
        total = dr.value_and_grad(lambda x, y: sum(np.sum(z) for z in optree.tree_leaves(f(x, y))), (0, 1), mode=mode)
        assert not shared([x, y, both])
        assert not shared([x, y, total(x, y)])
    out, pullback = dr.vjp(f, x, y)
    cotangent = optree.tree_map(np.ones_like, out)
    assert not shared([x, y, out, cotangent, pullback(cotangent), pullback(cotangent), dr.jvp(f, (x, y), (x, y))])


LARGE = np.ones(200_000)


@numba.njit
def overwritten(x: Any, g: Any) -> Any:
    x[0] = x[0] * 3.0
    return x[0] * LARGE[0] * g[1]


@numba.njit
def local(x: Any, y: Any) -> Any:
    z = np.zeros(2)
    z[:] = x[:2] * y[:2]
    return z[0] * LARGE[0]


def test_compiled_functions_that_write_to_shared_memory() -> None:
    a = np.ones(2)
    for args in ((LARGE, a), (a, a), (a, a[::-1])):
        for derivative in (dr.grad(overwritten), lambda *args: dr.vjp(overwritten, *args)):
            with pytest.raises(dr.errors.InPlaceError, match=r"overwritten writes .* shares its memory"):
                derivative(*args)
    assert dr.grad(overwritten)(a, np.ones(2)).tolist() == [3.0, 0.0]
    assert dr.grad(local)(a, a).tolist() == dr.grad(local)(LARGE, a)[:2].tolist() == [1.0, 0.0]
    assert (a == 1.0).all()
    assert (LARGE == 1.0).all()
