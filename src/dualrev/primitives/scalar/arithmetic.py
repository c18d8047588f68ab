"""Arithmetic."""

from dualrev.primitives.row import Row, Rule, math, select

ANY = (-2.0, 2.0)
AWAY = (0.5, 2.5)

ROWS = (
    Row(
        "add",
        fn=lambda a, b: a + b,
        partials=(
            lambda y, a, b: 1.0,
            lambda y, a, b: 1.0,
        ),
        domain=(ANY, ANY),
        names=("numpy.add", "operator.add"),
        holomorphic=True,
    ),
    Row(
        "subtract",
        fn=lambda a, b: a - b,
        partials=(
            lambda y, a, b: 1.0,
            lambda y, a, b: -1.0,
        ),
        domain=(ANY, ANY),
        names=("numpy.subtract", "operator.sub"),
        holomorphic=True,
    ),
    Row(
        "multiply",
        fn=lambda a, b: a * b,
        partials=(
            lambda y, a, b: b,
            lambda y, a, b: a,
        ),
        domain=(ANY, ANY),
        points=(((0.0, 3.0), (3.0, 0.0)),),
        names=("numpy.multiply", "operator.mul"),
        holomorphic=True,
    ),
    Row(
        "divide",
        fn=lambda a, b: a / b,
        partials=(
            lambda y, a, b: 1.0 / b,
            lambda y, a, b: -y / b,
        ),
        domain=(ANY, AWAY),
        points=(((0.0, 2.0), (0.5, 0.0)),),
        names=("numpy.divide", "numpy.true_divide", "operator.truediv"),
        holomorphic=True,
        raises_by_zero=True,
    ),
    Row(
        "negative",
        fn=lambda x: -x,
        partials=(lambda y, x: -1.0,),
        names=("numpy.negative", "operator.neg"),
        holomorphic=True,
    ),
    Row(
        "positive",
        fn=lambda x: +x,
        partials=(lambda y, x: 1.0,),
        names=("numpy.positive", "numpy.conjugate", "operator.pos"),
        holomorphic=True,
        exponent=1,
    ),
    Row(
        "power",
        fn=lambda a, b: a**b,
        partials=(
            lambda y, a, b: select(b == 0, select(math.fabs(a) > 0, y * (b / a), 0.0), b * a ** (b - 1)),
            lambda y, a, b: math.xlogy(y, a),
        ),
        domain=(AWAY, ANY),
        points=(
            ((0.0, 0.0), (0.0, -float("inf"))),
            ((0.0, 2.0), (0.0, 0.0)),
            ((0.0, 1.0), (1.0, 0.0)),
            ((-2.0, 0.0), (0.0, float("nan"))),
        ),
        names=("numpy.power", "numpy.float_power", "operator.pow", "math.pow"),
        ulp=32.0,
        reach=((0.0, 1e300), (-1e300, 1e300)),
        holomorphic=True,
    ),
    Row(
        "square",
        fn=lambda x: x * x,
        partials=(lambda y, x: 2.0 * x,),
        names=("numpy.square",),
        holomorphic=True,
        exponent=2,
    ),
    Row(
        "reciprocal",
        fn=lambda x: 1.0 / x,
        partials=(lambda y, x: -y * y,),
        domain=(AWAY,),
        names=("numpy.reciprocal",),
        holomorphic=True,
        exponent=-1,
    ),
    Row(
        "absolute",
        fn=lambda x: math.fabs(x),
        partials=(lambda y, x: math.sign(x),),
        points=(((0.0,), (0.0,)),),
        names=("numpy.absolute", "numpy.fabs", "operator.abs", "math.fabs", "builtins.abs"),
        instruction=True,
        quiet=True,
    ),
    Row(
        "sqrt",
        fn=lambda x: math.sqrt(x),
        partials=(lambda y, x: 0.5 / (y + 0.0),),
        domain=(AWAY,),
        points=(((0.0,), (float("inf"),)),),
        names=("numpy.sqrt", "math.sqrt"),
        holomorphic=True,
        exponent=0.5,
        instruction=True,
    ),
    Row(
        "cbrt",
        fn=lambda x: math.cbrt(x),
        partials=(lambda y, x: 1.0 / (3.0 * y * y),),
        domain=(AWAY,),
        points=(((0.0,), (float("inf"),)), ((-8.0,), (1.0 / 12.0,))),
        names=("numpy.cbrt", "scipy.special.cbrt", "math.cbrt"),
        as_numpy=True,
    ),
    Row(
        "floor_divide",
        fn=lambda a, b: select(b == 0, a / b, math.rint((a - math.modulo(a, b)) / b)),
        domain=(ANY, AWAY),
        names=("numpy.floor_divide", "operator.floordiv"),
        raises_by_zero=True,
    ),
    Row(
        "remainder",
        fn=lambda a, b: select(b == 0, 0.0 * (a / b), math.modulo(a, b)),
        partials=(
            lambda y, a, b: 1.0,
            lambda y, a, b: math.rint((y - a) / b),
        ),
        domain=(ANY, AWAY),
        names=("numpy.remainder", "operator.mod"),
        raises_by_zero=True,
    ),
    Row(
        "fmod",
        fn=lambda a, b: math.fmod(a, b),
        partials=(
            lambda y, a, b: 1.0,
            lambda y, a, b: math.rint((y - a) / b),
        ),
        domain=(ANY, AWAY),
        names=("numpy.fmod", "math.fmod"),
        as_numpy=True,
    ),
    Row(
        "hypot",
        fn=lambda a, b: math.hypot(a, b),
        partials=(
            lambda y, a, b: math.cosine(a, b, y),
            lambda y, a, b: math.cosine(b, a, y),
        ),
        domain=(ANY, ANY),
        points=(((0.0, 0.0), (0.0, 0.0)), ((3.0, 4.0), (0.6, 0.8))),
        names=("numpy.hypot", "math.hypot"),
    ),
)

FORMULAS: dict[str, Rule] = {
    # Python's remainder: exact, and of the sign of b. A quotient that was rounded first can be one too large.
    "modulo": lambda a, b: math.towards(math.fmod(a, b), b),
    "towards": lambda r, b: select(r == 0, math.copysign(r, b), select((r < 0) != (b < 0), r + b, r)),
    # a / y, so that its own derivative b * b / y**3 does not cancel where b is small.
    "cosine": lambda a, b, y: select(
        y == 0,
        0.0,
        select(math.fabs(a) > math.fabs(b), math.copysign(math.sqrt(1.0 - math.square(b / y)), a), a / y),
    ),
}
"""Formulas that rows share; see `special.FORMULAS`."""
