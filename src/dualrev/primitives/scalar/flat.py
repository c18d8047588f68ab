"""Primitives that are flat: their derivative is zero wherever it exists, and their result is a plain number."""

from dualrev.primitives.row import Row, math

ANY = (-2.0, 2.0)

ROWS = (
    Row(
        "floor",
        fn=lambda x: math.floor(x),
        names=("numpy.floor", "math.floor"),
        instruction=True,
        quiet=True,
    ),
    Row(
        "ceil",
        fn=lambda x: math.ceil(x),
        names=("numpy.ceil", "math.ceil"),
        instruction=True,
    ),
    Row(
        "trunc",
        fn=lambda x: math.trunc(x),
        names=("numpy.trunc", "math.trunc"),
        instruction=True,
        quiet=True,
    ),
    Row(
        "rint",
        fn=lambda x: math.rint(x),
        names=("numpy.rint", "scipy.special.round"),
        instruction=True,
        as_numpy=True,
    ),
    Row(
        "isfinite",
        fn=lambda x: math.isfinite(x),
        names=("numpy.isfinite", "math.isfinite"),
        instruction=True,
    ),
    Row(
        "isinf",
        fn=lambda x: math.isinf(x),
        names=("numpy.isinf", "math.isinf"),
        instruction=True,
    ),
    Row(
        "isnan",
        fn=lambda x: math.isnan(x),
        names=("numpy.isnan", "math.isnan"),
        instruction=True,
    ),
    Row(
        "signbit",
        fn=lambda x: math.copysign(1.0, x) < 0,
        names=("numpy.signbit",),
    ),
    Row(
        "equal",
        fn=lambda a, b: a == b,
        domain=(ANY, ANY),
        names=("numpy.equal", "operator.eq"),
        sign="==",
    ),
    Row(
        "not_equal",
        fn=lambda a, b: a != b,
        domain=(ANY, ANY),
        names=("numpy.not_equal", "operator.ne"),
        sign="!=",
    ),
    Row(
        "less",
        fn=lambda a, b: a < b,
        domain=(ANY, ANY),
        names=("numpy.less", "operator.lt"),
        sign="<",
    ),
    Row(
        "less_equal",
        fn=lambda a, b: a <= b,
        domain=(ANY, ANY),
        names=("numpy.less_equal", "operator.le"),
        sign="<=",
    ),
    Row(
        "greater",
        fn=lambda a, b: a > b,
        domain=(ANY, ANY),
        names=("numpy.greater", "operator.gt"),
        sign=">",
    ),
    Row(
        "greater_equal",
        fn=lambda a, b: a >= b,
        domain=(ANY, ANY),
        names=("numpy.greater_equal", "operator.ge"),
        sign=">=",
    ),
    Row(
        "logical_and",
        fn=lambda a, b: (a != 0) & (b != 0),
        domain=(ANY, ANY),
        names=("numpy.logical_and",),
    ),
    Row(
        "logical_or",
        fn=lambda a, b: (a != 0) | (b != 0),
        domain=(ANY, ANY),
        names=("numpy.logical_or",),
    ),
    Row(
        "logical_xor",
        fn=lambda a, b: (a != 0) != (b != 0),
        domain=(ANY, ANY),
        names=("numpy.logical_xor",),
    ),
    Row(
        "logical_not",
        fn=lambda x: x == 0,
        names=("numpy.logical_not",),
    ),
)
