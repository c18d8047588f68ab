"""The law of the chain rule, 0 times anything is 0: every form of it over zeros, a number, infinities and a NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numba import njit

import dualrev as dr
from dualrev.compiled.drivers._care import CAREFUL
from dualrev.compiled.drivers.derivative import Question, derivative
from dualrev.kernels import cpu
from dualrev.kernels.numba_chain_rule import chained
from dualrev.primitives.chain_rule import chain_product
from dualrev.primitives.scalar import TABLE

VALUES = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])
PARTIALS, FACTORS = (np.ravel(each) for each in np.meshgrid(VALUES, VALUES, indexing="ij"))

Form = Callable[[float, float], Any]


@njit
def product_and_more(x: Any, p: Any, scale: Any) -> Any:
    return scale * (x[0] * p + x[1])


@njit
def products_and_more(x: Any, p: Any, scales: Any) -> Any:
    return scales * (x[0] * p + x[1])


@njit
def product(x: Any, p: Any) -> Any:
    return x * p


def forms() -> Iterator[tuple[str, Form]]:
    """Yield the forms of the law, as functions of a partial derivative and a tangent or cotangent."""
    yield "NumPy's, of numbers", lambda p, t: chain_product(np.float64(p), np.float64(t))
    yield "NumPy's, of arrays", lambda p, t: chain_product(np.array([p, 1.0]), np.array([t, 1.0]))[0]
    yield "that of compiled code", cpu.chain_product()
    yield "that of single precision", lambda p, t: cpu.chain_product(True)(np.float32(p), np.float32(t))
    yield "the one that chooses the precision", njit(lambda p, t: chained(p, t))
    yield "a kernel's, forward", pushed
    yield "a kernel's, backward", pulled
    yield "in registers, of tangents", lambda p, t: dr.jvp(product, (1.0, p), (t, 0.0))[1]
    point = np.ones(2)
    gradient = dr.grad(product_and_more, mode="reverse")
    yield "in registers, of an adjoint", lambda p, t: gradient(point, p, t)[0]
    jacobian = dr.jacobian(products_and_more, mode="reverse")
    yield "in registers, of adjoints in lanes", lambda p, t: jacobian(point, p, np.array([1.0, t, 1.0]))[1, 0]


def pushed(p: float, t: float) -> Any:
    matrices = (np.full((1, 1), each) for each in (p, 1.0, p))
    tangent = np.zeros((1, 1, 1))
    cpu.pushforward(TABLE["multiply"], "ff", (0,), False)(*matrices, np.full((1, 1, 1), t), tangent)
    return tangent[0, 0, 0]


def pulled(p: float, t: float) -> Any:
    matrices = (np.full((1, 1), each) for each in (p, 1.0, p))
    adjoint = np.zeros((1, 1, 1))
    cpu.pullback(TABLE["multiply"], "fff", "f", 0, False)(*matrices, np.full((1, 1, 1), t), adjoint)
    return adjoint[0, 0, 0]


def test_every_form_of_the_law_has_the_same_products() -> None:
    with np.errstate(all="ignore"):
        expected = np.where((PARTIALS == 0) | (FACTORS == 0), 0.0, PARTIALS * FACTORS)
    for name, form in forms():
        found = [form(p, t) for p, t in zip(PARTIALS.tolist(), FACTORS.tolist(), strict=True)]
        np.testing.assert_array_equal(found, expected, err_msg=name)


def test_a_zero_that_an_infinity_meets_keeps_no_derivative_and_a_zero_beside_numbers_does() -> None:
    slope = dr.derivative(lambda t: chain_product(np.float64(2.0), t))
    assert slope(0.0) == 2.0
    of_compiled = njit(lambda t, p: chained(p, t))
    assert dr.derivative(of_compiled)(0.0, 2.0) == 2.0
    careful = derivative(of_compiled, Question("gradient", "forward", 0, care=CAREFUL))
    assert careful(0.0, np.inf) == 0.0  # a plain product's value is NaN there, which the inner derivative sees
