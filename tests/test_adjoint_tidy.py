"""The text of generated adjoints is tidied, and computes what it computed before."""

from __future__ import annotations

import struct
from random import Random
from typing import Any

import numpy as np
import pytest
from structured_texts import StructuredText

from dualrev.compiled.adjoints._tidy import tidied

PAIRS = {
    "a name that nothing reads": ("a = x[0]\nreturn (x,)", "return (x,)"),
    "a loop without effects": ("s = 0.0\nfor i in range(3):\n    s = s + x[i]\nreturn (x,)", "return (x,)"),
}


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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


@pytest.mark.parametrize("name", PAIRS)
def test_a_text_becomes_another(name: str) -> None:
    before, after = PAIRS[name]
    assert "\n".join(tidied(before.split("\n"), pure)) == after


@pytest.mark.parametrize("seed", range(8))
def test_random_texts_compute_the_same_bits(seed: int) -> None:
    for n in range(40):
        lines = StructuredText(Random(1000 * seed + n)).lines
        after = tidied(lines, pure)
        rng = np.random.default_rng(n)
        for _ in range(3):
            x = rng.choice([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.0], size=8)
            before, tidy = Run(lines, x, 0.5), Run(after, x, 0.5)
            assert tidy.bits() == before.bits(), "\n".join([*lines, "", *after])
