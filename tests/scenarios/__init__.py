"""A catalogue of functions, inputs and Jacobians in closed form, written by hand in plain NumPy.

Any test may loop over it: a scenario knows nothing of modes, dtypes or dualrev's inner workings.
"""

from __future__ import annotations

from scenarios.arrays import ARRAYS
from scenarios.containers import CONTAINERS
from scenarios.difftests import DIFFTESTS
from scenarios.numbers import NUMBERS
from scenarios.scalars import SCALARS
from scenarios.scenario import Scenario

SCENARIOS = (*NUMBERS, *SCALARS, *ARRAYS, *CONTAINERS, *DIFFTESTS)

__all__ = ["SCENARIOS", "Scenario"]
