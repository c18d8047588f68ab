"""Derivatives that are compiled before they are called, and as C functions for other people's solvers."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numba import njit, types
from scipy import LowLevelCallable, integrate
from scipy.optimize.cython_optimize import _zeros

import dualrev as dr
from dualrev.compiled.plain_first import plain_first
from dualrev.errors import CompilationError, InputTypeError

X = np.array([0.5, 1.5, 2.5])


@njit
def quartic(x: Any, c: Any = 1.0) -> Any:
    return c * (x - 1.0) ** 4 + x * x


@njit
def product(x: Any, p: Any) -> Any:
    if p[0] < 0.0:
        raise ValueError("negative")
    s = 1.0
    for v in x:
        s *= v + p[0]
    return s


def overloads(operator: Any, *args: Any) -> int:
    """Return how many versions the entry has that a call with these arguments takes."""
    question = operator.compiled.question if type(args[0]) is float else operator.compiled.asked(args, {})
    return len(plain_first(operator.compiled.f, question).plain.overloads)


@pytest.mark.parametrize("args", [(X, X), (2.0,)], ids=["arrays", "a number with a default"])
def test_nothing_is_compiled_after_a_preparation(args: Any) -> None:
    gradient = dr.grad(product if len(args) > 1 else quartic)
    assert gradient.prepare(*args) > 0.0
    before = overloads(gradient, *args)
    gradient(*args)
    assert overloads(gradient, *args) == before == 1
    assert dr.grad(np.sum).prepare(X) == 0.0


def test_quadrature_over_a_derivative() -> None:
    slope = dr.grad(quartic).cfunc("float64(float64, float64)")
    assert slope.ctypes(2.0, 3.0) == 16.0
    of_one = dr.grad(njit(lambda x: np.sin(x) * x)).cfunc("float64(float64)")
    found, _ = integrate.quad(LowLevelCallable(of_one.ctypes), 0.0, 2.0)
    np.testing.assert_allclose(found, np.sin(2.0) * 2.0, rtol=1e-14)


# SciPy's Brent method as C code calls it: it is given an address, and a pointer to data of the caller's.
def test_a_solver_finds_where_a_derivative_is_zero() -> None:
    slope = dr.grad(njit(lambda x: (x - 1.0) ** 4 + x * x)).cfunc(
        types.float64(types.float64, types.voidptr), arguments=[0]
    )
    capsule = _zeros.__pyx_capi__["brentq"]
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    brentq = ctypes.CFUNCTYPE(
        *[ctypes.c_double, ctypes.c_void_p, ctypes.c_double, ctypes.c_double, ctypes.c_void_p],
        *[ctypes.c_double, ctypes.c_double, ctypes.c_int, ctypes.c_void_p],
    )(pointer(capsule, name(capsule)))
    root = brentq(slope.address, -1.0, 1.0, None, 1e-14, 1e-14, 100, None)
    assert abs(4.0 * (root - 1.0) ** 3 + 2.0 * root) < 1e-12


def test_arrays_are_pointers() -> None:
    pointer = types.CPointer(types.float64)
    slope = dr.grad(product).cfunc(
        types.void(types.intc, pointer, pointer, pointer), arguments=(2, 1), shapes=(1, 3, 3), result=3
    )
    out, p = np.zeros(3), np.array([0.5])
    of_pointers = [each.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for each in (p, X, out)]
    slope.ctypes(3, *of_pointers)
    np.testing.assert_allclose(out, dr.grad(product)(X, p), rtol=1e-15)
    # An error cannot leave a C function.
    p[0] = -1.0
    slope.ctypes(3, *of_pointers)
    assert np.isnan(out).all()


def test_what_does_not_fit_is_told() -> None:
    gradient, pointer = dr.grad(product), types.CPointer(types.float64)
    with pytest.raises(InputTypeError, match="takes 2 arguments from 1 parameters"):
        gradient.cfunc("float64(float64)")
    with pytest.raises(InputTypeError, match="0 shapes for 2 pointers"):
        gradient.cfunc(types.float64(pointer, pointer))
    with pytest.raises(InputTypeError, match="which result= names"):
        gradient.cfunc(types.void(pointer, pointer), shapes=(3, 1))
    with pytest.raises(CompilationError, match="runs interpreted"):
        dr.grad(np.sum).cfunc("float64(float64)")
