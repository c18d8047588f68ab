"""Circular functions, their inverses, and angles."""

from math import inf

from dualrev.primitives.row import Rule, math, row, select

ANY = (-2.0, 2.0)
INSIDE = (-0.9, 0.9)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("sin", lambda x: math.sin(x),
        lambda y, x: math.cos(x), holomorphic=True, latex=r"\sin", cheap=True, quiet=True),
    row("cos", lambda x: math.cos(x),
        lambda y, x: -math.sin(x), holomorphic=True, latex=r"\cos", cheap=True, quiet=True),
    row("tan", lambda x: math.tan(x),
        lambda y, x: 1.0 + y * y, domain=((-1.4, 1.4),), holomorphic=True, latex=r"\tan"),
    row("arcsin", lambda x: math.asin(x),
        lambda y, x: 1.0 / math.sqrt(math.below_one(x)),
        domain=(INSIDE,), points={1.0: inf}, also=("math.asin",), holomorphic=True, latex=r"\arcsin"),
    row("arccos", lambda x: math.acos(x),
        lambda y, x: -1.0 / math.sqrt(math.below_one(x)),
        domain=(INSIDE,), points={1.0: -inf}, also=("math.acos",), holomorphic=True, latex=r"\arccos"),
    row("arctan", lambda x: math.atan(x),
        lambda y, x: 1.0 / (1.0 + x * x), also=("math.atan",), holomorphic=True, latex=r"\arctan"),
    row("arctan2", lambda a, b: math.atan2(a, b),
        lambda y, a, b: select((a == 0) & (b == 0), 0.0, b / math.hypot(a, b) / math.hypot(a, b)),
        lambda y, a, b: select((a == 0) & (b == 0), 0.0, -a / math.hypot(a, b) / math.hypot(a, b)),
        points={(0.0, 0.0): (0.0, 0.0), (0.0, -1.0): (-1.0, 0.0), (1.0, 0.0): (0.0, -1.0)}, also=("math.atan2",)),
    row("sinc", lambda x: select(x == 0, 1.0, math.sin(math.pi * x) / (math.pi * x)),
        lambda y, x: select(math.fabs(x) < 0.1, math.sinc_slope(x), (math.cos(math.half_turns(x)) - y) / x),
        points={0.0: 0.0, 1e-9: -3.289868133696453e-9, 1.0: -1.0}, ulp=40.0, reach=((-1e6, 1e6),)),
    row("deg2rad", lambda x: 0.017453292519943295 * x,
        lambda y, x: 0.017453292519943295,
        also=("numpy.radians", "math.radians"), holomorphic=True),
    row("rad2deg", lambda x: 57.29577951308232 * x,
        lambda y, x: 57.29577951308232, also=("numpy.degrees", "math.degrees"), holomorphic=True),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    # 1 - x * x, which does not cancel near 1, and whose derivative does not cancel near 0.
    "below_one": lambda x: select(math.fabs(x) < 0.5, 1.0 - x * x, (1.0 - x) * (1.0 + x)),
    # pi * x, less whole turns, which do not fit into a number that is rounded.
    "half_turns": lambda x: math.pi * (x - 2.0 * math.rint(0.5 * x)),
}
"""Formulas that rows share; see `special.FORMULAS`."""
