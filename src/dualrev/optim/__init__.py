"""Optimisers over Vars, and minimisation of functions, with exact derivatives.

Examples
--------
>>> import numpy as np
>>> import dualrev as dr
>>> x = dr.Var(np.array([-1.0, 1.0]))
>>> optimizer = dr.optim.SGD([x], lr=0.01)
>>> for _ in range(1000):
...     loss = (1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
>>> x.value.round(4)
array([0.9918, 0.983 ])
>>> result = dr.optim.minimize(lambda x: (x - 3.0) ** 2, 0.0, step=0.1)
>>> round(float(result.x), 6), result.converged
(3.0, True)
"""

from dualrev.optim._methods import METHODS
from dualrev.optim._minimizing import minimize
from dualrev.optim._optimizers import SGD, Adam, Optimizer, Rprop
from dualrev.optim._result import Minimum, Root
from dualrev.optim._roots import newton_root
from dualrev.optim._update_rules import constant, one_over_t

__all__ = [
    "METHODS",
    "SGD",
    "Adam",
    "Minimum",
    "Optimizer",
    "Root",
    "Rprop",
    "constant",
    "minimize",
    "newton_root",
    "one_over_t",
]
