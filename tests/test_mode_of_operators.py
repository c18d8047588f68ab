"""Every operator that has a choice takes `mode`, and gives the same result in each."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
from numba import njit

import dualrev as dr

MODES = ("auto", "forward", "reverse")
OPERATORS = (dr.jacobian, dr.value_and_jacobian, dr.grad, dr.value_and_grad, dr.derivative, dr.elementwise_grad)


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_option_is_there(operator: object) -> None:
    assert inspect.signature(operator).parameters["mode"].default == "auto"  # type: ignore[arg-type]
    with pytest.raises(dr.errors.UnknownModeError, match="sideways"):
        operator(np.sin, mode="sideways")  # type: ignore[operator]


@pytest.mark.parametrize("mode", MODES)
def test_derivative(mode: str) -> None:
    def f(t: float, scale: float = 1.0) -> object:
        return {"a": np.stack([t * t, scale * t]), "b": t**3, "c": 5.0}

    found = dr.derivative(f, mode=mode)(2.0, scale=7.0)
    np.testing.assert_array_equal(found["a"], [4.0, 7.0])
    assert (found["b"], found["c"], type(found["b"])) == (12.0, 0.0, float)
    assert dr.derivative(dr.derivative(lambda t: t**3, mode=mode), mode=mode)(2.0) == 12.0
    assert dr.derivative(lambda t: t * t, mode=mode)(np.float32(3.0)).dtype == np.float32
    assert pickle.loads(pickle.dumps(dr.derivative(np.sin, mode=mode))).mode == mode
    with pytest.raises(dr.errors.ShapeMismatchError):
        dr.derivative(np.sin, mode=mode)(np.ones(2))


@pytest.mark.parametrize("mode", MODES)
def test_elementwise_grad(mode: str) -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(dr.elementwise_grad(lambda x, a: x**2 * a, mode=mode)(x, 3.0), 6 * x)
    twice = dr.elementwise_grad(dr.elementwise_grad(lambda x: x**3, mode=mode), mode=mode)
    np.testing.assert_array_equal(twice(x), 6 * x)
    np.testing.assert_array_equal(dr.elementwise_grad(lambda x: np.ones_like(x) * 2.0, mode=mode)(x), 0 * x)
    assert dr.elementwise_grad(lambda x: x * x, mode=mode)(3.0) == 6.0
    with pytest.raises(dr.errors.ShapeMismatchError):
        dr.elementwise_grad(np.sum, mode=mode)(x)


def test_compiled_functions() -> None:
    cube = njit(lambda x: x**3)
    for mode in ("forward", "reverse"):
        assert dr.derivative(cube, mode=mode)(2.0) == 12.0


KEYWORDS = {
    "mode": "auto",
    "chunk_size": None,
    "has_aux": False,
    "backend": "auto",
    "batched": False,
    "out_shape": None,
    "device": "cpu",
}
EMPTY = inspect.Parameter.empty
SIGNATURES = {
    **{key: {"f": EMPTY, "argnums": 0, **KEYWORDS} for key in OPERATORS[:4]},
    **{key: {"f": EMPTY, "mode": "auto"} for key in OPERATORS[4:]},
    dr.hessian: {"f": EMPTY, "argnums": 0, "chunk_size": None, "batched": False, "device": "cpu"},
    dr.hvp: {"f": EMPTY, "x": None, "v": None, "args": EMPTY, "kwargs": EMPTY},
    dr.jvp: {"f": EMPTY, "primals": None, "tangents": None, "batched": False, "device": "cpu", "kwargs": EMPTY},
    dr.linear_operator: {"f": EMPTY, "x": None, "args": EMPTY, "kwargs": EMPTY},
    dr.taylor: {"f": EMPTY, "x": EMPTY, "order": EMPTY, "args": EMPTY, "direction": None, "kwargs": EMPTY},
    dr.vjp: {"f": EMPTY, "primals": EMPTY, "kwargs": EMPTY},
}


@pytest.mark.parametrize("operator", SIGNATURES, ids=lambda operator: operator.__name__)
def test_help_lists_every_option_with_its_default(operator: object) -> None:
    parameters = inspect.signature(operator).parameters  # type: ignore[arg-type]
    assert {name: each.default for name, each in parameters.items()} == SIGNATURES[operator]
    positional = {"f", "argnums", "x", "v", "primals", "tangents", "order"}
    by_keyword = {name for name, each in parameters.items() if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert by_keyword == parameters.keys() - positional - {"args", "kwargs"}


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_an_unknown_option_is_a_type_error_at_once(operator: object) -> None:
    name = operator.__name__  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'moed'"):
        operator(np.sin, moed="forward")  # type: ignore[operator]
    with pytest.raises(TypeError, match="positional argument"):
        operator(np.sin, 0, "forward")  # type: ignore[operator]
