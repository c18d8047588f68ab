"""Entropies and losses."""

from math import inf

from dualrev.primitives.row import Rule, math, row, select

ANY = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    row("entr", lambda x: select(x > 0, -x * math.log(x), select(x == 0, 0.0, -math.inf)),
        lambda y, x: -math.log(x) - 1.0,
        domain=(POSITIVE,), points={0.0: inf, 1.0: -1.0}, also=("scipy.special.entr",)),
    row("rel_entr",
        lambda a, b: select((a > 0) & (b > 0), a * math.log_ratio(a, b), select((a == 0) & (b >= 0), 0.0, math.inf)),
        lambda y, a, b: math.log_ratio(a, b + 0.0) + 1.0,
        lambda y, a, b: -a / (b + 0.0),
        domain=(POSITIVE, POSITIVE), points={(0.0, 2.0): (-inf, 0.0), (2.0, 2.0): (1.0, -1.0)},
        also=("scipy.special.rel_entr",)),
    row("kl_div", lambda a, b: select(
            (a > 0) & (b > 0), a * math.log_ratio(a, b) - (a - b), select((a == 0) & (b >= 0), b, math.inf)
        ),
        lambda y, a, b: math.log_ratio(a, b + 0.0),
        lambda y, a, b: select(math.fabs(a - b) < 0.5 * b, (b - a) / b, 1.0 - a / (b + 0.0)),
        domain=((0.2, 1.0), (1.5, 3.0)), points={(0.0, 2.0): (-inf, 1.0), (2.0, 2.0): (0.0, 0.0)},
        also=("scipy.special.kl_div",)),
    row("huber",
        lambda d, r: select(d < 0, math.inf, select(math.fabs(r) <= d, 0.5 * r * r, d * (math.fabs(r) - 0.5 * d))),
        lambda y, d, r: select(math.fabs(r) <= d, 0.0, math.fabs(r) - d),
        lambda y, d, r: select(math.fabs(r) <= d, r, d * math.sign(r)),
        domain=(POSITIVE, ANY), points={(1.0, 1.0): (0.0, 1.0), (1.0, -3.0): (2.0, -1.0), (1.0, 0.0): (0.0, 0.0)},
        also=("scipy.special.huber",)),
    row("pseudo_huber",
        lambda d, r: select(d < 0, math.inf, select(r == 0, 0.0, math.bowl(d, r, d + math.hypot(d, r)))),
        lambda y, d, r: select(r == 0, 0.0, math.square_over(r * (r / (d + math.hypot(d, r))), math.hypot(d, r))),
        lambda y, d, r: math.bowl_slope(d, r, math.hypot(d, r)),
        definition=lambda d, r: select(d < 0, math.inf, d * (math.hypot(d, r) - d)),
        domain=(POSITIVE, ANY), points={(1.0, 0.0): (0.0, 0.0)}, also=("scipy.special.pseudo_huber",)),
    row("cosm1", lambda x: -2.0 * math.sin(0.5 * x) * math.sin(0.5 * x),
        lambda y, x: -math.sin(x), points={0.0: 0.0}, also=("scipy.special.cosm1",)),
)
# fmt: on

FORMULAS: dict[str, Rule] = {
    "square_over": lambda a, b: a * (a / b),
    # Where d and r are far apart, a quotient of the smaller one has lost digits or is 0: the larger one is divided.
    "bowl": lambda d, r, s: select(math.fabs(r) < d, r * (r * (d / s)), d * (r * (r / s))),
    "bowl_slope": lambda d, r, h: select(math.fabs(r) < d, r * math.cosine(d, r, h), d * math.cosine(r, d, h)),
    # log(a / b): the quotient of numbers that are nearly equal has lost what the logarithm is made of.
    "log_ratio": lambda a, b: select(
        math.fabs(a - b) < 0.5 * b, math.log1p((a - b) / b), math.log_far(math.log(a / b), a, b)
    ),
    # The quotient of numbers that are far apart overflows, or has lost digits. That of their roots is a number.
    "log_far": lambda q, a, b: select(math.fabs(q) < 87.0, q, 2.0 * math.log(math.sqrt(a) / math.sqrt(b))),
}
"""Formulas that rows share; see `special.FORMULAS`."""
