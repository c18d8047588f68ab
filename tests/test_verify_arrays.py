"""`verify` follows array functions on symbols, by their rules' definitions where NumPy takes no symbols."""

from __future__ import annotations

from typing import Any

import pytest
from array_cases import cases
from families import spectra
from test_array_rules import operands

from dualrev.verification import verify

COMPLEX = {*spectra.RULES, *spectra.COMPOSITES}
"""SymPy's symbols are real numbers here."""

FIRST = dict(reversed(cases()))


@pytest.mark.parametrize("f", FIRST, ids=[f"{n}-{f.__name__}" for n, f in enumerate(FIRST)])
def test_array_functions_are_verified(f: Any) -> None:
    case = FIRST[f]
    x = operands(case)
    found = verify(lambda *a: case.call(*a), *x, argnums=tuple(range(len(x))), entries=6)
    assert found.ok
    followed = found.method == "symbolic"
    assert followed or (f in COMPLEX and "cannot follow the function" in found.verdict), found.verdict
