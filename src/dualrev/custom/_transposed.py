"""The transpose of a linear function that is written in functions of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.active.number import primal
from dualrev.active.one_step import Leaves
from dualrev.errors import CustomRuleError
from dualrev.operators.fundamental import Pullback


class Transposed:
    """The transpose of a linear function, recorded at a point where a function that is not linear shows it.

    A function p is homogeneous of degree 1, as linear ones are, where <w, p(v)> = <p'(v)^T w, v> (Euler).
    """

    def __init__(self, function: Callable[..., Any], like: Leaves, name: str) -> None:
        rng = np.random.default_rng(0)
        self._name = name
        self._probes = [np.asarray(rng.uniform(0.5, 1.5, x.shape), x.dtype)[()] for x in like]
        self._recorded = Pullback(lambda leaves: tuple(function(leaves)), self._probes, name)

    def __call__(self, cotangents: Leaves) -> list[Any]:
        """Apply the transpose."""
        recorded = self._recorded
        found = recorded(cotangents)
        left = [primal(w) * primal(p) for w, p in zip(cotangents, recorded.values, strict=True)]
        right = [primal(a) * v for a, v in zip(found, self._probes, strict=True) if a is not None]
        error = abs(sum(map(np.sum, left)) - sum(map(np.sum, right)))
        size = sum(np.sum(np.abs(term)) for term in (*left, *right))
        eps = max((np.finfo(x.dtype).eps for x in (*left, *right)), default=0.0)
        if np.isfinite(size) and error > size * eps**0.5:
            raise CustomRuleError(
                f"{self._name} is not linear in its last argument, so it has no transpose. Expected a rule without "
                "constant terms or powers of what is pushed or pulled"
            )
        return found
