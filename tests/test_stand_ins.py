"""NumPy's functions that take things as arrays: what they do to active numbers, and that nothing else changes."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pydoc
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import scipy.optimize

import dualrev as dr
from dualrev.active._in_place import constructors
from dualrev.active._in_place.stand_ins import StandIn

MODES = ("forward", "reverse")
NAMES = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require", "asarray_chkfinite")
X = np.array([1.0, 3.0, 2.0, 5.0])
windows, as_strided = np.lib.stride_tricks.sliding_window_view, np.lib.stride_tricks.as_strided

SAME_MEMORY: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(np, name) for name in NAMES[1:]},
    "array, copy=None": lambda y: np.array(y, copy=None),
    "array, copy=False": lambda y: np.array(y, copy=False),
    "array, ndmin": lambda y: np.array(y, copy=None, ndmin=2).T,
    "array by keyword": lambda y: np.array(object=y, copy=None),
    "asarray by keyword": lambda y: np.asarray(a=y),
    "asarray, order": lambda y: np.asarray(y, order="F"),
    "require": lambda y: np.require(y, None, ["C", "W", "O"]),
    "like": lambda y: np.asarray(y, like=y),
    "atleast_1d": np.atleast_1d,
    "atleast_2d": lambda y: np.atleast_2d(y).T,
    "atleast_3d": lambda y: np.atleast_3d(y)[0],
    "astype": lambda y: y.astype(float, copy=False),
    "np.astype": lambda y: np.astype(y, float, copy=False),
    "windows": lambda y: windows(y, 2, writeable=True),
    "broadcast_arrays": lambda y: np.broadcast_arrays(y, np.ones(4))[0],
    "broadcast_arrays, two": lambda y: np.broadcast_arrays(np.ones(4), y)[1],
    "meshgrid, copy=False": lambda y: np.meshgrid(y, copy=False)[0],
    "meshgrid, sparse": lambda y: np.meshgrid(y, y, copy=False, sparse=True)[0][0],
    "ix_": lambda y: np.ix_(y)[0],
    "as_strided": lambda y: as_strided(y[1:], (3, 2), (8, -8)),
    "real": np.real,
    "real_if_close": np.real_if_close,
    "trim_zeros": np.trim_zeros,
    "squeeze": np.squeeze,
    "expand_dims": lambda y: np.expand_dims(y, 1),
    "moveaxis": lambda y: np.moveaxis(y[None], 0, 1),
    "diagonal": lambda y: np.einsum("ii->i", y.reshape(2, 2)),
    "split": lambda y: np.split(y, 2)[0],
    "flip": np.flip,
    "rot90": lambda y: np.rot90(y.reshape(2, 2), 2),
    "ravel": np.ravel,
    "ravel in memory order": lambda y: np.ravel(y, order="K"),
}
"""Functions whose result NumPy gives the memory of its argument."""

COPIES: dict[str, Callable[[Any], Any]] = {
    "array": np.array,
    "array, order": lambda y: np.array(y, order="F"),
    "copy": np.copy,
    "method": lambda y: y.copy(),
    "flatten": lambda y: y.flatten(),
    "astype": lambda y: y.astype(float),
    "meshgrid": lambda y: np.meshgrid(y, y)[1],
    "require": lambda y: np.require(y[:], None, ["O"]),
    "a list": lambda y: np.asarray([y[0], y[1], 0.0]),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*SAME_MEMORY, *(f"not {name}" for name in COPIES)])
def test_writes_are_seen_where_numpy_shows_them(name: str, mode: str) -> None:
    alias = SAME_MEMORY[name] if name in SAME_MEMORY else COPIES[name.removeprefix("not ")]

    def both(x: Any) -> Any:
        y = x * 1.0
        v = alias(y)
        v[0] = 2 * v[1]
        y[2] = 3 * y[3] + y[1]
        return np.concatenate([np.ravel(y), np.ravel(v)])

    plain = X.copy()
    assert np.shares_memory(plain, alias(plain)) == (name in SAME_MEMORY)
    value, jacobian = dr.value_and_jacobian(both, mode=mode)(X)
    np.testing.assert_array_equal(value, both(X))
    np.testing.assert_array_equal(jacobian, np.stack([both(X + e) - both(X) for e in np.eye(4)], axis=-1))
    nested = dr.jacobian(lambda x: dr.grad(lambda z: np.sum(both(z) ** 2) / 2, mode="forward")(x), mode=mode)(X)
    np.testing.assert_allclose(nested, jacobian.T @ jacobian)


@pytest.mark.parametrize("mode", MODES)
def test_arguments_are_aliased_too_and_the_caller_s_array_stays(mode: str) -> None:
    def f(x: Any) -> Any:
        v = np.asarray(x)
        v[0] = 2 * v[1]
        return x

    given = X.copy()
    np.testing.assert_array_equal(dr.jacobian(f, mode=mode)(given)[0], [0.0, 2.0, 0.0, 0.0])
    np.testing.assert_array_equal(given, X)


@pytest.mark.parametrize("mode", MODES)
def test_numbers_are_put_in_place_of_nan_in_the_array_itself(mode: str) -> None:
    def f(x: Any) -> Any:
        y = x * np.array([1.0, np.nan, np.inf, 1.0])
        assert np.nan_to_num(y, copy=False, nan=5.0, posinf=6.0) is y
        return y

    value, jacobian = dr.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_array_equal(value, [1.0, 5.0, 6.0, 5.0])
    np.testing.assert_array_equal(jacobian, np.diag([1.0, 0.0, 0.0, 1.0]))


@pytest.mark.parametrize("mode", MODES)
def test_windows_and_strided_views(mode: str) -> None:
    def last_one_wins(x: Any) -> Any:
        y = x * 1.0
        windows(y, 2, writeable=True)[...] = np.arange(6.0).reshape(3, 2) * y[0]
        return y

    np.testing.assert_array_equal(dr.jacobian(last_one_wins, mode=mode)(X), np.outer([0, 2, 4, 5], [1, 0, 0, 0]))

    def several_times(x: Any) -> None:
        w = windows(x * 1.0, 2, writeable=True)
        w *= 2

    with pytest.raises(dr.errors.InPlaceError, match="several times"):
        dr.jacobian(several_times, mode=mode)(X)
    with pytest.raises(dr.errors.InPlaceError, match="as_strided"):
        dr.jacobian(lambda x: as_strided(x, (5,), (8,)), mode=mode)(X)
    with pytest.raises(ValueError, match="read-only"):
        dr.jacobian(lambda x: windows(x, 2).__setitem__(0, 1.0), mode=mode)(X)
    found = dr.jacobian(lambda x: as_strided(np.broadcast_to(x, (2, 4)), (2, 3), (0, 8)), mode=mode)(X)
    np.testing.assert_array_equal(found, np.broadcast_to(np.eye(3, 4), (2, 3, 4)))


def test_leaves_made_by_hand_stay_leaves() -> None:
    x = dr.Var(X)
    np.sum(as_strided(x, (2, 2), (8, 8)) * windows(x, 2, writeable=True)[:2]).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 12.0, 4.0, 0.0])
    assert np.asarray(x) is x


@pytest.mark.parametrize("mode", MODES)
def test_lists_of_active_and_plain_numbers_are_active_arrays(mode: str) -> None:
    def f(x: Any, make: Any) -> Any:
        long = make([0.0] * 40 + [x[2]])
        return np.exp(make([x[0], 0.0])).sum() + np.linalg.inv(make([[x[0], 1.0], (2.0, x[1])]))[0, 0] + long[-1]

    for name in NAMES:
        make = getattr(np, name)
        a, b = X[:2]
        right = [np.exp(a) - b * b / (a * b - 2) ** 2, 1 / (a * b - 2) - a * b / (a * b - 2) ** 2, 1.0, 0.0]
        np.testing.assert_allclose(dr.grad(lambda x, m=make: f(x, m), mode=mode)(X), right)
    assert np.array([dr.Var(1.0), None]).dtype == object
    assert np.array([dr.Var(1.0), 2.0], dtype=object).dtype == object


@pytest.mark.parametrize("mode", MODES)
def test_functions_that_ask_some_of_their_arguments_alone(mode: str) -> None:
    calls: tuple[Callable[[Any], Any], ...] = (
        lambda x: np.full(3, x[1]),
        lambda x: np.full_like(np.zeros(3), x[1]),
        lambda x: np.select([np.zeros(3, bool)], [np.ones(3)], x[1]),
    )
    for call in calls:
        np.testing.assert_array_equal(dr.jacobian(call, mode=mode)(X), np.outer(np.ones(3), [0, 1, 0, 0]))


@pytest.mark.parametrize("mode", MODES)
def test_nditer_is_refused_by_name_with_a_cure(mode: str) -> None:
    def doubled(x: Any) -> Any:
        y = x * 1.0
        for each in np.nditer(y, ["refs_ok"], [["readwrite"]]):
            each[...] = 2 * each
        return y

    for f in (doubled, lambda x: [each * 2 for each in np.nditer(x)]):
        with pytest.raises(dr.DualrevError, match=r"np\.nditer .*np\.ndindex"):
            dr.jacobian(f, mode=mode)(X)


class Foreign(np.ndarray):
    """A class of another library, which answers NumPy's protocol."""

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        handled = {constructors._original(np, name): name for name in ("array", "asarray", "full")}
        return handled.get(function, "another"), function is getattr(np, function.__name__)


PLAIN: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((X,), {}),
    ((np.float32(3),), {}),
    ((3.0,), {}),
    (([1, 2.0],), {}),
    (([[1, 2], [3, 4]],), {"dtype": np.float32}),
    (([1.0] * 40,), {}),
    ((["a", None],), {}),
    (([[1, 2], [3]],), {}),
    (("abc", int), {}),
    ((), {}),
    ((X,), {"order": "F"}),
    ((X.view(Foreign),), {}),
    ((X, None, "Q"), {}),
    ((X,), {"nonsense": 1}),
    (([1j, 2.0], float), {}),
    ((X,), {"like": X.view(Foreign)}),
    (([X, X],), {}),
    ((range(3),), {}),
    ((np.array([1.0, None]),), {}),
)


def _outcome(function: Any, args: Any, kwargs: Any) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            result = type(error), str(error)
    seen = [(each.category, str(each.message), each.filename, each.lineno) for each in caught]
    if isinstance(result, np.ndarray):
        return type(result), result.dtype, result.strides, result.tolist(), args and result is args[0], seen
    return result, seen


@pytest.mark.parametrize("name", [*NAMES, "full", "full_like", "select"])
def test_plain_calls_are_numpy_s_own(name: str) -> None:
    function = getattr(np, name)
    original = function.stands_in_for
    for args, kwargs in PLAIN:
        assert _outcome(function, args, kwargs) == _outcome(original, args, kwargs)
    assert pickle.loads(pickle.dumps(function)) is copy.deepcopy(function) is function
    assert {original: 1}[function] == {function: 1}[original] == 1
    assert (function.__name__, function.__doc__) == (original.__name__, original.__doc__)
    assert name in pydoc.render_doc(function, renderer=pydoc.plaintext)
    try:
        expected = inspect.signature(original)
    except ValueError:
        return
    assert inspect.signature(function) == expected


def test_installing_again_changes_nothing_and_threads_may_call() -> None:
    before = np.asarray.stands_in_for  # type: ignore[attr-defined]
    importlib.reload(constructors).install()
    assert np.asarray.stands_in_for is before  # type: ignore[attr-defined]
    assert np.asarray(dr.Var(X)).shape == (4,)
    with ThreadPoolExecutor(4) as pool:
        gradients = list(pool.map(lambda n: dr.grad(lambda x: np.sum(np.asarray(x) ** 2) * n)(X), range(20)))
    np.testing.assert_array_equal(gradients, [2 * n * X for n in range(20)])


def test_other_libraries_work() -> None:
    assert pd.DataFrame({"a": X}).rolling(2).mean().to_numpy()[-1, 0] == 3.5
    assert scipy.optimize.minimize(lambda x: np.sum((x - 1) ** 2), X).success
    np.testing.assert_allclose(scipy.linalg.inv(np.diag(X)), np.diag(1 / X))


USE = """
def own(x): return np.asarray(x)[0] + np.array([1.0, x[1]])[1] + np.full(3, 2.0)[0] + np.ascontiguousarray(x)[1]
def names(x): return earlier(x)[0] + later([1.0, 2.0])[1] + np.asfortranarray(np.eye(2))[0, 0] + numpy.asarray(x)[0]
def closed(f): return njit(lambda x: f(x)[0])
@overload(third)
def _third(x): return lambda x: earlier(x)[0]
x = np.array([1.0, 2.0])
found = [njit(own)(x), njit(names)(x), closed(np.asarray)(x), closed(earlier)(x), njit(lambda x: third(x))(x)]
assert found == [7.0, 5.0, 1.0, 1.0, 1.0], found
assert dr.grad(njit(own))(x).tolist() == [1.0, 2.0]
"""
IMPORTS = {
    "dualrev before": "import dualrev as dr\nfrom numpy import array as later",
    "numba": "from numba import njit\nfrom numba.extending import overload\ndef third(x): pass",
}


@pytest.mark.compiles
@pytest.mark.parametrize("order", [("dualrev before", "numba"), ("numba", "dualrev before")], ids=["before", "after"])
def test_compiled_functions_find_their_own_versions(order: tuple[str, str]) -> None:
    first = "import numpy, numpy as np\nfrom numpy import asarray as earlier\n"
    code = first + "\n".join(IMPORTS[part] for part in order) + USE
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr


def test_a_name_taken_before_gives_objects_that_are_never_out_of_date() -> None:
    earlier = np.asarray.stands_in_for  # type: ignore[attr-defined]
    for mode in MODES:
        held: list[Any] = []

        def written(x: Any, held: list[Any] = held) -> Any:
            y = x * 1.0
            held.append(earlier(y))
            y[0] = 1.0
            return y

        with pytest.raises(dr.errors.InPlaceError, match="import dualrev before"):
            dr.jacobian(written, mode=mode)(X)
        with pytest.raises(ValueError, match="read-only"):
            dr.jacobian(lambda x: earlier(x * 1.0).__setitem__(0, 1.0), mode=mode)(X)
        np.testing.assert_array_equal(dr.grad(lambda x: np.sum(earlier(x) * x), mode=mode)(X), 2 * X)

        def dropped(x: Any) -> Any:
            y = x * 1.0
            total = np.sum(earlier(y) * 1.0)
            y[0] = total
            return y

        np.testing.assert_array_equal(dr.jacobian(dropped, mode=mode)(X)[0], np.ones(4))


@pytest.mark.compiles
def test_numba_knows_each_stand_in_as_the_function_that_it_stands_for() -> None:
    import numba
    from numba.core.registry import cpu_target

    numba.njit(lambda x: x)(1.0)
    known = cpu_target.typing_context
    stand_ins = [each for each in vars(np).values() if isinstance(each, StandIn)]
    found = {each.__name__: known._lookup_global(each) for each in stand_ins}
    expected = {each.__name__: known._lookup_global(each.stands_in_for) for each in stand_ins}
    assert found == expected
    assert sum(each is not None for each in found.values()) > 20
