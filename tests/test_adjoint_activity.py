"""Activity in functions to differentiate: what depends on the argument, and what the result depends on."""

from __future__ import annotations

import numpy as np
import pytest
from adjoint_stages import names, root, stages

from dualrev.compiled.adjoints.refusal import Refused

X = np.array([0.3, 0.8, 0.5])

FUNCTION = """
def f(x, n):
    s = 0.0
    t = 1.0
    u = float(n)
    y = np.zeros(n)
    z = np.zeros(n)
    for i in range(n):
        y[i] = x[i] * u
        z[i] = u
        t *= z[i]
        s += math.sin(y[i])
        w = np.floor(x[i])
        v = x[i] * 2.0
        z[0] = z[0] * w
    return s + t
"""


def test_what_depends_on_the_argument() -> None:
    varied = names(stages(FUNCTION, X, 2).activity.varied)
    assert {"x", "y", "s"} <= varied
    # `floor` has the derivative 0, so that nothing behind it depends on x.
    assert varied.isdisjoint({"u", "z", "t", "w"})


def test_what_the_result_depends_on() -> None:
    useful = names(stages(FUNCTION, X, 2).activity.useful)
    assert {"x", "y", "z", "s", "u"} <= useful
    assert "v" not in useful


def test_only_what_is_both_has_an_adjoint() -> None:
    made = stages(FUNCTION, X, 2)
    assert [made.activity.active(root(made, name)) for name in ("x", "y", "z")] == [True, True, False]


def test_names_that_exchange_their_memory_are_one() -> None:
    text = "def f(x, n):\n    a = x.copy()\n    b = np.zeros(n)\n    for k in range(3):\n        a, b = b, a\n"
    made = stages(f"{text}    return a[0]", X, 2)
    assert made.activity.active(root(made, "a"))
    assert made.activity.active(root(made, "b"))


def test_an_array_of_integers_takes_no_derivative() -> None:
    with pytest.raises(Refused, match="writes what is differentiated to an array of no floats"):
        stages("def f(x):\n    y = np.zeros(3, np.int64)\n    y[0] = x[0]\n    return x[0] * y[0]", X)


def test_an_array_of_less_precision_has_a_shadow_of_the_arguments() -> None:
    text = "def f(x):\n    y = np.zeros(3, np.float32)\n    y[0] = x[0]\n    return y[0] * x[1]"
    made = stages(text, X)
    (make,) = (each.result for each in made.facts.all if getattr(getattr(each, "result", None), "name", "") == "y")
    assert made.activity.zeros(make) == "y_b = np.zeros(y.shape, np.float64)"
