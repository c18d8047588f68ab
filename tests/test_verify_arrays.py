"""`verify` follows array functions on symbols, by their rules' definitions where NumPy takes no symbols."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from array_cases import cases
from families import spectra
from test_array_rules import operands

from dualrev.primitives.array._factorizations import orthogonal_triangular
from dualrev.primitives.array._singular_values import thin_singular
from dualrev.primitives.array._spectra import real_spectrum, symmetric_spectrum
from dualrev.primitives.array.coincidence import open_slopes, settled, unknown_slope, unsettled
from dualrev.primitives.array.matrix_functions import MATRIX_FUNCTIONS
from dualrev.primitives.array.structured_systems import banded, solve_triangular
from dualrev.verification import verify

COMPLEX = {*spectra.RULES, *spectra.COMPOSITES}
"""SymPy's symbols are real numbers here."""

BY_LAPACK = {
    *(symmetric_spectrum, real_spectrum, thin_singular, orthogonal_triangular, solve_triangular, banded),
    *(open_slopes, settled, unknown_slope, unsettled),
    *(np.linalg.eigh, np.linalg.eigvalsh, np.linalg.eig, np.linalg.eigvals, np.linalg.svd, np.linalg.svdvals),
    *(np.linalg.qr, np.linalg.lstsq, np.linalg.cond, *MATRIX_FUNCTIONS.values()),
}
"""Spectra, orthogonal factors and functions of matrices have no formula in their elements."""

FIRST = dict(reversed(cases()))


@pytest.mark.parametrize("f", FIRST, ids=[f"{n}-{f.__name__}" for n, f in enumerate(FIRST)])
def test_array_functions_are_verified(f: Any) -> None:
    case = FIRST[f]
    x = operands(case)
    found = verify(lambda *a: case.call(*a), *x, argnums=tuple(range(len(x))), entries=6)
    assert found.ok
    followed = found.method == "symbolic"
    assert followed or (f in COMPLEX | BY_LAPACK and "cannot follow the function" in found.verdict), found.verdict
