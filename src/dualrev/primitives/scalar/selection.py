"""Selections: primitives with kinks, jumps and ties. Two arguments that tie share the derivative equally."""

from dualrev.primitives.row import Row, Rule, math, select

ANY = (-2.0, 2.0)
CONDITION = frozenset({0.0, 1.0})
COUNT = frozenset({1.0, 2.0})
TIE = ((1.0, 1.0), (0.5, 0.5))

ROWS = (
    Row(
        "maximum",
        fn=lambda a, b: select(math.isnan(a), a, select(math.isnan(b), b, select(a > b, a, b))),
        partials=(
            lambda y, a, b: math.exceeds(a, b),
            lambda y, a, b: math.exceeds(b, a),
        ),
        domain=(ANY, ANY),
        points=(TIE, ((1.0, 2.0), (0.0, 1.0)), ((0.0, 0.0), (0.5, 0.5))),
        names=("numpy.maximum",),
    ),
    Row(
        "minimum",
        fn=lambda a, b: select(math.isnan(a), a, select(math.isnan(b), b, select(a < b, a, b))),
        partials=(
            lambda y, a, b: math.exceeds(b, a),
            lambda y, a, b: math.exceeds(a, b),
        ),
        domain=(ANY, ANY),
        points=(TIE, ((1.0, 2.0), (1.0, 0.0))),
        names=("numpy.minimum",),
    ),
    Row(
        "fmax",
        fn=lambda a, b: select(math.isnan(a), b, select(math.isnan(b), a, select(a > b, a, b))),
        partials=(
            lambda y, a, b: select(math.isnan(b), 1.0, select(math.isnan(a), 0.0, math.exceeds(a, b))),
            lambda y, a, b: select(math.isnan(a), 1.0, select(math.isnan(b), 0.0, math.exceeds(b, a))),
        ),
        domain=(ANY, ANY),
        points=(TIE, ((1.0, 2.0), (0.0, 1.0)), ((float("nan"), 2.0), (0.0, 1.0))),
        names=("numpy.fmax",),
    ),
    Row(
        "fmin",
        fn=lambda a, b: select(math.isnan(a), b, select(math.isnan(b), a, select(a < b, a, b))),
        partials=(
            lambda y, a, b: select(math.isnan(b), 1.0, select(math.isnan(a), 0.0, math.exceeds(b, a))),
            lambda y, a, b: select(math.isnan(a), 1.0, select(math.isnan(b), 0.0, math.exceeds(a, b))),
        ),
        domain=(ANY, ANY),
        points=(TIE, ((1.0, 2.0), (1.0, 0.0)), ((float("nan"), 2.0), (0.0, 1.0))),
        names=("numpy.fmin",),
    ),
    Row(
        "clip",
        fn=lambda x, lo, hi: math.minimum(math.maximum(x, lo), hi),
        partials=(
            lambda y, x, lo, hi: math.exceeds(x, lo) * math.exceeds(hi, math.maximum(x, lo)),
            lambda y, x, lo, hi: math.exceeds(lo, x) * math.exceeds(hi, math.maximum(x, lo)),
            lambda y, x, lo, hi: math.exceeds(math.maximum(x, lo), hi),
        ),
        domain=(ANY, (-1.5, -0.5), (0.5, 1.5)),
        points=(
            ((1.0, 0.0, 1.0), (0.5, 0.0, 0.5)),
            ((0.0, 0.0, 1.0), (0.5, 0.5, 0.0)),
            ((0.5, 0.0, 1.0), (1.0, 0.0, 0.0)),
            ((2.0, 0.0, 1.0), (0.0, 0.0, 1.0)),
            ((-1.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
        ),
        names=("numpy.clip",),
    ),
    Row(
        "sign",
        fn=lambda x: select(x > 0, 1.0, select(x < 0, -1.0, x * 0.0)),
        points=(((0.0,), (0.0,)),),
        names=("numpy.sign",),
        cheap=True,
        quiet=True,
        as_numpy=True,
    ),
    Row(
        "copysign",
        fn=lambda a, b: math.copysign(a, b),
        partials=(
            lambda y, a, b: math.sign(a) * math.copysign(1.0, b),
            None,
        ),
        domain=(ANY, ANY),
        points=(((0.0, 1.0), (0.0, 0.0)), ((-2.0, 1.0), (-1.0, 0.0))),
        names=("numpy.copysign", "math.copysign"),
        instruction=True,
    ),
    Row(
        "heaviside",
        fn=lambda x, h: select(x == 0, h, select(x < 0, 0.0, select(math.isnan(x), x, 1.0))),
        partials=(
            None,
            lambda y, x, h: select(x == 0, 1.0, 0.0),
        ),
        domain=(ANY, ANY),
        points=(((0.0, 0.5), (0.0, 1.0)), ((1.0, 0.5), (0.0, 0.0))),
        names=("numpy.heaviside",),
    ),
    Row(
        "where",
        fn=lambda condition, a, b: select(condition, a, b),
        partials=(
            None,
            lambda y, condition, a, b: select(condition, 1.0, 0.0),
            lambda y, condition, a, b: select(condition, 0.0, 1.0),
        ),
        domain=(CONDITION, ANY, ANY),
        points=(((1.0, 2.0, 3.0), (0.0, 1.0, 0.0)), ((0.0, 2.0, 3.0), (0.0, 0.0, 1.0))),
        names=("numpy.where",),
        holomorphic=True,
    ),
    Row(
        "relu",
        fn=lambda x: select(math.isnan(x), x, select(x > 0, x, 0.0)),
        partials=(lambda y, x: select(math.isnan(x), x, select(x > 0, 1.0, 0.0)),),
        points=(((0.0,), (0.0,)), ((1.0,), (1.0,)), ((-1.0,), (0.0,))),
    ),
)

BUILTINS = {
    "max": Row(
        "max",
        fn=lambda a, b, m, n: select(b > a, b, a),
        partials=(
            lambda y, a, b, m, n: select(a == b, m / (m + n), select(b > a, 0.0, 1.0)),
            lambda y, a, b, m, n: select(a == b, n / (m + n), select(b > a, 1.0, 0.0)),
            None,
            None,
        ),
        domain=(ANY, ANY, COUNT, COUNT),
        points=(((1.0, 1.0, 1.0, 1.0), (0.5, 0.5)), ((1.0, 1.0, 2.0, 1.0), (2 / 3, 1 / 3))),
    ),
    "min": Row(
        "min",
        fn=lambda a, b, m, n: select(b < a, b, a),
        partials=(
            lambda y, a, b, m, n: select(a == b, m / (m + n), select(b < a, 0.0, 1.0)),
            lambda y, a, b, m, n: select(a == b, n / (m + n), select(b < a, 1.0, 0.0)),
            None,
            None,
        ),
        domain=(ANY, ANY, COUNT, COUNT),
        points=(((1.0, 1.0, 1.0, 1.0), (0.5, 0.5)), ((1.0, 1.0, 2.0, 1.0), (2 / 3, 1 / 3))),
    ),
}
"""Python's functions where they are calls, in compiled code: their value is Python's, and ties share equally.

A number may stand for several that tie: `m` and `n` say for how many.
"""

FORMULAS: dict[str, Rule] = {
    "exceeds": lambda a, b: select(a == b, 0.5, select(a > b, 1.0, select(a < b, 0.0, math.nan))),
}
