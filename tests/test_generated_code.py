"""Generated code can be read: by its operator's `source`, and in tracebacks."""

from __future__ import annotations

import inspect
import traceback
from typing import Any

import numpy as np
import pytest
from numba import njit

import dualrev as dr
from dualrev.errors import CompilationError
from dualrev.kernels.numba_extending import defined, with_names


@njit
def weighted(x: Any, weight: Any) -> Any:
    return weight * np.sum(x * x)


@njit
def awkward(n: Any, f: Any, tape: Any, result: Any) -> Any:
    """Have the names that generated code uses for other things."""
    return n[0] * f + tape * tape + result * n[1]


@njit
def weighted_squares(x, weight):
    return weight * x * x


X = np.array([1.0, 2.0])


@njit
def collected_squares(x, weight):
    """A list that grows has no adjoint code."""
    found = [weight * x[0] * x[0]]
    for each in x[1:]:
        found.append(weight * each * each)
    return np.array(found)


WRITTEN = [("forward", weighted_squares, "Dual"), ("reverse", collected_squares, "rows(")]


@pytest.mark.parametrize(("mode", "f", "word"), WRITTEN, ids=["forward", "reverse"])
def test_the_source_of_a_derivative_has_the_users_names(mode: str, f: Any, word: str) -> None:
    jacobian = dr.jacobian(f, mode=mode)
    text = jacobian.source(X, weight=3.0)
    assert text.startswith("def derivative(x, weight, out):\n")
    assert f"guarded({f.py_func.__name__}, (" in text
    assert word in text
    np.testing.assert_array_equal(jacobian(X, 3.0), np.diag(6.0 * X))
    assert jacobian.source(X, 3.0) == text


def test_other_operators_have_a_source() -> None:
    assert "derivative(t, out)" in dr.derivative(njit(lambda t: t * t)).source(0.3)
    assert "gradient_of_weighted" in dr.hessian(weighted).source(X, 3.0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_names_with_a_meaning_in_generated_code_are_left_out_of_it(mode: str) -> None:
    slopes = dr.grad(awkward, (0, 1, 2, 3), mode=mode)(X, 3.0, 5.0, 7.0)
    np.testing.assert_array_equal(np.hstack(slopes), [3.0, 7.0, 1.0, 10.0, 2.0])


def test_a_name_is_replaced_where_the_new_one_is_free() -> None:
    names, body, scope = with_names(
        {"a0": "x", "a1": "n", "f": "g", "a2": "<lambda>"}, ["a0", "a1"], ["n = f(a0, a1)"], {"f": abs}
    )
    assert (names, body) == (["x", "a1"], ["n = g(x, a1)"])
    assert scope["g"] is abs


def test_what_runs_interpreted_says_that_it_has_no_source() -> None:
    with pytest.raises(CompilationError, match=r"sqrt: it runs interpreted.*backend='numba'"):
        dr.jacobian(np.sqrt).source(X)
    with pytest.raises(CompilationError, match="leave out batched="):
        dr.jacobian(weighted, batched=True).source(X, 1.0)


def test_tracebacks_show_generated_code() -> None:
    inverse = defined(["x"], ["y = 1 / x", "return y"], {})
    assert inspect.getsource(inverse) == "def implementation(x):\n    y = 1 / x\n    return y\n"
    with pytest.raises(ZeroDivisionError) as caught:
        inverse(0)
    assert "    y = 1 / x\n" in "".join(traceback.format_exception(caught.value))
