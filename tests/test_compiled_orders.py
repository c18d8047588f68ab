"""Arrays in Fortran's order in compiled code: `ravel` copies where Numba's does, and is a view where that is one."""

from __future__ import annotations

from typing import Any

import numpy as np
from each import each
from numba import njit

import dualrev as dr
from dualrev.compiled.drivers._code import BY_ADJOINT, way
from dualrev.compiled.drivers.derivative import Question

ORDERS = {
    "by columns": np.asfortranarray([[0.3, -1.2, 0.7], [0.9, 0.4, -0.5], [1.1, -0.8, 0.6]]),
    "by rows": np.array([[0.3, -1.2, 0.7], [0.9, 0.4, -0.5], [1.1, -0.8, 0.6]]),
    "with gaps": np.random.default_rng(3).uniform(-1.0, 1.0, (6, 6))[::2, ::2],
}


def _function(expressions: list[str]) -> Any:
    """Return a compiled function with a number for each expression, which depends on whether `ravel` is a view."""
    lines = [f"def f(a):\n    y = np.zeros({len(expressions)})"]
    for n, expression in enumerate(expressions):
        lines += [f"    b = {expression}", "    c = b.ravel()", "    c[0] = 5.0 * c[1] * c[3]"]
        lines += [f"    y[{n}] = b[0, 0] * 3.0 + c[0] * b[1, 1]"]
    scope: dict[str, Any] = {"np": np}
    exec("\n".join([*lines, "    return y"]), scope)
    return njit(scope["f"])


CASES = {
    "argument by columns": (["a"], "by columns", ("forward", "reverse")),
    "argument with gaps": (["a"], "with gaps", ("forward", "reverse")),
    "expressions": (["np.where(a > 0.0, a, -a) + a", "np.zeros_like(a.T) + a.T"], "by columns", ("forward",)),
    "results of LAPACK": (["np.linalg.inv(a)"], "by rows", ("forward",)),
}
"""Per name expressions, the order of the argument, and modes."""


def _moved(a: np.ndarray) -> np.ndarray:
    """Return a copy in the memory's order, with its gaps."""
    moved = np.copy(a.base if a.base is not None and a.base.shape != a.shape else a, order="K")
    return moved[::2, ::2] if moved.shape != a.shape else moved


def _differences(f: Any, a: np.ndarray) -> np.ndarray:
    """Return the Jacobian of a compiled function by central differences, at arrays of the order of `a`."""
    step, columns = 1e-5, []
    for place in np.ndindex(a.shape):
        values = []
        for sign in (step, -step):
            moved = _moved(a)
            moved[place] += sign
            values.append(f(moved))
        columns.append((values[0] - values[1]) / (2.0 * step))
    return np.stack(columns, axis=1).reshape(len(columns[0]), *a.shape)


@each("case", CASES)
def test_ravel_is_a_copy_where_numbas_is(case: str) -> None:
    expressions, order, modes = CASES[case]
    f, a = _function(expressions), ORDERS[order]
    before, wanted = a.copy(), _differences(f, a)
    for mode in modes:
        np.testing.assert_allclose(dr.jacobian(f, mode=mode)(a), wanted, rtol=1e-6, atol=1e-7)
        np.testing.assert_array_equal(a, before)


def test_a_difference_of_order_zero_is_a_copy() -> None:
    @njit
    def f(a: Any) -> Any:
        b = np.diff(a, 0)
        b[0] = 0.0
        return a[0] * a[1] + b[0]

    np.testing.assert_array_equal(dr.grad(f)(np.array([2.0, 3.0])), [3.0, 2.0])


@each("order", ORDERS)
def test_products_and_calls_in_python_have_arrays_in_numbas_order(order: str) -> None:
    f, a = _function(["a", "a.T"]), ORDERS[order]
    before, value, wanted = a.copy(), f(_moved(a)), _differences(f, a)
    direction, cotangent = np.cos(a) + 1.0, np.array([0.5, -2.0])
    for pushed in dr.jvp(f, a, direction), dr.jvp(lambda x: 1.0 * f(x), a, direction):
        np.testing.assert_allclose(pushed[0], value, rtol=1e-14)
        np.testing.assert_allclose(pushed[1], np.tensordot(wanted, direction, 2), rtol=1e-6)
    found, pullback = dr.vjp(f, a)
    np.testing.assert_allclose(found, value, rtol=1e-14)
    np.testing.assert_allclose(pullback(cotangent)[0], np.tensordot(cotangent, wanted, 1), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(a, before)


@njit
def _by_columns(a: Any) -> Any:
    columns, s = a.T.ravel(), 0.0
    for k in range(columns.size):
        s += (k + 1.0) * columns[k] ** 2
    return s


@njit
def _written_by_columns(a: Any) -> Any:
    columns = a.T.ravel()
    columns[1] *= columns[0]
    return np.sum(columns * a.T.ravel())


@each("f", [_by_columns, _written_by_columns])
def test_adjoint_code_has_shadows_and_copies_by_columns(f: Any) -> None:
    a, out = ORDERS["by columns"], np.empty((3, 3))
    assert way(f, Question("gradient", "reverse", 0), (a,), {}) == BY_ADJOINT
    wanted = dr.grad(f, mode="forward")(a)
    np.testing.assert_allclose(dr.grad(f, mode="reverse")(a), wanted, rtol=1e-14)
    dr.grad(f, mode="reverse")(a, out=out)
    np.testing.assert_allclose(out, wanted, rtol=1e-14)
