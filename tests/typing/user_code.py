"""Code as users write it, for type checkers: `tests/test_typing.py` has mypy check it strictly."""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import dualrev as dr
from dualrev.forward.dual import Dual
from dualrev.operators.operator import Gradient, Jacobian, ValueAndGradient
from dualrev.operators.vector_products import Pushforward, VectorPullback

Array = NDArray[np.float64]


def loss(x: Array, scale: float = 1.0) -> Any:
    """Return a scaled sum of squares."""
    return scale * np.sum(x**2)


a = dr.Var(2.0)
assert_type(a * 3, dr.Var)
assert_type(3 * a, dr.Var)
assert_type(1.0 / (a - 1) + a // 2, dr.Var)
assert_type(-a, dr.Var)
assert_type(abs(a), dr.Var)
assert_type(a**2, dr.Var)
assert_type(2.0**a, dr.Var)
assert_type(a * np.ones(3), dr.Var)
assert_type(a * a + a, dr.Var)
assert_type(a > 1, np.bool_ | NDArray[np.bool_])
assert_type(a == 1, np.bool_ | NDArray[np.bool_])
if a > 1 and bool(a <= 3):
    a = a + 1
b = dr.Var(np.arange(6.0).reshape(2, 3))
assert_type(b[0], dr.Var)
assert_type(b[0, 1:], dr.Var)
assert_type(b[b > 2.0], dr.Var)
assert_type(b.T @ b, dr.Var)
assert_type((b * b).sum(axis=0).reshape(3, 1), dr.Var)
assert_type(b.shape, tuple[int, ...])
assert_type(float(b.value[0, 0]), float)
for row in b:
    assert_type(row.mean(), dr.Var)
# NumPy's stubs give Any for a ufunc of whatever has `__array_ufunc__`, which checks as a Var: no class can narrow that,
# for their overloads know no other result. Functions that are no ufuncs ask for `__array__`, which a Var has not,
# since it would lose its derivative there; its methods check.
sine: dr.Var = np.sin(a)
assert_type(np.sin(a), Any)
assert_type(np.float64(2.0) * a, dr.Var)
assert_type(np.ones(3) @ a, dr.Var)
np.sum(a)  # type: ignore[call-overload]
np.sin(a).backward()
(b**2).sum().backward()
assert_type(b.requires_grad, bool)
with dr.no_grad():
    b -= 0.1 * b.grad

c = dr.Dual(1.0, 1.0)
assert_type(2 * c**2 - c / 3, Dual)
assert_type(-c, Dual)
assert_type(c < 2, np.bool_ | NDArray[np.bool_])
assert_type(dr.Dual(np.ones(2), np.ones(2))[0], Dual)
slope: float = np.exp(c).tangent

x = np.ones(3)
assert_type(dr.grad(loss), Gradient)
assert_type(dr.jacobian(loss, (0, 1), mode="forward", chunk_size=4), Jacobian)
assert_type(dr.grad(loss, mode="reverse", backend="numpy", batched=(0,), has_aux=True), Gradient)
gradient: Array = dr.grad(loss)(x, scale=2.0)
fast = dr.value_and_grad(loss)
assert_type(fast, ValueAndGradient)
assert_type(fast(x), tuple[Any, Any])
assert_type(dr.value_and_jacobian(loss)(x), tuple[Any, Any])
assert_type(dr.jvp(loss, x, x), tuple[Any, Any])
assert_type(dr.jvp(loss), Pushforward)
assert_type(dr.vjp(loss, x), tuple[Any, VectorPullback])
assert_type(dr.vjp(loss, x)[1](1.0), tuple[Any, ...])
assert_type(dr.jacobian(loss).plan(x), dr.ModeChoice)
curvature: Array = dr.hvp(loss, x, x)

dr.grad(loss, mode="sideways")  # type: ignore[arg-type]
dr.grad(loss, backend="fortran")  # type: ignore[arg-type]
dr.grad(loss, device="tpu")  # type: ignore[arg-type]
dr.grad(loss, moed="forward")  # type: ignore[call-arg]
dr.derivative(np.sin, mode="sideways")  # type: ignore[arg-type]
a * "text" * object()  # type: ignore[operator]
