"""Random functions of numbers and arrays, as a user might write them for Numba, whose adjoints are generated.

A program is the text of a function `f` and of what it calls, plain Python, with arguments and cotangents. It ends soon,
no subscript is out of range, and no number grows large. What draws it is a `random.Random`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fuzzing.adjoint_grammar import Integer, Memory
from fuzzing.adjoint_statements import Function
from fuzzing.dual_numbers import evaluate


@dataclass(frozen=True)
class Program:
    """A text, and what its function `f` is differentiated at.

    Attributes
    ----------
    argnums
        The arguments that it is differentiated by.
    cotangents
        One for each number and array of the result.
    """

    text: str
    arguments: tuple[Any, ...]
    argnums: tuple[int, ...]
    cotangents: tuple[Any, ...]


def program_of(text: str, arguments: tuple[Any, ...]) -> Program:
    """Return the program of a text that returns one number, differentiated by all its arguments but integers."""
    active = tuple(n for n, each in enumerate(arguments) if not isinstance(each, int))
    return Program(text if "@njit" in text else f"@njit{text}", arguments, active, (1.0,))


def helper(random: Any, name: str, size: int) -> str:
    """Return a function of numbers ("g" a number, "h" two of them), or of arrays ("m" writes, "r" returns one)."""
    kind = name[0]
    made = Function(random, size, _array if kind == "r" else _numbers(kind))
    if kind in "mr":
        made.arrays = [Memory(a, (size,), (f"{a}.shape[0]",), 0) for a in ("u", "w")]
        made.numbers, made.integers = ["a"], [Integer("j", -2, 1)] * (kind == "m")
    else:
        made.numbers = ["a", "b"]
    made.line(f"c = {made.bounded(1)}")
    made.numbers.append("c")
    made.budget = 10
    made.statements(random.randrange(1, 4))
    made.line(f"return {made.results(made)}".strip())
    return made.text(name, {"g": "a, b=0.3", "h": "a, b", "m": "u, w, a, j", "r": "u, w, a"}[kind])


def _numbers(kind: str) -> Callable[[Function], str]:
    return lambda f: ", ".join(f.bounded(1) for _ in range(1 + (kind == "h"))) * (kind != "m")


def _array(f: Function) -> str:
    name = f.choice([each.name for each in f.arrays if each.shape == (f.size,)])
    return str(f.choice((name, f"{name} * 0.5", f"{name}.copy()")))


def results(random: Any) -> Callable[[Function], str]:
    """Return what writes the results: a number, or numbers and arrays."""
    kind = random.random()
    if kind < 0.7:
        return Function.last
    if kind < 0.8:
        return lambda f: f"{f.last()}, {f.bounded(1)}"
    if kind < 0.9:
        return _vector
    return lambda f: f"{f.last()}, {_vector(f)}"


def _vector(f: Function) -> str:
    name = f.choice([each.name for each in f.arrays if len(each.shape) == 1])
    return str(f.choice((name, f"{name}.copy()", f"np.cos({name})")))


def program(random: Any) -> Program:
    """Return a random program."""
    n, m, present = random.choice((3, 4, 5)), random.choice((2, 3, 4)), random.random
    values = np.random.default_rng(random.randrange(2**32))
    given: dict[str, Any] = {"x": values.uniform(-1, 1, n)}
    if present() < 0.5:
        given["y"] = values.uniform(-1, 1, n)
    if present() < 0.5:
        given["X"] = values.uniform(-1, 1, (m, n))
    if present() < 0.7:
        given["t"] = float(values.uniform(-1, 1))
    given["k"] = random.randrange(-3, 9)
    flat = [name for name in ("x", "y") if name in given]
    made = Function(random, n, results(random))
    made.line("n = x.shape[0]")
    made.arrays = [Memory(name, (n,), ("n",), 0) for name in flat]
    if present() < 0.3:  # names of one group may come to share memory
        made.exchangeable = list(made.arrays)
    else:
        made.arrays = [Memory(name, (n,), ("n",), place) for place, name in enumerate(flat)]
    if "X" in given:
        made.line("m = X.shape[0]")
        made.arrays.append(Memory("X", (m, n), ("m", "n"), -1))
    made.integers = [Integer("k"), Integer("n", n, n)]
    made.numbers = ["a", "b", "c"]
    made.line(f"a, b, c = {'t' if 't' in given else '0.4'}, x[0] * 0.5, {made.choice(('0', '0.5', 'x[n - 1]'))}")
    made.line("j = k % n")
    made.pointers = [Integer("j", 0, n - 1)]
    helpers = [f"{made.choice('gghmr')}{number}" for number in range(random.randrange(3))]
    texts = [helper(random, name, n) for name in helpers]
    made.helpers = helpers
    for _ in range(random.randrange(1, 4)):
        made.make()
    if present() < 0.1:
        made.inner()
    made.statements(random.randrange(2, 7))
    made.line("s = a + b * c")
    for array in [each for each in made.arrays if each.name[0] in "xyXw"]:
        subscripts = ("e", "o")[: len(array.shape)]
        for depth, (variable, size) in enumerate(zip(subscripts, array.sizes, strict=True)):
            made.line("    " * depth + f"for {variable} in range({size}):")
        made.line(
            "    " * len(subscripts)
            + f"s += {array.name}[{', '.join(subscripts)}] * {made.choice(('0.5', 'a', '(e - 1.5)'))}"
        )
    made.numbers.append("s")
    made.line(f"{made.choice(flat)}[{made.subscript(n, 'n')}] += 0.1 * math.sin(s)")
    made.line(f"return {made.results(made)}")
    text = "\n\n".join([*texts, made.text("f", ", ".join(given))])
    real = [place for place, each in enumerate(given.values()) if not isinstance(each, int)]
    argnums = tuple(place for place in real if present() < 0.85) or (0,)
    cotangents = tuple(values.uniform(0.5, 1.5, np.shape(leaf))[()] for leaf in evaluate(text, given.values()))
    return Program(text, tuple(given.values()), argnums, cotangents)
