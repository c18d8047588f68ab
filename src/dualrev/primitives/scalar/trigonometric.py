"""Circular functions, their inverses, and angles."""

from dualrev.primitives.row import Row, Rule, math, select

ANY = (-2.0, 2.0)
INSIDE = (-0.9, 0.9)

ROWS = (
    Row(
        "sin",
        fn=lambda x: math.sin(x),
        partials=(lambda y, x: math.cos(x),),
        names=("numpy.sin", "math.sin"),
        holomorphic=True,
        latex=r"\sin",
        cheap=True,
        quiet=True,
    ),
    Row(
        "cos",
        fn=lambda x: math.cos(x),
        partials=(lambda y, x: -math.sin(x),),
        names=("numpy.cos", "math.cos"),
        holomorphic=True,
        latex=r"\cos",
        cheap=True,
        quiet=True,
    ),
    Row(
        "tan",
        fn=lambda x: math.tan(x),
        partials=(lambda y, x: 1.0 + y * y,),
        domain=((-1.4, 1.4),),
        names=("numpy.tan", "math.tan"),
        holomorphic=True,
        latex=r"\tan",
    ),
    Row(
        "arcsin",
        fn=lambda x: math.asin(x),
        partials=(lambda y, x: 1.0 / math.sqrt(math.below_one(x)),),
        domain=(INSIDE,),
        points=(((1.0,), (float("inf"),)),),
        names=("numpy.arcsin", "math.asin"),
        holomorphic=True,
        latex=r"\arcsin",
    ),
    Row(
        "arccos",
        fn=lambda x: math.acos(x),
        partials=(lambda y, x: -1.0 / math.sqrt(math.below_one(x)),),
        domain=(INSIDE,),
        points=(((1.0,), (-float("inf"),)),),
        names=("numpy.arccos", "math.acos"),
        holomorphic=True,
        latex=r"\arccos",
    ),
    Row(
        "arctan",
        fn=lambda x: math.atan(x),
        partials=(lambda y, x: 1.0 / (1.0 + x * x),),
        names=("numpy.arctan", "math.atan"),
        holomorphic=True,
        latex=r"\arctan",
    ),
    Row(
        "arctan2",
        fn=lambda a, b: math.atan2(a, b),
        partials=(
            lambda y, a, b: select((a == 0) & (b == 0), 0.0, b / math.hypot(a, b) / math.hypot(a, b)),
            lambda y, a, b: select((a == 0) & (b == 0), 0.0, -a / math.hypot(a, b) / math.hypot(a, b)),
        ),
        domain=(ANY, ANY),
        points=(((0.0, 0.0), (0.0, 0.0)), ((0.0, -1.0), (-1.0, 0.0)), ((1.0, 0.0), (0.0, -1.0))),
        names=("numpy.arctan2", "math.atan2"),
    ),
    Row(
        "sinc",
        fn=lambda x: select(x == 0, 1.0, math.sin(math.pi * x) / (math.pi * x)),
        partials=(lambda y, x: select(math.fabs(x) < 0.1, math.sinc_slope(x), (math.cos(math.half_turns(x)) - y) / x),),
        points=(((0.0,), (0.0,)), ((1e-9,), (-3.289868133696453e-9,)), ((1.0,), (-1.0,))),
        names=("numpy.sinc",),
        ulp=40.0,
        reach=((-1e6, 1e6),),
    ),
    Row(
        "deg2rad",
        fn=lambda x: 0.017453292519943295 * x,
        partials=(lambda y, x: 0.017453292519943295,),
        names=("numpy.deg2rad", "numpy.radians", "math.radians"),
        holomorphic=True,
    ),
    Row(
        "rad2deg",
        fn=lambda x: 57.29577951308232 * x,
        partials=(lambda y, x: 57.29577951308232,),
        names=("numpy.rad2deg", "numpy.degrees", "math.degrees"),
        holomorphic=True,
    ),
)

FORMULAS: dict[str, Rule] = {
    # 1 - x * x, which does not cancel near 1, and whose derivative does not cancel near 0.
    "below_one": lambda x: select(math.fabs(x) < 0.5, 1.0 - x * x, (1.0 - x) * (1.0 + x)),
    # pi * x, less whole turns, which do not fit into a number that is rounded.
    "half_turns": lambda x: math.pi * (x - 2.0 * math.rint(0.5 * x)),
}
"""Formulas that rows share; see `special.FORMULAS`."""
