"""Exponentials and logarithms."""

from dualrev.primitives.row import Row, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)

ROWS = (
    Row(
        "exp",
        fn=lambda x: math.exp(x),
        partials=(lambda y, x: y,),
        names=("numpy.exp", "math.exp"),
        holomorphic=True,
        latex=r"\exp",
    ),
    Row(
        "exp2",
        fn=lambda x: math.exp2(x),
        partials=(lambda y, x: 0.6931471805599453 * y,),
        names=("numpy.exp2", "scipy.special.exp2", "math.exp2"),
        holomorphic=True,
        as_numpy=True,
    ),
    Row(
        "exp10",
        fn=lambda x: 10.0**x,
        partials=(lambda y, x: 2.302585092994046 * y,),
        names=("scipy.special.exp10",),
    ),
    Row(
        "expm1",
        fn=lambda x: math.expm1(x),
        partials=(lambda y, x: math.exp(x),),
        names=("numpy.expm1", "scipy.special.expm1", "math.expm1"),
        holomorphic=True,
    ),
    Row(
        "log",
        fn=lambda x: math.log(x),
        partials=(lambda y, x: 1.0 / (x + 0.0),),
        domain=(POSITIVE,),
        points=(((0.0,), (float("inf"),)),),
        names=("numpy.log", "math.log"),
        holomorphic=True,
        latex=r"\ln",
    ),
    Row(
        "log2",
        fn=lambda x: math.log2(x),
        partials=(lambda y, x: 1.4426950408889634 / (x + 0.0),),
        domain=(POSITIVE,),
        names=("numpy.log2", "math.log2"),
        holomorphic=True,
        as_numpy=True,
    ),
    Row(
        "log10",
        fn=lambda x: math.log10(x),
        partials=(lambda y, x: 0.4342944819032518 / (x + 0.0),),
        domain=(POSITIVE,),
        names=("numpy.log10", "math.log10"),
        holomorphic=True,
    ),
    Row(
        "log1p",
        fn=lambda x: math.log1p(x),
        partials=(lambda y, x: 1.0 / (1.0 + x),),
        domain=((-0.8, 2.0),),
        names=("numpy.log1p", "scipy.special.log1p", "math.log1p"),
        holomorphic=True,
    ),
    Row(
        "logaddexp",
        fn=lambda a, b: select(
            a == b, a + 0.6931471805599453, math.maximum(a, b) + math.log1p(math.exp(-math.fabs(a - b)))
        ),
        partials=(
            lambda y, a, b: select(math.isfinite(a - b), math.expit(a - b), math.exceeds(a, b)),
            lambda y, a, b: select(math.isfinite(a - b), math.expit(b - a), math.exceeds(b, a)),
        ),
        domain=(ANY, ANY),
        points=(((1.0, 1.0), (0.5, 0.5)), ((-float("inf"), 0.0), (0.0, 1.0))),
        names=("numpy.logaddexp",),
        definition=lambda a, b: math.log(math.exp(a) + math.exp(b)),
    ),
    Row(
        "logaddexp2",
        fn=lambda a, b: select(
            a == b, a + 1.0, math.maximum(a, b) + 1.4426950408889634 * math.log1p(math.exp2(-math.fabs(a - b)))
        ),
        partials=(
            lambda y, a, b: select(math.isfinite(a - b), math.expit(0.6931471805599453 * (a - b)), math.exceeds(a, b)),
            lambda y, a, b: select(math.isfinite(a - b), math.expit(0.6931471805599453 * (b - a)), math.exceeds(b, a)),
        ),
        domain=(ANY, ANY),
        points=(((1.0, 1.0), (0.5, 0.5)),),
        names=("numpy.logaddexp2",),
        definition=lambda a, b: math.log2(2**a + 2**b),
    ),
    Row(
        "xlogy",
        fn=lambda a, b: select(a == 0, select(math.isnan(b), b, 0.0), a * math.log(b)),
        partials=(
            lambda y, a, b: math.log(b),
            lambda y, a, b: select((a == 0) & (b == 0), 0.0, a / (b + 0.0)),
        ),
        domain=(ANY, POSITIVE),
        points=(((0.0, 0.0), (-float("inf"), 0.0)), ((0.0, 2.0), (0.6931471805599453, 0.0))),
        names=("scipy.special.xlogy",),
    ),
    Row(
        "xlog1py",
        fn=lambda a, b: select(a == 0, select(math.isnan(b), b, 0.0), a * math.log1p(b)),
        partials=(
            lambda y, a, b: math.log1p(b),
            lambda y, a, b: select((a == 0) & (b == -1), 0.0, a / (1.0 + b)),
        ),
        domain=(ANY, (-0.8, 2.0)),
        points=(((0.0, -1.0), (-float("inf"), 0.0)),),
        names=("scipy.special.xlog1py",),
    ),
)
