"""Classes of loops: what is a sum, which order is free, and which iterations are run and reversed at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from adjoint_stages import loops, stages
from each import each

from dualrev.compiled.adjoints._form import Carried

X = np.array([0.3, 0.8, 0.5, 1.2, 0.7])


class Case(NamedTuple):
    """A function with a loop over i, the sums that this carries, and its classes."""

    text: str
    arguments: tuple[Any, ...] = (X,)
    sums: tuple[str, ...] = ()
    fused: bool = False
    order_free: bool = False


CASES = {
    "a sum": Case("for i in range(x.size):\n    s += x[i] * x[i]\nreturn s", sums=("s",), fused=True, order_free=True),
    "a difference": Case("for i in range(x.size):\n    s -= x[i]\nreturn s", sums=("s",), fused=True, order_free=True),
    "a sum in a branch of a loop inside": Case(
        "for i in range(x.size):\n    for j in range(i):\n        if x[j] > 0.4:\n            s += x[j]\nreturn s",
        sums=("s",),
        fused=True,
    ),
    "a sum that an iteration reads": Case("for i in range(x.size):\n    s += x[i] * s\nreturn s"),
    "a sum that is scaled": Case("for i in range(x.size):\n    s = 2.0 * s + x[i]\nreturn s"),
    "a sum that is subtracted from": Case("for i in range(x.size):\n    s = x[i] - s\nreturn s"),
    "a product": Case("s = 1.0\nfor i in range(x.size):\n    s *= x[i]\nreturn s"),
    "a loop that may end": Case(
        "for i in range(x.size):\n    if s > 2.0:\n        break\n    s += x[i] * x[i]\nreturn s"
    ),
    "elements of their own": Case("for i in range(x.size):\n    x[i] = x[i] * x[i]\nreturn x[1]", order_free=True),
    "neighbours": Case("for i in range(1, x.size):\n    x[i] = x[i - 1] * x[i]\nreturn x[1]"),
    "elements from below zero": Case("for i in range(-x.size, x.size):\n    x[i] = x[i] * x[i]\nreturn x[1]"),
    "an element for all": Case("for i in range(x.size):\n    x[0] += x[i] * x[i]\nreturn x[0]"),
    "sums of elements": Case(
        "y = np.empty(2)\nfor i in range(x.size):\n    y[i % 2] += x[i] * x[i]\nreturn y[0]", order_free=True
    ),
    "elements under two names": Case("y = x[1:]\nfor i in range(y.size):\n    y[i] = x[i] * x[i]\nreturn x[1]"),
    "scratch that each iteration fills": Case(
        "w = np.empty(2)\nfor i in range(3):\n    for j in range(2):\n        w[j] = x[i] * x[i + j]\n"
        "    for j in range(2):\n        s += w[j] * w[j]\nreturn s",
        sums=("s",),
        fused=True,
    ),
    "scratch that is filled in part": Case(
        "w = np.empty(2)\nfor i in range(3):\n    for j in range(1):\n        w[j] = x[i] * x[i + j]\n"
        "    for j in range(2):\n        s += w[j] * w[j]\nreturn s",
        sums=("s",),
    ),
    "scratch that is read behind the loop": Case(
        "w = np.empty(2)\nfor i in range(3):\n    for j in range(2):\n        w[j] = x[i] * x[i + j]\n"
        "    for j in range(2):\n        s += w[j] * w[j]\nreturn s + w[0]",
        sums=("s",),
    ),
}


@each("name", CASES)
def test_the_class_of_a_loop(name: str) -> None:
    case = CASES[name]
    body = "".join(f"    {line}\n" for line in ["s = 0.0", *case.text.splitlines()])
    made = stages(f"def f(x):\n{body}", *case.arguments)
    (loop,) = (one for one in loops(made) if one.variable is not None and one.variable.name == "i")
    carried: list[Carried] = loop.carried
    assert tuple(one.inside.name for one in carried if made.classes.is_sum(one)) == case.sums
    assert made.classes.is_fused(loop) == case.fused
    assert made.classes.is_order_free(loop) == case.order_free


def test_a_counter_is_known_without_being_kept() -> None:
    made = stages(
        "def f(x, n):\n    s = 0.0\n    k = 2\n    m = 0\n    for i in range(3):\n        s += x[k] * x[m]\n"
        "        k = k + n\n        m = m * 2 + i\n    return s",
        X,
        1,
    )
    (loop,) = loops(made)
    steps = {one.inside.name: made.classes.induction_step(one) for one in loop.carried}
    assert getattr(steps["k"], "name", None) == "n"
    assert steps["m"] is None
    assert steps["s"] is None
