"""The number of records that each sweep for a Jacobian visits; auto's model of costs needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types

from dualrev.auto.costs import FEWEST_WIDE
from dualrev.kernels.numba_extending import compiled_only
from dualrev.kernels.numba_types import element
from dualrev.reverse.numba_adjoint_sweep import LANES
from dualrev.reverse.numba_blocks import last_block
from dualrev.reverse.numba_tape import length_of, record_at

SAMPLED = 4
"""Sweeps that are followed, as many records apart; the others are taken to be like them."""


@compiled_only
def swept(tape: Any, dtype: Any, y: Any, leaves: Any) -> Callable[..., Any]:
    """Return the number of records that the sweeps for an output visit.

    These are those of sweeps with one cotangent, those of sweeps with several, and at how many of the latter an adjoint
    is not 0.
    """
    if element(y) != dtype.instance_type:
        return lambda tape, dtype, y, leaves: (0, 0, 0)
    if not isinstance(y, types.Array):
        return lambda tape, dtype, y, leaves: (length_of(tape), 0, 0)

    # A sweep carries on wherever an adjoint is not 0, which depends on the function alone. So reachability is
    # followed with booleans, for a few sweeps, at the price of those and not of all.
    def implementation(tape, dtype, y, leaves):  # type: ignore[no-untyped-def]
        if y.size < FEWEST_WIDE or last_block(tape) >= 0:
            return y.size * length_of(tape), 0, 0
        outputs = y.ravel()
        sweeps = (y.size + LANES - 1) // LANES
        followed = min(sweeps, SAMPLED)
        passed = active = 0
        reached = np.zeros(length_of(tape), np.bool_)
        for sample in range(followed):
            first = (2 * sample + 1) * sweeps // (2 * followed) * LANES
            top = leaves
            for each in outputs[first : first + LANES]:
                reached[each.index_] = True
                top = max(top, each.index_)
            passed += top - leaves
            for k in range(top, leaves, -1):
                if reached[k]:
                    active += 1
                    p, q, i, j = record_at(tape, k)
                    reached[i] |= p != 0.0
                    reached[j] |= q != 0.0
            reached[: top + 1] = False
        return 0, passed * sweeps // followed, active * sweeps // followed

    return implementation
