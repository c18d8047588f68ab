"""Named test problems with data.

Examples
--------
>>> import dualrev as dr
>>> dr.problems.names()
('iris', 'curve', 'rosenbrock')
>>> problem = dr.problems.get("rosenbrock")
>>> problem.n, problem.m
(10000, 1)
"""

from dualrev.problems.catalogue import NAMES, get, names
from dualrev.problems.iris import flowers
from dualrev.problems.problem import Problem
from dualrev.problems.splitting import split

__all__ = ["NAMES", "Problem", "flowers", "get", "names", "split"]
