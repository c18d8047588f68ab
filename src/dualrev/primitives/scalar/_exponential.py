"""Exponentials and logarithms."""

from math import inf

from dualrev.primitives.row import math, row, select

ANY = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("exp", lambda x: math.exp(x),
        lambda y, x: y, holomorphic=True, latex=r"\exp"),
    row("exp2", lambda x: math.exp2(x),
        lambda y, x: 0.6931471805599453 * y,
        definition=lambda x: 2**x,
        also=("scipy.special.exp2",), holomorphic=True, as_numpy=True),
    row("exp10", lambda x: 10.0**x,
        lambda y, x: 2.302585092994046 * y, also=("scipy.special.exp10",)),
    row("expm1", lambda x: math.expm1(x),
        lambda y, x: math.exp(x),
        definition=lambda x: math.exp(x) - 1,
        also=("scipy.special.expm1",), holomorphic=True),
    row("log", lambda x: math.log(x),
        lambda y, x: 1.0 / (x + 0.0),
        domain=(POSITIVE,), points={0.0: inf}, holomorphic=True, latex=r"\ln"),
    row("log2", lambda x: math.log2(x),
        lambda y, x: 1.4426950408889634 / (x + 0.0),
        definition=lambda x: math.log(x) / math.log(2),
        domain=(POSITIVE,), holomorphic=True, as_numpy=True),
    row("log10", lambda x: math.log10(x),
        lambda y, x: 0.4342944819032518 / (x + 0.0),
        definition=lambda x: math.log(x) / math.log(10),
        domain=(POSITIVE,), holomorphic=True),
    row("log1p", lambda x: math.log1p(x),
        lambda y, x: 1.0 / (1.0 + x),
        definition=lambda x: math.log(1 + x),
        domain=((-0.8, 2.0),), also=("scipy.special.log1p",), holomorphic=True),
    row("logaddexp", lambda a, b: select(
            a == b, a + 0.6931471805599453, math.maximum(a, b) + math.log1p(math.exp(-math.fabs(a - b)))
        ),
        lambda y, a, b: select(math.isfinite(a - b), math.expit(a - b), math.exceeds(a, b)),
        lambda y, a, b: select(math.isfinite(a - b), math.expit(b - a), math.exceeds(b, a)),
        definition=lambda a, b: math.log(math.exp(a) + math.exp(b)),
        points={(1.0, 1.0): (0.5, 0.5), (-inf, 0.0): (0.0, 1.0)}),
    row("logaddexp2", lambda a, b: select(
            a == b, a + 1.0, math.maximum(a, b) + 1.4426950408889634 * math.log1p(math.exp2(-math.fabs(a - b)))
        ),
        lambda y, a, b: select(math.isfinite(a - b), math.expit(0.6931471805599453 * (a - b)), math.exceeds(a, b)),
        lambda y, a, b: select(math.isfinite(a - b), math.expit(0.6931471805599453 * (b - a)), math.exceeds(b, a)),
        definition=lambda a, b: math.log2(2**a + 2**b),
        points={(1.0, 1.0): (0.5, 0.5)}),
    row("xlogy", lambda a, b: select(a == 0, select(math.isnan(b), b, 0.0), a * math.log(b)),
        lambda y, a, b: math.log(b),
        lambda y, a, b: select((a == 0) & (b == 0), 0.0, a / (b + 0.0)),
        domain=(ANY, POSITIVE), points={(0.0, 0.0): (-inf, 0.0), (0.0, 2.0): (0.6931471805599453, 0.0)},
        also=("scipy.special.xlogy",)),
    row("xlog1py", lambda a, b: select(a == 0, select(math.isnan(b), b, 0.0), a * math.log1p(b)),
        lambda y, a, b: math.log1p(b),
        lambda y, a, b: select((a == 0) & (b == -1), 0.0, a / (1.0 + b)),
        domain=(ANY, (-0.8, 2.0)), points={(0.0, -1.0): (-inf, 0.0)}, also=("scipy.special.xlog1py",)),
)
# fmt: on
