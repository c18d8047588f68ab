"""The text of generated adjoints is tidied, and computes what it computed before."""

from __future__ import annotations

import struct
from random import Random
from typing import Any

import numpy as np
import pytest
from fuzzing.adjoint_differences import adjoint, copied, uncompiled
from fuzzing.adjoint_programs import program
from structured_texts import StructuredText

from dualrev.compiled.adjoints import _generator as generator
from dualrev.compiled.adjoints._lines import Line
from dualrev.compiled.adjoints._tidy import tidied
from dualrev.compiled.adjoints.refusal import Refused

PAIRS = {
    "a name that nothing reads": ("a = x[0]\nreturn (x,)", "return (x,)"),
    "a loop without effects": ("s = 0.0\nfor i in range(3):\n    s = s + x[i]\nreturn (x,)", "return (x,)"),
    "a name that is always set again": (
        "a = 0.0\nif c:\n    a = d\nelse:\n    a = e\nreturn a * a",
        "if c:\n    a = d\nelse:\n    a = e\nreturn a * a",
    ),
    "a call that may raise an error": ("t = divided(c, d)\nreturn x", "t = divided(c, d)\nreturn x"),
    "a loop that may raise an error": (
        "for i in range(0, 3, c):\n    t = c * i\nreturn x",
        "for i in range(0, 3, c):\n    pass\nreturn x",
    ),
    "a loop that may not end": (
        "n = 0\nwhile True:\n    s = c * n\n    n += 1\n    if n > c:\n        break\nreturn x",
        "n = 0\nwhile True:\n    n += 1\n    if n > c:\n        break\nreturn x",
    ),
    "a branch of which one side is dead": (
        "if c > 0.0:\n    t = c\nelse:\n    x[0] = c\nreturn x",
        "if not c > 0.0:\n    x[0] = c\nreturn x",
    ),
    "a sum that begins with a copy": ("a = c\na += d\nreturn a * a", "a = c + d\nreturn a * a"),
    "a sum that begins with a number": ("a = 0.0\na += d\nreturn a * a", "a = 0.0 + d\nreturn a * a"),
    "copies": ("a_b = c\nd_b = a_b\nx[0] += d_b * d_b\nreturn x", "x[0] += c * c\nreturn x"),
    "a copy of what changes": ("a = c\nc += 1.0\nreturn a * c", "a = c\nc += 1.0\nreturn a * c"),
    "steps": ("t_1 = c * d\nt_2 = t_1 + c\ns = t_2 * d\nreturn s * s", "s = (c * d + c) * d\nreturn s * s"),
    "groups": ("t = d + c\nt_1 = c + t\nreturn t_1", "return c + (d + c)"),
    "an element that changes": ("t = x[0]\nx[1] = c\nreturn t * c", "t = x[0]\nx[1] = c\nreturn t * c"),
    "a sum of an array that changes": ("t = np.sum(x)\nx[1] = c\nreturn t", "t = np.sum(x)\nx[1] = c\nreturn t"),
    "a step in a loop": (
        "t = c * d\nfor i in range(3):\n    x[i] = t\nreturn x",
        "t = c * d\nfor i in range(3):\n    x[i] = t\nreturn x",
    ),
    "neighbours": ("t = n + 1\nx[t] += x[t] * c\nreturn x", "x[n + 1] += x[n + 1] * c\nreturn x"),
    "names of the user's": ("h = c * d\nreturn h + c", "h = c * d\nreturn h + c"),
    "a number handed on": (
        "s = 0.0\nfor i in range(3):\n    s_2 = s + x[i]\n    s = s_2\nreturn s",
        "s = 0.0\nfor i in range(3):\n    s += x[i]\nreturn s",
    ),
    "numbers handed on together": (
        "a = c\nfor i in range(3):\n    t = a * d\n    a, d = t, c\nreturn a + d",
        "a = c\nfor i in range(3):\n    a = a * d\n    d = c\nreturn a + d",
    ),
    "an exchange": ("a, x = x, a\nx[0] = c\nreturn a", "a, x = x, a\nx[0] = c\nreturn a"),
    "a call that would depend on a choice": (
        "t = divided(c, d)\nreturn c if d > c else t",
        "t = divided(c, d)\nreturn c if d > c else t",
    ),
    "calls in another order": (
        "t = divided(c, d)\nreturn noted(c) + t",
        "t = divided(c, d)\nreturn noted(c) + t",
    ),
    "a function of NumPy": ("t = np.sin(c)\nx[0] = c\nreturn t * c", "x[0] = c\nreturn np.sin(c) * c"),
    "the argument of an error": (
        "t = c * d\nif c > d:\n    raise ValueError(t)\nreturn x",
        "t = c * d\nif c > d:\n    raise ValueError(t)\nreturn x",
    ),
    "an exponent": ("t = 3\nreturn c ** t", "t = 3\nreturn c ** t"),
}
"""Texts before and after."""


def pure(name: str) -> bool:
    return name not in ("noted", "divided")


class Run:
    """What a text does when it runs."""

    def __init__(self, lines: list[str], x: Any, c: float) -> None:
        self.notes: list[float] = []
        scope = {"np": np, "plus": lambda a, b: a + b, "noted": self._noted, "divided": self._divided}
        exec("\n    ".join(["def adjoint(x, c):", *lines]), scope)
        self.array = x.copy()
        function: Any = scope["adjoint"]
        try:
            with np.errstate(all="ignore"):
                self.result = function(self.array, c)
        except (ZeroDivisionError, ValueError) as error:
            self.result = type(error), *error.args

    def _noted(self, a: float) -> float:
        self.notes.append(a)
        return a

    @staticmethod
    def _divided(a: float, b: float) -> float:
        if b == 0.0:
            raise ZeroDivisionError
        return a / b

    def bits(self) -> list[Any]:
        """Return all that can be seen of the run, numbers as their bits."""
        found = [*self.result, *self.notes, self.array]
        return [
            each.tobytes() if isinstance(each, np.ndarray) else struct.pack("d", each) if _is_number(each) else each
            for each in found
        ]


def tidied_texts(lines: list[str]) -> list[str]:
    """Return the lines of a text, tidied."""
    found = tidied([Line(1, each) for each in lines], pure)
    return [each.indented.removeprefix("    ") for each in found]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


@pytest.mark.parametrize("name", PAIRS)
def test_a_text_becomes_another(name: str) -> None:
    before, after = PAIRS[name]
    assert "\n".join(tidied_texts(before.split("\n"))) == after


@pytest.mark.parametrize("seed", range(8))
def test_random_texts_compute_the_same_bits(seed: int) -> None:
    for n in range(40):
        lines = StructuredText(Random(1000 * seed + n)).lines
        after = tidied_texts(lines)
        rng = np.random.default_rng(n)
        for _ in range(3):
            x = rng.choice([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.0], size=8)
            before, tidy = Run(lines, x, 0.5), Run(after, x, 0.5)
            assert tidy.bits() == before.bits(), "\n".join([*lines, "", *after])


def test_adjoints_of_random_programs_compute_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [0, 0]
    for seed in range(10):
        each = program(Random(seed))
        found = []
        for n, tidy in enumerate((lambda lines, pure: list(lines), tidied)):
            monkeypatch.setattr(generator, "tidied", tidy)
            try:
                generated = adjoint(each, value=seed % 2 == 0)
            except Refused:
                break
            lengths[n] += len(generated.lines)
            found.append(uncompiled(generated)(*copied(each.arguments), *each.cotangents))
        if found:
            before, after = (b"".join(np.asarray(part).tobytes() for part in parts) for parts in found)
            assert after == before, each.text
    assert 0 < 1.5 * lengths[1] < lengths[0]
