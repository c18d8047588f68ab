"""Hyperbolic functions and their inverses."""

from math import inf

from dualrev.primitives.row import math, row

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("sinh", lambda x: math.sinh(x),
        lambda y, x: math.cosh(x), holomorphic=True, latex=r"\sinh"),
    row("cosh", lambda x: math.cosh(x),
        lambda y, x: math.sinh(x), holomorphic=True, latex=r"\cosh"),
    row("tanh", lambda x: math.tanh(x),
        lambda y, x: math.square(1.0 / math.cosh(x)), holomorphic=True, latex=r"\tanh"),
    row("arcsinh", lambda x: math.asinh(x),
        lambda y, x: 1.0 / math.hypot(x, 1.0), also=("math.asinh",)),
    row("arccosh", lambda x: math.acosh(x),
        lambda y, x: 1.0 / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0)),
        domain=((1.2, 3.0),), points={1.0: inf}, also=("math.acosh",)),
    row("arctanh", lambda x: math.atanh(x),
        lambda y, x: 1.0 / math.below_one(x),
        domain=((-0.9, 0.9),), also=("math.atanh",), holomorphic=True),
)
# fmt: on
