"""Operators called wrongly: what they were given, what they expected and what to call is in the message."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from each import each

import dualrev as dr
from dualrev import errors

X = np.array([0.5, 1.5, 2.5])
MODES = ("forward", "reverse", "auto")
OPERATORS = (dr.jacobian, dr.value_and_jacobian, dr.grad, dr.value_and_grad)
SHAPE = errors.ShapeMismatchError

each_mode = each("mode", MODES)
each_operator = each("operator", OPERATORS)


def named(x: Any) -> Any:
    return x * x


def total(x: Any, y: Any = 1.0) -> Any:
    return np.sum(x * x * y)


def pullback(cotangent: Any, f: Any = named) -> Any:
    return dr.vjp(f, X)[1](cotangent)


def freed() -> None:
    y = np.sum(dr.Var(X) ** 2)
    y.backward()
    y.backward()


CALLS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "cotangent of another shape": (lambda: pullback(np.ones(2)), SHAPE, ("cotangent", "(2,)", "(3,)")),
    "cotangent that is a number": (lambda: pullback(1.0), SHAPE, ("cotangent", "()", "(3,)")),
    "cotangent with one axis more": (lambda: pullback(np.ones((1, 3))), SHAPE, ("cotangent", "(1, 3)", "(3,)")),
    "cotangent of another structure": (lambda: pullback({"a": X}), SHAPE, ("cotangent", "expected")),
    "cotangent for a tuple": (lambda: pullback(X, lambda x: (x, x)), SHAPE, ("one array", "expected", "(*, *)")),
    "tangent of another shape": (lambda: dr.jvp(named, X, np.ones(2)), SHAPE, ("tangent", "(2,)", "(3,)")),
    "tangent with one axis more": (lambda: dr.jvp(named, X, np.ones((2, 3))), SHAPE, ("tangent", "(2, 3)", "(3,)")),
    "too few tangents": (lambda: dr.jvp(total, (X, 2.0), (X,)), SHAPE, ("tangents", "1 parts", "2 primals")),
    "no tangents": (lambda: dr.jvp(named, (X,), 1.0), SHAPE, ("tangents", "float", "1 primals")),
    "tangent of another structure": (lambda: dr.jvp(named, (X,), ([X],)), SHAPE, ("tangent", "one array")),
    "direction for hvp": (lambda: dr.hvp(total, X, np.ones(2)), SHAPE, ("(2,)", "(3,)")),
    "Dual of another shape": (lambda: dr.Dual(X, np.ones(2)), SHAPE, ("(2,)", "(3,)", "k directions")),
    "Dual with two axes more": (lambda: dr.Dual(X, np.ones((1, 2, 3))), SHAPE, ("(1, 2, 3)", "(3,)", "k directions")),
    "Dual of a string": (lambda: dr.Dual("a", 1.0), errors.InputTypeError, ("str", "real numbers")),
    "Dual of complex": (lambda: dr.Dual(1.0, 1j), errors.ComplexInputError, ("complex", "real")),
    "Var of complex": (lambda: dr.Var(1j), errors.ComplexInputError, ("complex", "real")),
    "Var of objects": (lambda: dr.Var(np.array(["a"], object)), errors.ObjectArrayError, ("str", "np.stack")),
    "backward without a gradient": (lambda: dr.Var(X).backward(), SHAPE, ("(3,)", "x.sum()")),
    "backward with another shape": (lambda: dr.Var(X).backward(np.ones(2)), SHAPE, ("(2,)", "(3,)")),
    "backward of a constant": (
        lambda: (dr.Var(2.0, requires_grad=False) ** 2).backward(),
        errors.NoGradientError,
        ("requires_grad=True",),
    ),
    "backward twice": (freed, errors.FreedTapeError, ("retain_graph=True",)),
    "derivative of an array": (lambda: dr.derivative(named)(X), SHAPE, ("(3,)", "jacobian", "elementwise_grad")),
    "elementwise_grad of a sum": (lambda: dr.elementwise_grad(total)(X), SHAPE, ("total", "(3,)", "grad")),
    "elementwise_grad of a dict": (lambda: dr.elementwise_grad(named)({"a": X, "b": X}), SHAPE, ("(3,)", "one array")),
    "hessian of a vector": (lambda: dr.hessian(named)(X), errors.NonScalarOutputError, ("named", "(3,)")),
    "hvp of a vector": (lambda: dr.hvp(named, X, X), errors.NonScalarOutputError, ("named", "(3,)")),
    "chunk size for choose_mode": (
        lambda: dr.choose_mode(3, chunk_size=0),
        errors.ChunkSizeError,
        ("0", "positive"),
    ),
    "mode for check_grads": (
        lambda: dr.check_grads(total, (X,), modes=("back",)),
        errors.UnknownModeError,
        ("'back'",),
    ),
}


def expect(kind: type[Exception], words: tuple[str, ...], call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)


@pytest.mark.parametrize("condition", CALLS)
def test_calls(condition: str) -> None:
    call, kind, words = CALLS[condition]
    expect(kind, words, call)


@each_operator
@pytest.mark.parametrize("mode", ["backward", "Forward", "", None, 1])
def test_a_mode_that_does_not_exist(operator: Any, mode: Any) -> None:
    words = (repr(mode), "'auto', 'forward' or 'reverse'")
    expect(errors.UnknownModeError, words, lambda: operator(named, mode=mode))


@each_operator
@pytest.mark.parametrize("size", [0, -1, 1.5, "3", True])
def test_a_wrong_chunk_size(operator: Any, size: Any) -> None:
    expect(errors.ChunkSizeError, (repr(size), "positive integer"), lambda: operator(named, chunk_size=size))


@each_mode
@each_operator
@pytest.mark.parametrize(("argnums", "word"), [(2, "2"), (-3, "-3"), ((0, 5), "5")])
def test_argnums_outside_the_arguments(operator: Any, mode: str, argnums: Any, word: str) -> None:
    words = ("total", word, "2 positional arguments", "by position")
    expect(errors.ArgnumsError, words, lambda: operator(total, argnums, mode=mode)(X, 2.0))
    expect(errors.ArgnumsError, ("total", "0 positional"), lambda: operator(total, mode=mode)(x=X))


@each_operator
@pytest.mark.parametrize("argnums", ["x", 1.0, None, (0, "y"), (0, 0), (0, -2)])
def test_argnums_of_another_kind(operator: Any, argnums: Any) -> None:
    expect(errors.ArgnumsError, ("argnums",), lambda: operator(total, argnums)(X, 2.0))


@each_operator
@pytest.mark.parametrize("thing", [None, 3.0, "f", X])
def test_something_else_than_a_function(operator: Any, thing: Any) -> None:
    expect(TypeError, (type(thing).__name__, "expected a function"), lambda: operator(thing))


@pytest.mark.parametrize("operator", [dr.jvp, dr.derivative, dr.elementwise_grad, dr.hessian])
def test_something_else_than_a_function_given_to_the_others(operator: Any) -> None:
    expect(TypeError, ("float", "expected a function"), lambda: operator(3.0))
    expect(TypeError, ("float", "expected a function"), lambda: dr.vjp(3.0, X))


@each_mode
@pytest.mark.parametrize("operator", [dr.grad, dr.value_and_grad], ids=lambda operator: operator.__name__)
def test_a_gradient_of_no_scalar(operator: Any, mode: str) -> None:
    kind = errors.NonScalarOutputError
    expect(kind, ("named", "shape (3,)", "shape ()", "jacobian", "np.sum"), lambda: operator(named, mode=mode)(X))
    expect(kind, ("shape (1,)", "[0]"), lambda: operator(lambda x: x[:1], mode=mode)(X))
    expect(kind, ("shape (1, 1)", "jacobian"), lambda: operator(lambda x: x[:1, None], mode=mode)(X))
    expect(kind, ("2 outputs", "jacobian"), lambda: operator(lambda x: (x[0], x[1]), mode=mode)(X))
    expect(kind, ("1 outputs", "jacobian"), lambda: operator(lambda x: {"a": x[0]}, mode=mode)(X))


@each_mode
@each_operator
@pytest.mark.parametrize("out", [3.0, (1.0, 2.0, 3.0), [1.0, 2.0]])
def test_has_aux_without_an_extra_output(operator: Any, mode: str, out: Any) -> None:
    words = (type(out).__name__, "has_aux=True", "(output, aux)")
    expect(errors.NoOutputError, words, lambda: operator(lambda x: out, mode=mode, has_aux=True)(X))


@pytest.mark.parametrize("number", [dr.Dual(X, X), dr.Var(X) * 2.0], ids=["Dual", "Var"])
def test_active_numbers_are_not_pickled(number: Any) -> None:
    expect(TypeError, (type(number).__name__, "pickled"), lambda: pickle.dumps(number))
    for copied in (copy.copy(number), copy.deepcopy(number)):
        assert copied is not number
        np.testing.assert_array_equal(copied.value, number.value)
    for wrong in (lambda: len(number[0]), lambda: iter(number[0])):
        expect(errors.WrongBranchError, ("shape ()", "np.ndim"), wrong)
        assert issubclass(errors.WrongBranchError, TypeError)


def keeps(x: Any) -> Any:
    """Return a number that an inner derivative was computed with."""
    kept = []
    dr.derivative(lambda t: kept.append(t) or t**2)(x[0])
    return kept[0] * x[1]


def writes(x: Any) -> Any:
    """Write such a number into an array of the outer derivative."""
    y = np.zeros_like(x)

    def inner(t: Any) -> Any:
        y[0] = t * x[0]
        return t**2

    dr.derivative(inner)(2.0)
    return np.sum(y)


def makes_by_hand(x: Any) -> Any:
    """Return a number made by hand from an active one."""
    return dr.Var(x[0]) * 2.0


@each_mode
@pytest.mark.parametrize("f", [keeps, writes, makes_by_hand], ids=lambda f: f.__name__)
def test_numbers_of_a_finished_derivative(f: Any, mode: str) -> None:
    words = (f.__name__, "another derivative", "made by hand", ".value")
    expect(errors.LeakedNumberError, words, lambda: dr.grad(f, mode=mode)(X))
