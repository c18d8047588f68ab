"""The last digits of every row: its function, partials and their derivatives, far out, near 0, in both precisions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dualrev.kernels.numpy_rows import ROWS
from dualrev.primitives.row import Row, math
from dualrev.primitives.scalar import TABLE
from dualrev.verification._accuracy import inaccuracy

SLOW = {
    *("beta", "betaln", "binom", "poch", "rgamma", "zeta", "gammaincinv", "gammainccinv", "betaincinv", "owens_t"),
    *("k0", "k0e", "k1", "k1e", "kv", "kve", "y0", "y1", "yv", "hyperu", "i0", "i0e", "i1", "i1e", "j1", "hyp2f1"),
    *("log_ndtr", "erfcx", "erfinv", "erfcinv", "ndtri", "spence", "ellipk", "ellipe"),
    *(
        "kei",
        "ker",
        "keip",
        "kerp",
        "ellipkinc",
        "ellipeinc",
        "elliprc",
        "elliprd",
        "elliprf",
        "elliprg",
        "agm",
    ),
    *(
        "airy_ai",
        "airy_aip",
        "airy_bi",
        "airy_bip",
        "fresnel_c",
        "fresnel_s",
        "jve",
        "yve",
        "airye_ai",
        "airye_aip",
        "airye_bi",
        "airye_bip",
        "ellipj_sn",
        "ellipj_cn",
        "ellipj_dn",
        "ellipj_ph",
    ),
    *("spherical_jn", "spherical_yn", "spherical_in", "spherical_kn"),
}
"""Rows whose exact values take seconds."""

curved = [row for row in ROWS.values() if row.partials]
every_curved_row = [
    pytest.param(row, id=row.name, marks=[pytest.mark.exhaustive] if row.name in SLOW else []) for row in curved
]


@pytest.mark.parametrize("row", every_curved_row)
def test_the_last_digits(row: Row) -> None:
    found = inaccuracy(row, 10, np.random.default_rng(3))
    assert found.units <= row.ulp, found


@pytest.mark.exhaustive
@pytest.mark.parametrize("row", [row for row in curved if row.name not in SLOW], ids=lambda row: row.name)
def test_the_last_digits_at_many_points(row: Row) -> None:
    found = inaccuracy(row, 300, np.random.default_rng(4))
    assert found.units <= row.ulp, found


CANCELLING = {
    "tanh": lambda y, x: 1.0 - y * y,
    "expit": lambda y, x: y * (1.0 - y),
    "arcsin": lambda y, x: 1.0 / math.sqrt((1.0 - x) * (1.0 + x)),
    "sinc": lambda y, x: (math.cos(math.pi * x) - y) / x,
    "log": lambda y, x: 1.001 / x,
}


@pytest.mark.parametrize("name", CANCELLING)
def test_partials_that_lose_digits_are_found(name: str) -> None:
    row = replace(TABLE[name], partials=(CANCELLING[name],))
    assert not inaccuracy(row, 10, np.random.default_rng(3)).units <= 100 * row.ulp
