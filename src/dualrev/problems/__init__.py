"""Named test problems: a function over NumPy and in loops for Numba, data, and the derivative written by hand.

Examples
--------
>>> import dualrev as dr
>>> dr.problems.names()
('iris', 'curve', 'rosenbrock', 'logistic', 'softmax', 'gaussian_mixture', 'bundle_adjustment', ...)
>>> problem = dr.problems.get("rosenbrock", n=1000)
>>> problem.n, problem.m, problem.regime
(1000, 1, 'n_much_larger_than_m')
>>> gradient = dr.grad(problem.f)(*problem.args)
>>> bool(abs(gradient - problem.derivative(*problem.args)).max() < 1e-12)
True
"""

from dualrev.problems._catalogue import NAMES, SHOWN, get, names, sizes, table
from dualrev.problems.iris import flowers, split
from dualrev.problems.problem import Problem

__all__ = ["NAMES", "SHOWN", "Problem", "flowers", "get", "names", "sizes", "split", "table"]
