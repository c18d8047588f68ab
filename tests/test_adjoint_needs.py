"""What the reverse sweep needs: computed again, kept by the forward sweep, or old contents that are kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from adjoint_stages import kept, loops, names, stages
from each import each

X = np.array([0.3, 0.8, 0.5, 1.2, 0.7])


class Case(NamedTuple):
    """A function, and for each of its loops what an iteration keeps."""

    text: str
    kept: list[set[str]]


CASES = {
    "a product of elements": Case("for i in range(x.size):\n    s += x[i] * x[i]\nreturn s", [set()]),
    "a call of a loop that is fused": Case("for i in range(x.size):\n    s += math.sin(x[i])\nreturn s", [set()]),
    "a product that goes on": Case("s = 1.0\nfor i in range(x.size):\n    s *= x[i]\nreturn s", [{"s"}]),
    "a sum that is linear": Case("for i in range(x.size):\n    s = 0.5 * s + x[i]\nreturn s", [set()]),
    "an element that is overwritten": Case(
        "for i in range(x.size):\n    x[i] = x[i] * x[i]\nreturn x[0]",
        [{"x[i]"}],
    ),
    "an element that is overwritten by what is linear in it": Case(
        "for i in range(x.size):\n    x[i] = 2.0 * x[i]\nreturn x[0]", [set()]
    ),
    "an element that was read before": Case(
        "for i in range(1, x.size):\n    s += x[i] * x[i]\n    x[i - 1] = s\nreturn s + x[0]", [{"x[i]"}]
    ),
    "a counter": Case("k = 0\nfor i in range(x.size):\n    s = s * x[k]\n    k += 1\nreturn s", [{"s"}]),
    "an index that is no counter": Case(
        "k = 0\nfor i in range(x.size):\n    s = s * x[k]\n    k = (k * 2 + 1) % x.size\nreturn s", [{"s", "k"}]
    ),
    "a condition on what is lost": Case(
        "for i in range(x.size):\n    if s > 1.0:\n        s = s * x[i]\n    else:\n        s = s + x[i]\nreturn s",
        [{"s"}],
    ),
}


@each("name", CASES)
def test_what_an_iteration_keeps(name: str) -> None:
    case = CASES[name]
    body = "".join(f"    {line}\n" for line in ["s = 0.0", *case.text.splitlines()])
    made = stages(f"def f(x):\n{body}", X)
    loads = {one.result.name: f"{one.array.name}[{one.indices[0].name}]" for one in _loads(made)}
    assert [{loads.get(one, one) for one in found} for found in kept(made)] == case.kept


def _loads(made: Any) -> list[Any]:
    found = [one for one in made.facts.all if type(one).__name__ == "Load"]
    return [one for one in found if hasattr(one.indices[0], "name")]


def test_the_old_content_of_an_exchanged_buffer_is_kept() -> None:
    made = stages(
        "def f(x, n):\n    a = x.copy()\n    b = np.empty(n)\n    for k in range(3):\n        for i in range(n):\n"
        "            b[i] = a[i] * a[i]\n        a, b = b, a\n    return a[0]",
        X,
        5,
    )
    assert kept(made)[-1] == {"b[...]"}
    assert names(one.array for one in made.needs.saves) == {"b"}


def test_places_of_what_is_kept() -> None:
    made = stages("def f(x):\n    s = 1.0\n    for i in range(2, x.size):\n        s *= x[i]\n    return s", X)
    (loop,) = loops(made)
    ((stack, found),) = made.places.stacks(loop)
    assert stack.name == "kept"
    n = made.places.number(loop)
    assert made.places.reserved(loop, found[0]) == f"kept[uint64(base_{n} + i - 2)]"
    assert made.places.size(loop, found) == f"trips_{n}"


def test_integers_have_a_stack_of_their_own() -> None:
    text = (
        f"def f(x):\n    s = 1.0\n    k = 0\n    for i in range(x.size):\n{' ' * 8}s *= x[k]\n{' ' * 8}k = k * 3 % 4\n"
    )
    made = stages(text + "    return s", X)
    assert [stack.name for stack in made.places.used()] == ["kept", "kept_integers"]
