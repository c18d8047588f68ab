"""Steps of generated adjoints: numbers that they make in loops, and functions with a rule of the user's."""

import math

import numpy as np
import pytest
from adjoint_reading import types_of
from fuzzing.adjoint_differences import uncompiled
from numba import njit
from test_adjoint_array_table import check, prepared

import dualrev as dr
from dualrev.compiled.adjoints._checks import checked
from dualrev.compiled.adjoints._form import statements
from dualrev.compiled.adjoints._reading.program import read
from dualrev.compiled.adjoints._steps import Step
from dualrev.compiled.adjoints.refusal import Refused

B = np.array([0.5, -1.2, 0.7])


@njit
def _damped(x, k):
    return math.sin(x) * k


@njit
def _push_damped(y, primals, tangents):
    return math.cos(primals[0]) * primals[1] * tangents[0] + math.sin(primals[0]) * tangents[1]


@njit
def _pull_damped(y, primals, cotangent):
    return math.cos(primals[0]) * primals[1] * cotangent, math.sin(primals[0]) * cotangent


pushed = dr.custom_rule(_damped, pushforward=_push_damped)
pulled = dr.custom_rule(_damped, pullback=_pull_damped)


@njit
def _ruled(x, n):
    s = 0.0
    for i in range(n):
        if x[i] > 0:
            s += pushed(x[i], s) * x[i] + pulled(0.3, x[i]) * x[0]
        else:
            x[i] *= pulled(x[i], x[1]) + pushed(0.3, 1)
    return s * x


def test_a_call_of_a_function_with_a_rule_is_a_step():
    """Its rule gives the derivative, whichever half of it is written."""
    assert len(check(_ruled, B, 3)) == 4


@njit
def _weighted(x):
    s = 0.0
    for i in range(x.size):
        s += pulled(x[i], 2.0) * x[i]
        x[i] *= s
    return s


def test_a_number_of_each_iteration_is_the_one_of_that_iteration_in_reverse():
    """The loop reserves the places of all its iterations, and the check build looks at what is read there."""
    check(_weighted, B)
    program = read(_weighted, types_of([B]), (0,))
    build = checked(program)
    (step,) = (each for each in statements(program.body) if isinstance(each, Step))
    assert f"expect(seen, {step.results[0].name}, " in build.text
    uncompiled(build)(B, 1.0)


def test_the_compiled_derivative_asks_the_rule():
    """The rule gives twice the derivative here."""
    twice = dr.custom_rule(_damped, pullback=njit(lambda y, primals, cotangent: (2.0 * cotangent, 0.0)))

    @njit
    def f(x):
        s = 0.0
        for i in range(x.size):
            s += twice(x[i], 1.0) * x[i]
        return s

    gradient = dr.grad(f, mode="reverse")
    assert "generated adjoint code" in gradient.plan(B).reason
    np.testing.assert_allclose(gradient(B), 2.0 * B + np.sin(B), rtol=1e-15)


@njit
def _noisy(x):
    return x * np.random.random()  # noqa: NPY002 - Numba's


noisy = dr.custom_rule(_noisy, pullback=njit(lambda y, primals, cotangent: (cotangent,)))


@njit
def _calls_noisy(x):
    return noisy(x[0])


@njit
def _calls_by_keywords(x):
    y = pushed(k=x[1], x=x[0]) * x[1]
    return y + pushed(y, k=0.5)


def test_a_rule_is_called_by_keywords():
    """Arguments come in the order that the function has them in."""
    check(_calls_by_keywords, B)


@njit
def _leaves_out(x):
    return pushed(x[0])


@pytest.mark.parametrize(
    ("f", "reason"), [(_calls_noisy, "random"), (_leaves_out, "with other arguments than it takes")]
)
def test_what_a_step_cannot_run_again_is_refused(f, reason):
    """A rule's function is read for what may not run twice."""
    with pytest.raises(Refused, match=reason):
        prepared(f, B)
