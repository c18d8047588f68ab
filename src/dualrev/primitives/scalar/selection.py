"""Selections: primitives with kinks, jumps and ties. Two arguments that tie share the derivative equally."""

from math import nan

from dualrev.primitives.row import Row, Rule, math, row, select

ANY = (-2.0, 2.0)
CONDITION = frozenset({0.0, 1.0})
COUNT = frozenset({1.0, 2.0})
TIE = {(1.0, 1.0): (0.5, 0.5)}

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("maximum", lambda a, b: select(math.isnan(a), a, select(math.isnan(b), b, select(a > b, a, b))),
        lambda y, a, b: math.exceeds(a, b),
        lambda y, a, b: math.exceeds(b, a),
        points={**TIE, (1.0, 2.0): (0.0, 1.0), (0.0, 0.0): (0.5, 0.5)}),
    row("minimum", lambda a, b: select(math.isnan(a), a, select(math.isnan(b), b, select(a < b, a, b))),
        lambda y, a, b: math.exceeds(b, a),
        lambda y, a, b: math.exceeds(a, b),
        points={**TIE, (1.0, 2.0): (1.0, 0.0)}),
    row("fmax", lambda a, b: select(math.isnan(a), b, select(math.isnan(b), a, select(a > b, a, b))),
        lambda y, a, b: select(math.isnan(b), 1.0, select(math.isnan(a), 0.0, math.exceeds(a, b))),
        lambda y, a, b: select(math.isnan(a), 1.0, select(math.isnan(b), 0.0, math.exceeds(b, a))),
        points={**TIE, (1.0, 2.0): (0.0, 1.0), (nan, 2.0): (0.0, 1.0)}),
    row("fmin", lambda a, b: select(math.isnan(a), b, select(math.isnan(b), a, select(a < b, a, b))),
        lambda y, a, b: select(math.isnan(b), 1.0, select(math.isnan(a), 0.0, math.exceeds(b, a))),
        lambda y, a, b: select(math.isnan(a), 1.0, select(math.isnan(b), 0.0, math.exceeds(a, b))),
        points={**TIE, (1.0, 2.0): (1.0, 0.0), (nan, 2.0): (0.0, 1.0)}),
    row("clip", lambda x, lo, hi: math.minimum(math.maximum(x, lo), hi),
        lambda y, x, lo, hi: math.exceeds(x, lo) * math.exceeds(hi, math.maximum(x, lo)),
        lambda y, x, lo, hi: math.exceeds(lo, x) * math.exceeds(hi, math.maximum(x, lo)),
        lambda y, x, lo, hi: math.exceeds(math.maximum(x, lo), hi),
        domain=(ANY, (-1.5, -0.5), (0.5, 1.5)),
        points={(1.0, 0.0, 1.0): (0.5, 0.0, 0.5), (0.0, 0.0, 1.0): (0.5, 0.5, 0.0), (0.5, 0.0, 1.0): (1.0, 0.0, 0.0),
                (2.0, 0.0, 1.0): (0.0, 0.0, 1.0), (-1.0, 0.0, 1.0): (0.0, 1.0, 0.0)}),
    row("sign", lambda x: select(x > 0, 1.0, select(x < 0, -1.0, x * 0.0)),
        points={0.0: 0.0}, cheap=True, quiet=True, as_numpy=True),
    row("copysign", lambda a, b: math.copysign(a, b),
        lambda y, a, b: math.sign(a) * math.copysign(1.0, b),
        None,
        definition=lambda a, b: select(b >= 0, math.fabs(a), -math.fabs(a)),
        points={(0.0, 1.0): (0.0, 0.0), (-2.0, 1.0): (-1.0, 0.0)}, instruction=True),
    row("heaviside", lambda x, h: select(x == 0, h, select(x < 0, 0.0, select(math.isnan(x), x, 1.0))),
        None, lambda y, x, h: select(x == 0, 1.0, 0.0),
        points={(0.0, 0.5): (0.0, 1.0), (1.0, 0.5): (0.0, 0.0)}),
    row("where", lambda condition, a, b: select(condition, a, b),
        None, lambda y, condition, a, b: select(condition, 1.0, 0.0),
        lambda y, condition, a, b: select(condition, 0.0, 1.0),
        domain=(CONDITION, ANY, ANY), points={(1.0, 2.0, 3.0): (0.0, 1.0, 0.0), (0.0, 2.0, 3.0): (0.0, 0.0, 1.0)},
        holomorphic=True),
    row("relu", lambda x: select(math.isnan(x), x, select(x > 0, x, 0.0)),
        lambda y, x: select(math.isnan(x), x, select(x > 0, 1.0, 0.0)),
        points={0.0: 0.0, 1.0: 1.0, -1.0: 0.0}),
)
# fmt: on

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
