"""Bad input: one error class for each condition, whose message names what was given and what to use instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import scipy.special
from each import each

import dualrev as dr
from dualrev import errors

X = np.array([0.5, 1.5, 2.5])
ACTIVE = ("Dual", "Var")


def added_in_place(x: Any) -> Any:
    s = np.zeros(3)
    s += x
    return s


def element_written(x: Any) -> Any:
    s = np.zeros(3)
    s[0] = x[0]
    return s


def slice_written(x: Any) -> Any:
    s = np.zeros(3)
    s[:] = x
    return s


def objects(x: Any) -> Any:
    array = np.empty(1, object)
    array[0] = x[0]
    return array


def nothing(x: Any) -> None:
    np.sin(x)


class Unrelated:
    """Something that is neither a number nor an array."""


NO_RULE, CONVERSION, WRITE = errors.MissingRuleError, errors.ActiveConversionError, errors.InactiveWriteError
OBJECTS, NO_OUTPUT = errors.ObjectArrayError, errors.NoOutputError

SPARSE = scipy.sparse.csr_array(np.eye(3))
MATRIX = np.zeros((3, 3)).view(np.matrix)
MASKED = np.ma.array(X, mask=[0, 1, 0])

INSIDE: dict[str, tuple[Callable[[Any], Any], type[Exception], tuple[str, ...]]] = {
    "function without rule": (lambda x: np.roots(x), NO_RULE, ("numpy.roots", "np.linalg.eigvals", "docs/coverage.md")),
    "ufunc without rule": (lambda x: np.frexp(x), NO_RULE, ("frexp", "np.log2")),
    "ufunc that nobody has written": (
        lambda x: scipy.special.kolmogorov(x),
        NO_RULE,
        ("kolmogorov", "add a rule", "docs/coverage"),
    ),
    "ufunc method without rule": (lambda x: np.hypot.reduce(x), NO_RULE, ("np.hypot.reduce", "np.add")),
    "function that counts": (lambda x: np.histogram(x), NO_RULE, ("numpy.histogram", "counts", "weights")),
    "function of sets": (lambda x: np.union1d(x, x), NO_RULE, ("numpy.union1d", "sets", "np.unique")),
    "function that writes": (lambda x: np.put(np.zeros(3), 0, x[0]), WRITE, ("np.put", "like=x", "np.zeros_like(x)")),
    "file": (lambda x: np.savetxt("x.txt", x), NO_RULE, ("numpy.savetxt", "file", "has_aux")),
    "padding by a function": (lambda x: np.pad(x, 1, print), NO_RULE, ("np.pad", "np.concatenate")),
    "ufunc option without rule": (lambda x: np.sin(x, where=X > 1), NO_RULE, ("np.sin", "where", "np.where")),
    "vectors without rule": (lambda x: np.linalg.svd(np.outer(x, x[:2])), NO_RULE, ("(3, 2)", "full_matrices=False")),
    "float": (lambda x: float(x[0]), CONVERSION, ("float(x[0]) would make a float", "np.sin", "stop_gradient")),
    "int": (lambda x: int(x[0]), CONVERSION, ("int(x[0]) would make an integer", "stop_gradient")),
    "complex": (lambda x: complex(x[0]), CONVERSION, ("complex(x[0]) would make", "stop_gradient")),
    "index": (lambda x: [1, 2, 3][x[0]], CONVERSION, ("[1, 2, 3][x[0]] would make an integer", "stop_gradient")),
    "math": (lambda x: math.sin(x[0]), CONVERSION, ("math", "np.sin for math.sin")),
    "asarray": (lambda x: np.asarray(x, int), CONVERSION, ("np.asarray(x, int)", "leave out")),
    "asarray of a list": (lambda x: np.asarray([x[0]], int), CONVERSION, ("np.asarray([x[0]], int)", "leave out")),
    "object array": (lambda x: np.array(objects(x), float), CONVERSION, ("np.array(objects(x), float)", "leave out")),
    "mapped conversion": (lambda x: list(map(float, [x[0]])), CONVERSION, ("list(map(float, [x[0]]))", "a float")),
    "source that is not there": (eval("lambda x: float(x[0])"), CONVERSION, ("a conversion would make a float",)),
    "written by +=": (added_in_place, WRITE, ("np.add", "s += x", "s = s + x", "np.zeros_like(x)")),
    "written by out": (lambda x: np.multiply(x, 2, out=np.zeros(3)), WRITE, ("np.multiply", "plain array")),
    "clip with out": (lambda x: np.clip(x, 0, 1, out=np.zeros(3)), WRITE, ("np.clip", "out")),
    "sum with out": (lambda x: np.sum(x, out=np.zeros(())), WRITE, ("np.sum", "leave `out` out")),
    "median with out": (lambda x: np.median(x, None, np.zeros(())), WRITE, ("np.median", "leave `out` out")),
    "product with out": (lambda x: np.dot(x, x, np.zeros(())), WRITE, ("np.dot", "leave `out` out")),
    "element written": (
        element_written,
        CONVERSION,
        ("the assignment to s[0] would", "s[0] = x", "np.zeros(n, like=x)", "np.zeros_like(x)"),
    ),
    "slice written": (slice_written, CONVERSION, ("write", "np.zeros(n, like=x)", "np.zeros_like(x)")),
    "number written": (lambda x: x[0].__setitem__(0, 1.0), errors.InPlaceError, ("float64", "arrays can")),
    "resized in place": (lambda x: x.resize((2, 2)), errors.InPlaceError, ("x.resize()", "np.resize(x, shape)")),
    "complex factor": (lambda x: x * 1j, errors.ComplexInputError, ("complex", "real")),
    "complex array": (lambda x: x + np.array([1j, 2, 3]), errors.ComplexInputError, ("complex", "(3,)", "real")),
    "complex dtype": (lambda x: x.astype(complex), errors.ComplexInputError, ("complex128", "real")),
    "times a sparse matrix": (lambda x: x @ SPARSE, errors.InputTypeError, ("csr_array", "toarray", "custom_rule")),
    "object array of a string": (lambda x: x + np.array(["a", 1, 2], object), OBJECTS, ("str", "(3,)", "np.stack")),
    "object array of arrays": (lambda x: np.array([x, None], object) + x[0], OBJECTS, ("object array", "np.stack")),
    "object array out": (lambda x: np.array([x[0], "a"], object), OBJECTS, ("str", "(2,)", "np.stack")),
    "array of strings": (lambda x: x + np.array(["a", "b", "c"]), OBJECTS, ("<U1", "real numbers")),
    "matrix times": (lambda x: MATRIX * x, errors.InputTypeError, ("matrix", "np.asarray(x)")),
    "masked array": (lambda x: x * MASKED, errors.InputTypeError, ("MaskedArray", "np.where")),
    "None out": (nothing, NO_OUTPUT, ("nothing", "None", "return")),
    "empty container out": (lambda x: {}, NO_OUTPUT, ("{}", "expected a number")),
    "empty list out": (lambda x: [], NO_OUTPUT, ("[]", "expected a number")),
    "string out": (lambda x: "abc", errors.InputTypeError, ("'abc'", "real numbers")),
    "complex out": (lambda x: 1j, errors.InputTypeError, ("1j", "real numbers")),
    "object out": (lambda x: Unrelated(), OBJECTS, ("Unrelated", "numbers")),
}

GIVEN: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "complex number": (1j, errors.ComplexInputError, ("complex", "()", "real")),
    "complex array": (X * 1j, errors.ComplexInputError, ("complex", "(3,)", "real")),
    "complex in a dict": ({"a": X, "b": 1j}, errors.ComplexInputError, ("complex", "real")),
    "string": ("abc", errors.InputTypeError, ("str", "real numbers")),
    "bytes": (b"abc", errors.InputTypeError, ("bytes", "real numbers")),
    "array of strings": (np.array(["a"]), errors.InputTypeError, ("ndarray", "real numbers")),
    "dates": (np.array(["2020-01-01"], "M8[D]"), errors.InputTypeError, ("ndarray", "real numbers")),
    "a matrix": (MATRIX, errors.InputTypeError, ("matrix", "arithmetic", "np.asarray(x)")),
    "a masked array": (MASKED, errors.InputTypeError, ("MaskedArray", "np.where")),
    "None": (None, OBJECTS, ("NoneType", "a number or an array")),
    "an object": (Unrelated(), OBJECTS, ("Unrelated", "a number or an array")),
    "a function": (np.sin, OBJECTS, ("ufunc", "a number or an array")),
    "an object array": (np.array([1.0, "a"], object), OBJECTS, ("str", "(2,)", "np.stack")),
    "an object array of arrays": (np.array([X, None], object), OBJECTS, ("ndarray", "np.stack")),
}

MODES = ("forward", "reverse", "auto")
OPERATORS = (dr.jacobian, dr.value_and_jacobian, dr.grad, dr.value_and_grad)


def text(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def expect(kind: type[Exception], words: tuple[str, ...], call: Callable[[], Any]) -> None:
    """Check the class of the error, exactly, and that its message holds the words."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert isinstance(caught.value, dr.DualrevError)
    assert [word for word in words if word not in text(caught.value)] == [], text(caught.value)


@pytest.mark.parametrize("condition", INSIDE)
@each("operator", OPERATORS)
@each("mode", MODES)
def test_inside_a_function(condition: str, operator: Any, mode: str) -> None:
    f, kind, words = INSIDE[condition]
    expect(kind, words, lambda: operator(f, mode=mode)(X))


@pytest.mark.parametrize("operator", [dr.Dual, dr.Var], ids=ACTIVE)
@pytest.mark.parametrize("condition", [c for c in INSIDE if INSIDE[c][1] in (NO_RULE, CONVERSION, WRITE)])
def test_by_hand(condition: str, operator: Any) -> None:
    f, kind, words = INSIDE[condition]
    x = operator(X, X) if operator is dr.Dual else operator(X)

    def call() -> None:
        try:
            f(x)
        except ValueError as error:  # NumPy's own, which names ours as its cause; see Point.call
            if type(error) is ValueError and error.__cause__ is not None:
                raise error.__cause__ from None
            raise

    expect(kind, words, call)


@pytest.mark.parametrize("condition", GIVEN)
@each("operator", OPERATORS)
@each("mode", MODES)
def test_given_to_a_function(condition: str, operator: Any, mode: str) -> None:
    x, kind, words = GIVEN[condition]
    expect(kind, words, lambda: operator(lambda y: 1.0, mode=mode)(x))
    expect(kind, words, lambda: dr.vjp(lambda y: 1.0, x))
