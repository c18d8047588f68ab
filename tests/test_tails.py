"""Derivatives far out and near cancellations, where one is easily right to three digits and no more."""

from __future__ import annotations

from typing import Any

import mpmath
import pytest

import dualrev as dr
from dualrev.kernels.numpy_rows import FUNCTIONS

TAILS: dict[str, tuple[float, ...]] = {
    "expit": (-700.0, -40.0, 40.0, 700.0),
    "log_expit": (-40.0, 40.0, 700.0),
    "softplus": (-700.0, -40.0, 40.0),
    "erfc": (5.0, 20.0),
    "expm1": (-1e-10, 1e-10),
    "log1p": (-1e-10, 1e10),
    "sinc": (1e-7, 1e-3, 0.099, 0.101),
    "logit": (1e-10, 0.25),
    "arctan": (1e10,),
    "arcsinh": (1e-10, 1e10),
    "digamma": (1e-3, 100.0),
    "gammaln": (1e-3, 1e6),
}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


@pytest.mark.parametrize("name", TAILS)
def test_derivatives_are_accurate_far_out(name: str) -> None:
    functions = {"expit": sigmoid, "log_expit": lambda x: mpmath.log(sigmoid(x))}
    functions |= {"softplus": lambda x: mpmath.log(1 + mpmath.exp(x)), "logit": lambda x: mpmath.log(x / (1 - x))}
    functions |= {"arctan": mpmath.atan, "arcsinh": mpmath.asinh, "gammaln": mpmath.loggamma, "sinc": mpmath.sincpi}
    for x in TAILS[name]:
        with mpmath.workdps(400):
            exact = float(mpmath.diff(functions.get(name) or getattr(mpmath, name), mpmath.mpf(x)))
        for mode in ("forward", "reverse"):
            assert dr.grad(FUNCTIONS[name], mode=mode)(x) == pytest.approx(exact, rel=2e-13, abs=0), x


@pytest.mark.parametrize("order", [1, 2, 3])
def test_polygamma_functions_of_negative_numbers(order: int) -> None:
    for x in (-0.3, -2.5, -10.2):
        exact = float(mpmath.polygamma(order, x))
        assert FUNCTIONS["polygamma"](order, x) == pytest.approx(exact, rel=1e-12, abs=0)
        repeated = dr.special.digamma
        for _ in range(order):
            repeated = dr.derivative(repeated)
        assert repeated(x) == pytest.approx(exact, rel=1e-12, abs=0), x
