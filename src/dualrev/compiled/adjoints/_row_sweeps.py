"""Adjoints that carry several rows of a Jacobian at once: shadows hold numbers with an adjoint for each of them.

The reverse sweep is linear in its seeds, so the tangents of a dual number are as many sweeps beside each other. The
forward sweep computes floats as before. The names below stand in the text, and a driver gives them their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dualrev.compiled.adjoints._form import Array, Operand
from dualrev.compiled.adjoints._primal_text import written

START = "first_row"
"""The parameter that tells which row is the first."""

_SHADOW = re.compile(r"\bnp\.zeros\(")


def for_rows(text: str) -> str:
    """Return a line of an adjoint, in which nothing but shadows is made of zeros, with shadows that hold rows."""
    return _SHADOW.sub(f"{zeros_of_rows.__name__}(", text)


def firsts(results: Sequence[Operand | Array]) -> Iterator[str]:
    """Yield for each number and array of a result which row is its first, less that of the sweep's first."""
    sizes: list[str] = []
    for each in results:
        yield " + ".join([*sizes, f"0 - {START}"])
        sizes.append(f"{written(each)}.size" if isinstance(each, Array) else "1")


def seeds(results: Sequence[Operand | Array], active: Sequence[bool]) -> Iterator[str]:
    """Yield the lines that seed the adjoints of arrays, and set the cotangents of numbers."""
    for n, (each, first, counts) in enumerate(zip(results, firsts(results), active, strict=True)):
        if isinstance(each, Array):
            if counts:
                yield f"{seed_rows.__name__}({each.name}_b, {first})"
        else:
            yield f"cotangent{n} = {seed_of_row.__name__}({first})"


def zeros_of_rows(shape: Any, dtype: Any) -> Any:
    """Return a shadow of zeros."""
    raise NotImplementedError


def seed_of_row(n: Any) -> Any:
    """Return a cotangent of 1 in sweep n, and of 0 in all others."""
    raise NotImplementedError


def seed_rows(shadow: Any, first: Any) -> None:
    """Add 1 to each element of a shadow in the sweep of its own; that of the first one has the number `first`."""
    raise NotImplementedError


NAMES: dict[str, Any] = {each.__name__: each for each in (zeros_of_rows, seed_of_row, seed_rows)}
