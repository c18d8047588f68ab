"""The check of a rule that a user has written."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.operators.call import Point
from dualrev.verification import numeric
from dualrev.verification.gradient_check import check_grads


def check_rule(function: Any, arguments: Any, kwargs: dict[str, Any], order: int, rtol: float | None) -> None:
    """Check the rule of a function of leaves; see `CustomRule.check`."""
    known = function.argnums
    places = [
        n
        for n, (x, owner) in enumerate(zip(arguments.leaves, arguments.owners, strict=True))
        if (known is None or owner in known) and np.asarray(x).dtype.kind == "f"
    ]

    def of_floats(*floats: Any) -> Any:
        leaves = list(arguments.leaves)
        for n, x in zip(places, floats, strict=True):
            leaves[n] = x
        return function(*arguments.build(leaves), **kwargs)

    of_floats.__name__ = function.__name__
    point = [arguments.leaves[n] for n in places]
    check_grads(of_floats, point, order=order, rtol=rtol)
    single = any(np.asarray(x).dtype == np.float32 for x in point)
    where = Point(of_floats, tuple(point), {}, tuple(range(len(point))))
    error = numeric.identity_error(where, np.random.default_rng(0))
    allowed = 1e-4 if single else 1e-10
    if not error <= allowed:
        raise AssertionError(
            f"pushforward and pullback of {function.__name__} are not each other's transpose: <w, Jv> and <J^T w, v> "
            f"differ by {error:.1e} (relative); expected at most {allowed:.1e}"
        )
