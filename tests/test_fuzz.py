"""Random programs: both modes, interpreted and compiled, agree with each other and with 50 digits.

What fails is shown as code that can be run. `pytest -m exhaustive tests/test_fuzz.py` tries many more.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fuzzing.programs import INPUTS, function, point, program, script
from fuzzing.reference import exact_gradient, tolerance
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numba import njit

import dualrev as dr
from dualrev.verification.symbols.limits import TooLargeError

MODES = ("forward", "reverse")
EXAMPLES, MANY = 15, 2000
PER_UNIT, MANY_UNITS = 2, 40


def expect_close(found: Any, expected: Any, error: float, what: str, text: str, x: Any) -> None:
    """Compare gradients; a NaN is never close."""
    if not np.all(np.abs(np.asarray(found) - expected) <= error):
        pytest.fail(f"{what}: {found}, expected {expected} within {error:.1g}\n\n{script(text, x)}")


def check_interpreted(text: str, x: Any, allowed: float) -> Any:
    """Compare both modes with 50 digits; return the gradient."""
    f = function(text)
    try:
        expected = exact_gradient(f, x)
    except TooLargeError:  # the modes are still compared with each other
        expected = dr.grad(f, mode="forward")(x)
    for mode in MODES:
        expect_close(dr.grad(f, mode=mode)(x), expected, allowed, f"interpreted, {mode}", text, x)
    return expected


def allowed_error(text: str, x: Any) -> float | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a program may overflow; it is then not compared
        return tolerance(dr.grad(function(text), mode="forward"), x)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES)
def test_interpreted_programs_agree_with_fifty_digits(drawn: random.Random) -> None:
    text, x = program(drawn, nested=True), point(drawn)
    allowed = allowed_error(text, x)
    assume(allowed is not None)
    assert allowed is not None
    check_interpreted(text, x, allowed)


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("start", range(0, MANY, 100))
def test_many_interpreted_programs_agree_with_fifty_digits(start: int) -> None:
    for seed in range(start, start + 100):
        drawn = random.Random(seed)
        text, x = program(drawn, nested=True), point(drawn)
        allowed = allowed_error(text, x)
        if allowed is not None:
            check_interpreted(text, x, allowed)


def unit(texts: Sequence[str]) -> Any:
    """Return one compiled function of the points of all programs, one after another, with an output for each."""
    scope: dict[str, Any] = {"np": np}
    lines = []
    for k, text in enumerate(texts):
        scope[f"f{k}"] = njit(function(text.replace("def f(", f"def f{k}(", 1), f"f{k}"))
        lines.append(f"    y[{k}] = f{k}(x[{INPUTS * k} : {INPUTS * (k + 1)}])\n")
    exec(f"def together(x):\n    y = np.zeros({len(texts)})\n{''.join(lines)}    return y\n", scope)
    return njit(scope["together"])


@pytest.mark.filterwarnings("ignore::numba.NumbaPerformanceWarning")  # as of the program itself: strided products
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("number", "statements", "arrays"),
    [(0, 4, False), *(pytest.param(n, 8, True, marks=pytest.mark.exhaustive) for n in range(1, MANY_UNITS))],
)
def test_compiled_programs_agree_with_fifty_digits(number: int, statements: int, arrays: bool) -> None:
    texts, points, allowed, expected = [], [], [], []
    seed = 1000 * number
    while len(texts) < PER_UNIT:
        drawn = random.Random(seed)
        text, x = program(drawn, statements, arrays), point(drawn)
        error = allowed_error(text, x)
        if error is not None:
            texts.append(text), points.append(x), allowed.append(error)
            expected.append(check_interpreted(text, x, error))
        seed += 1
    together = unit(texts)
    for mode in MODES:
        jacobian = dr.jacobian(together, mode=mode)(np.concatenate(points))
        for k, (text, x) in enumerate(zip(texts, points, strict=True)):
            whole = np.zeros(INPUTS * len(texts))
            whole[INPUTS * k : INPUTS * (k + 1)] = expected[k]
            expect_close(jacobian[k], whole, allowed[k], f"compiled, {mode}", text, x)


def test_a_wrong_derivative_is_found_and_shown() -> None:
    text = "def f(x):\n    return dr.stop_gradient(x[0]) * x[0] + np.sum(x)\n"
    x = np.array([0.5, 1.0, 1.5, 2.0])
    with pytest.raises(pytest.fail.Exception) as caught:
        expect_close(dr.grad(function(text))(x), [2.0, 1.0, 1.0, 1.0], 1e-9, "interpreted", text, x)
    code = str(caught.value).partition("\n\n")[2]
    exec(code.replace("print(", "("), {})
    with pytest.raises(pytest.fail.Exception):
        expect_close([np.nan], [np.nan], 1.0, "not a number", text, x)
