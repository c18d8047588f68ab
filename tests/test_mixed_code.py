"""Interpreted functions that call compiled ones, with nothing around them, on active numbers."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import numba
import numpy as np
import pytest
from numba import float64, guvectorize, njit, vectorize

import dualrev as dr
from dualrev.errors import ActiveConversionError, InactiveWriteError, InputTypeError, MissingRuleError

pytestmark = pytest.mark.compiles

MODES = ("forward", "reverse")
every_mode = pytest.mark.parametrize("mode", MODES)
mostly_forward, mostly_reverse = (
    pytest.mark.parametrize("mode", [one, pytest.param(other, marks=pytest.mark.exhaustive)])
    for one, other in (MODES, MODES[::-1])
)
X = np.array([1.0, 2.0])


@njit
def scaled_square(x, factor=3.0):
    return x * x * factor


@njit("float64(float64)")
def declared(x):
    return x * x


@njit
def several(x, n):
    return x * 2.0, 3, (x.sum(), n > 1)


@njit
def of_pair(pair):
    return pair[0] * pair[1]


@njit
def fills(x, out):
    for n in range(x.size):
        out[n] = x[n] ** 2


@njit
def fills_and_returns(x, out):
    out[:] = x * 2.0
    return x.sum()


@njit
def fills_a_pair(pair, factor):
    pair[1][:] = pair[0] * factor


@njit
def only_reads(x, data):
    work = data.copy()
    work[0] = x[0]
    total = 0.0
    for n in range(x.size):
        total += x[n] * data[n]
    return total * work.sum()


@njit
def fails(x):
    if x > 0.0:
        raise ValueError("positive")
    return x


@vectorize
def bent(a, b):
    return a * a * b if a > 0 else b


@vectorize([float64(float64, float64)])
def fixed(a, b):
    return a * a * b


FRESH = """
import numpy as np, dualrev as dr
from numba import njit
@njit
def inner(a): return a[0] * a[1]
@njit("float64(float64)")
def declared(a): return a * a
x = dr.Var(2.0); declared(x).backward(); print(x.grad)
print(dr.grad(lambda x: inner(x))(np.array([2.0, 3.0])))
print(dr.grad(lambda x: inner(np.array([x[0], 5.0])))(np.array([2.0, 3.0])))
"""


def test_a_process_that_has_imported_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["4.0", "[3. 2.]", "[5. 0.]"]


@mostly_forward
def test_calls_are_steps(mode: str) -> None:
    assert dr.grad(lambda x: scaled_square(x), mode=mode)(2.0) == 12.0
    assert dr.grad(lambda x: scaled_square(factor=x, x=2.0), mode=mode)(2.0) == 4.0
    assert dr.grad(lambda x: declared(x) + declared(3), mode=mode)(2.0) == 4.0
    assert dr.grad(lambda x: of_pair((x, 5.0)), mode=mode)(2.0) == 5.0
    np.testing.assert_array_equal(dr.grad(lambda x: of_pair(np.array([x[0], 4.0])), mode=mode)(X), [4.0, 0.0])

    def f(x: Any) -> Any:
        y, count, (s, larger) = several(x, 2)
        assert larger
        assert type(count) is int
        return sum(np.sum(y) * s for _ in range(count))

    np.testing.assert_array_equal(dr.grad(f, mode=mode)(X), 2 * 3 * 2 * X.sum() * np.ones(2))
    with pytest.raises(ValueError, match="positive"):
        dr.grad(lambda x: fails(x), mode=mode)(1.0)


@pytest.mark.exhaustive
def test_nested_derivatives() -> None:
    assert dr.derivative(lambda x: x * dr.derivative(lambda y: scaled_square(x, y))(1.0))(2.0) == 12.0

    def f(x: Any) -> Any:
        out = np.zeros_like(x)
        fills(x, out)
        return (out * x).sum()

    np.testing.assert_array_equal(dr.hessian(f)(X), np.diag(6 * X))
    np.testing.assert_array_equal(dr.hessian(lambda x: (bent(x, 3.0) ** 2).sum())(X), np.diag(108 * X**2))


def test_verify_follows_the_operations_of_compiled_functions() -> None:
    for f in (lambda x: scaled_square(x) * x, lambda x: bent(x, 3.0) * x):
        found = dr.verify(f, 2.0)
        assert found
        assert found.method == "symbolic"


def test_operators_of_compiled_functions_take_active_numbers_beside_plain_ones() -> None:
    slope = dr.grad(scaled_square)
    assert dr.derivative(lambda factor: slope(2.0, factor))(3.0) == 4.0


@mostly_reverse
def test_arrays_that_the_function_writes_to(mode: str) -> None:
    def filled(x: Any) -> Any:
        out = np.zeros_like(x)
        assert fills(x, out) is None
        return out.sum()

    def returned_too(x: Any) -> Any:
        out = np.zeros_like(x)
        return fills_and_returns(x, out) * out[0]

    def pair(x: Any) -> Any:
        out = np.zeros_like(x)
        fills_a_pair((x, out), 2.0)
        return out.sum()

    def plain(x: Any) -> Any:
        out = np.zeros(2)
        fills(x, out)
        return out.sum()

    np.testing.assert_array_equal(dr.grad(filled, mode=mode)(X), [2.0, 4.0])
    np.testing.assert_array_equal(dr.grad(returned_too, mode=mode)(X), [8.0, 2.0])
    np.testing.assert_array_equal(dr.grad(pair, mode=mode)(X), [2.0, 2.0])
    # What is written equals what stood there, and is refused all the same: its derivative is lost.
    for at in (X, np.zeros(2)):
        with pytest.raises(InactiveWriteError, match=r"fills.* writes to out.*zeros_like"):
            dr.grad(plain, mode=mode)(at)
    np.testing.assert_allclose(
        dr.grad(lambda x: only_reads(x, np.ones(2)), mode=mode)(X),
        dr.grad(lambda x: x.sum() * (x[0] + 1.0), mode=mode)(X),
    )


@every_mode
def test_what_cannot_be_a_step_is_refused_by_name(mode: str) -> None:
    with pytest.raises(InputTypeError, match=r"of_pair.*pair, a list.*np\.stack"):
        dr.grad(lambda x: of_pair([x[0], x[1]]), mode=mode)(X)
    with pytest.raises(InputTypeError, match=r"of_pair.*pair, a dict"):
        dr.grad(lambda x: of_pair({"a": x[0]}), mode=mode)(X)

    def around(x: Any) -> Any:
        return njit(lambda y: y * x)(1.0)

    for _ in range(2):
        with pytest.raises(ActiveConversionError, match="Pass it as an argument") as caught:
            dr.grad(around, mode=mode)(2.0)
        assert str(caught.value).count("\n") == 0


def test_functions_of_fixed_signatures_stay_so() -> None:
    def work(k: int) -> None:
        results[k] = [dr.grad(lambda x: declared(x) * k)(2.0) for _ in range(20)]

    results: dict[int, list[float]] = {}
    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: [4.0 * k] * 20 for k in range(4)}
    with pytest.raises(TypeError, match="No matching definition"):
        declared("text")
    assert declared.signatures == [(numba.float64,)]


@every_mode
@pytest.mark.parametrize("ufunc", [bent, fixed])
def test_functions_made_by_vectorize(ufunc: Any, mode: str) -> None:
    np.testing.assert_array_equal(dr.grad(lambda x: ufunc(x, 3.0).sum(), mode=mode)(X), 6 * X)

    def written(x: Any) -> Any:
        out = np.zeros_like(x)
        ufunc(x, 3.0, out=out)
        return out.sum()

    np.testing.assert_array_equal(dr.grad(written, mode=mode)(X), 6 * X)
    with pytest.raises(InactiveWriteError):
        dr.grad(lambda x: ufunc(x, 3.0, out=np.zeros(2)).sum(), mode=mode)(X)
    with pytest.raises(MissingRuleError, match=r"Leave out dtype"):
        dr.grad(lambda x: ufunc(x, 3.0, dtype=float).sum(), mode=mode)(X)


@pytest.mark.exhaustive
@every_mode
def test_broadcasting_and_single_precision(mode: str) -> None:
    np.testing.assert_array_equal(dr.grad(lambda x: bent(x, np.ones((3, 1))).sum(), mode=mode)(X), 6 * X)
    for f in (bent, scaled_square):
        single = dr.grad(lambda x, f=f: f(x, np.float32(3)).sum(), mode=mode)(X.astype(np.float32))
        assert single.dtype == np.float32
        np.testing.assert_array_equal(single, 6 * X)


def test_operators_take_functions_made_by_vectorize() -> None:
    for backend in ("auto", "numba", "numpy"):
        assert dr.grad(bent, backend=backend)(2.0, 3.0) == 12.0
        np.testing.assert_array_equal(dr.jacobian(bent, backend=backend)(X, 3.0), np.diag(6 * X))
    assert dr.derivative(bent)(2.0, 3.0) == 12.0
    np.testing.assert_array_equal(dr.elementwise_grad(bent)(X, 3.0), 6 * X)
    assert dr.verify(bent, 2.0, 3.0)
    with pytest.raises(dr.errors.UnknownBackendError, match="'sin', a ufunc"):
        dr.grad(np.sin, backend="numba")


@every_mode
def test_ufuncs_that_cannot_be_followed_are_refused_by_name(mode: str) -> None:
    @guvectorize([(float64[:], float64[:])], "(n)->()")
    def total(a, result):
        result[0] = a.sum()

    with pytest.raises(MissingRuleError, match=r"total has no derivative rule.*Write its loop out"):
        dr.grad(lambda x: total(x), mode=mode)(X)
    with pytest.raises(MissingRuleError, match=r"has no derivative rule.*Write its loop out"):
        dr.grad(lambda x: np.sum(np.frompyfunc(lambda a: 2 * a, 1, 1)(x)), mode=mode)(X)
