"""Every row of the table, and functions of arrays that no NumPy function reaches, as functions to call.

Each takes numbers, arrays and active numbers alike: `dualrev.special.erf(x)`, `dualrev.special.relu(x)`.
"""

from __future__ import annotations

from typing import Any

from dualrev.kernels.arrays import FUNCTIONS
from dualrev.primitives.array.reduction import logsumexp as logsumexp
from dualrev.primitives.array.reduction import softmax as softmax

sigmoid = FUNCTIONS["expit"]

__all__ = sorted([*FUNCTIONS, "logsumexp", "sigmoid", "softmax"])


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    raise AttributeError(f"dualrev.special has no function {name!r}; it has {', '.join(__all__)}")
